// @ts-check
// Owns when a room tells who is there: once for all that happened in one turn, after it, and never faster than a page can show.

import { differences } from "./shown.js";
import { Throttle } from "./throttle.js";

/** @typedef {import("./shown.js").Shown} Shown */

/** However much the others send, the page shows so many changes in a row, and one in so many ms after. */
const SHOWN_AT_ONCE = 4;
const SHOWN_EVERY = 100;

export class Showing {
  #waiting = false;
  #held = false;
  /** What was shown last. @type {Shown} */
  #shown = { people: [], pairs: [], between: [] };
  #later;
  #throttle;
  #look;
  #tell;
  #over;

  /**
   * @param {{look: () => Shown, over: () => boolean, tell: (shown: Shown, news: ReturnType<typeof differences>) => void}} room
   *   over: nothing more will come
   * @param {import("./throttle.js").Clock & Pick<import("../browser/platform.js").Platform, "later">} clock
   */
  constructor({ look, over, tell }, clock) {
    this.#later = clock.later;
    this.#look = look;
    this.#over = over;
    this.#tell = tell;
    this.#throttle = new Throttle(SHOWN_EVERY, () => this.#show(), clock, SHOWN_AT_ONCE);
  }

  want() {
    if (this.#waiting || this.#held) return;
    this.#waiting = true;
    this.#later(() => {
      this.#waiting = false;
      // The end is shown at once: nothing may wait behind it.
      if (this.#over()) this.#show();
      else if (!this.#held) this.#throttle.want();
    });
  }

  /** Links are being made, which come first: nothing is shown until they are. */
  hold() {
    this.#held = true;
  }

  get held() {
    return this.#held;
  }

  /** They are made, or have had their time: all that was held is shown now. */
  release() {
    this.#held = false;
    this.#show();
  }

  close() {
    this.#held = false;
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
