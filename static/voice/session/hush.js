// @ts-check
// Owns when nobody speaks at this microphone, for what is sent then: late to find it quiet, quick to hear a word.

import { Emitter } from "../emitter.js";

/** ms between looks: so much of a first syllable is sent as a quiet room is. */
const LOOK = 50;
/** ms without a word: pauses between sentences are part of them. */
export const PAUSE = 3000;
/** Root mean square, 0 to 1: well above a quiet room (-60 dBFS), below a word said softly. */
export const WORD = 0.004;

/** Events: whether it is quiet, when that changed. @extends {Emitter<{quiet: boolean}>} */
export class Hush extends Emitter {
  #quiet = false;
  /** @type {any} */
  #timer = null;
  #spokeAt;
  #level;
  #platform;

  /**
   * @param {() => number|null} level  of the microphone now, muted or not; null where it can't be told
   * @param {Pick<import("../browser/platform.js").Platform, "document"|"now"|"setTimeout"|"clearTimeout">} platform
   */
  constructor(level, platform) {
    super();
    this.#level = level;
    this.#platform = platform;
    this.#spokeAt = platform.now();
  }

  start() {
    this.#timer ??= this.#platform.setTimeout(() => this.#look(), LOOK);
  }

  /** Somebody is about to speak: a key was pressed for it. */
  wake() {
    this.#spokeAt = this.#platform.now();
    this.#become(false);
  }

  close() {
    this.#platform.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look() {
    this.#timer = this.#platform.setTimeout(() => this.#look(), LOOK);
    const level = this.#level();
    // What can't be heard, or only now and then as in a page whose timers are throttled, is taken for speech.
    if (level === null || level >= WORD || this.#platform.document.visibilityState === "hidden") this.wake();
    else this.#become(this.#platform.now() - this.#spokeAt >= PAUSE);
  }

  /** @param {boolean} quiet */
  #become(quiet) {
    if (quiet === this.#quiet) return;
    this.#quiet = quiet;
    this.emit("quiet", quiet);
  }
}
