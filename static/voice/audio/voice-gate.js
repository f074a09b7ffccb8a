// @ts-check
// Owns voice activation: listens where the level is measured, and tells when a voice begins and ends.

import { amplitude } from "../decibels.js";
import { Emitter } from "../emitter.js";

/** @typedef {{track: MediaStreamTrack, node: AudioWorkletNode|null, timer: any}} Listening */

/** A context that isn't let run answers nothing at all. */
const PATIENCE = 3000;
const WORKLET = new URL("./gate-worklet.js", import.meta.url).href;

/** Events: whether a voice is heard; whether this browser can hear none. @extends {Emitter<{loud: boolean, deaf: boolean}>} */
export class VoiceGate extends Emitter {
  /** @type {Listening|null} */
  #listening = null;
  #threshold = -48;
  #graph;
  #level;
  #platform;

  /**
   * @param {{graph: import("./audio-graph.js").AudioGraph, level: import("./level.js").Level,
   *   platform: Pick<import("../browser/platform.js").Platform, "setTimeout"|"clearTimeout">}} options
   */
  constructor({ graph, level, platform }) {
    super();
    this.#graph = graph;
    this.#level = level;
    this.#platform = platform;
    graph.on("running", () => this.#opened());
  }

  /** @param {number} decibels of full scale */
  set threshold(decibels) {
    this.#threshold = decibels;
    this.#listening?.node?.port.postMessage(amplitude(decibels));
  }

  /** Hear a voice in the track that is measured. @param {MediaStreamTrack|null} track null ends it */
  listen(track) {
    if (track === (this.#listening?.track ?? null)) return;
    this.close();
    if (!track) return;
    const timer = this.#platform.setTimeout(() => this.emit("deaf", true), PATIENCE);
    const listening = this.#listening = { track, node: null, timer };
    this.#open(listening).catch(() => this.#failed(listening));
  }

  close() {
    const listening = this.#listening;
    this.#listening = null;
    if (!listening) return;
    this.#platform.clearTimeout(listening.timer);
    const { node } = listening;
    if (node) this.#level.unfeed(node);
    this.emit("loud", false);
  }

  /** @param {Listening} listening */
  async #open(listening) {
    const loaded = this.#graph.build((context) => context.audioWorklet.addModule(WORKLET));
    if (!loaded) throw new Error("no WebAudio");
    await loaded;
    if (this.#listening !== listening) return;
    const node = this.#graph.build((context) => new AudioWorkletNode(context, "voice-gate", { numberOfOutputs: 0 }));
    if (!node || !this.#level.feed(node)) throw new Error("WebAudio refuses");
    listening.node = node;
    node.port.onmessage = ({ data }) => this.#listening === listening && this.emit("loud", data);
    node.port.postMessage(amplitude(this.#threshold));
    this.#graph.resume();
    this.#opened();
  }

  #opened() {
    if (!this.#listening?.node || !this.#graph.running) return;
    this.#platform.clearTimeout(this.#listening.timer);
    this.emit("deaf", false);
  }

  /** @param {Listening} listening */
  #failed(listening) {
    if (this.#listening !== listening) return;
    this.#platform.clearTimeout(listening.timer);
    this.emit("deaf", true);
  }
}
