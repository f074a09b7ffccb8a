// @ts-check
// Runs in the audio thread: takes out of the microphone's sound what is no voice.

import { Frames } from "./frames.js";
import { Rnnoise } from "./rnnoise.js";

/** What only an AudioWorklet has. @type {any} */
const worklet = globalThis;

worklet.registerProcessor("noise-suppressor", class extends worklet.AudioWorkletProcessor {
  rnnoise = new Rnnoise();
  frames = new Frames((frame) => this.rnnoise.suppress(frame));
  silence = new Float32Array(128);
  on = true;

  constructor() {
    super();
    // Whatever comes is the end: a processor that goes on costs as much as one that is heard.
    this.port.onmessage = () => {
      this.on = false;
      this.rnnoise.end();
    };
  }

  /** @param {Float32Array[][]} inputs @param {Float32Array[][]} outputs */
  process([[samples]], [[heard]]) {
    // Nothing is connected between two microphones.
    if (this.on) this.frames.pass(samples ?? this.silence, heard);
    return this.on;
  }
});
