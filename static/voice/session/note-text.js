// @ts-check
// What a note may hold, and what of it is a link; pure.

/** In characters, as a reader counts them roughly: code points. */
export const NOTE_LENGTH = 500;

/** They end lines, or are no character at all; a note is one line. */
const ENDS = /[\p{Cc}\u2028\u2029]+/gu;
/** They turn the rest of a line, or hide in it: marks and overrides of direction, and a lone half of a character. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
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
  return text === "" || [...text].length > NOTE_LENGTH ? null : text;
}

/**
 * A note in parts: words, and addresses to go to. Only http and https, and none with a name before the host: that
 * reads as another host.
 * @param {string} text
 * @returns {NotePart[]}
 */
export function noteParts(text) {
  /** @type {NotePart[]} */
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = bare(found);
    const href = hrefOf(address);
    if (href === null) continue;
    if (index > from) parts.push({ text: text.slice(from, index), href: null });
    parts.push({ text: address, href });
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

/** @param {string} address */
function hrefOf(address) {
  try {
    const { href, protocol, username, password } = new URL(address);
    return /^https?:$/.test(protocol) && username === "" && password === "" ? href : null;
  } catch {
    return null;
  }
}
