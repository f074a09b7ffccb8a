// @ts-check
// Voices made louder than they come: a gain for each, one soft ceiling over all, played by one audio element.

import { HEADROOM, ceilingCurve } from "./ceiling.js";

/** @typedef {{stream: MediaStream, source: AudioNode, gain: GainNode}} Voice */

export class Boost {
  /** @type {Map<string, Voice>} */
  #voices = new Map();
  /** @type {{entry: AudioNode, stream: MediaStream}|null} */
  #bus = null;
  #graph;
  #play;

  /**
   * @param {import("./audio-graph.js").AudioGraph} graph
   * @param {(stream: MediaStream|null) => void} play  by an audio element, so that its speaker is chosen as for everyone else,
   *   and echo cancellation knows what is heard
   */
  constructor(graph, play) {
    this.#graph = graph;
    this.#play = play;
  }

  /**
   * Play a peer's stream so loud, or say that it can't be done.
   * @param {string} peer @param {MediaStream} stream @param {number} factor above 1
   */
  raise(peer, stream, factor) {
    this.#graph.wake();
    if (!this.#graph.running) return false;
    const known = this.#voices.get(peer);
    if (known?.stream === stream) return this.#graph.build(() => this.#set(known, factor)) ?? false;
    this.drop(peer);
    return this.#graph.build((context) => {
      const { entry, stream: heard } = this.#bus ??= busOf(context);
      const voice = { stream, source: context.createMediaStreamSource(stream), gain: context.createGain() };
      voice.source.connect(voice.gain).connect(entry);
      this.#voices.set(peer, voice);
      this.#play(heard);
      return this.#set(voice, factor);
    }) ?? false;
  }

  /** @param {string} peer */
  drop(peer) {
    const voice = this.#voices.get(peer);
    if (!voice) return;
    this.#voices.delete(peer);
    this.#graph.build(() => voice.source.disconnect());
    this.#graph.build(() => voice.gain.disconnect());
    if (this.#voices.size === 0) this.#play(null);
  }

  close() {
    for (const peer of [...this.#voices.keys()]) this.drop(peer);
  }

  /** @param {Voice} voice @param {number} factor */
  #set({ gain }, factor) {
    gain.gain.value = factor;
    return true;
  }
}

/** @param {AudioContext} context */
function busOf(context) {
  const entry = context.createGain();
  entry.gain.value = 1 / HEADROOM;
  const ceiling = context.createWaveShaper();
  ceiling.curve = ceilingCurve();
  const out = context.createMediaStreamDestination();
  entry.connect(ceiling).connect(out);
  return { entry, stream: out.stream };
}
