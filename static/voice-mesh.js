// @ts-check
// VoiceRoom, the library's public API: one person in one room, with a microphone, ears and plain words.

import { Devices } from "./voice/audio/devices.js";
import { playOnce } from "./voice/audio/play-once.js";
import { record } from "./voice/audio/sample.js";
import { SoundChoices } from "./voice/audio/sound-choices.js";
import { soundOf } from "./voice/audio/tunes.js";
import { FULL } from "./voice/audio/playback.js";
import { Volumes } from "./voice/audio/volumes.js";
import { browser } from "./voice/browser/platform.js";
import { Call } from "./voice/call/call.js";
import { Talk } from "./voice/call/talk.js";
import { phrase } from "./voice/phrase.js";
import { Journal } from "./voice/session/journal.js";
import { reportOf } from "./voice/session/report.js";
import { Showing } from "./voice/session/showing.js";
import * as words from "./voice/session/words.js";
import { ANOTHER_TAB } from "./voice/signaling/codes.js";
import { Store } from "./voice/store.js";

// Named here although others import them: so the browser fetches the whole graph in one round trip, not in five.
import "./voice/audio/acquiring.js";
import "./voice/audio/audio-graph.js";
import "./voice/audio/boost.js";
import "./voice/audio/ceiling.js";
import "./voice/audio/constraints.js";
import "./voice/audio/level.js";
import "./voice/audio/microphone-words.js";
import "./voice/audio/microphone.js";
import "./voice/audio/noise-suppressor.js";
import "./voice/audio/silence.js";
import "./voice/audio/silent-loop.js";
import "./voice/audio/sounds.js";
import "./voice/audio/speaker.js";
import "./voice/audio/speaking.js";
import "./voice/audio/voice-gate.js";
import "./voice/audio/wave.js";
import "./voice/browser/system-sound.js";
import "./voice/decibels.js";
import "./voice/browser/page-life.js";
import "./voice/call/hearing.js";
import "./phrases.js";
import "./words/voice.js";
import "./voice/base.js";
import "./voice/emitter.js";
import "./voice/link/adaptation.js";
import "./voice/link/candidate-batch.js";
import "./voice/link/candidate-fit.js";
import "./voice/link/channel-limits.js";
import "./voice/link/channels.js";
import "./voice/link/figures.js";
import "./voice/link/fingerprints.js";
import "./voice/link/generation.js";
import "./voice/link/link-history.js";
import "./voice/link/link-hold.js";
import "./voice/link/link-judging.js";
import "./voice/link/link-machine.js";
import "./voice/link/link-state.js";
import "./voice/link/link-stats.js";
import "./voice/link/link-table.js";
import "./voice/link/link-wire.js";
import "./voice/link/links.js";
import "./voice/link/listening.js";
import "./voice/link/sdp-shape.js";
import "./voice/link/sending.js";
import "./voice/link/tune-opus.js";
import "./voice/link/tuning.js";
import "./voice/link/work.js";
import "./voice/session/announcer.js";
import "./voice/session/band-messages.js";
import "./voice/session/between-words.js";
import "./voice/session/between.js";
import "./voice/session/bitrate.js";
import "./voice/session/hush.js";
import "./voice/session/in-band.js";
import "./voice/session/keeper.js";
import "./voice/session/link-teller.js";
import "./voice/session/note-text.js";
import "./voice/session/notes.js";
import "./voice/session/pairs.js";
import "./voice/session/past-server.js";
import "./voice/session/path-words.js";
import "./voice/session/people.js";
import "./voice/session/roster.js";
import "./voice/session/safety-code.js";
import "./voice/session/safety-emoji.js";
import "./voice/session/safety-trust.js";
import "./voice/session/safety.js";
import "./voice/session/server-watch.js";
import "./voice/session/session.js";
import "./voice/session/shown.js";
import "./voice/session/suppressor-words.js";
import "./voice/session/talk.js";
import "./voice/session/tally.js";
import "./voice/session/throttle.js";
import "./voice/signaling/credentials.js";
import "./voice/signaling/messages.js";
import "./voice/signaling/reading.js";
import "./voice/signaling/replay.js";
import "./voice/signaling/saying.js";
import "./voice/signaling/signaling-machine.js";
import "./voice/signaling/signaling-state.js";
import "./voice/signaling/signaling.js";

export { VoiceError } from "./voice/session/words.js";
/** @typedef {import("./voice/session/roster.js").Person} Person */
/** @typedef {import("./voice/session/pairs.js").Pair} Pair */
/** @typedef {import("./voice/session/between.js").Between} Between */
/** @typedef {import("./voice/session/room-events.js").RoomState} RoomState */
/** @typedef {import("./voice/session/room-events.js").RoomEvents} RoomEvents */

/** Events (CustomEvent): RoomEvents. */
export class VoiceRoom extends EventTarget {
  /** @type {RoomState} */
  #state = "idle";
  /** @type {Call|null} all that lives from join to leave */
  #call = null;
  /** The one before, which may still be dialing to give its seat back. @type {Call|null} */
  #last = null;
  /** @type {Promise<void>|null} */
  #joining = null;
  /** @type {{resolve: () => void, reject: (error: Error) => void}|null} */
  #settle = null;
  #showing;
  /** Of this call, or of the last one. @type {Journal} */
  #journal;
  #belongings;
  #platform;

  /**
   * @param {string} roomId
   * @param {{name: string, muted?: boolean, store?: Store, platform?: import("./voice/browser/platform.js").Platform}} options
   *   store: where choices are kept; muted: whatever is kept there
   */
  constructor(roomId, { name, muted, store = new Store(), platform = browser() }) {
    super();
    const talk = new Talk({ muted, store, platform });
    const volumes = new Volumes(store);
    const devices = new Devices(store, platform);
    const sounds = new SoundChoices(store);
    this.#belongings = { roomId, name: [...name.trim()].slice(0, 80).join("") || phrase("guest"), talk, volumes, devices, sounds, store, platform };
    this.#platform = platform;
    this.#journal = new Journal(platform.now);
    const look = () => ({ people: this.people, pairs: this.pairs, between: this.between, over: !this.#call });
    this.#showing = new Showing(look, (shown, news) => this.#show(shown, news), platform);
    volumes.on("change", (user) => {
      this.#call?.adjustVolumes();
      this.#emit("volume", { user, ...volumes.of(user) });
    });
    devices.on("microphone", ({ listenOnly }) => this.#call?.changeMicrophone(listenOnly));
    devices.on("speaker", (device) => this.#call?.changeSpeaker(device));
    talk.on("threshold", () => this.#call?.talked({ unmuted: false }));
    talk.on("change", ({ before, after }) => this.#talked(before, after));
  }

  get roomId() {
    return this.#belongings.roomId;
  }

  get state() {
    return this.#state;
  }

  get muted() {
    return this.#belongings.talk.muted;
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
    return this.#call?.volumeRange ?? FULL;
  }

  /** @returns {Person[]} oneself first, then in the order of arrival */
  get people() {
    return this.#call?.people ?? [];
  }

  /** @returns {Pair[]} those who can't hear each other */
  get pairs() {
    return this.#call?.pairs ?? [];
  }

  /** @returns {Between[]} how it is between any two others */
  get between() {
    return this.#call?.between ?? [];
  }

  /**
   * Call it from a click, which unlocks the sound. Resolves with a seat given; the microphone may come later.
   * @returns {Promise<void>} rejects with a VoiceError
   */
  async join() {
    if (!this.#platform.RTCPeerConnection) throw new words.VoiceError(words.NO_WEBRTC);
    this.#joining ??= new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#journal = new Journal(this.#platform.now);
      this.#last?.forget();
      this.#call = this.#newCall();
      this.#call.start();
      // Listeners come last, for one may leave.
      this.#become("joining", { words: words.JOINING });
    });
    return this.#joining;
  }

  /** Leave on purpose; nothing is left after it. */
  leave() {
    if (this.#call) this.#end("left", { words: words.LEFT });
  }

  mute() {
    this.talk.mute(true);
  }

  unmute() {
    this.talk.mute(false);
  }

  toggleMute() {
    this.talk.mute(!this.muted);
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
    this.#call?.unlock();
  }

  retryMicrophone() {
    this.#call?.retryMicrophone();
  }

  /**
   * Record three seconds of the microphone, muted or not, into this page's memory.
   * @param {AbortSignal} [signal] @returns {Promise<Blob|null>} null where there is no microphone, or this browser can't record
   */
  async record(signal) {
    const track = this.#call?.track;
    return track ? record(track, this.#platform, signal) : null;
  }

  /**
   * Play a recorded sample, or a sound by its name, by the chosen speaker; null is a sound to try it with.
   * @param {Blob|import("./voice/audio/sounds.js").Sound|null} sound @param {AbortSignal} [signal] @returns {Promise<boolean>} whether it was heard
   */
  async playOnce(sound, signal) {
    const { devices, sounds } = this.#belongings;
    const named = !(sound instanceof Blob);
    const how = { sink: devices.speaker?.id, volume: named && sound ? sounds.volume / 100 : 1, signal };
    return playOnce(named ? soundOf(sound ?? "test") : sound, how, this.#platform);
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

  /** Remove somebody, as the room's owner. @param {string} peer */
  remove(peer) {
    this.#call?.remove(peer);
  }

  /** The safety code of all who are here; null outside a call. */
  get safety() {
    return this.#call?.safety ?? null;
  }

  /** The words of the safety code were compared by voice, and are the same. */
  compare() {
    this.#call?.compare();
  }

  /** How the path to somebody is, in words and figures; null where there is none. @param {string} peer */
  path(peer) {
    return this.#call?.path(peer) ?? null;
  }

  /** @returns {readonly import("./voice/session/notes.js").Note[]} of this call, oldest first */
  get notes() {
    return this.#call?.notes ?? [];
  }

  /** Send a line of text to whoever is here, from browser to browser. @param {string} text @returns {boolean} false: empty or too long */
  sendNote(text) {
    return this.#call?.sendNote(text) ?? false;
  }

  /** Tell the person in the call something of the page's own, in its turn, and with a sound. @param {string} sentence @param {import("./voice/audio/sounds.js").Sound} [sound] */
  announce(sentence, sound) {
    this.#call?.announce(sentence, sound);
  }

  /** How loud one's microphone is now, from 0 to 1, also while muted; null where this can't be told. */
  level() {
    return this.#call?.level() ?? null;
  }

  /** What happened lately, as text to send to whoever runs the server: no name, no address, no words of anybody. */
  report() {
    const { state, muted, people, pairs } = this;
    return reportOf({ journal: this.#journal, state, muted, people, pairs });
  }

  #newCall() {
    const call = new Call(this.#belongings, this.#journal);
    call.on("joined", () => this.#joined());
    call.on("lost", () => this.#become("reconnecting", { words: words.SERVER_LOST }));
    call.on("trouble", (said) => this.#become(this.#state, said));
    call.on("over", (said) => this.#end(said.code === ANOTHER_TAB ? "left" : "refused", said));
    call.on("changed", () => this.#showing.want());
    call.on("hide", () => this.#hide());
    call.on("server", (detail) => this.#emit("server", detail));
    call.on("announce", (detail) => this.#emit("announce", detail));
    call.on("microphone", (detail) => this.#emit("microphone", detail));
    call.on("playback", (detail) => this.#emit("playback", detail));
    call.on("volumerange", (detail) => this.#emit("volumerange", detail));
    call.on("closing", (detail) => this.#emit("closing", detail));
    call.on("notice", (detail) => this.#emit("notice", detail));
    call.on("safety", (detail) => this.#emit("safety", detail));
    call.on("note", (detail) => this.#emit("note", detail));
    return call;
  }

  #joined() {
    this.#settle?.resolve();
    this.#settle = null;
    this.#become("joined", { words: words.JOINED });
  }

  /** @param {RoomState} state @param {{code?: string|number, words: string}} said */
  #end(state, said) {
    this.#call?.close();
    this.#last = this.#call;
    this.#call = null;
    this.#joining = null;
    this.#showing.close();
    this.#become(state, said);
    const { code = "left" } = said;
    this.#settle?.reject(new words.VoiceError({ code, words: code === "left" ? words.LEFT_EARLY : said.words }));
    this.#settle = null;
    this.#showing.want();
  }

  /** The page goes away; when it comes back as it was (the back button), so does the person: muted, without a click. */
  #hide() {
    this.leave();
    this.#platform.window.addEventListener("pageshow", (event) => {
      if (!(/** @type {PageTransitionEvent} */ (event).persisted)) return;
      this.mute();
      // Its failure is told by "state"; there is no click to answer.
      this.join().then(() => this.muted && this.#emit("notice", words.BACK_MUTED), () => {});
    }, { once: true });
  }

  /** @param {Readonly<import("./voice/call/talk.js").TalkState>} before @param {Readonly<import("./voice/call/talk.js").TalkState>} after */
  #talked(before, after) {
    if (after.muted !== before.muted) this.#emit("muted", { muted: after.muted });
    if (after.deafened !== before.deafened) this.#emit("deafened", { deafened: after.deafened });
    this.#call?.talked({ unmuted: before.muted && !after.muted });
    this.#emit("talk", { mode: after.mode, pressed: after.pressed, sends: this.talk.sends, inVain: this.talk.inVain });
    if (this.#call) this.#showing.want();
  }

  /** @param {RoomState} state @param {{code?: string|number, words: string}} said */
  #become(state, said) {
    if (state === this.#state && said.code === undefined) return;
    this.#state = state;
    this.#journal.note("room", { state, code: said.code });
    this.#emit("state", { state, ...said });
    this.#showing.want();
  }

  /** @param {import("./voice/session/shown.js").Shown} shown @param {ReturnType<import("./voice/session/shown.js").differences>} news */
  #show({ people, pairs, between }, news) {
    if (news.people) this.#emit("people", [...people]);
    if (news.pairs) this.#emit("pairs", [...pairs]);
    if (news.between) this.#emit("between", [...between]);
    for (const { name, doing } of news.unheard) this.#call?.announce(words.unheard(name, doing));
  }

  /** @template {keyof RoomEvents} Name @param {Name} name @param {RoomEvents[Name]} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
