// @ts-check
// Owns voice activation: listens to a clone of the raw microphone, and tells when a voice begins and ends.

import { amplitude } from "../decibels.js";
import { Emitter } from "../emitter.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {{track: MediaStreamTrack, clone: MediaStreamTrack, context: AudioContext|null, node: AudioWorkletNode|null, timer: any}} Listening */

/** A context that isn't let run answers nothing at all. */
const PATIENCE = 3000;
const WORKLET = new URL("./gate-worklet.js", import.meta.url).href;

/** Events: whether a voice is heard; whether this browser can hear none. @extends {Emitter<{loud: boolean, deaf: boolean}>} */
export class VoiceGate extends Emitter {
  /** @type {Listening|null} */
  #listening = null;
  #threshold = -48;
  #platform;

  /** @param {Pick<Platform, "audioContext"|"emptyStream"|"setTimeout"|"clearTimeout">} platform */
  constructor(platform) {
    super();
    this.#platform = platform;
  }

  /** @param {number} decibels of full scale */
  set threshold(decibels) {
    this.#threshold = decibels;
    this.#listening?.node?.port.postMessage(amplitude(decibels));
  }

  /** @param {MediaStreamTrack|null} track null ends it */
  listen(track) {
    if (track === (this.#listening?.track ?? null)) return;
    this.close();
    if (!track) return;
    const { setTimeout } = this.#platform;
    const timer = setTimeout(() => this.emit("deaf", true), PATIENCE);
    const listening = this.#listening = { track, clone: track.clone(), context: null, node: null, timer };
    this.#open(listening).then(() => this.#opened(listening, false), () => this.#opened(listening, true));
  }

  close() {
    const listening = this.#listening;
    this.#listening = null;
    if (!listening) return;
    this.#platform.clearTimeout(listening.timer);
    release(listening);
    this.emit("loud", false);
  }

  /** @param {Listening} listening */
  async #open(listening) {
    const { audioContext, emptyStream } = this.#platform;
    if (!audioContext) throw new Error("no WebAudio");
    const context = listening.context = audioContext();
    await context.audioWorklet.addModule(WORKLET);
    await context.resume();
    if (this.#listening !== listening) return;
    const node = listening.node = new AudioWorkletNode(context, "voice-gate", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => this.#listening === listening && this.emit("loud", data);
    node.port.postMessage(amplitude(this.#threshold));
    listening.clone.enabled = true;
    const stream = emptyStream();
    stream.addTrack(listening.clone);
    context.createMediaStreamSource(stream).connect(node);
  }

  /** @param {Listening} listening @param {boolean} deaf */
  #opened(listening, deaf) {
    const mine = this.#listening === listening;
    if (!mine || deaf) release(listening);
    if (!mine) return;
    this.#platform.clearTimeout(listening.timer);
    this.emit("deaf", deaf);
  }
}

/** @param {Listening} listening */
function release({ clone, context }) {
  clone.stop();
  if (context?.state !== "closed") context?.close().catch(() => {});
}
