// @ts-check
// Owns the words of the room's end, which count down while they are shown.

import { closing } from "../session/words.js";

const EVERY = 1000;
/** In seconds: a room that is still open then was opened anew, for longer. */
const STILL_OPEN = 30;

export class Countdown {
  /** @type {any} */
  #timer = null;
  #show;

  /** @param {(words: string) => void} show  none: there is nothing to say any more @param {AbortSignal} over */
  constructor(show, over) {
    this.#show = show;
    over.addEventListener("abort", () => clearInterval(this.#timer), { once: true });
  }

  /** @param {number} at  seconds since 1970 */
  begin(at) {
    clearInterval(this.#timer);
    const look = () => {
      const now = Date.now();
      const open = now / 1000 > at + STILL_OPEN;
      if (open) clearInterval(this.#timer);
      this.#show(open ? "" : closing(at, now));
    };
    this.#timer = setInterval(look, EVERY);
    look();
  }
}
