// @ts-check
// One call from join to leave: makes its parts, and tells each what it has to know of the others.

import { AudioGraph } from "../audio/audio-graph.js";
import { Level } from "../audio/level.js";
import { silent } from "../audio/microphone-words.js";
import { Microphone } from "../audio/microphone.js";
import { NoiseSuppressor } from "../audio/noise-suppressor.js";
import { Silence } from "../audio/silence.js";
import { Speaking } from "../audio/speaking.js";
import { VoiceGate } from "../audio/voice-gate.js";
import { PageLife } from "../browser/page-life.js";
import { SystemSound } from "../browser/system-sound.js";
import { Emitter } from "../emitter.js";
import { Announcer } from "../session/announcer.js";
import { Hush } from "../session/hush.js";
import { VoiceSession } from "../session/session.js";
import { noSuppressor } from "../session/suppressor-words.js";
import * as words from "../session/words.js";
import { REMOVED } from "../signaling/codes.js";
import { Hearing } from "./hearing.js";

/** @typedef {import("../session/room-events.js").RoomEvents} RoomEvents */
/** @typedef {import("./talk.js").Talk} Talk */
/**
 * What belongs to the room and outlives its calls.
 * @typedef {{roomId: string, name: string, talk: Talk, volumes: import("../audio/volumes.js").Volumes,
 *   devices: import("../audio/devices.js").Devices, sounds: import("../audio/sound-choices.js").SoundChoices,
 *   store: import("../store.js").Store, platform: import("../browser/platform.js").Platform}} Belongings
 */
/**
 * What goes out as the room's own event, and what the room has to answer.
 * @typedef {Pick<RoomEvents, "server"|"announce"|"microphone"|"playback"|"volumerange"|"closing"|"notice"|"note"|"safety">
 *   & Pick<import("../session/session-events.js").SessionEvents, "joined"|"lost"|"trouble"|"over"|"changed"> & {hide: null}} CallEvents
 */

const STILL_MUTED_EVERY = 30_000;
/** Who mutes in the middle of a word knows it; who goes on for so long may not. */
const IN_VAIN = 1000;

/** @extends {Emitter<CallEvents>} */
export class Call extends Emitter {
  #saidStillMuted = -Infinity;
  /** @type {any} */
  #inVain = null;
  #closed = false;
  #session;
  #microphone;
  #suppressor;
  #hearing;
  #speaking;
  #gate;
  #page;
  #system;
  #announcer;
  #silence;
  #graph;
  #level;
  #hush;
  #belongings;
  #journal;

  /** @param {Belongings} belongings @param {import("../session/journal.js").Journal} journal */
  constructor(belongings, journal) {
    super();
    const { roomId, name, talk, devices, store, platform } = belongings;
    this.#belongings = belongings;
    this.#journal = journal;
    this.#microphone = new Microphone(platform, () => devices.microphone);
    const graph = this.#graph = new AudioGraph(platform);
    const suppressor = this.#suppressor = new NoiseSuppressor({ graph, wanted: () => devices.suppresses, platform });
    const level = this.#level = new Level(graph, platform);
    const silence = this.#silence = new Silence(graph, platform);
    const session = this.#session = new VoiceSession({
      roomId, journal, platform,
      hello: () => ({ name, ...this.#told() }),
      track: () => silence.instead(suppressor.track),
      music: () => devices.processing.music,
      talks: () => talk.sends,
      takesNotes: () => store.get("notes", true),
    });
    this.#hearing = new Hearing(belongings, graph, (peer) => session.userOf(peer));
    this.#speaking = new Speaking({ receivers: () => session.receivers(), own: () => level.now(), platform });
    this.#gate = new VoiceGate({ graph, level, platform });
    // Muted, DTX does it: with long packets its signs of life would be too far apart.
    this.#hush = new Hush({
      level: () => (devices.processing.music || !talk.sends ? null : level.now()),
      track: () => suppressor.track, ear: new VoiceGate({ graph, level, platform }), platform,
    });
    this.#page = new PageLife(platform);
    this.#system = new SystemSound(platform);
    this.#announcer = new Announcer((sentence) => this.#tell("announce", sentence), platform);
    this.#hearTalk();
    this.#hearTheSession();
    this.#hearTheMachine();
  }

  /** Call it within the click, which unlocks sound. */
  start() {
    this.#session.start();
    this.#hearing.start();
    if (this.#belongings.devices.listenOnly) this.#microphone.decline();
    else this.#microphone.open();
  }

  /** @returns {import("../session/roster.js").Person[]} */
  get people() {
    const { name, talk: { muted, deafened } } = this.#belongings;
    const me = { name, muted, deafened, silent: silent(this.#microphone.trouble) };
    const speaking = new Set(this.#speaking.now);
    if (!this.#belongings.talk.sends) speaking.delete("");
    return this.#session.people(me, speaking);
  }

  /** How loud the microphone is now, 0 to 1, muted or not; null where it can't be told. */
  level() {
    return this.#level.now();
  }

  get pairs() {
    return this.#session.pairs(this.#belongings.name);
  }

  get between() {
    return this.#session.between(this.pairs);
  }

  get volumeRange() {
    return this.#hearing.range;
  }

  /** What is wanted of somebody's loudness holds from now on. */
  adjustVolumes() {
    this.#hearing.adjust();
  }

  get safety() {
    return this.#session.past.safety;
  }

  compare() {
    this.#session.past.compare();
  }

  /** @param {string} peer */
  path(peer) {
    return this.#session.past.path(peer);
  }

  /** @returns {readonly import("../session/notes.js").Note[]} */
  get notes() {
    return this.#session.past.notes;
  }

  /** @param {string} text @returns {boolean} */
  sendNote(text) {
    return this.#session.past.sendNote(text, this.#belongings.name);
  }

  unlock() {
    this.#graph.resume();
    this.#hearing.unlock();
  }

  retryMicrophone() {
    const { devices } = this.#belongings;
    // What the person just asked for is the choice from now on, in the settings and at the next join.
    if (devices.listenOnly) devices.chooseListening(false);
    else this.#microphone.open();
  }

  /** Another microphone or other processing was chosen, or none. @param {boolean} listenOnly */
  changeMicrophone(listenOnly) {
    if (listenOnly) this.#microphone.decline();
    else this.#microphone.change();
    this.#session.retune();
  }

  /** What is sent of the microphone now, before it is muted. */
  get track() {
    return this.#suppressor.track;
  }

  /** @param {import("../audio/constraints.js").Device|null} device */
  changeSpeaker(device) {
    this.#hearing.choose(device);
  }

  /** @param {string} peer */
  remove(peer) {
    this.#session.remove(peer);
  }

  /** @param {string} sentence @param {import("../audio/sounds.js").Sound} [sound] */
  announce(sentence, sound) {
    this.#announcer.say(sentence);
    if (sound) this.#hearing.sound(sound);
  }

  /** What was decided of talking holds from now on. @param {{unmuted: boolean}} news */
  talked({ unmuted }) {
    const { talk } = this.#belongings;
    const microphone = this.#microphone;
    if (talk.sends && microphone.muted) this.#hush.wake();
    this.#hearTalk();
    this.#gateOrNot();
    // Whoever unmutes wants to be heard.
    if (unmuted && microphone.trouble && microphone.trouble !== "asking") this.retryMicrophone();
    this.#session.sendState(this.#told());
    this.#session.retune();
    this.#watchForVain();
  }

  close() {
    this.#closed = true;
    this.#endVain();
    // The graph closes last: the others let go of their parts of it.
    const parts = [this.#microphone, this.#suppressor, this.#hearing, this.#speaking, this.#gate, this.#page, this.#system, this.#announcer,
      this.#silence, this.#hush, this.#level, this.#graph];
    for (const part of parts) part.close();
    this.#session.end();
  }

  /** A seat that still waits to be given back is let go: its owner takes another. */
  forget() {
    this.#session.forget();
  }

  #hearTheSession() {
    const session = this.#session;
    session.on("joined", () => this.#joined());
    session.on("lost", () => this.#tell("lost", null));
    session.on("server", (detail) => {
      this.#tell("server", detail);
      this.announce(detail.words);
      this.#hearing.sound(detail.lost ? "lost" : "back");
    });
    session.on("trouble", (said) => this.#tell("trouble", said));
    session.on("over", (said) => {
      if (said.code === REMOVED) this.#hearing.sound("removed");
      this.#tell("over", said);
    });
    session.on("news", (news) => {
      this.#announcer.gather(news);
      for (const { type } of news) if (type !== "overheard") this.#hearing.sound(type === "joined" ? "join" : "leave");
    });
    session.on("changed", () => this.#tell("changed", null));
    session.on("stream", ({ peer, stream }) => this.#hearing.play(peer, stream));
    session.on("closing", (at) => {
      const said = words.closing(at, this.#belongings.platform.now());
      this.#tell("closing", { at, words: said });
      this.announce(said);
    });
    session.on("notice", (notice) => this.#notice(notice));
    session.on("safety", (safety) => this.#tell("safety", safety));
    session.on("alarm", (said) => this.#notice({ ...said, alarm: true }));
    session.on("note", (note) => {
      const fresh = !note.self && note.trouble === "";
      this.#tell("note", note);
      if (fresh) this.announce(words.noteFrom(note.name, note.text));
    });
    session.on("wake", () => this.#resume());
  }

  #hearTheMachine() {
    const microphone = this.#microphone;
    const suppressor = this.#suppressor;
    microphone.on("track", (track) => suppressor.take(track));
    suppressor.on("failed", (code) => {
      this.#notice(noSuppressor(code));
      this.#belongings.devices.loseSuppressor(code);
    });
    suppressor.on("track", (track) => {
      this.#session.setTrack(this.#silence.instead(track));
      this.#level.listen(track);
      this.#hush.heed();
      this.#system.use(track !== null);
      this.#gateOrNot();
    });
    this.#silence.on("track", () => this.#session.setTrack(this.#silence.instead(suppressor.track)));
    microphone.on("status", (status) => this.#heardOfMicrophone(status));
    this.#hearing.on("playback", (detail) => {
      this.#tell("playback", detail);
      if (detail.blocked) this.announce(words.BLOCKED);
    });
    this.#hearing.on("range", (range) => this.#tell("volumerange", range));
    this.#hearing.on("told", (said) => this.#notice(said));
    this.#hush.on("quiet", (quiet) => this.#session.setQuiet(quiet));
    this.#speaking.on("speaking", (peers) => this.#spoke(peers));
    const { talk } = this.#belongings;
    this.#gate.on("loud", (loud) => talk.hear(loud));
    this.#gate.on("deaf", (deaf) => {
      talk.lose(deaf);
      if (deaf) this.#notice(words.NO_VOICE_ACTIVATION);
    });
    this.#page.on("hide", () => this.#tell("hide", null));
    this.#page.on("change", (why) => {
      this.#session.reassess(why);
      if (why === "visible") this.#resume();
    });
    this.#system.on("back", () => this.#resume());
  }

  /** A phone call or a locked screen may have stopped what was played and what was recorded. */
  #resume() {
    this.#graph.resume();
    this.#microphone.recover();
    this.#hearing.unlock();
  }

  /** Only voice activation pays for its gate. */
  #gateOrNot() {
    const { talk } = this.#belongings;
    this.#gate.threshold = talk.threshold;
    this.#gate.listen(talk.mode === "voice" ? this.#suppressor.track : null);
  }

  /** Muted always wins: whoever sends is told. */
  #hearTalk() {
    const { talk } = this.#belongings;
    this.#microphone.muted = this.#suppressor.muted = !talk.sends;
    this.#hearing.deafened = talk.deafened;
  }

  #joined() {
    this.#session.sendState(this.#told());
    this.#speaking.start();
    this.#hush.start();
    this.#page.stayAwake();
    this.#tell("joined", null);
  }

  /** What the room is told: muted is whoever can't be heard, for whatever reason. */
  #told() {
    const { muted, deafened } = this.#belongings.talk;
    return { muted: muted || Boolean(this.#microphone.trouble), deafened };
  }

  /** @param {import("../audio/microphone.js").MicrophoneStatus} status */
  #heardOfMicrophone(status) {
    this.#journal.note("microphone", { code: status.code });
    // Names and ids of devices are told once a microphone is allowed.
    if (status.ok) this.#hearing.look();
    this.#tell("microphone", status);
    // All is well is what everyone expects.
    if (status.code !== "ok") this.announce(status.words);
    this.#session.sendState(this.#told());
    this.#tell("changed", null);
  }

  /** @param {ReadonlySet<string>} peers */
  #spoke(peers) {
    this.#hearing.speaking = [...peers].some((peer) => peer !== "");
    this.#belongings.talk.speak(peers.has(""));
    this.#watchForVain();
    this.#session.hear(peers);
    this.#tell("changed", null);
  }

  #watchForVain() {
    const { talk, platform } = this.#belongings;
    if (talk.inVain) this.#inVain ??= platform.setTimeout(() => this.#sayStillMuted(), IN_VAIN);
    else this.#endVain();
  }

  #endVain() {
    this.#belongings.platform.clearTimeout(this.#inVain);
    this.#inVain = null;
  }

  #sayStillMuted() {
    this.#inVain = null;
    const now = this.#belongings.platform.now();
    if (now - this.#saidStillMuted <= STILL_MUTED_EVERY) return;
    this.#saidStillMuted = now;
    this.announce(words.STILL_MUTED);
    this.#hearing.sound("muted");
  }

  /** @param {CallEvents["notice"]} notice */
  #notice(notice) {
    this.#tell("notice", notice);
    this.announce(notice.words);
  }

  /** @template {keyof CallEvents} Name @param {Name} name @param {CallEvents[Name]} detail */
  #tell(name, detail) {
    if (!this.#closed) this.emit(name, detail);
  }
}
