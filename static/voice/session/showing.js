// @ts-check
// Owns when a room tells who is there: once for all that happened in one turn, after it, and never faster than a page can show.

import { differences } from "./shown.js";
import { Throttle } from "./throttle.js";

/** @typedef {import("./shown.js").Shown} Shown */

/** However much the others send, the page shows so many changes in a row, and one in so many ms after. */
const SHOWN_AT_ONCE = 4;
const SHOWN_EVERY = 100;
/** ms in which most links are agreed on: their messages wait for nothing that is drawn. */
export const LINKING = 250;

export class Showing {
  #waiting = false;
  /** While it is set, a link has just begun. @type {any} */
  #held = null;
  /** What was shown last. @type {Shown} */
  #shown = { people: [], pairs: [], between: [] };
  #later;
  #throttle;
  #look;
  #tell;
  #clock;

  /**
   * @param {() => Shown & {over: boolean}} look  over: nothing more will come
   * @param {(shown: Shown, news: ReturnType<typeof differences>) => void} tell
   * @param {import("./throttle.js").Clock & Pick<import("../browser/platform.js").Platform, "later">} clock
   */
  constructor(look, tell, clock) {
    this.#clock = clock;
    this.#later = clock.later;
    this.#look = look;
    this.#tell = tell;
    this.#throttle = new Throttle(SHOWN_EVERY, () => this.#show(), clock, SHOWN_AT_ONCE);
  }

  want() {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#later(() => {
      this.#waiting = false;
      // The end is shown at once: nothing may wait behind it.
      if (this.#look().over) this.#show();
      else if (this.#held === null) this.#throttle.want();
    });
  }

  /** A link begins: what there is to show is shown a little later. One that begins meanwhile makes it no later still. */
  hold() {
    this.#held ??= this.#clock.setTimeout(() => {
      this.#held = null;
      this.want();
    }, LINKING);
  }

  close() {
    this.#clock.clearTimeout(this.#held);
    this.#held = null;
    this.#throttle.close();
  }

  /** @returns {boolean} whether anything reads differently */
  #show() {
    const { people, pairs, between } = this.#look();
    const news = differences(this.#shown, { people, pairs, between });
    this.#shown = { people, pairs, between };
    this.#tell(this.#shown, news);
    return news.people || news.pairs || news.between;
  }
}
