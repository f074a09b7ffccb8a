// @ts-check
// Owns how sound that comes in blocks of any size goes through something that takes frames: a frame later; pure.

/** Samples: what RNNoise takes at a time, 10 ms at 48 kHz. */
export const FRAME = 480;

export class Frames {
  /** Before the mark it holds what came of this frame, behind it what goes out of the one before. */
  #frame = new Float32Array(FRAME);
  #mark = 0;
  #change;

  /** @param {(frame: Float32Array) => void} change  does it in place */
  constructor(change) {
    this.#change = change;
  }

  /** @param {Float32Array} input @param {Float32Array} output as long */
  pass(input, output) {
    const frame = this.#frame;
    for (let i = 0; i < input.length; i += 1) {
      output[i] = frame[this.#mark];
      frame[this.#mark] = input[i];
      this.#mark += 1;
      if (this.#mark < FRAME) continue;
      this.#mark = 0;
      this.#change(frame);
    }
  }
}
