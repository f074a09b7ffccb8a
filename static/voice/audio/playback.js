// @ts-check
// The audio elements that the others are heard by: made and unlocked in the join click, one for each peer, each as loud as wanted.

import { Emitter } from "../emitter.js";
import { phrase } from "../phrase.js";
import { Boost } from "./boost.js";
import { AS_THEY_COME, LOUDEST } from "./volumes.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {import("./volumes.js").Loudness} Loudness */
/** How loud anybody can be made here, in percent, and why not louder. @typedef {{min: number, max: number, words: string}} VolumeRange */

const POOL = 8;
/** The name of what plays the voices that are made louder; no peer has it. */
const BOOST = "";

/** @type {VolumeRange} */
export const FULL = { min: 0, max: LOUDEST, words: "" };
/** @type {VolumeRange} */
const AS_LOUD_AS_THEY_COME = { min: 0, max: 100, words: phrase("loudness.as-they-come") };
/** What has to be louder is asleep: until it runs, nobody is silent for it. @type {VolumeRange} */
const ASLEEP = { min: 0, max: 100, words: phrase("loudness.asleep") };
/** @type {VolumeRange} */
const FIXED = {
  min: 100, max: 100, words: phrase("loudness.fixed"),
};

/**
 * Events: whether the browser wants one more tap before anybody is heard; how loud people can be made; that it refuses a speaker.
 * @extends {Emitter<{playback: {blocked: boolean}, range: VolumeRange, refused: string}>}
 */
export class Playback extends Emitter {
  /** @type {HTMLAudioElement[]} */
  #pool = [];
  /** @type {Map<string, HTMLAudioElement>} */
  #playing = new Map();
  /** What a peer sends. @type {Map<string, MediaStream>} */
  #streams = new Map();
  /** @type {Set<string>} */
  #refused = new Set();
  #deafened = false;
  /** The id of the speaker; "" is the system's default. */
  #sink = "";
  /** What this browser can do while it lets the graph run. @type {VolumeRange} */
  #able = FULL;
  /** @type {VolumeRange} */
  #range = FULL;
  #boost;
  #graph;
  #loudness;
  #platform;

  /**
   * @param {{platform: Pick<Platform, "createAudio">, graph: import("./audio-graph.js").AudioGraph,
   *   loudness?: (peer: string) => Readonly<Loudness>}} options
   */
  constructor({ platform, graph, loudness = () => AS_THEY_COME }) {
    super();
    this.#platform = platform;
    this.#graph = graph;
    this.#loudness = loudness;
    this.#boost = new Boost(graph, (stream) => this.#assign(BOOST, stream));
    // Where sound no longer passes the graph, everyone is heard by their own element again.
    graph.on("running", () => this.adjust());
  }

  get blocked() {
    return this.#refused.size > 0;
  }

  get range() {
    return this.#range;
  }

  get deafened() {
    return this.#deafened;
  }

  set deafened(deafened) {
    this.#deafened = deafened;
    for (const element of this.#pool) element.muted = deafened;
    this.adjust();
  }

  /** Where everyone is heard. @param {string} sink */
  set sink(sink) {
    this.#sink = sink;
    for (const element of [...this.#pool, ...this.#playing.values()]) this.#direct(element);
  }

  /** Fill the pool; call it within the gesture, for some browsers ask anew for every element made later. */
  prepare() {
    while (this.#pool.length + this.#playing.size < POOL) {
      const element = this.#create();
      // Only the gesture counts here, which needs no source: with one the browser would start a player for each.
      // The promise fails or stays open, for there is nothing to play yet.
      element.play().catch(() => {});
      this.#pool.push(element);
    }
    this.#able = this.#rangeOf(this.#pool[0] ?? this.#create());
    this.#setRange(this.#able);
  }

  /** Play what a peer sends now, or stop with null. @param {string} peer @param {MediaStream|null} stream */
  play(peer, stream) {
    if (stream) this.#streams.set(peer, stream);
    else {
      this.#streams.delete(peer);
      this.#boost.drop(peer);
    }
    this.#assign(peer, stream);
    this.adjust();
  }

  /** What is wanted of anybody's loudness has changed. */
  adjust() {
    let short = false;
    for (const [peer, stream] of this.#streams) short = this.#adjust(peer, stream) || short;
    if (short && this.#graph.running) this.#able = AS_LOUD_AS_THEY_COME;
    this.#setRange(short && this.#able === FULL ? ASLEEP : this.#able);
  }

  /** Try again, within a gesture. */
  unlock() {
    for (const [peer, element] of this.#playing) this.#start(peer, element);
  }

  close() {
    this.#streams.clear();
    this.#boost.close();
    for (const peer of [...this.#playing.keys()]) this.#stop(peer);
    for (const element of this.#pool) silence(element);
    this.#pool = [];
  }

  /** @param {string} peer @param {MediaStream} stream @returns {boolean} whether they are less loud than is wanted */
  #adjust(peer, stream) {
    const element = this.#playing.get(peer);
    if (!element) return false;
    const { volume, mutedForMe } = this.#loudness(peer);
    const silent = this.#deafened || mutedForMe || volume === 0;
    const louder = !silent && volume > 100 && this.#able === FULL;
    const boosted = louder && this.#boost.raise(peer, stream, volume / 100);
    if (!boosted) this.#boost.drop(peer);
    // Muted and not paused: a paused element would need another click to play, and the graph has no sound without it in Chromium.
    element.muted = silent || boosted;
    element.volume = Math.min(volume, 100) / 100;
    return louder && !boosted;
  }

  /** iOS lets no page set a volume, and plays nothing of the kind by WebAudio. @param {HTMLAudioElement} element */
  #rangeOf(element) {
    const { volume } = element;
    element.volume = 0.5;
    const settable = element.volume === 0.5;
    element.volume = volume;
    if (!settable) return FIXED;
    return this.#graph.build(() => FULL) ?? AS_LOUD_AS_THEY_COME;
  }

  /** @param {VolumeRange} range */
  #setRange(range) {
    if (range === this.#range) return;
    this.#range = range;
    this.emit("range", range);
  }

  /** @param {string} peer @param {MediaStream|null} stream */
  #assign(peer, stream) {
    if (!stream) return this.#stop(peer);
    const element = this.#playing.get(peer) ?? this.#pool.pop() ?? this.#create();
    this.#playing.set(peer, element);
    if (element.srcObject !== stream) element.srcObject = stream;
    this.#start(peer, element);
  }

  /** @param {string} peer @param {HTMLAudioElement} element */
  async #start(peer, element) {
    const stream = element.srcObject;
    try {
      await element.play();
      if (element.srcObject === stream) this.#mark(peer, false);
    } catch (error) {
      // AbortError: another stream or the end came in between, and that one answers for itself.
      const { name } = /** @type {Error} */ (error);
      if (name !== "AbortError" && this.#playing.get(peer) === element) this.#mark(peer, true);
    }
  }

  /** @param {string} peer */
  #stop(peer) {
    const element = this.#playing.get(peer);
    if (!element) return;
    this.#playing.delete(peer);
    silence(element);
    element.muted = this.#deafened;
    this.#pool.push(element);
    this.#mark(peer, false);
  }

  /** @param {string} peer @param {boolean} refused */
  #mark(peer, refused) {
    const before = this.blocked;
    if (refused) this.#refused.add(peer);
    else this.#refused.delete(peer);
    if (this.blocked !== before) this.emit("playback", { blocked: this.blocked });
  }

  #create() {
    const element = this.#platform.createAudio();
    element.autoplay = true;
    element.muted = this.#deafened;
    if (this.#sink) this.#direct(element);
    return element;
  }

  /** @param {HTMLAudioElement} element */
  async #direct(element) {
    const sink = this.#sink;
    try {
      await element.setSinkId?.(sink);
    } catch {
      // It may be gone, or not allowed: whoever chose it decides what then.
      if (sink === this.#sink && sink) this.emit("refused", sink);
    }
  }
}

/** @param {HTMLAudioElement} element */
function silence(element) {
  element.pause();
  element.srcObject = null;
  element.muted = false;
  element.volume = 1;
}
