// @ts-check
// One call from join to leave: makes its parts, and tells each what it has to know of the others.

import { AudioGraph } from "../audio/audio-graph.js";
import { microphoneStatus, NOTHING_TO_UNMUTE, silent } from "../audio/microphone-words.js";
import { Speaking } from "../audio/speaking.js";
import { PageLife } from "../browser/page-life.js";
import { Emitter } from "../emitter.js";
import { Announcer } from "../session/announcer.js";
import { VoiceSession } from "../session/session.js";
import * as words from "../session/words.js";
import { REMOVED } from "../signaling/codes.js";
import { Afterwards, CALM, FIRST, LINKING } from "./afterwards.js";
import { Capture } from "./capture.js";
import { Hearing } from "./hearing.js";
import { InVain } from "./in-vain.js";

/** @typedef {import("../session/room-events.js").RoomEvents} RoomEvents */
/** @typedef {import("./talk.js").Talk} Talk */
/**
 * What belongs to the room and outlives its calls.
 * @typedef {{roomId: string, name: string, talk: Talk, volumes: import("../audio/volumes.js").Volumes,
 *   devices: import("../audio/devices.js").Devices, sounds: import("../audio/sound-choices.js").SoundChoices,
 *   store: import("../store.js").Store, compared: import("../session/compared-keys.js").ComparedKeys, platform: import("../browser/platform.js").Platform}} Belongings
 */
/**
 * What goes out as the room's own event, and what the room has to answer.
 * @typedef {Pick<RoomEvents, "server"|"announce"|"microphone"|"playback"|"volumerange"|"closing"|"knock"|"notice"|"note"|"safety">
 *   & Pick<import("../session/session-events.js").SessionEvents, "joined"|"lost"|"trouble"|"over"|"changed"> & import("./afterwards.js").AfterwardsEvents & {hide: null}} CallEvents
 */

/** @extends {Emitter<CallEvents>} */
export class Call extends Emitter {
  #closed = false;
  #session;
  #capture;
  #hearing;
  #speaking;
  #inVain;
  #page;
  #afterwards;
  #announcer;
  #graph;
  #belongings;
  #journal;

  /** @param {Belongings} belongings @param {import("../session/journal.js").Journal} journal */
  constructor(belongings, journal) {
    super();
    const { roomId, name, talk, devices, store, compared, platform } = belongings;
    talk.begin();
    this.#belongings = belongings;
    this.#journal = journal;
    const graph = this.#graph = new AudioGraph(platform);
    const later = (/** @type {string} */ what, /** @type {() => void} */ task) => this.#afterwards.put(what, task);
    const capture = this.#capture = new Capture(belongings, graph, later);
    const session = this.#session = new VoiceSession({
      roomId, journal, compared, platform, later,
      hello: () => ({ name, ...this.#told() }),
      track: () => capture.sent(),
      music: () => devices.processing.music,
      saves: () => devices.processing.saveData,
      talks: () => talk.sends,
      takesNotes: () => store.get("notes", true),
    });
    this.#hearing = new Hearing(belongings, graph, (peer) => session.userOf(peer), later);
    this.#speaking = new Speaking({
      receivers: () => session.receivers(), doubted: () => session.saidMuted(), own: () => capture.level(), platform,
    });
    this.#inVain = new InVain(() => this.#sayStillMuted(), platform);
    this.#page = new PageLife(platform);
    this.#afterwards = new Afterwards(platform, (calm) => session.isCalm(calm));
    this.#announcer = new Announcer((sentence) => this.#tell("announce", sentence), platform);
    Object.assign(this.#hearing, this.#told());
    this.#hearTheSession();
    this.#hearTheMachine();
  }

  /** Call it within the click, which unlocks sound. What the server and the system take their time for is asked first. */
  start() {
    this.#afterwards.hold(FIRST, CALM);
    this.#session.start();
    this.#capture.open();
    this.#hearing.start();
  }

  /** @returns {import("../session/roster.js").Person[]} */
  get people() {
    const { name, talk: { muted, deafened } } = this.#belongings;
    const me = { name, muted, deafened, silent: silent(this.#capture.trouble) };
    const speaking = new Set(this.#speaking.now);
    if (!this.#belongings.talk.sends) speaking.delete("");
    return this.#session.people(me, speaking);
  }

  /** How loud the microphone is now, 0 to 1, muted or not; null where it can't be told. */
  level() {
    return this.#capture.level();
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

  /** Why nothing is sent, muted or not; "" while all is well. */
  get trouble() {
    return this.#capture.trouble;
  }

  /** What is wanted of somebody's loudness holds from now on. */
  adjustVolumes() {
    // It may be asleep; who moves a slider has clicked, which wakes it.
    this.#graph.resume();
    this.#hearing.adjust();
  }

  /** What goes past the server: notes, paths, the safety code. */
  get past() {
    return this.#session.past;
  }

  unlock() {
    this.#graph.resume();
    this.#hearing.unlock();
  }

  retryMicrophone() {
    this.#capture.retry();
  }

  /** Another microphone or other processing was chosen, or none. @param {boolean} listenOnly */
  changeMicrophone(listenOnly) {
    this.#capture.change(listenOnly);
    this.#session.retune();
  }

  /** What comes of the microphone now, before it is muted. */
  get track() {
    return this.#capture.track;
  }

  /** @param {import("../audio/constraints.js").Device|null} device */
  changeSpeaker(device) {
    this.#hearing.choose(device);
  }

  /** Whoever listens only has nothing to unmute, and is told what there is to do. */
  remind() {
    this.#heardOfMicrophone({ ok: false, ...microphoneStatus(this.trouble), words: NOTHING_TO_UNMUTE });
  }

  /** Something was played beside the call. */
  played() {
    this.#hearing.keepKeys();
  }

  get keepsLinks() {
    return this.#session.keepsLinks;
  }

  /** @param {string} peer @param {{links?: boolean}} [also] */
  remove(peer, also) {
    this.#session.remove(peer, also);
  }

  /** @param {string} sentence @param {import("../audio/sounds.js").Sound} [sound] */
  announce(sentence, sound) {
    // A knock is what others can cause at will.
    if (sound === "knock") this.#announcer.pass(sentence);
    else this.#announcer.say(sentence);
    if (sound) this.#hearing.sound(sound);
  }

  /** Somebody can't be heard any more. @param {string} sentence */
  pass(sentence) {
    this.#announcer.pass(sentence);
  }

  /** Another number of bits was chosen. */
  retune() {
    this.#session.retune();
  }

  /** The person asks to be heard, by a control of the page. */
  beHeard() {
    this.#capture.beHeard();
  }

  /** What was decided of talking holds from now on. */
  talked() {
    const { talk } = this.#belongings;
    this.#capture.talked();
    Object.assign(this.#hearing, this.#told());
    this.#session.sendState(this.#told());
    this.#session.retune();
    this.#inVain.heed(talk.inVain);
  }

  close() {
    this.#closed = true;
    // The graph closes last: the others let go of their parts of it.
    const parts = [this.#capture, this.#hearing, this.#speaking, this.#inVain, this.#page, this.#afterwards, this.#announcer, this.#graph];
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
    // With the welcome nobody is known yet.
    session.on("listed", () => this.announce(words.youAreIn(this.people.filter(({ self }) => !self).map(({ name }) => name), this.#belongings.talk)));
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
      for (const { type } of news) if (type !== "overheard") this.#sound(type === "joined" ? "join" : "leave");
    });
    session.on("changed", () => this.#tell("changed", null));
    session.on("linking", () => this.#afterwards.hold(LINKING));
    session.on("stream", ({ peer, stream }) => this.#hearing.play(peer, stream));
    session.on("closing", (at) => {
      const said = words.closing(at, this.#belongings.platform.now());
      this.#tell("closing", { at, words: said });
      this.announce(said);
    });
    session.on("knock", (caller) => this.#tell("knock", caller));
    session.on("notice", (notice) => this.#notice(notice));
    session.on("safety", (safety) => this.#tell("safety", safety));
    session.on("alarm", (said) => this.#notice({ ...said, alarm: true }));
    session.on("note", (note) => {
      const fresh = !note.self && note.trouble === "";
      this.#tell("note", note);
      if (fresh) this.#announcer.pass(words.noteFrom(note.name, note.text));
    });
    session.on("wake", () => this.#resume());
  }

  #hearTheMachine() {
    const capture = this.#capture;
    capture.on("track", (track) => this.#session.setTrack(track));
    capture.on("status", (status) => this.#heardOfMicrophone(status));
    capture.on("quiet", (quiet) => this.#session.setQuiet(quiet));
    capture.on("notice", (said) => this.#notice(said));
    capture.on("back", () => this.#resume());
    this.#hearing.on("playback", (detail) => {
      this.#tell("playback", detail);
      if (detail.blocked) this.announce(words.BLOCKED);
    });
    this.#hearing.on("range", (range) => this.#tell("volumerange", range));
    this.#hearing.on("told", (said) => this.#notice(said));
    this.#afterwards.on("held", () => {
      this.#announcer.hold();
      this.#tell("held", null);
    });
    this.#afterwards.on("settled", () => {
      this.#tell("settled", null);
      this.#announcer.release();
    });
    this.#speaking.on("speaking", (peers) => this.#spoke(peers));
    this.#page.on("hide", () => this.#tell("hide", null));
    this.#page.on("change", (why) => {
      this.#session.reassess(why);
      if (why === "visible") this.#resume();
    });
  }

  /** A phone call or a locked screen may have stopped what was played and what was recorded. */
  #resume() {
    this.#graph.resume();
    this.#capture.recover();
    this.#hearing.unlock();
  }

  #joined() {
    this.#session.sendState(this.#told());
    this.#afterwards.put("pauses", () => this.#capture.start());
    this.#afterwards.put("speaking", () => this.#speaking.start());
    this.#afterwards.put("awake", () => this.#page.stayAwake());
    this.#afterwards.put("keys", () => this.#hearing.holdKeys());
    this.#afterwards.put("sound", () => this.#hearing.make("join"));
    this.#tell("joined", null);
  }

  /** What the room is told: muted is whoever can't be heard, for whatever reason. */
  #told() {
    const { muted, deafened } = this.#belongings.talk;
    return { muted: muted || Boolean(this.trouble), deafened };
  }

  /** @param {import("../audio/microphone.js").MicrophoneStatus} status */
  #heardOfMicrophone(status) {
    this.#journal.note("microphone", { code: status.code });
    // Names and ids of devices are told once a microphone is allowed.
    if (status.ok) this.#hearing.look();
    this.#tell("microphone", status);
    // All is well is what everyone expects.
    if (status.code !== "ok") this.announce(status.words);
    Object.assign(this.#hearing, this.#told());
    this.#session.sendState(this.#told());
    this.#tell("changed", null);
  }

  /** @param {ReadonlySet<string>} peers */
  #spoke(peers) {
    this.#hearing.speaking = [...peers].some((peer) => peer !== "");
    const { talk } = this.#belongings;
    talk.speak(peers.has(""));
    this.#inVain.heed(talk.inVain);
    this.#session.hear(peers);
    this.#tell("changed", null);
  }

  /** Who comes and goes while links are made is heard after them. @param {"join"|"leave"} sound */
  #sound(sound) {
    this.#afterwards.put(`to ${sound}`, () => this.#hearing.sound(sound));
  }

  #sayStillMuted() {
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
