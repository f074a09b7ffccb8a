// @ts-check
// Who speaks now: levels read from the receivers and from one's own microphone, with hysteresis.
//
// A receiver's level is what the sender wrote on its packet (RFC 6464), where it wrote one. It is cheap, and believed of all
// but those who say that they are muted: of them what is decoded here counts.

import { Emitter } from "../emitter.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {{speaking: boolean, run: number}} Voice  run: how many levels in a row spoke against the state */
/** What was decoded since the beginning, in the units of getStats. @typedef {{energy: number, duration: number}} Sound */
/** @typedef {{at: number, sound: Sound|null, level: number|null}} Measure  level: null where there was none to go by */

const POLL = 120;
const LOUD = 0.012;
const UP = 2;
const DOWN = 6;
/** Safari reports about 1e-6 for every track, however loud. */
const LIE = 1e-5;
/** getStats costs more than a level: one in so many polls. */
const STATS_EVERY = 4;
/** What is decoded of whoever says "muted" is measured once a second: a page in the background looks no more often. */
const MEASURE_EVERY = 900;
/** In ms. Shorter than the grace of who just muted, so that nothing of before is measured with it. */
const STALE = 1500;

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

/**
 * How loud it was between two looks, null where that isn't counted here, or nothing was decoded: a page that is deafened may play nothing.
 * @param {Sound|null} before
 * @param {Sound|null} now
 * @returns {number|null} 0 to 1, the root of the mean square
 */
export function loudness(before, now) {
  if (!before || !now) return null;
  // Another stream began, and its count with it.
  const since = now.energy < before.energy || now.duration < before.duration ? { energy: 0, duration: 0 } : before;
  const duration = now.duration - since.duration;
  return duration > 0 ? Math.sqrt((now.energy - since.energy) / duration) : null;
}

/** Polls levels. Events: the peers that speak; oneself is "". @extends {Emitter<{speaking: ReadonlySet<string>}>} */
export class Speaking extends Emitter {
  /** @type {Map<string, Voice>} */
  #voices = new Map();
  /** @type {WeakMap<RTCRtpReceiver, number>} */
  #stats = new WeakMap();
  /** @type {WeakMap<RTCRtpReceiver, Measure>} */
  #measures = new WeakMap();
  #polls = 0;
  /** @type {any} */
  #timer = null;
  #receivers;
  #doubted;
  #own;
  #platform;

  /**
   * @param {{receivers: () => Map<string, RTCRtpReceiver>, doubted: () => ReadonlySet<string>, own: () => number|null,
   *   platform: Pick<Platform, "now"|"setTimeout"|"clearTimeout">}} options
   *   doubted: the peers whose levels aren't believed; own: one's own level, muted or not
   */
  constructor({ receivers, doubted, own, platform }) {
    super();
    this.#receivers = receivers;
    this.#doubted = doubted;
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
    const doubted = this.#doubted();
    const levels = new Map([...this.#receivers()].map(([peer, receiver]) => [
      peer, (doubted.has(peer) ? this.#decoded(receiver) : null) ?? this.#level(receiver),
    ]));
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

  /** @param {RTCRtpReceiver} receiver @returns {number|null} null before it was measured, and where it can't be */
  #decoded(receiver) {
    const now = this.#platform.now();
    const measure = this.#measures.get(receiver);
    const fresh = measure && now - measure.at <= STALE ? measure : { at: now, sound: null, level: null };
    if (fresh !== measure || now - measure.at >= MEASURE_EVERY) {
      // It stands as it is until the answer is there, so that a slow one is asked for once.
      this.#measures.set(receiver, { ...fresh, at: now });
      this.#measure(receiver, fresh.sound, now);
    }
    return fresh.level;
  }

  /** @param {RTCRtpReceiver} receiver @param {Sound|null} before @param {number} at */
  async #measure(receiver, before, at) {
    const inbound = await inboundOf(receiver);
    const counted = inbound.filter(({ totalAudioEnergy, totalSamplesDuration }) => totalAudioEnergy !== undefined && totalSamplesDuration !== undefined);
    // Of several streams, one of which is loud, silent ones take nothing away.
    const sound = counted.length === 0 ? null : {
      energy: counted.reduce((sum, { totalAudioEnergy }) => sum + totalAudioEnergy, 0),
      duration: Math.max(...counted.map(({ totalSamplesDuration }) => totalSamplesDuration)),
    };
    const level = sound ? loudness(before, sound) : inbound[0]?.audioLevel ?? null;
    this.#measures.set(receiver, { at, sound, level });
  }

  /** @param {RTCRtpReceiver} receiver */
  async #readStats(receiver) {
    const [inbound] = await inboundOf(receiver);
    this.#stats.set(receiver, inbound?.audioLevel ?? 0);
  }
}

/** @param {RTCRtpReceiver} receiver @returns {Promise<any[]>} */
async function inboundOf(receiver) {
  return [...(await receiver.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
}
