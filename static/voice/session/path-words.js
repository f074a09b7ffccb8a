// @ts-check
// The path between two in words, from what both of its ends say; pure.

import { phrase } from "../phrase.js";

/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("./band-messages.js").LinkSaid} LinkSaid */
/**
 * How one end receives: loss and concealed are shares of 1, jitter is in ms, bitrate in kbit/s; null: not known.
 * @typedef {{loss: number|null, jitter: number|null, bitrate: number|null, redundancy: boolean|null, concealed: number|null}} Received
 */
/** @typedef {{path: "direct"|"relay"|null, rtt: number|null} & Received} Figures */
/** @typedef {"good"|"weak"|"relay"|"reconnecting"|"connecting"} PathWord */
/**
 * @typedef {object} Path
 * @property {PathWord} word
 * @property {string} words  a whole sentence
 * @property {"direct"|"relay"|null} path
 * @property {number|null} rtt  in ms
 * @property {Received} from  how they are received here
 * @property {Received|null} to  how one is received there, as they say; null where they say nothing
 */

/** From here on it can be heard. */
export const WEAK = { loss: 0.05, concealed: 0.05, rtt: 400, jitter: 60 };

/**
 * @param {string} name
 * @param {LinkReport} report
 * @param {Figures} figures
 * @param {LinkSaid|null} theirs
 * @returns {Path}
 */
export function pathTo(name, report, figures, theirs) {
  const { path, rtt } = figures;
  const from = received(figures);
  const to = theirs && received(theirs);
  return { ...inWords(name, report, figures, theirs), path, rtt: rtt === null ? null : Math.round(rtt), from, to };
}

/** @param {Received} of @returns {Received} */
function received({ loss, jitter, bitrate, redundancy, concealed }) {
  return { loss, jitter, bitrate, redundancy, concealed };
}

/** @param {string} name @param {LinkReport} report @param {Figures} figures @param {LinkSaid|null} theirs @returns {{word: PathWord, words: string}} */
function inWords(name, { state, relayOnly }, figures, theirs) {
  const deafTo = theirs !== null && (theirs.state === "stalled" || theirs.state === "repairing");
  if (state === "connecting") return { word: "connecting", words: phrase("path.connecting", { name }) };
  if (state !== "up") {
    const both = relayOnly ? phrase("path.neither-relay", { name }) : phrase("path.neither", { name });
    const here = relayOnly ? phrase("path.nothing-relay", { name }) : phrase("path.nothing", { name });
    return { word: "reconnecting", words: deafTo ? both : here };
  }
  if (deafTo) return { word: "reconnecting", words: phrase("path.one-way", { name }) };
  const why = weakness(name, figures, theirs);
  const relay = figures.path === "relay";
  if (why) return { word: "weak", words: relay ? phrase("path.weak-relay", { why }) : phrase("path.weak", { why }) };
  if (relay) return { word: "relay", words: phrase("path.relay") };
  return { word: "good", words: phrase("path.good") };
}

/** @param {string} name @param {Figures} figures @param {LinkSaid|null} theirs @returns {string} "" where nothing can be heard */
function weakness(name, figures, theirs) {
  const lost = (/** @type {Received|null} */ end) => Math.max(end?.loss ?? 0, end?.concealed ?? 0);
  const [here, there] = [lost(figures), lost(theirs)];
  if (here >= WEAK.loss && here >= there) return phrase("path.lost-here", { share: percent(here), name });
  if (there >= WEAK.loss) return phrase("path.lost-there", { share: percent(there), name });
  if ((figures.rtt ?? 0) >= WEAK.rtt) return phrase("path.long", { ms: Math.round(figures.rtt ?? 0) });
  if (Math.max(figures.jitter ?? 0, theirs?.jitter ?? 0) >= WEAK.jitter) return phrase("path.uneven");
  return "";
}

/** Whether what somebody else says of their path can be heard. @param {{loss: number|null, rtt: number|null}} told */
export const isWeak = ({ loss, rtt }) => (loss ?? 0) >= WEAK.loss || (rtt ?? 0) >= WEAK.rtt;

/** @param {number} share */
export const percent = (share) => phrase("percent", { number: Math.round(share * 100) });
