// @ts-check
// What peers say to each other in the data channel of their link, as types, and its reading; pure.

import { flag, listOf, number, oneOf, orNull, record, shape, text } from "../signaling/reading.js";

/**
 * How the link fares at its other end, and how one is received there: shares of 1, jitter in ms, bitrate in kbit/s.
 * @typedef {{state: "connecting"|"up"|"stalled"|"repairing", loss: number|null, jitter: number|null, bitrate: number|null,
 *   concealed: number|null, redundancy: boolean|null}} LinkSaid
 */
/**
 * `n` counts what one peer says in one session, from 1, so that what comes twice or late is known.
 * @typedef {{type: "state", n: number, muted: boolean, deafened: boolean}
 *   | {type: "bye", n: number}
 *   | {type: "note", n: number, text: string}
 *   | {type: "got", n: number, of: number, taken: boolean}
 *   | {type: "link", n: number} & LinkSaid
 *   | {type: "heard", n: number, peers: string[]}
 *   | {type: "commit", n: number, epoch: string, round: number, value: string}
 *   | {type: "reveal", n: number, epoch: string, round: number, nonce: string}
 *   | {type: "code", n: number, epoch: string, round: number, check: string}} BandMessage
 */
/**
 * @template Value
 * @typedef {import("../signaling/reading.js").Read<Value>} Read
 */

/** @type {Read<number>} */
export const count = (raw) => {
  const given = number(raw);
  return given !== undefined && Number.isInteger(given) && given >= 0 && given < 2 ** 31 ? given : undefined;
};

/** As many as there are seats, more or less. */
export const MOST_HEARD = 8;
const PEER_ID = 64;

/** @type {Read<string>} */
const peerId = (raw) => (typeof raw === "string" && raw.length > 0 && raw.length <= PEER_ID ? raw : undefined);

/** @type {Read<string[]>} */
const peerIds = (raw) => {
  const given = listOf(peerId)(raw);
  return given && given.length <= MOST_HEARD ? [...new Set(given)] : undefined;
};

/** 256 bits. @type {Read<string>} */
const hash = (raw) => (typeof raw === "string" && /^[0-9a-f]{64}$/.test(raw) ? raw : undefined);

/** @type {Read<number>} */
const share = (raw) => {
  const given = number(raw);
  return given !== undefined && given >= 0 && given <= 1 ? given : undefined;
};

/** @type {{[Type in BandMessage["type"]]: Read<Omit<Extract<BandMessage, {type: Type}>, "type">>}} */
const BY_TYPE = {
  state: shape({ n: count, muted: flag, deafened: flag }),
  bye: shape({ n: count }),
  note: shape({ n: count, text }),
  got: shape({ n: count, of: count, taken: flag }),
  link: shape({
    n: count, state: oneOf(/** @type {const} */ (["connecting", "up", "stalled", "repairing"])), loss: orNull(share), jitter: orNull(count),
    bitrate: orNull(count), concealed: orNull(share), redundancy: orNull(flag),
  }),
  heard: shape({ n: count, peers: peerIds }),
  commit: shape({ n: count, epoch: hash, round: count, value: hash }),
  reveal: shape({ n: count, epoch: hash, round: count, nonce: hash }),
  code: shape({ n: count, epoch: hash, round: count, check: hash }),
};

/**
 * Read what a peer says, built anew from the fields that are used; null where it says nothing that is known here.
 * @param {string} said of bounded length
 * @returns {BandMessage|null}
 */
export function readBandMessage(said) {
  const raw = record(parse(said));
  const type = text(raw?.type);
  if (!raw || type === undefined || !Object.hasOwn(BY_TYPE, type)) return null;
  const known = /** @type {BandMessage["type"]} */ (type);
  const fields = BY_TYPE[known](raw);
  return fields ? /** @type {BandMessage} */ ({ type: known, ...fields }) : null;
}

/** @param {string} said */
function parse(said) {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
