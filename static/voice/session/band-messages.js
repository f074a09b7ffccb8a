// @ts-check
// What peers say to each other in the data channel of their link, as types, and its reading; pure.

import { flag, number, record, shape, text } from "../signaling/reading.js";

/**
 * `n` counts what one peer says in one session, from 1, so that what comes twice or late is known.
 * @typedef {{type: "state", n: number, muted: boolean, deafened: boolean}
 *   | {type: "bye", n: number}
 *   | {type: "note", n: number, text: string}
 *   | {type: "got", n: number, of: number, taken: boolean}} BandMessage
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

/** @type {{[Type in BandMessage["type"]]: Read<Omit<Extract<BandMessage, {type: Type}>, "type">>}} */
const BY_TYPE = {
  state: shape({ n: count, muted: flag, deafened: flag }),
  bye: shape({ n: count }),
  note: shape({ n: count, text }),
  got: shape({ n: count, of: count, taken: flag }),
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
