// @ts-check
// VoiceRoom, the library's public API: one person in one room, with a microphone, ears and plain words.

import { silent } from "./voice/audio/microphone-words.js";
import { Microphone } from "./voice/audio/microphone.js";
import { Playback } from "./voice/audio/playback.js";
import { Silence } from "./voice/audio/silence.js";
import { Speaking } from "./voice/audio/speaking.js";
import { PageLife } from "./voice/browser/page-life.js";
import { browser } from "./voice/browser/platform.js";
import { Announcer } from "./voice/session/announcer.js";
import { Journal } from "./voice/session/journal.js";
import { reportOf } from "./voice/session/report.js";
import { VoiceSession } from "./voice/session/session.js";
import { differences } from "./voice/session/shown.js";
import { Throttle } from "./voice/session/throttle.js";
import * as words from "./voice/session/words.js";
import { ANOTHER_TAB } from "./voice/signaling/codes.js";

// Named here although others import them: so the browser fetches the whole graph in one round trip, not in five.
import "./voice/emitter.js";
import "./voice/link/adaptation.js";
import "./voice/link/candidate-batch.js";
import "./voice/link/candidate-fit.js";
import "./voice/link/generation.js";
import "./voice/link/link-history.js";
import "./voice/link/link-hold.js";
import "./voice/link/link-machine.js";
import "./voice/link/link-state.js";
import "./voice/link/link-stats.js";
import "./voice/link/link-table.js";
import "./voice/link/link-wire.js";
import "./voice/link/links.js";
import "./voice/link/sdp-shape.js";
import "./voice/link/tune-opus.js";
import "./voice/link/tuning.js";
import "./voice/session/bitrate.js";
import "./voice/session/pairs.js";
import "./voice/session/roster.js";
import "./voice/session/server-watch.js";
import "./voice/signaling/credentials.js";
import "./voice/signaling/messages.js";
import "./voice/signaling/reading.js";
import "./voice/signaling/replay.js";
import "./voice/signaling/signaling-machine.js";
import "./voice/signaling/signaling-state.js";
import "./voice/signaling/signaling.js";

export { VoiceError } from "./voice/session/words.js";
/** @typedef {import("./voice/session/roster.js").Person} Person */
/** @typedef {import("./voice/session/pairs.js").Pair} Pair */
/** @typedef {import("./voice/session/room-events.js").RoomState} RoomState */
/** @typedef {import("./voice/session/room-events.js").RoomEvents} RoomEvents */
/**
 * @typedef {{session: VoiceSession, microphone: Microphone, playback: Playback, speaking: Speaking, page: PageLife,
 *   announcer: Announcer, silence: Silence}} Parts
 */

const STILL_MUTED_EVERY = 30_000;
/** However much the others send, the page shows so many changes in a row, and one in so many ms after. */
const SHOWN_AT_ONCE = 4;
const SHOWN_EVERY = 100;

/** Events (CustomEvent): RoomEvents. */
export class VoiceRoom extends EventTarget {
  /** @type {RoomState} */
  #state = "idle";
  /** @type {Parts|null} all that lives from join to leave */
  #parts = null;
  /** The one before, which may still be dialing to give its seat back. @type {VoiceSession|null} */
  #last = null;
  /** @type {Promise<void>|null} */
  #joining = null;
  /** @type {{resolve: () => void, reject: (error: Error) => void}|null} */
  #settle = null;
  #saidStillMuted = -Infinity;
  #rendering = false;
  #showing;
  /** What was shown last. @type {{people: Person[], pairs: Pair[]}} */
  #shown = { people: [], pairs: [] };
  /** Of this call, or of the last one. @type {Journal} */
  #journal;
  #muted;
  #roomId;
  #name;
  #platform;

  /**
   * @param {string} roomId
   * @param {{name: string, muted?: boolean, platform?: import("./voice/browser/platform.js").Platform}} options
   */
  constructor(roomId, { name, muted = false, platform = browser() }) {
    super();
    this.#roomId = roomId;
    this.#name = [...name.trim()].slice(0, 80).join("") || "Guest";
    this.#muted = muted;
    this.#platform = platform;
    this.#journal = new Journal(platform.now);
    this.#showing = new Throttle(SHOWN_EVERY, () => this.#show(), platform, SHOWN_AT_ONCE);
  }

  get roomId() {
    return this.#roomId;
  }

  get state() {
    return this.#state;
  }

  get muted() {
    return this.#muted;
  }

  /** @returns {Person[]} oneself first, then in the order of arrival */
  get people() {
    if (!this.#parts) return [];
    const { session, microphone, speaking } = this.#parts;
    return session.people(this.#name, this.#muted, silent(microphone.trouble), speaking.now);
  }

  /** @returns {Pair[]} those who can't hear each other */
  get pairs() {
    return this.#parts?.session.pairs(this.#name) ?? [];
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
      this.#parts = this.#makeParts();
      const { session, playback, microphone } = this.#parts;
      session.start();
      playback.prepare();
      microphone.open();
      // Listeners come last, for one may leave.
      this.#become("joining", { words: words.JOINING });
    });
    return this.#joining;
  }

  /** Leave on purpose; nothing is left after it. */
  leave() {
    if (this.#parts) this.#end("left", { words: words.LEFT });
  }

  mute() {
    this.#setMuted(true);
  }

  unmute() {
    this.#setMuted(false);
  }

  toggleMute() {
    this.#setMuted(!this.#muted);
  }

  /** Hear everyone, after the browser refused to play; call it from a click. */
  unlock() {
    this.#parts?.playback.unlock();
  }

  retryMicrophone() {
    this.#parts?.microphone.open();
  }

  /** Remove somebody, as the room's owner. @param {string} peer */
  remove(peer) {
    this.#parts?.session.remove(peer);
  }

  /** What happened lately, as text to send to whoever runs the server: no name, no address, no words of anybody. */
  report() {
    const { state, muted, people, pairs } = this;
    return reportOf({ journal: this.#journal, state, muted, people, pairs });
  }

  /** @returns {Parts} */
  #makeParts() {
    const platform = this.#platform;
    const journal = this.#journal;
    const microphone = new Microphone(platform);
    const silence = new Silence(platform);
    microphone.muted = this.#muted;
    const hello = () => ({ name: this.#name, muted: this.#unheard(), deafened: false });
    const session = new VoiceSession({ roomId: this.#roomId, hello, track: () => silence.instead(microphone.track), journal, platform });
    const playback = new Playback(platform);
    const speaking = new Speaking({ receivers: () => session.receivers(), platform });
    const page = new PageLife(platform);
    const announcer = new Announcer((sentence) => this.#emit("announce", sentence), platform);

    session.on("joined", () => this.#joined());
    session.on("lost", () => this.#become("reconnecting", { words: words.SERVER_LOST }));
    session.on("server", (detail) => {
      this.#emit("server", detail);
      announcer.say(detail.words);
    });
    session.on("trouble", (said) => this.#become(this.#state, said));
    session.on("over", (said) => this.#end(said.code === ANOTHER_TAB ? "left" : "refused", said));
    session.on("news", (news) => announcer.gather(news));
    session.on("changed", () => this.#render());
    session.on("stream", ({ peer, stream }) => playback.play(peer, stream));
    session.on("closing", (at) => this.#emit("closing", { at, words: words.closing(at, platform.now()) }));
    session.on("notice", (notice) => this.#emit("notice", notice));
    session.on("wake", () => microphone.recover());
    microphone.on("track", (track) => {
      session.setTrack(silence.instead(track));
      speaking.listen(track);
    });
    microphone.on("status", (status) => this.#heardOfMicrophone(status));
    playback.on("playback", (detail) => this.#emit("playback", detail));
    speaking.on("speaking", (peers) => this.#spoke(peers));
    page.on("hide", () => this.#hide());
    page.on("change", (why) => {
      session.reassess(why);
      if (why === "visible") microphone.recover();
    });
    return { session, microphone, playback, speaking, page, announcer, silence };
  }

  #joined() {
    const { session, speaking, page } = /** @type {Parts} */ (this.#parts);
    session.sendMuted(this.#unheard());
    speaking.start();
    page.stayAwake();
    this.#settle?.resolve();
    this.#settle = null;
    this.#become("joined", { words: words.JOINED });
  }

  /** @param {RoomState} state @param {{code?: string|number, words: string}} said */
  #end(state, said) {
    const parts = /** @type {Parts} */ (this.#parts);
    this.#parts = null;
    this.#joining = null;
    const { session, ...others } = parts;
    for (const part of Object.values(others)) part.close();
    this.#showing.close();
    session.end();
    this.#last = session;
    this.#become(state, said);
    const { code = "left" } = said;
    this.#settle?.reject(new words.VoiceError({ code, words: code === "left" ? words.LEFT_EARLY : said.words }));
    this.#settle = null;
    this.#render();
  }

  /** The page goes away; when it comes back as it was (the back button), so does the person: muted, without a click. */
  #hide() {
    this.leave();
    this.#platform.window.addEventListener("pageshow", (event) => {
      if (!(/** @type {PageTransitionEvent} */ (event).persisted)) return;
      this.mute();
      // Its failure is told by "state"; there is no click to answer.
      this.join().then(() => this.#muted && this.#emit("notice", words.BACK_MUTED), () => {});
    }, { once: true });
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#emit("muted", { muted });
    if (!this.#parts) return;
    const { session, microphone } = this.#parts;
    microphone.muted = muted;
    // Whoever unmutes wants to be heard.
    if (!muted && microphone.trouble && microphone.trouble !== "asking") microphone.open();
    session.sendMuted(this.#unheard());
    this.#render();
  }

  /** Whether the others can hear nothing from here. */
  #unheard() {
    return this.#muted || Boolean(this.#parts?.microphone.trouble);
  }

  /** @param {import("./voice/audio/microphone.js").MicrophoneStatus} status */
  #heardOfMicrophone(status) {
    this.#journal.note("microphone", { code: status.code });
    this.#emit("microphone", status);
    this.#parts?.session.sendMuted(this.#unheard());
    this.#render();
  }

  /** @param {ReadonlySet<string>} peers */
  #spoke(peers) {
    const now = this.#platform.now();
    if (this.#muted && peers.has("") && now - this.#saidStillMuted > STILL_MUTED_EVERY) {
      this.#saidStillMuted = now;
      this.#parts?.announcer.say(words.STILL_MUTED);
    }
    this.#parts?.session.hear(peers);
    this.#render();
  }

  /** @param {RoomState} state @param {{code?: string|number, words: string}} said */
  #become(state, said) {
    if (state === this.#state && said.code === undefined) return;
    this.#state = state;
    this.#journal.note("room", { state, code: said.code });
    this.#emit("state", { state, ...said });
    this.#render();
  }

  /** Show what changed, once for all that happened in one turn. */
  #render() {
    if (this.#rendering) return;
    this.#rendering = true;
    queueMicrotask(() => {
      this.#rendering = false;
      // The end is shown at once: nothing may wait behind it.
      if (this.#parts) this.#showing.want();
      else this.#show();
    });
  }

  /** @returns {boolean} whether anything reads differently */
  #show() {
    const { people, pairs } = this;
    const news = differences(this.#shown, { people, pairs });
    this.#shown = { people, pairs };
    if (news.people) this.#emit("people", people);
    if (news.pairs) this.#emit("pairs", pairs);
    for (const { name, doing } of news.unheard) this.#parts?.announcer.say(words.unheard(name, doing));
    return news.people || news.pairs;
  }

  /** @template {keyof RoomEvents} Name @param {Name} name @param {RoomEvents[Name]} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
