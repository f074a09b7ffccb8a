// @ts-check
// The plain words for the stronger noise suppression: what it does and costs, and why it can't be had; pure.

/** @typedef {import("../audio/noise-suppressor.js").SuppressorTrouble} SuppressorTrouble */

export const STRONGER = {
  label: "Stronger noise suppression",
  says: "Takes out all but voices, in place of the browser's own. Takes about a twelfth of one processor core for as long as the microphone is on, and you are heard 30 ms later.",
};

/** @type {Record<SuppressorTrouble, string>} */
export const SUPPRESSOR = {
  unsupported: "This browser can't: it has no AudioWorklet. Its own noise suppression is used.",
  rate: "Your sound device is too narrow for it, as headsets are that make calls: it needs 44.1 kHz. The browser's own noise suppression is used.",
  failed: "It could not be started here; the browser's own noise suppression is used. Switch it on again to try once more.",
};

/** @param {SuppressorTrouble} code */
export const noSuppressor = (code) => ({ code: `no-strong-noise-suppression-${code}`, words: `${STRONGER.label}: ${SUPPRESSOR[code]}` });
