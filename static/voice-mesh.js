// @ts-check
// VoiceRoom, the library's public API: one person in one room, with a microphone, ears and plain words.

import { Microphone } from "./voice/microphone.js";
import { Announcer } from "./voice/pace.js";
import { PageLife } from "./voice/page-life.js";
import { browser } from "./voice/platform.js";
import { Playback } from "./voice/playback.js";
import { Silence } from "./voice/silence.js";
import { Speaking } from "./voice/speaking.js";
import { Visit } from "./voice/visit.js";
import * as words from "./voice/words.js";

// Named here although others import them: so the browser fetches the whole graph in one round trip, not in five.
import "./voice/candidate-batch.js";
import "./voice/candidate-fit.js";
import "./voice/generation.js";
import "./voice/link-machine.js";
import "./voice/link-state.js";
import "./voice/link-stats.js";
import "./voice/link-table.js";
import "./voice/link-wire.js";
import "./voice/links.js";
import "./voice/replay.js";
import "./voice/roster.js";
import "./voice/sdp-shape.js";
import "./voice/signaling-machine.js";
import "./voice/signaling-state.js";
import "./voice/signaling.js";
import "./voice/tune-opus.js";

export { VoiceError } from "./voice/words.js";
/** @typedef {import("./voice/roster.js").Person} Person */
/** @typedef {import("./voice/roster.js").Pair} Pair */
/** @typedef {"idle"|"joining"|"joined"|"reconnecting"|"left"|"refused"} RoomState */
/**
 * @typedef {{visit: Visit, microphone: Microphone, playback: Playback, speaking: Speaking, page: PageLife,
 *   announcer: Announcer, silence: Silence}} Parts
 */

const STILL_MUTED_EVERY = 30_000;

/**
 * Events (CustomEvent): "people" {detail: Person[]}, "pairs" {detail: Pair[]}, "state" {detail: {state, code?, words}},
 * "muted" {detail: {muted}}, "microphone" {detail: {ok, code, words, retry}}, "playback" {detail: {blocked}},
 * "closing" {detail: {at, words}}, "server" {detail: {lost, words}}, "announce" {detail: string},
 * "notice" {detail: {code, words}}.
 */
export class VoiceRoom extends EventTarget {
  /** @type {RoomState} */
  #state = "idle";
  /** @type {Parts|null} all that lives from join to leave */
  #parts = null;
  /** @type {Promise<void>|null} */
  #joining = null;
  /** @type {{resolve: () => void, reject: (error: Error) => void}|null} */
  #settle = null;
  #saidStillMuted = -Infinity;
  #rendering = false;
  /** What was shown last. @type {{people: Person[], pairs: Pair[]}} */
  #shown = { people: [], pairs: [] };
  #muted;
  #roomId;
  #name;
  #platform;

  /**
   * @param {string} roomId
   * @param {{name: string, muted?: boolean, platform?: import("./voice/platform.js").Platform}} options
   */
  constructor(roomId, { name, muted = false, platform = browser() }) {
    super();
    this.#roomId = roomId;
    this.#name = [...name.trim()].slice(0, 80).join("") || "Guest";
    this.#muted = muted;
    this.#platform = platform;
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
    const { visit, microphone, speaking } = this.#parts;
    return visit.people(this.#name, this.#muted, words.silent(microphone.trouble), speaking.now);
  }

  /** @returns {Pair[]} those who can't hear each other */
  get pairs() {
    return this.#parts?.visit.pairs(this.#name) ?? [];
  }

  /**
   * Call it from a click, which unlocks the sound. Resolves with a seat given; the microphone may come later.
   * @returns {Promise<void>} rejects with a VoiceError
   */
  async join() {
    if (!this.#platform.RTCPeerConnection) throw new words.VoiceError(words.NO_WEBRTC);
    this.#joining ??= new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#parts = this.#makeParts();
      const { visit, playback, microphone } = this.#parts;
      visit.start();
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
    this.#parts?.visit.remove(peer);
  }

  /** @returns {Parts} */
  #makeParts() {
    const platform = this.#platform;
    const microphone = new Microphone(platform);
    const silence = new Silence(platform);
    microphone.muted = this.#muted;
    const hello = () => ({ name: this.#name, muted: this.#unheard(), deafened: false });
    const visit = new Visit({ roomId: this.#roomId, hello, track: () => silence.instead(microphone.track), platform });
    const playback = new Playback(platform);
    const speaking = new Speaking({ receivers: () => visit.receivers(), platform });
    const page = new PageLife(platform);
    const announcer = new Announcer((sentence) => this.#emit("announce", sentence), platform);

    on(visit, "joined", () => this.#joined());
    on(visit, "lost", () => this.#become("reconnecting", { words: words.SERVER_LOST }));
    on(visit, "server", (detail) => {
      this.#emit("server", detail);
      announcer.say(detail.words);
    });
    on(visit, "trouble", (said) => this.#become(this.#state, said));
    on(visit, "over", (said) => this.#end(said.code === words.ANOTHER_TAB ? "left" : "refused", said));
    on(visit, "news", (news) => announcer.tell(news));
    on(visit, "changed", () => this.#render());
    on(visit, "stream", ({ peer, stream }) => playback.play(peer, stream));
    on(visit, "closing", (at) => this.#emit("closing", { at, words: words.closing(at, platform.now()) }));
    on(visit, "notice", (notice) => this.#emit("notice", notice));
    on(visit, "wake", () => microphone.look());
    on(microphone, "track", (track) => {
      visit.setTrack(silence.instead(track));
      speaking.listen(track);
    });
    on(microphone, "status", (status) => this.#heardOfMicrophone(status));
    on(playback, "playback", (detail) => this.#emit("playback", detail));
    on(speaking, "speaking", (peers) => this.#spoke(peers));
    on(page, "hide", () => this.#hide());
    on(page, "look", (why) => {
      visit.look(why);
      if (why === "visible") microphone.look();
    });
    return { visit, microphone, playback, speaking, page, announcer, silence };
  }

  #joined() {
    const { visit, speaking, page } = /** @type {Parts} */ (this.#parts);
    visit.tellMuted(this.#unheard());
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
    const { visit, ...others } = parts;
    for (const part of Object.values(others)) part.close();
    visit.end();
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
    const { visit, microphone } = this.#parts;
    microphone.muted = muted;
    // Whoever unmutes wants to be heard.
    if (!muted && microphone.trouble && microphone.trouble !== "asking") microphone.open();
    visit.tellMuted(this.#unheard());
    this.#render();
  }

  /** Whether the others can hear nothing from here. */
  #unheard() {
    return this.#muted || Boolean(this.#parts?.microphone.trouble);
  }

  /** @param {{ok: boolean, code: string, words: string, retry: boolean}} status */
  #heardOfMicrophone(status) {
    this.#emit("microphone", status);
    this.#parts?.visit.tellMuted(this.#unheard());
    this.#render();
  }

  /** @param {ReadonlySet<string>} peers */
  #spoke(peers) {
    const now = this.#platform.now();
    if (this.#muted && peers.has("") && now - this.#saidStillMuted > STILL_MUTED_EVERY) {
      this.#saidStillMuted = now;
      this.#parts?.announcer.say(words.STILL_MUTED);
    }
    this.#render();
  }

  /** @param {RoomState} state @param {{code?: string|number, words: string}} said */
  #become(state, said) {
    if (state === this.#state && said.code === undefined) return;
    this.#state = state;
    this.#emit("state", { state, ...said });
    this.#render();
  }

  /** Show what changed, once for all that happened in one turn. */
  #render() {
    if (this.#rendering) return;
    this.#rendering = true;
    queueMicrotask(() => {
      this.#rendering = false;
      const { people, pairs } = this;
      const before = this.#shown;
      this.#shown = { people, pairs };
      if (JSON.stringify(people) !== JSON.stringify(before.people)) this.#emit("people", people);
      if (JSON.stringify(pairs) !== JSON.stringify(before.pairs)) this.#emit("pairs", pairs);
      for (const { peer, self, word, name, doing } of people) {
        const was = before.people.find((person) => person.peer === peer)?.word;
        if (word === "unheard" && was !== word && !self) this.#parts?.announcer.say(words.unheard(name, doing));
      }
    });
  }

  /** @param {string} name @param {any} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @param {EventTarget} target @param {string} name @param {(detail: any) => void} handle */
function on(target, name, handle) {
  target.addEventListener(name, (event) => handle(/** @type {CustomEvent} */ (event).detail));
}
