// @ts-check
// Owns the report of the last call, kept for as long as its tab lives, so that the check page can add it to its own.

const KEY = "meshvoice:report";

/** Storage throws where a browser forbids it (private modes, embedded frames): then nothing is kept.
 *  @typedef {() => Pick<Storage, "getItem"|"setItem">} OpenStorage */

/** @type {OpenStorage} */
const ofTheTab = () => sessionStorage;

/** @param {string} report @param {OpenStorage} [open] */
export function keepReport(report, open = ofTheTab) {
  try {
    open().setItem(KEY, report);
  } catch {
    return;
  }
}

/** @param {OpenStorage} [open] @returns {string} "" where there is none */
export function lastReport(open = ofTheTab) {
  try {
    return open().getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
