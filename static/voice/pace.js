// @ts-check
// What may happen at most once in a while: reports to the room, and sentences for the live region.

import { announce } from "./words.js";

/** @typedef {import("./roster.js").News} News */
/** @typedef {Pick<import("./platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */

/** Runs a task at once, or once `ms` have passed since it last did something: false says that it had nothing to do. */
export class Pace {
  #last = -Infinity;
  /** @type {any} */
  #timer = null;
  #ms;
  #task;
  #clock;

  /** @param {number} ms @param {() => unknown} task @param {Clock} clock */
  constructor(ms, task, clock) {
    this.#ms = ms;
    this.#task = task;
    this.#clock = clock;
  }

  want() {
    if (this.#timer !== null) return;
    const wait = this.#last + this.#ms - this.#clock.now();
    if (wait <= 0) this.#run();
    else this.#timer = this.#clock.setTimeout(() => this.#run(), wait);
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run() {
    this.#timer = null;
    const before = this.#last;
    this.#last = this.#clock.now();
    if (this.#task() === false) this.#last = before;
  }
}

/** One sentence at a time for the polite live region: news of a kind are gathered, the oldest sentences let go. */
export class Announcer {
  /** @type {News[]} */
  #news = [];
  /** @type {string[]} */
  #sentences = [];
  #pace;

  /** @param {(sentence: string) => void} say @param {Clock} clock */
  constructor(say, clock) {
    this.#pace = new Pace(2000, () => say(this.#next()), clock);
  }

  /** @param {News[]} news */
  tell(news) {
    this.#news.push(...news);
    if (news.length > 0) this.#pace.want();
  }

  /** @param {string} sentence */
  say(sentence) {
    this.#sentences = [...this.#sentences.filter((one) => one !== sentence), sentence].slice(-3);
    this.#pace.want();
  }

  close() {
    this.#news = [];
    this.#sentences = [];
    this.#pace.close();
  }

  #next() {
    const first = this.#sentences.shift();
    const { sentence, rest } = first === undefined ? announce(this.#news) : { sentence: first, rest: this.#news };
    this.#news = rest;
    if (rest.length > 0 || this.#sentences.length > 0) this.#pace.want();
    return sentence;
  }
}
