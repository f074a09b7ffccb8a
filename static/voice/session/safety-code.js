// @ts-check
// The mathematics of a safety code: commitments, and six pictures of all nonces and of who was seen with which key; pure.

import { EMOJI } from "./safety-emoji.js";

/** @typedef {(bytes: Uint8Array) => Promise<Uint8Array>} Sha256 */
/**
 * One attempt of certain people, in hex where it isn't a number.
 * @typedef {{room: string, epoch: string, round: number}} Attempt
 */
/**
 * @typedef {object} Round
 * @property {Attempt} attempt
 * @property {Map<string, string>} keys  everybody's fingerprint as it was seen, one's own with it
 * @property {string} nonce
 * @property {string} commitment
 * @property {Map<string, string>} commitments
 * @property {Map<string, string>} nonces  as they came; they count when they fit
 * @property {Map<string, string>} checks
 * @property {boolean} revealed
 * @property {{words: {emoji: string, name: string}[], check: string}|null} code
 */

const LABEL = "meshvoice safety code 1";
export const LENGTH = 6;
const BLOCK = 64;

/** What is hashed is a JSON list of strings and numbers, so that no two lists read the same. @param {unknown[]} list */
const bytesOf = (list) => new TextEncoder().encode(JSON.stringify(list));

/** @param {Uint8Array} bytes */
export const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Names the people of an attempt.
 * @param {Sha256} sha256 @param {readonly string[]} peers
 */
export async function epochOf(sha256, peers) {
  return hexOf(await sha256(bytesOf([LABEL, "people", ...[...peers].sort()])));
}

/**
 * What somebody binds themself to before they know anybody's nonce.
 * @param {Sha256} sha256 @param {Attempt} attempt
 * @param {{peer: string, fingerprint: string, nonce: string}} of
 */
export async function commitmentOf(sha256, { room, epoch, round }, { peer, fingerprint, nonce }) {
  return hexOf(await sha256(bytesOf([LABEL, "commitment", room, epoch, round, peer, fingerprint, nonce])));
}

/**
 * The code of everybody's nonces and of the keys with which they were seen.
 * @param {Sha256} sha256 @param {Attempt} attempt
 * @param {readonly {peer: string, fingerprint: string, nonce: string}[]} people oneself, too
 * @param {number} [length] pictures
 * @returns {Promise<{words: {emoji: string, name: string}[], check: string}>} check: by which two pages find out that theirs is the same
 */
export async function codeOf(sha256, { room, epoch, round }, people, length = LENGTH) {
  const sorted = [...people].sort((a, b) => (a.peer < b.peer ? -1 : 1));
  const key = await sha256(bytesOf([LABEL, "nonces", ...sorted.map(({ nonce }) => nonce)]));
  const seen = sorted.flatMap(({ peer, fingerprint }) => [peer, fingerprint]);
  const bytes = await hmac(sha256, key, bytesOf([LABEL, "code", room, epoch, round, ...seen]));
  const words = Array.from({ length }, (_, at) => {
    const [emoji, name] = EMOJI[sixBits(bytes, at)];
    return { emoji, name };
  });
  return { words, check: hexOf(await sha256(bytesOf([LABEL, "check", hexOf(bytes)]))) };
}

/** Whether two people have the same words. @param {readonly {emoji: string}[]} one @param {readonly {emoji: string}[]} other */
export function alike(one, other) {
  return one.length === other.length && one.every(({ emoji }, at) => emoji === other[at].emoji);
}

/** @param {Uint8Array} bytes @param {number} at */
function sixBits(bytes, at) {
  const bit = at * 6;
  const pair = (bytes[bit >> 3] << 8) | bytes[(bit >> 3) + 1];
  return (pair >> (10 - (bit & 7))) & 63;
}

/** RFC 2104, for a key that is no longer than a block. @param {Sha256} sha256 @param {Uint8Array} key @param {Uint8Array} text */
async function hmac(sha256, key, text) {
  const padded = new Uint8Array(BLOCK);
  padded.set(key);
  const inner = await sha256(joined(padded.map((byte) => byte ^ 0x36), text));
  return sha256(joined(padded.map((byte) => byte ^ 0x5c), inner));
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function joined(one, other) {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
