// @ts-check
// What a note may hold, and what of it is a link; pure.

/** In characters, as a reader counts them roughly: code points. */
export const NOTE_LENGTH = 500;

/** They end lines, or are no character at all; a note is one line. */
const ENDS = /[\p{Cc}\u2028\u2029]+/gu;
/** They turn the rest of a line, or hide in it: marks and overrides of direction, and a lone half of a character. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
/** What leaves a line blank: format characters, marks without a letter, and fillers. */
const BLANK = /[\p{C}\p{Z}\p{M}\u115f\u1160\u2800\u3164\uffa0\ufffc]/gu;
/** Accents piled up over other lines. */
const PILE = /(\p{M}{4})\p{M}+/gu;

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/giu;
/** What a sentence puts behind an address. */
const BEHIND = /[.,;:!?…)\]}]+$/u;

/** @typedef {{text: string, href: string|null}} NotePart */

/**
 * A note as it is sent and shown: one line without what turns or hides; null where nothing is left, or too much.
 * @param {string} raw
 * @returns {string|null}
 */
export function cleanNote(raw) {
  const text = raw.replace(TURNS, "").replace(ENDS, " ").normalize("NFC").replace(PILE, "$1").replace(/\s+/gu, " ").trim();
  return text.replace(BLANK, "") === "" || [...text].length > NOTE_LENGTH ? null : text;
}

/**
 * A note in parts: words, and addresses to go to. Only http and https, and none with a name before the host: that
 * reads as another host. Where the host is not spelled as it is asked for (other letters, numbers for an address), what is asked
 * for stands behind it: a letter or a stroke that looks like another leads elsewhere.
 * @param {string} text
 * @returns {NotePart[]}
 */
export function noteParts(text) {
  /** @type {NotePart[]} */
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = bare(found);
    const url = urlOf(address);
    if (url === null) continue;
    if (index > from) parts.push({ text: text.slice(from, index), href: null });
    const { href, host } = url;
    const spelled = /^[^/]*\/\/[^/?#\\]*/.exec(address)?.[0].toLowerCase() ?? "";
    parts.push({ text: isSpelled(spelled, url) ? address : `${address} (${host})`, href });
    from = index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), href: null });
  return parts;
}

/** A bracket at the end belongs to the address where it was opened there. @param {string} found */
function bare(found) {
  const address = found.replace(BEHIND, "");
  const open = address.lastIndexOf("(");
  return open > address.lastIndexOf(")") && found[address.length] === ")" ? `${address})` : address;
}

/** @param {string} written from the scheme to the host's end, in small letters @param {URL} url */
function isSpelled(written, { protocol, host, hostname }) {
  return [host, `${hostname}:80`, `${hostname}:443`].some((each) => written === `${protocol}//${each}`);
}

/** @param {string} address */
function urlOf(address) {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" ? url : null;
  } catch {
    return null;
  }
}
