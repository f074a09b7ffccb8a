// @ts-check
/** What is heard on one connection: how much came and when, how it is received, and whether the peer has to be asked. */

import { UNKNOWN, measure } from "./figures.js";

/** A peer of whom no packet came for so many ms is asked whether it is there: muted ones send one each 400. */
const SILENT = 600;

export class Listening {
  /** How many packets there were last, and when their number was another. */
  #heard = { packets: 0, at: 0 };
  #unexpected = 0;
  #measured = UNKNOWN;

  /** How the other side is received. */
  get figures() {
    return this.#measured.figures;
  }

  /**
   * @param {import("./link-stats.js").Heard} heard
   * @param {boolean} mute whether the peer said that it won't send (an aiortc listener): it is heard as long as it is connected
   * @param {number} now
   * @returns {{packets: number, silent: boolean}} how many count; whether it is time to ask
   */
  take(heard, mute, now) {
    const { packets, age } = heard;
    this.#measured = measure(this.#measured, heard, now);
    if (mute) this.#unexpected += 1;
    if (packets !== this.#heard.packets) this.#heard = { packets, at: now - (age ?? 0) };
    return { packets: packets + this.#unexpected, silent: packets > 0 && now - this.#heard.at >= SILENT };
  }
}
