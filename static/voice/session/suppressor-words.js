// @ts-check
// The plain words for the stronger noise suppression: what it does and costs, and why it can't be had; pure.

import { phrase } from "../phrase.js";

/** @typedef {import("../audio/noise-suppressor.js").SuppressorTrouble} SuppressorTrouble */

export const STRONGER = {
  label: phrase("suppressor"),
  says: phrase("suppressor.says"),
};

/** @type {Record<SuppressorTrouble, string>} */
export const SUPPRESSOR = {
  unsupported: phrase("suppressor.unsupported"),
  rate: phrase("suppressor.rate"),
  failed: phrase("suppressor.failed"),
};

/** @param {SuppressorTrouble} code */
export const noSuppressor = (code) => ({ code: `no-strong-noise-suppression-${code}`, words: phrase("suppressor.off", { why: SUPPRESSOR[code] }) });
