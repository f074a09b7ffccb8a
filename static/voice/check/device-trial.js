// @ts-check
// Owns a microphone and a speaker being tried before any call: its level, a sample, and where that is heard.

import { AudioGraph } from "../audio/audio-graph.js";
import { Level } from "../audio/level.js";
import { MICROPHONE } from "../audio/microphone-words.js";
import { Microphone } from "../audio/microphone.js";
import { NoiseSuppressor } from "../audio/noise-suppressor.js";
import { playOnce } from "../audio/play-once.js";
import { record } from "../audio/sample.js";
import { soundOf } from "../audio/tunes.js";
import { Emitter } from "../emitter.js";

/** Events: what the microphone says of itself. @extends {Emitter<{status: import("../audio/microphone.js").MicrophoneStatus}>} */
export class DeviceTrial extends Emitter {
  #graph;
  #level;
  #microphone;
  #suppressor;
  #devices;
  #platform;

  /** @param {import("../audio/devices.js").Devices} devices @param {import("../browser/platform.js").Platform} platform */
  constructor(devices, platform) {
    super();
    this.#devices = devices;
    this.#platform = platform;
    this.#graph = new AudioGraph(platform);
    this.#level = new Level(this.#graph, platform);
    this.#microphone = new Microphone(platform, () => devices.microphone);
    const suppressor = this.#suppressor = new NoiseSuppressor({ graph: this.#graph, wanted: () => devices.suppresses, platform });
    this.#microphone.on("track", (track) => suppressor.take(track));
    suppressor.on("track", (track) => void this.#level.listen(track));
    suppressor.on("failed", (code) => devices.loseSuppressor(code));
    // As it is: there are no others here whom one could hear all the same.
    this.#microphone.on("status", (status) => this.emit("status", { ...status, words: MICROPHONE[status.code] ?? MICROPHONE.failed }));
    devices.on("microphone", ({ listenOnly }) => (listenOnly ? this.#microphone.decline() : void this.#microphone.change()));
  }

  /** Call it from a click. @returns {Promise<void>} once the microphone is there, or isn't */
  async start() {
    if (this.#devices.listenOnly) this.#microphone.decline();
    else await this.#microphone.open();
  }

  level() {
    return this.#level.now();
  }

  /** Call it from a click, which asks for the microphone anew where it is wanted and isn't there. @param {AbortSignal} signal */
  async record(signal) {
    if (!this.#suppressor.track && !this.#devices.listenOnly) await this.#microphone.open();
    const { track } = this.#suppressor;
    return track ? record(track, this.#platform, signal) : null;
  }

  /** @param {Blob|null} sound @param {AbortSignal} signal */
  play(sound, signal) {
    return playOnce(sound ?? soundOf("test"), { sink: this.#devices.speaker?.id, signal }, this.#platform);
  }

  close() {
    this.#microphone.close();
    this.#suppressor.close();
    this.#level.close();
    this.#graph.close();
  }
}
