// @ts-check
// Owns the word about a server that is missed: the links live on, so a short absence of it says nothing.

import { SERVER_BACK, SERVER_LOST } from "./words.js";

/** A server that is back sooner is not worth a word. */
const MISSED = 3000;

export class ServerWatch {
  #lost = false;
  /** @type {any} */
  #timer = null;
  #say;
  #clock;

  /**
   * @param {(said: {lost: boolean, words: string}) => void} say
   * @param {Pick<import("../browser/platform.js").Platform, "setTimeout"|"clearTimeout">} clock
   */
  constructor(say, clock) {
    this.#say = say;
    this.#clock = clock;
  }

  lost() {
    this.close();
    this.#timer = this.#clock.setTimeout(() => this.#become(true), MISSED);
  }

  back() {
    this.close();
    if (this.#lost) this.#become(false);
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
  }

  /** @param {boolean} lost */
  #become(lost) {
    this.#lost = lost;
    this.#say({ lost, words: lost ? SERVER_LOST : SERVER_BACK });
  }
}
