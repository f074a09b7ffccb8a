// @ts-check
// Owns telling somebody who speaks while muted: not within a word, and not time and again.

const STILL_MUTED_EVERY = 30_000;
/** Who mutes in the middle of a word knows it; who goes on for so long may not. */
const IN_VAIN = 1000;

export class InVain {
  #saidAt = -Infinity;
  /** @type {any} */
  #timer = null;
  #say;
  #clock;

  /** @param {() => void} say @param {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} clock */
  constructor(say, clock) {
    this.#say = say;
    this.#clock = clock;
  }

  /** @param {boolean} inVain whether one speaks and is muted */
  heed(inVain) {
    if (inVain) this.#timer ??= this.#clock.setTimeout(() => this.#run(), IN_VAIN);
    else this.close();
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run() {
    this.#timer = null;
    const now = this.#clock.now();
    if (now - this.#saidAt <= STILL_MUTED_EVERY) return;
    this.#saidAt = now;
    this.#say();
  }
}
