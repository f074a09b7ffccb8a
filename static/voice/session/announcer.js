// @ts-check
// Owns the sentences for the polite live region: one at a time, news of a kind together.

import { Throttle } from "./throttle.js";
import { announce } from "./words.js";

/** @typedef {import("./roster.js").News} News */
/** @typedef {import("./throttle.js").Clock} Clock */

const WAITING = 50;

/** At most one sentence in 2 s; where too many wait, the oldest are let go. */
export class Announcer {
  /** @type {News[]} */
  #news = [];
  /** @type {string[]} */
  #sentences = [];
  #throttle;

  /** @param {(sentence: string) => void} say @param {Clock} clock */
  constructor(say, clock) {
    this.#throttle = new Throttle(2000, () => say(this.#next()), clock);
  }

  /** @param {News[]} news */
  gather(news) {
    this.#news = [...this.#news, ...news].slice(-WAITING);
    if (news.length > 0) this.#throttle.want();
  }

  /** @param {string} sentence */
  say(sentence) {
    this.#sentences = [...this.#sentences.filter((one) => one !== sentence), sentence].slice(-3);
    this.#throttle.want();
  }

  close() {
    this.#news = [];
    this.#sentences = [];
    this.#throttle.close();
  }

  #next() {
    const first = this.#sentences.shift();
    const { sentence, rest } = first === undefined ? announce(this.#news) : { sentence: first, rest: this.#news };
    this.#news = rest;
    if (rest.length > 0 || this.#sentences.length > 0) this.#throttle.want();
    return sentence;
  }
}
