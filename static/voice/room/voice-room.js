// @ts-check
// VoiceRoom, the library's public API: one person in one room, with a microphone, ears and plain words.

import { Devices } from "../audio/devices.js";
import { playOnce } from "../audio/play-once.js";
import { FULL } from "../audio/playback.js";
import { record } from "../audio/sample.js";
import { SoundChoices } from "../audio/sound-choices.js";
import { soundOf } from "../audio/tunes.js";
import { Volumes } from "../audio/volumes.js";
import { browser } from "../browser/platform.js";
import { Talk } from "../call/talk.js";
import { phrase } from "../phrase.js";
import { ComparedKeys } from "../session/compared-keys.js";
import { reportOf } from "../session/report.js";
import { Store } from "../store.js";
import { Calls } from "./calls.js";

/** @typedef {import("../session/roster.js").Person} Person */
/** @typedef {import("../session/pairs.js").Pair} Pair */
/** @typedef {import("../session/between.js").Between} Between */
/** @typedef {import("../session/room-events.js").RoomEvents} RoomEvents */

/** Events (CustomEvent): RoomEvents. */
export class VoiceRoom extends EventTarget {
  #calls;
  #belongings;

  /**
   * @param {string} roomId
   * @param {{name: string, muted?: boolean, store?: Store, compared?: ComparedKeys, platform?: import("../browser/platform.js").Platform}} options
   *   store: where choices are kept; muted: whatever is kept there; compared: whose safety code was, by the page's earlier rooms
   */
  constructor(roomId, { name, muted, store = new Store(), compared = new ComparedKeys(), platform = browser() }) {
    super();
    const talk = new Talk({ muted, store, platform });
    const volumes = new Volumes(store);
    const devices = new Devices(store, platform);
    const sounds = new SoundChoices(store);
    this.#belongings = { roomId, name: [...name.trim()].slice(0, 80).join("") || phrase("guest"), talk, volumes, devices, sounds, store, compared, platform };
    const calls = this.#calls = new Calls(this.#belongings, (name, detail) => this.#emit(name, detail));
    volumes.on("change", (user) => {
      calls.now?.adjustVolumes();
      this.#emit("volume", { user, ...volumes.of(user) });
    });
    devices.on("bits", () => calls.now?.retune());
    devices.on("microphone", ({ listenOnly }) => calls.now?.changeMicrophone(listenOnly));
    devices.on("speaker", (device) => calls.now?.changeSpeaker(device));
    talk.on("threshold", () => calls.now?.talked());
    talk.on("change", ({ before, after }) => this.#talked(before, after));
  }

  get roomId() {
    return this.#belongings.roomId;
  }

  get state() {
    return this.#calls.state;
  }

  get muted() {
    return this.#belongings.talk.muted;
  }

  /** Whether the others see one as muted: muted, or without a microphone. */
  get silent() {
    return this.muted || Boolean(this.#calls.now?.trouble);
  }

  get deafened() {
    return this.#belongings.talk.deafened;
  }

  /** How one talks: always, by a key, or by voice. */
  get talk() {
    return this.#belongings.talk;
  }

  /** Which microphone and speaker are used, and what is done to the sound. */
  get devices() {
    return this.#belongings.devices;
  }

  /** Which sounds are wanted, and how loud. */
  get sounds() {
    return this.#belongings.sounds;
  }

  /** How loud anybody can be made on this device; whole until a call has tried. */
  get volumeRange() {
    return this.#calls.now?.volumeRange ?? FULL;
  }

  /** @returns {Person[]} oneself first, then in the order of arrival */
  get people() {
    return this.#calls.people;
  }

  /** @returns {Pair[]} those who can't hear each other */
  get pairs() {
    return this.#calls.pairs;
  }

  /** @returns {Between[]} how it is between any two others */
  get between() {
    return this.#calls.between;
  }

  /**
   * Call it from a click, which unlocks the sound. Resolves with a seat given; the microphone may come later.
   * @returns {Promise<void>} rejects with a VoiceError
   */
  join() {
    return this.#calls.join();
  }

  /** Leave on purpose; nothing is left after it. */
  leave() {
    this.#calls.leave();
  }

  mute() {
    this.talk.mute(true);
  }

  /** Call it from a control of the page: whoever listens only, or has no microphone, is asked for it. */
  unmute() {
    this.talk.mute(false);
    this.#calls.now?.beHeard();
  }

  /**
   * Whoever listens only chose so and has nothing to unmute: a slip of a key opens no microphone, they are told how to.
   * A microphone that may come by itself is muted first.
   */
  toggleMute() {
    const call = this.#calls.now;
    if (call?.trouble === "listen-only") call.remind();
    else if (this.muted) this.unmute();
    else this.mute();
  }

  /** Hear nobody, and be heard by nobody. */
  deafen() {
    this.talk.deafen(true);
  }

  /** Hear again, and be muted or not as before. */
  undeafen() {
    this.talk.deafen(false);
  }

  toggleDeafen() {
    this.talk.deafen(!this.deafened);
  }

  /** Hear everyone, after the browser refused to play; call it from a click. */
  unlock() {
    this.#calls.now?.unlock();
  }

  retryMicrophone() {
    this.#calls.now?.retryMicrophone();
  }

  /**
   * Record three seconds of the microphone, muted or not, into this page's memory.
   * @param {AbortSignal} [signal] @returns {Promise<Blob|null>} null where there is no microphone, or this browser can't record
   */
  async record(signal) {
    const track = this.#calls.now?.track;
    return track ? record(track, this.#belongings.platform, signal) : null;
  }

  /**
   * Play a recorded sample, or a sound by its name, by the chosen speaker; null is a sound to try it with.
   * @param {Blob|import("../audio/sounds.js").Sound|null} sound @param {AbortSignal} [signal] @returns {Promise<boolean>} whether it was heard
   */
  async playOnce(sound, signal) {
    const { devices, sounds, platform } = this.#belongings;
    const named = !(sound instanceof Blob);
    const how = { sink: devices.speaker?.id, volume: named && sound ? sounds.volume / 100 : 1, signal };
    const heard = await playOnce(named ? soundOf(sound ?? "test") : sound, how, platform);
    this.#calls.now?.played();
    return heard;
  }

  /** How loud somebody is for this person. @param {string} user */
  volumeOf(user) {
    return this.#belongings.volumes.of(user);
  }

  /** Make somebody louder or softer, here and for this person only. @param {string} user @param {number} volume in percent, 0 to 200 */
  setVolume(user, volume) {
    this.#belongings.volumes.choose(user, { volume });
  }

  /** @param {string} user @param {boolean} [mutedForMe] */
  muteForMe(user, mutedForMe = true) {
    this.#belongings.volumes.choose(user, { mutedForMe });
  }

  /** Whether `remove` can leave the room's open links as they are; false outside a call. */
  get keepsLinks() {
    return this.#calls.now?.keepsLinks ?? false;
  }

  /** Remove somebody, as the room's owner. @param {string} peer @param {{links?: boolean}} [also] links: whether the room's open links end, too */
  remove(peer, also) {
    this.#calls.now?.remove(peer, also);
  }

  /** The safety code of all who are here; null outside a call. */
  get safety() {
    return this.#calls.now?.past.safety ?? null;
  }

  /**
   * These words of the safety code were compared by voice, and are the same.
   * @param {import("../session/safety.js").Safety["words"]} words
   * @returns {boolean} false where others are shown by now
   */
  compare(words) {
    return this.#calls.now?.past.compare(words) ?? false;
  }

  /** How the path to somebody is, in words and figures; null where there is none. @param {string} peer */
  path(peer) {
    return this.#calls.now?.past.path(peer) ?? null;
  }

  /** @returns {readonly import("../session/notes.js").Note[]} of this call, oldest first */
  get notes() {
    return this.#calls.now?.past.notes ?? [];
  }

  /** Send a line of text to whoever is here, from browser to browser. @param {string} text @returns {boolean} false: empty or too long */
  sendNote(text) {
    return this.#calls.now?.past.sendNote(text, this.#belongings.name) ?? false;
  }

  /** Tell the person in the call something of the page's own, in its turn, and with a sound. @param {string} sentence @param {import("../audio/sounds.js").Sound} [sound] */
  announce(sentence, sound) {
    this.#calls.now?.announce(sentence, sound);
  }

  /** How loud one's microphone is now, from 0 to 1, also while muted; null where this can't be told. */
  level() {
    return this.#calls.now?.level() ?? null;
  }

  /** What happened lately, as text to send to whoever runs the server: no name, no address, no words of anybody. */
  report() {
    const { state, muted, people, pairs } = this;
    return reportOf({ journal: this.#calls.journal, state, muted, people, pairs });
  }

  /** @param {Readonly<import("../call/talk.js").TalkState>} before @param {Readonly<import("../call/talk.js").TalkState>} after */
  #talked(before, after) {
    const calls = this.#calls;
    if (after.muted !== before.muted) this.#emit("muted", { muted: after.muted });
    if (after.deafened !== before.deafened) this.#emit("deafened", { deafened: after.deafened });
    calls.now?.talked();
    this.#emit("talk", { mode: after.mode, pressed: after.pressed, sends: this.talk.sends, inVain: this.talk.inVain });
    calls.look();
  }

  /** @template {keyof RoomEvents} Name @param {Name} name @param {RoomEvents[Name]} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
