// @ts-check
// Owns how one talks and hears in a room, from one call to the next, and what of it this device remembers.

import { Emitter } from "../emitter.js";
import { advanceTalk, sends, SILENT, speaksInVain } from "../session/talk.js";

/** @typedef {import("../session/talk.js").TalkState} TalkState */
/** @typedef {import("../session/talk.js").TalkEvent} TalkEvent */
/** @typedef {import("../session/talk.js").TalkMode} TalkMode */

/** A key is let go of a little before the last syllable has been spoken. */
const TAIL = 200;
/** @type {readonly TalkMode[]} */
const MODES = ["open", "push", "voice"];

/** In dB of full scale: a quiet room lies at -60, a voice at -30. */
const THRESHOLD = -48;
export const QUIETEST = -70;
export const LOUDEST = -15;

/** Events: how it was and how it is. @extends {Emitter<{change: {before: Readonly<TalkState>, after: Readonly<TalkState>}, threshold: number}>} */
export class Talk extends Emitter {
  /** @type {Readonly<TalkState>} */
  #state;
  /** @type {any} */
  #tail = null;
  #store;
  #platform;

  /**
   * @param {{muted?: boolean, store: import("../store.js").Store,
   *   platform: Pick<import("../browser/platform.js").Platform, "setTimeout"|"clearTimeout">}} options  muted: whatever was remembered
   */
  constructor({ muted, store, platform }) {
    super();
    this.#store = store;
    this.#platform = platform;
    const chosen = store.get("talk-mode", /** @type {string} */ ("open"));
    const mode = MODES.find((known) => known === chosen) ?? "open";
    const deafened = muted === undefined && store.get("deafened", false);
    this.#state = {
      ...SILENT, mode, deafened, toggles: store.get("talk-toggles", false),
      muted: deafened || (muted ?? store.get("muted", false)), mutedBefore: deafened && store.get("muted-before", false),
    };
  }

  get muted() {
    return this.#state.muted;
  }

  get deafened() {
    return this.#state.deafened;
  }

  get mode() {
    return this.#state.mode;
  }

  get toggles() {
    return this.#state.toggles;
  }

  /** Whether push-to-talk is held or toggled on, and counts. */
  get pressed() {
    return this.#state.pressed;
  }

  /** Whether what the microphone hears goes out. */
  get sends() {
    return sends(this.#state);
  }

  /** Whether one speaks and is muted. */
  get inVain() {
    return speaksInVain(this.#state);
  }

  /** How loud a voice must be for voice activation, in dB of full scale. */
  get threshold() {
    return Math.min(Math.max(this.#store.get("talk-threshold", THRESHOLD), QUIETEST), LOUDEST);
  }

  set threshold(decibels) {
    this.#store.set("talk-threshold", decibels);
    this.emit("threshold", decibels);
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#take({ type: "mute", muted });
  }

  /** @param {boolean} deafened */
  deafen(deafened) {
    this.#take({ type: "deafen", deafened });
  }

  /** @param {TalkMode} mode @param {boolean} [toggles] of push-to-talk: each press changes it, instead of holding */
  choose(mode, toggles = this.toggles) {
    this.#take({ type: "mode", mode, toggles });
  }

  /** The key or button of push-to-talk goes down. */
  press() {
    this.#take({ type: "press" });
  }

  /** It goes up: a moment later nothing goes out. */
  release() {
    this.#take({ type: "release" });
    if (!this.#state.trailing) return;
    this.#platform.clearTimeout(this.#tail);
    this.#tail = this.#platform.setTimeout(() => this.#take({ type: "trailed" }), TAIL);
  }

  /** Nobody can be sure that it is still held: at once nothing goes out. */
  doubt() {
    this.#take({ type: "doubt" });
  }

  /** @param {boolean} loud whether voice activation hears a voice */
  hear(loud) {
    this.#take({ type: "loud", loud });
  }

  /** @param {boolean} deaf whether this browser can't tell a voice: voice activation then leaves the microphone open */
  lose(deaf) {
    this.#take({ type: "deaf", deaf });
  }

  /** @param {boolean} speaks whether a voice is at the microphone */
  speak(speaks) {
    this.#take({ type: "speaks", speaks });
  }

  /** A call begins: what was heard and held in the one before counts no more. */
  begin() {
    this.#platform.clearTimeout(this.#tail);
    this.#take({ type: "begin" });
  }

  /** @param {TalkEvent} event */
  #take(event) {
    const before = this.#state;
    const after = advanceTalk(before, event);
    if (after === before) return;
    this.#state = after;
    this.#remember(before, after);
    this.emit("change", { before, after });
  }

  /** @param {Readonly<TalkState>} before @param {Readonly<TalkState>} after */
  #remember(before, after) {
    /** @type {[keyof TalkState, string][]} */
    const kept = [["muted", "muted"], ["deafened", "deafened"], ["mutedBefore", "muted-before"], ["mode", "talk-mode"], ["toggles", "talk-toggles"]];
    for (const [key, name] of kept) if (before[key] !== after[key]) this.#store.set(name, after[key]);
  }
}
