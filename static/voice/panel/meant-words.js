// @ts-check
// Which words of the safety code a click is about, where they change under the finger; pure.

import { alike } from "../session/safety-code.js";

/** @typedef {import("../session/safety.js").Safety["words"]} Words */

/** Nobody compares six words by voice in so many ms: a click that comes so soon is about those before. */
const FRESH = 3000;

export class MeantWords {
  /** @type {Words} */
  #shown = null;
  /** @type {Words} */
  #before = null;
  #since = 0;

  /** @param {Words} words null: none are shown for a moment @param {number} now in ms @returns {boolean} whether they took others' place */
  show(words, now) {
    if (!words || (this.#shown && alike(words, this.#shown))) return false;
    this.#before = this.#shown;
    this.#shown = words;
    this.#since = now;
    return this.#before !== null;
  }

  /** @param {number} now in ms @returns {Words} */
  at(now) {
    return this.#before && now - this.#since < FRESH ? this.#before : this.#shown;
  }
}
