// @ts-check
// Owns what the person hears in a call: voices and sounds, each as loud as wanted, on the speaker that was chosen.

import { Playback } from "../audio/playback.js";
import { Sounds } from "../audio/sounds.js";
import { Speaker } from "../audio/speaker.js";
import { Emitter } from "../emitter.js";

/** @typedef {import("../audio/sounds.js").Sound} Sound */

/**
 * Events: whether the browser wants a tap first; how loud people can be made; what became of the speaker.
 * @extends {Emitter<{playback: {blocked: boolean}, range: import("../audio/playback.js").VolumeRange, told: {code: string, words: string}}>}
 */
export class Hearing extends Emitter {
  #playback;
  #sounds;
  #speaker;

  /**
   * @param {Pick<import("./call.js").Belongings, "volumes"|"devices"|"sounds"|"platform">} belongings
   * @param {import("../audio/audio-graph.js").AudioGraph} graph
   * @param {(peer: string) => string} userOf
   */
  constructor({ volumes, devices, sounds, platform }, graph, userOf) {
    super();
    const playback = this.#playback = new Playback({ platform, graph, loudness: (peer) => volumes.of(userOf(peer)) });
    const speaker = this.#speaker = new Speaker(devices, platform);
    this.#sounds = new Sounds(sounds, platform);
    playback.on("playback", (detail) => this.emit("playback", detail));
    playback.on("range", (range) => this.emit("range", range));
    playback.on("refused", () => speaker.refused());
    speaker.on("sink", (sink) => {
      playback.sink = this.#sounds.sink = sink;
    });
    speaker.on("told", (said) => this.emit("told", said));
  }

  /** Call it within the click, which unlocks sound. */
  start() {
    this.#playback.prepare();
    this.#sounds.prepare();
    this.#speaker.start();
  }

  get range() {
    return this.#playback.range;
  }

  /** @param {boolean} deafened */
  set deafened(deafened) {
    this.#playback.deafened = this.#sounds.deafened = deafened;
  }

  /** Whether anybody's words are heard now. @param {boolean} speaking */
  set speaking(speaking) {
    this.#sounds.speaking = speaking;
  }

  /** @param {string} peer @param {MediaStream|null} stream */
  play(peer, stream) {
    this.#playback.play(peer, stream);
  }

  /** @param {Sound} sound */
  sound(sound) {
    this.#sounds.play(sound);
  }

  /** It is to be played at once, when a link has no time for it. @param {Sound} sound */
  make(sound) {
    this.#sounds.make(sound);
  }

  /** What is wanted of somebody's loudness holds from now on. */
  adjust() {
    this.#playback.adjust();
  }

  unlock() {
    this.#playback.unlock();
  }

  /** @param {import("../audio/constraints.js").Device|null} device */
  choose(device) {
    this.#speaker.choose(device);
  }

  /** The devices can be named now: a microphone was allowed. */
  look() {
    void this.#speaker.look();
  }

  close() {
    for (const part of [this.#playback, this.#sounds, this.#speaker]) part.close();
  }
}
