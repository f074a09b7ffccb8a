// @ts-check
// Owns the stronger noise suppression: takes what the microphone gives, and gives what is to be sent, itself where it isn't wanted or can't be.

import { VOICE } from "../base.js";
import { Emitter } from "../emitter.js";

/** Why it can't be had. @typedef {"unsupported"|"rate"|"failed"} SuppressorTrouble */
/** What the sound goes through, from one microphone to the next. @typedef {{node: AudioWorkletNode, track: MediaStreamTrack}} Stage */

/** Loaded only where it is wanted, and RNNoise with it. */
const WORKLET = `${VOICE}audio/noise-worklet.js`;
/** RNNoise knows voices at 48 kHz; at 44.1 they are a little deep, below that they are others. */
const LOWEST_RATE = 44_100;
/** A context that isn't let run answers nothing at all. */
const PATIENCE = 5000;

/** Events: what is to be sent from now on; why it can't be. @extends {Emitter<{track: MediaStreamTrack|null, failed: SuppressorTrouble}>} */
export class NoiseSuppressor extends Emitter {
  /** @type {MediaStreamTrack|null} */
  #microphone = null;
  /** What it hears of the microphone: a clone that stays enabled, so that whoever is muted can be told that they speak. @type {MediaStreamTrack|null} */
  #clone = null;
  /** @type {AudioNode|null} */
  #source = null;
  /** @type {Stage|null} */
  #stage = null;
  /** @type {MediaStreamTrack|null} as told last */
  #track = null;
  #muted = false;
  /** @type {any} */
  #loading = null;
  #graph;
  #wanted;
  #platform;

  /**
   * @param {{graph: import("./audio-graph.js").AudioGraph, wanted: () => boolean,
   *   platform: Pick<import("../browser/platform.js").Platform, "emptyStream"|"setTimeout"|"clearTimeout">}} options
   */
  constructor({ graph, wanted, platform }) {
    super();
    this.#graph = graph;
    this.#wanted = wanted;
    this.#platform = platform;
    // A context that stands still gives silence, which is worse than noise.
    graph.on("running", () => this.#stage && this.#tell());
  }

  get track() {
    return this.#track;
  }

  set muted(/** @type {boolean} */ muted) {
    this.#muted = muted;
    if (this.#stage) this.#stage.track.enabled = !muted;
  }

  /** The microphone gives this from now on; whether it is wanted is asked anew. @param {MediaStreamTrack|null} microphone */
  take(microphone) {
    this.#unplug();
    this.#microphone = microphone;
    const wanted = this.#wanted();
    if (!wanted) this.#end();
    if (!this.#plug()) return this.#fail("failed");
    this.#tell();
    if (wanted && microphone && !this.#stage && this.#loading === null) void this.#load();
  }

  close() {
    this.#unplug();
    this.#end();
    this.#microphone = this.#track = null;
  }

  async #load() {
    const loading = this.#loading = this.#platform.setTimeout(() => this.#fail("failed"), PATIENCE);
    this.#graph.wake();
    const fail = (/** @type {SuppressorTrouble} */ code) => this.#loading === loading && this.#fail(code);
    try {
      const rate = this.#graph.build(({ sampleRate }) => sampleRate);
      if (rate !== null && rate < LOWEST_RATE) return fail("rate");
      const loaded = this.#graph.build((context) => context.audioWorklet.addModule(WORKLET));
      if (!loaded) return fail("failed");
      await loaded;
    } catch {
      return fail("failed");
    }
    if (this.#loading !== loading) return;
    const stage = this.#graph.build((context) => stageIn(context));
    if (!stage) return fail("failed");
    this.#platform.clearTimeout(loading);
    this.#loading = null;
    stage.node.onprocessorerror = () => this.#fail("failed");
    stage.track.enabled = !this.#muted;
    this.#stage = stage;
    this.#graph.resume();
    if (this.#plug()) this.#tell();
    else this.#fail("failed");
  }

  /** @returns {boolean} false where WebAudio refuses */
  #plug() {
    const [microphone, stage] = [this.#microphone, this.#stage];
    if (!microphone || !stage) return true;
    return this.#graph.build((context) => {
      this.#clone = microphone.clone();
      this.#clone.enabled = true;
      const stream = this.#platform.emptyStream();
      stream.addTrack(this.#clone);
      this.#source = context.createMediaStreamSource(stream);
      return Boolean(this.#source.connect(stage.node));
    }) ?? false;
  }

  #unplug() {
    this.#clone?.stop();
    const source = this.#source;
    if (source) this.#graph.build(() => source.disconnect());
    this.#clone = this.#source = null;
  }

  /** @param {SuppressorTrouble} code */
  #fail(code) {
    this.#unplug();
    this.#end();
    this.#tell();
    this.emit("failed", code);
  }

  #end() {
    this.#platform.clearTimeout(this.#loading);
    this.#loading = null;
    const stage = this.#stage;
    this.#stage = null;
    if (!stage) return;
    stage.node.onprocessorerror = null;
    stage.node.port.postMessage("end");
    stage.track.stop();
    this.#graph.build(() => stage.node.disconnect());
  }

  #tell() {
    const suppressed = this.#source && this.#graph.running ? this.#stage?.track ?? null : null;
    // From one microphone to the next it is the same track.
    if (suppressed && suppressed === this.#track) return;
    this.#track = suppressed ?? this.#microphone;
    this.emit("track", this.#track);
  }
}

/** @param {AudioContext} context @returns {Stage} */
function stageIn(context) {
  const one = { channelCount: 1, channelCountMode: /** @type {const} */ ("explicit") };
  const node = new AudioWorkletNode(context, "noise-suppressor", { ...one, numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1] });
  const out = context.createMediaStreamDestination();
  out.channelCount = 1;
  node.connect(out);
  return { node, track: out.stream.getAudioTracks()[0] };
}
