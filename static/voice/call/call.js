// @ts-check
// One call from join to leave: makes its parts, and tells each what it has to know of the others.

import { AudioGraph } from "../audio/audio-graph.js";
import { Level } from "../audio/level.js";
import { silent } from "../audio/microphone-words.js";
import { Microphone } from "../audio/microphone.js";
import { Playback } from "../audio/playback.js";
import { Silence } from "../audio/silence.js";
import { Speaker } from "../audio/speaker.js";
import { Speaking } from "../audio/speaking.js";
import { PageLife } from "../browser/page-life.js";
import { Emitter } from "../emitter.js";
import { Announcer } from "../session/announcer.js";
import { Hush } from "../session/hush.js";
import { VoiceSession } from "../session/session.js";
import * as words from "../session/words.js";

/** @typedef {import("../session/room-events.js").RoomEvents} RoomEvents */
/** @typedef {import("./talk.js").Talk} Talk */
/**
 * What belongs to the room and outlives its calls.
 * @typedef {{roomId: string, name: string, talk: Talk, volumes: import("../audio/volumes.js").Volumes,
 *   devices: import("../audio/devices.js").Devices, store: import("../store.js").Store, platform: import("../browser/platform.js").Platform}} Belongings
 */
/**
 * What goes out as the room's own event, and what the room has to answer.
 * @typedef {Pick<RoomEvents, "server"|"announce"|"microphone"|"playback"|"volumerange"|"closing"|"notice">
 *   & Pick<import("../session/session-events.js").SessionEvents, "joined"|"lost"|"trouble"|"over"|"changed"> & {hide: null}} CallEvents
 */

const STILL_MUTED_EVERY = 30_000;

/** @extends {Emitter<CallEvents>} */
export class Call extends Emitter {
  #saidStillMuted = -Infinity;
  #closed = false;
  #session;
  #microphone;
  #playback;
  #speaker;
  #speaking;
  #page;
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
    const { roomId, name, talk, volumes, devices, platform } = belongings;
    this.#belongings = belongings;
    this.#journal = journal;
    const microphone = this.#microphone = new Microphone(platform, () => devices.microphone);
    const graph = this.#graph = new AudioGraph(platform);
    const level = this.#level = new Level(graph, platform);
    const silence = this.#silence = new Silence(graph, platform);
    const session = this.#session = new VoiceSession({
      roomId, journal, platform,
      hello: () => ({ name, ...this.#told() }),
      track: () => silence.instead(microphone.track),
      music: () => devices.processing.music,
    });
    this.#playback = new Playback({ platform, graph, loudness: (peer) => volumes.of(session.userOf(peer)) });
    this.#speaker = new Speaker(devices, platform);
    this.#speaking = new Speaking({ receivers: () => session.receivers(), own: () => level.now(), platform });
    this.#hush = new Hush(() => (devices.processing.music ? null : level.now()), platform);
    this.#page = new PageLife(platform);
    this.#announcer = new Announcer((sentence) => this.#tell("announce", sentence), platform);
    microphone.muted = !talk.sends;
    this.#playback.deafened = talk.deafened;
    this.#hearTheSession();
    this.#hearTheMachine();
  }

  /** Call it within the click, which unlocks sound. */
  start() {
    this.#session.start();
    this.#playback.prepare();
    this.#speaker.start();
    if (this.#belongings.devices.listenOnly) this.#microphone.decline();
    else this.#microphone.open();
  }

  /** @returns {import("../session/roster.js").Person[]} */
  get people() {
    const { name, talk: { muted, deafened } } = this.#belongings;
    const me = { name, muted, deafened, silent: silent(this.#microphone.trouble) };
    return this.#session.people(me, this.#speaking.now);
  }

  /** How loud the microphone is now, 0 to 1, muted or not; null where it can't be told. */
  get level() {
    return this.#level.now();
  }

  get pairs() {
    return this.#session.pairs(this.#belongings.name);
  }

  get volumeRange() {
    return this.#playback.range;
  }

  /** What is wanted of somebody's loudness holds from now on. */
  adjustVolumes() {
    this.#playback.adjust();
  }

  unlock() {
    this.#graph.resume();
    this.#playback.unlock();
  }

  retryMicrophone() {
    this.#microphone.open();
  }

  /** Another microphone or other processing was chosen, or none. @param {boolean} listenOnly */
  changeMicrophone(listenOnly) {
    if (listenOnly) this.#microphone.decline();
    else this.#microphone.change();
    this.#session.retune();
  }

  /** @param {import("../audio/constraints.js").Device|null} device */
  changeSpeaker(device) {
    this.#speaker.choose(device);
  }

  /** @param {string} peer */
  remove(peer) {
    this.#session.remove(peer);
  }

  /** @param {string} sentence */
  announce(sentence) {
    this.#announcer.say(sentence);
  }

  /** What was decided of talking holds from now on. @param {{unmuted: boolean}} news */
  talked({ unmuted }) {
    const { talk } = this.#belongings;
    const microphone = this.#microphone;
    if (talk.sends && microphone.muted) this.#hush.wake();
    microphone.muted = !talk.sends;
    this.#playback.deafened = talk.deafened;
    // Whoever unmutes wants to be heard.
    if (unmuted && microphone.trouble && microphone.trouble !== "asking") microphone.open();
    this.#session.sendState(this.#told());
  }

  close() {
    this.#closed = true;
    // The graph closes last: the others let go of their parts of it.
    const parts = [this.#microphone, this.#playback, this.#speaker, this.#speaking, this.#page, this.#announcer, this.#silence,
      this.#hush, this.#level, this.#graph];
    for (const part of parts) part.close();
    this.#session.end();
  }

  /** After `close`: give up what is still dialing to give the seat back. */
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
    });
    session.on("trouble", (said) => this.#tell("trouble", said));
    session.on("over", (said) => this.#tell("over", said));
    session.on("news", (news) => this.#announcer.gather(news));
    session.on("changed", () => this.#tell("changed", null));
    session.on("stream", ({ peer, stream }) => this.#playback.play(peer, stream));
    session.on("closing", (at) => this.#tell("closing", { at, words: words.closing(at, this.#belongings.platform.now()) }));
    session.on("notice", (notice) => this.#tell("notice", notice));
    session.on("wake", () => this.#recover());
  }

  #hearTheMachine() {
    const microphone = this.#microphone;
    microphone.on("track", (track) => {
      this.#session.setTrack(this.#silence.instead(track));
      this.#level.listen(track);
    });
    this.#silence.on("track", () => this.#session.setTrack(this.#silence.instead(microphone.track)));
    microphone.on("status", (status) => this.#heardOfMicrophone(status));
    this.#playback.on("playback", (detail) => this.#tell("playback", detail));
    this.#playback.on("refused", () => this.#speaker.refused());
    this.#speaker.on("sink", (sink) => {
      this.#playback.sink = sink;
    });
    this.#speaker.on("told", (said) => this.#tell("notice", said));
    this.#playback.on("range", (range) => this.#tell("volumerange", range));
    this.#hush.on("quiet", (quiet) => this.#session.setQuiet(quiet));
    this.#speaking.on("speaking", (peers) => this.#spoke(peers));
    this.#page.on("hide", () => this.#tell("hide", null));
    this.#page.on("change", (why) => {
      this.#session.reassess(why);
      if (why === "visible") this.#recover();
    });
  }

  /** What a sleep or a phone call may have taken. */
  #recover() {
    this.#graph.resume();
    this.#microphone.recover();
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
    if (status.ok) this.#speaker.look();
    this.#tell("microphone", status);
    this.#session.sendState(this.#told());
    this.#tell("changed", null);
  }

  /** @param {ReadonlySet<string>} peers */
  #spoke(peers) {
    const now = this.#belongings.platform.now();
    if (this.#belongings.talk.muted && peers.has("") && now - this.#saidStillMuted > STILL_MUTED_EVERY) {
      this.#saidStillMuted = now;
      this.announce(words.STILL_MUTED);
    }
    this.#session.hear(peers);
    this.#tell("changed", null);
  }

  /** @template {keyof CallEvents} Name @param {Name} name @param {CallEvents[Name]} detail */
  #tell(name, detail) {
    if (!this.#closed) this.emit(name, detail);
  }
}
