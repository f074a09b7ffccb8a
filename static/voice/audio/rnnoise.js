// @ts-check
// RNNoise for one microphone: a frame in, its voices out.

import { rnnoise } from "../../vendor/rnnoise/rnnoise.js";
import { FRAME } from "./frames.js";

/** It takes samples as 16 bits have them, though in floats. */
const SCALE = 32_768;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

export class Rnnoise {
  #code = rnnoise();
  #state = this.#code.create(0);
  #at = this.#code.malloc(FRAME * BYTES);

  #samples = new Float32Array(this.#code.memory(), this.#at, FRAME);

  /** Leave nothing but voices in a frame, as far as that can be. @param {Float32Array} frame  FRAME samples, -1 to 1 */
  suppress(frame) {
    const samples = this.#samples;
    for (let i = 0; i < FRAME; i += 1) samples[i] = frame[i] * SCALE;
    this.#code.processFrame(this.#state, this.#at, this.#at);
    for (let i = 0; i < FRAME; i += 1) frame[i] = samples[i] / SCALE;
  }

  end() {
    this.#code.destroy(this.#state);
    this.#code.free(this.#at);
  }
}
