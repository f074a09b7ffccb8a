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
  /** @type {Meter|null} */
  #meter = null;
  #receivers;
  #platform;

  /**
   * @param {{receivers: () => Map<string, RTCRtpReceiver>,
   *   platform: Pick<Platform, "audioContext"|"emptyStream"|"setTimeout"|"clearTimeout">}} options
   */
  constructor({ receivers, platform }) {
    super();
    this.#receivers = receivers;
    this.#platform = platform;
  }

  /** @returns {ReadonlySet<string>} */
  get now() {
    return new Set([...this.#voices].filter(([, { speaking }]) => speaking).map(([peer]) => peer));
  }

  start() {
    this.#timer ??= this.#platform.setTimeout(() => this.#poll(), POLL);
  }

  /** Listen to oneself, too. @param {MediaStreamTrack|null} track */
  listen(track) {
    const { audioContext, emptyStream } = this.#platform;
    this.#meter?.close();
    this.#meter = null;
    if (!track || !audioContext) return;
    try {
      this.#meter = new Meter(track, audioContext, emptyStream());
    } catch {
      // Refused, or out of contexts: one's own level isn't known then, and the call goes on.
    }
  }

  /** Root mean square of one's own microphone, 0 to 1; null where it isn't known. */
  get level() {
    return this.#meter?.level() ?? null;
  }

  close() {
    this.listen(null);
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
    levels.set("", this.#meter?.level() ?? 0);
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

/** The level of one's own microphone, also while muted: a clone of the track that stays enabled. */
export class Meter {
  #track;
  #context;
  #analyser;
  #samples;

  /**
   * @param {MediaStreamTrack} track
   * @param {() => AudioContext} createContext
   * @param {MediaStream} stream  empty
   */
  constructor(track, createContext, stream) {
    this.#track = track.clone();
    this.#track.enabled = true;
    this.#context = createContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    stream.addTrack(this.#track);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
  }

  /** Root mean square, 0 to 1. */
  level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return Math.sqrt(this.#samples.reduce((sum, x) => sum + x * x, 0) / this.#samples.length);
  }

  close() {
    this.#track.stop();
    this.#context.close();
  }
}
