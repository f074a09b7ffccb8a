// @ts-check
// Samples as a file that an audio element plays: RIFF/WAVE, PCM, one channel of 16 bits.

/** Samples a second. */
export const RATE = 24_000;
const HEADER = 44;

/** @param {Float32Array} samples -1 to 1 @returns {Blob} */
export function wave(samples) {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  for (const [i, sample] of samples.entries()) {
    view.setInt16(i * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true);
  }
  return file(view);
}

/** Nothing to hear, made in no time. @param {number} seconds @returns {Blob} */
export function silence(seconds) {
  return file(new DataView(new ArrayBuffer(seconds * RATE * 2)));
}

/** @param {DataView<ArrayBuffer>} samples */
function file(samples) {
  const view = new DataView(new ArrayBuffer(HEADER));
  const text = (/** @type {number} */ at, /** @type {string} */ letters) => {
    for (const letter of letters) view.setUint8(at++, letter.charCodeAt(0));
  };
  text(0, "RIFF");
  view.setUint32(4, HEADER + samples.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.byteLength, true);
  return new Blob([view, samples], { type: "audio/wav" });
}
