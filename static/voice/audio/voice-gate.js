// @ts-check
// Owns voice activation: listens where the level is measured, and tells when a voice begins and ends.

import { VOICE } from "../base.js";
import { amplitude } from "../decibels.js";
import { Emitter } from "../emitter.js";

/** hears: sound passes; loud: what the audio thread said last
 *  @typedef {{track: MediaStreamTrack, node: AudioWorkletNode|null, timer: any, hears: boolean, loud: boolean}} Listening */

/** A context that isn't let run answers nothing at all. */
const PATIENCE = 3000;
const WORKLET = `${VOICE}audio/gate-worklet.js`;

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
   *   platform: Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">}} options
   */
  constructor({ graph, level, platform }) {
    super();
    this.#graph = graph;
    this.#level = level;
    this.#platform = platform;
    graph.on("running", (running) => (running ? this.#opened() : this.#stopped()));
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
    const listening = this.#listening = { track, node: null, timer: null, hears: false, loud: false };
    this.#wait(listening);
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
    node.port.onmessage = ({ data }) => {
      if (this.#listening !== listening) return;
      listening.loud = data;
      this.emit("loud", data);
    };
    node.port.postMessage(amplitude(this.#threshold));
    this.#graph.resume();
    this.#opened();
  }

  #opened() {
    const listening = this.#listening;
    if (!listening?.node || !this.#graph.running) return;
    this.#platform.clearTimeout(listening.timer);
    listening.hears = true;
    // The audio thread goes on where it stopped, and tells changes alone.
    if (listening.loud) this.emit("loud", true);
    this.emit("deaf", false);
  }

  /** The system took the sound in the middle of a call: what was heard last would hold for ever. */
  #stopped() {
    const listening = this.#listening;
    if (!listening?.hears) return;
    listening.hears = false;
    this.#wait(listening);
  }

  /** @param {Listening} listening */
  #wait(listening) {
    const begun = this.#platform.now();
    listening.timer = this.#platform.setTimeout(() => {
      // A page that slept gets its sound back a moment after it wakes, and opens no microphone for that.
      if (this.#platform.now() - begun > 2 * PATIENCE) this.#wait(listening);
      else this.emit("deaf", true);
    }, PATIENCE);
  }

  /** @param {Listening} listening */
  #failed(listening) {
    if (this.#listening !== listening) return;
    this.#platform.clearTimeout(listening.timer);
    this.emit("deaf", true);
  }
}
