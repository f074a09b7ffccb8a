// @ts-check
// Who speaks now: levels read from the receivers and from one's own microphone, with hysteresis.

import { Emitter } from "../emitter.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {{speaking: boolean, run: number}} Voice  run: how many levels in a row spoke against the state */

const POLL = 120;
const LOUD = 0.012;
const UP = 2;
const DOWN = 6;
/** Safari reports about 1e-6 for every track, however loud. */
const LIE = 1e-5;
/** getStats costs more than a level: one in so many polls. */
const STATS_EVERY = 4;

/** @type {Voice} */
export const QUIET = Object.freeze({ speaking: false, run: 0 });

/**
 * Two loud levels in a row begin to speak, six quiet ones end it.
 * @param {Voice} voice
 * @param {number} level 0 to 1
 * @returns {Voice}
 */
export function hear({ speaking, run }, level) {
  if (level >= LOUD === speaking) return { speaking, run: 0 };
  return run + 1 >= (speaking ? DOWN : UP) ? { speaking: !speaking, run: 0 } : { speaking, run: run + 1 };
}

/** Polls levels. Events: the peers that speak; oneself is "". @extends {Emitter<{speaking: ReadonlySet<string>}>} */
export class Speaking extends Emitter {
  /** @type {Map<string, Voice>} */
  #voices = new Map();
  /** @type {WeakMap<RTCRtpReceiver, number>} */
  #stats = new WeakMap();
  #polls = 0;
  /** @type {any} */
  #timer = null;
  #receivers;
  #own;
  #platform;

  /**
   * @param {{receivers: () => Map<string, RTCRtpReceiver>, own: () => number|null,
   *   platform: Pick<Platform, "setTimeout"|"clearTimeout">}} options own: one's own level, muted or not
   */
  constructor({ receivers, own, platform }) {
    super();
    this.#receivers = receivers;
    this.#own = own;
    this.#platform = platform;
  }

  /** @returns {ReadonlySet<string>} */
  get now() {
    return new Set([...this.#voices].filter(([, { speaking }]) => speaking).map(([peer]) => peer));
  }

  start() {
    this.#timer ??= this.#platform.setTimeout(() => this.#poll(), POLL);
  }

  close() {
    this.#platform.clearTimeout(this.#timer);
    this.#timer = null;
    this.#voices.clear();
  }

  #poll() {
    this.#timer = this.#platform.setTimeout(() => this.#poll(), POLL);
    this.#polls += 1;
    const before = JSON.stringify([...this.now]);
    const receivers = this.#receivers();
    const levels = new Map([...receivers].map(([peer, receiver]) => [peer, this.#level(receiver)]));
    levels.set("", this.#own() ?? 0);
    this.#voices = new Map([...levels].map(([peer, level]) => [peer, hear(this.#voices.get(peer) ?? QUIET, level)]));
    const { now } = this;
    if (JSON.stringify([...now]) !== before) this.emit("speaking", now);
  }

  /** @param {RTCRtpReceiver} receiver */
  #level(receiver) {
    const source = receiver.getSynchronizationSources()[0];
    if (!source) return 0;
    const { audioLevel } = source;
    if (audioLevel !== undefined && (audioLevel === 0 || audioLevel > LIE)) return audioLevel;
    if (this.#polls % STATS_EVERY === 0) this.#readStats(receiver);
    return this.#stats.get(receiver) ?? 0;
  }

  /** @param {RTCRtpReceiver} receiver */
  async #readStats(receiver) {
    const inbound = [...(await receiver.getStats()).values()].find(({ type }) => type === "inbound-rtp");
    this.#stats.set(receiver, inbound?.audioLevel ?? 0);
  }
}
