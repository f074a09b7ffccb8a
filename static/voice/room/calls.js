// @ts-check
// Owns a room's calls, one after another: joining, leaving, coming back with the page, and the state that is told of it.

import { Call } from "../call/call.js";
import { Journal } from "../session/journal.js";
import { Showing } from "../session/showing.js";
import * as words from "../session/words.js";
import { ANOTHER_TAB } from "../signaling/codes.js";

/** @typedef {import("../session/room-events.js").RoomState} RoomState */
/** @typedef {import("../session/room-events.js").RoomEvents} RoomEvents */
/** @typedef {{code?: string|number, words: string}} Said */
/** @typedef {<Name extends keyof RoomEvents>(name: Name, detail: RoomEvents[Name]) => void} Tell */

/** What a call tells that goes out as it is. */
export const AS_TOLD = /** @type {const} */ (["server", "announce", "microphone", "playback", "volumerange", "closing", "knock", "notice", "safety", "note"]);

export class Calls {
  /** @type {RoomState} */
  #state = "idle";
  /** @type {Call|null} all that lives from join to leave */
  #now = null;
  /** The one before, which may still be dialing to give its seat back. @type {Call|null} */
  #last = null;
  /** @type {Promise<void>|null} */
  #joining = null;
  /** @type {{resolve: () => void, reject: (error: Error) => void}|null} */
  #settle = null;
  #showing;
  #journal;
  #belongings;
  #tell;

  /** @param {import("../call/call.js").Belongings} belongings @param {Tell} tell */
  constructor(belongings, tell) {
    const { platform } = belongings;
    this.#belongings = belongings;
    this.#tell = tell;
    this.#journal = new Journal(platform.now);
    this.#showing = new Showing({
      look: () => ({ people: this.people, pairs: this.pairs, between: this.between }), over: () => !this.#now,
      tell: (shown, news) => this.#show(shown, news),
    }, platform);
  }

  get state() {
    return this.#state;
  }

  /** The call that is on, from join to leave. */
  get now() {
    return this.#now;
  }

  /** Of this call, or of the last one. */
  get journal() {
    return this.#journal;
  }

  get people() {
    return this.#now?.people ?? [];
  }

  get pairs() {
    return this.#now?.pairs ?? [];
  }

  get between() {
    return this.#now?.between ?? [];
  }

  /** Call it from a click. @returns {Promise<void>} resolves with a seat given, rejects with a VoiceError, having told "refused" */
  async join() {
    const { platform } = this.#belongings;
    if (!platform.RTCPeerConnection) {
      this.#become("refused", words.NO_WEBRTC);
      throw new words.VoiceError(words.NO_WEBRTC);
    }
    if (this.#joining) return this.#joining;
    /** @type {Promise<void>} */
    const joining = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // It stands before anybody hears of it: who leaves at once ends this one.
    this.#joining = joining;
    this.#journal = new Journal(platform.now);
    this.#last?.forget();
    this.#now = this.#begin();
    this.#now.start();
    // Listeners come last, for one may leave.
    this.#become("joining", { words: words.JOINING });
    return joining;
  }

  leave() {
    if (this.#now) this.#end("left", { words: words.LEFT });
  }

  /** Something that is shown of the call may read differently. */
  look() {
    if (this.#now) this.#showing.want();
  }

  #begin() {
    const call = new Call(this.#belongings, this.#journal);
    call.on("joined", () => this.#joined());
    call.on("lost", () => this.#become("reconnecting", { words: words.SERVER_LOST }));
    call.on("trouble", (said) => this.#become(this.#state, said));
    call.on("over", (said) => this.#end(said.code === ANOTHER_TAB ? "left" : "refused", said));
    call.on("changed", () => this.#showing.want());
    call.on("held", () => this.#showing.hold());
    call.on("settled", () => this.#settled());
    call.on("hide", () => this.#hide());
    for (const name of AS_TOLD) call.on(name, (detail) => this.#tell(name, detail));
    return call;
  }

  #joined() {
    this.#settle?.resolve();
    this.#settle = null;
    this.#become("joined", { words: words.JOINED });
  }

  #settled() {
    this.#showing.release();
    this.#tell("settled", null);
  }

  /** @param {RoomState} state @param {Said} said */
  #end(state, said) {
    const settle = this.#settle;
    const { held } = this.#showing;
    this.#now?.close();
    this.#last = this.#now;
    this.#now = null;
    this.#joining = null;
    this.#settle = null;
    this.#showing.close();
    const { code = "left" } = said;
    settle?.reject(new words.VoiceError({ code, words: code === "left" ? words.LEFT_EARLY : said.words }));
    // Listeners come last, for one may join anew.
    this.#become(state, said);
    this.#showing.want();
    // Who waits to draw it draws its end.
    if (held && !this.#now) this.#tell("settled", null);
  }

  /** The page goes away; when it comes back as it was (the back button), so does the person: muted, without a click. */
  #hide() {
    const { talk, platform } = this.#belongings;
    this.leave();
    platform.window.addEventListener("pageshow", (event) => {
      if (!(/** @type {PageTransitionEvent} */ (event).persisted)) return;
      talk.mute(true);
      // Its failure is told by "state"; there is no click to answer.
      this.join().then(() => talk.muted && this.#tell("notice", words.BACK_MUTED), () => {});
    }, { once: true });
  }

  /** @param {RoomState} state @param {Said} said */
  #become(state, said) {
    if (state === this.#state && said.code === undefined) return;
    this.#state = state;
    this.#journal.note("room", { state, code: said.code });
    this.#tell("state", { state, ...said });
    this.#showing.want();
  }

  /** @param {import("../session/shown.js").Shown} shown @param {ReturnType<import("../session/shown.js").differences>} news */
  #show({ people, pairs, between }, news) {
    if (news.people) this.#tell("people", [...people]);
    if (news.pairs) this.#tell("pairs", [...pairs]);
    if (news.between) this.#tell("between", [...between]);
    for (const { name, doing } of news.unheard) this.#now?.pass(words.unheard(name, doing));
  }
}
