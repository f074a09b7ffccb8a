// @ts-check
// Owns the sentences for the polite live region: one at a time, news of a kind together.

import { Throttle } from "./throttle.js";
import { announce } from "./words.js";

/** @typedef {import("./roster.js").News} News */
/** @typedef {import("./throttle.js").Clock} Clock */

const WAITING = 50;
/** While links are made the first one has not left yet. */
const [SENTENCES, HELD_SENTENCES] = [3, 4];

/**
 * At most one sentence in 2 s; where too many wait, the oldest are let go. What others can cause at will waits behind what is
 * about oneself, and takes turns with who comes and goes: nobody talks over either.
 */
export class Announcer {
  /** @type {News[]} */
  #news = [];
  /** @type {string[]} */
  #sentences = [];
  /** Of others. @type {string[]} */
  #others = [];
  #newsNext = true;
  #held = false;
  #throttle;

  /** @param {(sentence: string) => void} say @param {Clock} clock */
  constructor(say, clock) {
    this.#throttle = new Throttle(2000, () => !this.#held && say(this.#next()), clock);
  }

  /** Links are being made, which come first: nothing is said until they are. */
  hold() {
    this.#held = true;
  }

  /** They are made, or have had their time. */
  release() {
    this.#held = false;
    this.#wantNext();
  }

  /** @param {News[]} news */
  gather(news) {
    this.#news = [...this.#news, ...news].slice(-WAITING);
    this.#wantNext();
  }

  /** @param {string} sentence */
  say(sentence) {
    this.#sentences = behind(this.#sentences, sentence, this.#held ? HELD_SENTENCES : SENTENCES);
    this.#wantNext();
  }

  /** What somebody else said, or caused. @param {string} sentence */
  pass(sentence) {
    this.#others = behind(this.#others, sentence);
    this.#wantNext();
  }

  close() {
    this.#news = [];
    this.#sentences = this.#others = [];
    this.#throttle.close();
  }

  #next() {
    const sentence = this.#sentences.shift() ?? this.#turn();
    this.#wantNext();
    return sentence;
  }

  #wantNext() {
    if (!this.#held && this.#news.length + this.#sentences.length + this.#others.length > 0) this.#throttle.want();
  }

  #turn() {
    const isNews = this.#others.length === 0 || (this.#newsNext && this.#news.length > 0);
    this.#newsNext = !isNews;
    if (!isNews) return /** @type {string} */ (this.#others.shift());
    const { sentence, rest } = announce(this.#news);
    this.#news = rest;
    return sentence;
  }
}

/** @param {readonly string[]} waiting @param {string} sentence @param {number} [most] */
function behind(waiting, sentence, most = SENTENCES) {
  return [...waiting.filter((one) => one !== sentence), sentence].slice(-most);
}
