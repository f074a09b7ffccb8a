// @ts-check
// Owns what the person hears in a call: voices and sounds, each as loud as wanted, on the speaker that was chosen.

import { NowPlaying } from "../audio/now-playing.js";
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
  #keys;

  /**
   * @param {Pick<import("./call.js").Belongings, "volumes"|"devices"|"sounds"|"platform">} belongings
   * @param {import("../audio/audio-graph.js").AudioGraph} graph
   * @param {(peer: string) => string} userOf
   * @param {import("../audio/device-news.js").Later} later  once the links are made that are being made now
   */
  constructor({ volumes, devices, sounds, platform }, graph, userOf, later) {
    super();
    const keys = this.#keys = new NowPlaying(platform);
    const { blobUrl, forgetUrl } = platform;
    const beside = { blobUrl, forgetUrl, createAudio: () => keys.beside(platform.createAudio()) };
    const playback = this.#playback = new Playback({ platform: beside, graph, loudness: (peer) => volumes.of(userOf(peer)) });
    const speaker = this.#speaker = new Speaker(devices, platform, later);
    this.#sounds = new Sounds(sounds, beside);
    playback.on("playback", (detail) => this.emit("playback", detail));
    playback.on("range", (range) => this.emit("range", range));
    playback.on("refused", () => speaker.refused());
    speaker.on("sink", (sink) => {
      playback.sink = this.#sounds.sink = keys.sink = sink;
    });
    speaker.on("told", (said) => this.emit("told", said));
  }

  /** Call it within the click, which unlocks sound. */
  start() {
    this.#playback.prepare();
    this.#sounds.prepare();
    this.#speaker.start();
  }

  /** In a call: the system's media keys are for it. */
  holdKeys() {
    this.#keys.start();
  }

  /** The page has played something else. */
  keepKeys() {
    this.#keys.passed();
  }

  get range() {
    return this.#playback.range;
  }

  /** @param {boolean} deafened */
  set deafened(deafened) {
    this.#playback.deafened = this.#sounds.deafened = deafened;
  }

  /** Whether the system shows that its key unmutes. @param {boolean} muted */
  set muted(muted) {
    this.#keys.muted = muted;
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

  /** A click, or coming back after an interruption: what the browser or the system stopped plays again. */
  unlock() {
    this.#playback.unlock();
    this.#keys.hold();
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
    for (const part of [this.#playback, this.#sounds, this.#speaker, this.#keys]) part.close();
  }
}
