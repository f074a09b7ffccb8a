// @ts-check
// The audio elements that the others are heard by: made and unlocked in the join click, one for each peer.

import { Emitter } from "../emitter.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */

const POOL = 8;

/** Events: whether the browser wants one more tap before anybody is heard. @extends {Emitter<{playback: {blocked: boolean}}>} */
export class Playback extends Emitter {
  /** @type {HTMLAudioElement[]} */
  #pool = [];
  /** @type {Map<string, HTMLAudioElement>} */
  #playing = new Map();
  /** @type {Set<string>} */
  #refused = new Set();
  #deafened = false;
  #platform;

  /** @param {Pick<Platform, "createAudio"|"emptyStream">} platform */
  constructor(platform) {
    super();
    this.#platform = platform;
  }

  get blocked() {
    return this.#refused.size > 0;
  }

  get deafened() {
    return this.#deafened;
  }

  // Muted and not paused: a paused element would need another click to play.
  set deafened(deafened) {
    this.#deafened = deafened;
    for (const element of [...this.#pool, ...this.#playing.values()]) element.muted = deafened;
  }

  /** Fill the pool; call it within the gesture, for some browsers ask anew for every element made later. */
  prepare() {
    while (this.#pool.length + this.#playing.size < POOL) {
      const element = this.#create();
      element.srcObject = this.#platform.emptyStream();
      // Only the gesture counts here: the promise fails or stays open, for there is nothing to play yet.
      element.play().catch(() => {});
      this.#pool.push(element);
    }
  }

  /** Play what a peer sends now, or stop with null. @param {string} peer @param {MediaStream|null} stream */
  play(peer, stream) {
    if (!stream) return this.#stop(peer);
    const element = this.#playing.get(peer) ?? this.#pool.pop() ?? this.#create();
    this.#playing.set(peer, element);
    if (element.srcObject !== stream) element.srcObject = stream;
    this.#start(peer, element);
  }

  /** Try again, within a gesture. */
  unlock() {
    for (const [peer, element] of this.#playing) this.#start(peer, element);
  }

  close() {
    for (const peer of [...this.#playing.keys()]) this.#stop(peer);
    for (const element of this.#pool) silence(element);
    this.#pool = [];
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
    return element;
  }
}

/** @param {HTMLAudioElement} element */
function silence(element) {
  element.pause();
  element.srcObject = null;
}
