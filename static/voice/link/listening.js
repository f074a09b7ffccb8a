// @ts-check
/** What is heard on one connection: how much came and when, how it is received, and whether the peer has to be asked. */

import { UNKNOWN, measure } from "./figures.js";

/** A peer of whom no packet came for so many ms is asked whether it is there: muted ones send one each 400. */
const SILENT = 600;
/** No look waits for so many ms. */
const LONG = 5000;

export class Listening {
  /** How many packets there were last, and when their number was another. */
  #heard = { packets: 0, at: 0 };
  #lookedAt = -Infinity;
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
   * @returns {{packets: number, age: number | null, silent: boolean}} how many count; how old the last is, where that is to be
   *   believed; whether it is time to ask
   */
  take(heard, mute, now) {
    const { packets } = heard;
    this.#measured = measure(this.#measured, heard, now);
    if (mute) this.#unexpected += 1;
    const age = packets === this.#heard.packets ? null : this.#believed(heard.age, now);
    if (packets !== this.#heard.packets) this.#heard = { packets, at: now - (age ?? 0) };
    this.#lookedAt = now;
    return { packets: packets + this.#unexpected, age, silent: packets > 0 && now - this.#heard.at >= SILENT };
  }

  /**
   * The age of a packet that came since the last look. Some browsers take it from two clocks, of which one stood still
   * while the machine slept, or tell seconds for ms: what can't be true says nothing.
   * @param {number | null} age @param {number} now
   */
  #believed(age, now) {
    return age !== null && age >= 0 && age <= Math.min(now - this.#lookedAt, LONG) ? age : null;
  }
}
