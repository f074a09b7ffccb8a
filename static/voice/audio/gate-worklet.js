// @ts-check
// Runs in the audio thread, which no hidden tab slows down: says when a voice begins and ends.

import { hearGate, SHUT } from "./gate.js";

/** What only an AudioWorklet has. @type {any} */
const worklet = globalThis;

worklet.registerProcessor("voice-gate", class extends worklet.AudioWorkletProcessor {
  gate = SHUT;
  threshold = 1;

  constructor() {
    super();
    this.port.onmessage = (/** @type {MessageEvent<number>} */ { data }) => {
      this.threshold = data;
    };
  }

  /** @param {Float32Array[][]} inputs */
  process([[samples]]) {
    // Nothing is connected between two microphones.
    if (!samples) return true;
    const level = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    const before = this.gate.loud;
    this.gate = hearGate(this.gate, level, this.threshold, samples.length / worklet.sampleRate * 1000);
    if (this.gate.loud !== before) this.port.postMessage(this.gate.loud);
    return true;
  }
});
