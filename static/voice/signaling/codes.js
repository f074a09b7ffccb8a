// @ts-check
// The codes of PROTOCOL.md, each with what it means: of a socket's end, and of an answered error.

/** Why a socket closed, and whether a client dials again by itself. */
export const CLOSE_CODES = Object.freeze({
  1000: { comesBack: false, why: "after a bye" },
  1001: { comesBack: true, why: "the server goes down" },
  1006: { comesBack: true, why: "the network went down" },
  1009: { comesBack: true, why: "a frame over 64 KiB" },
  1011: { comesBack: true, why: "the server failed" },
  1012: { comesBack: true, why: "the server starts anew" },
  4400: { comesBack: false, why: "no hello in time, or too many bad messages" },
  4401: { comesBack: false, why: "signed out" },
  4403: { comesBack: false, why: "removed" },
  4404: { comesBack: false, why: "no longer yours to enter" },
  4408: { comesBack: true, why: "too slow: the outbox was full" },
  4409: { comesBack: false, why: "replaced by the same user's newer tab" },
  4410: { comesBack: false, why: "the room closed" },
  4413: { comesBack: false, why: "every seat is taken" },
  4429: { comesBack: false, why: "too fast for too long" },
});

/** What an error frame answers. */
export const ERROR_CODES = Object.freeze({
  "bad-message": "no JSON, an unknown type or field, a wrong type or range, a key that stands twice",
  "too-large": "an SDP, a candidate or a list over its limit",
  "too-fast": "more messages or bytes than one may send, or a link begun anew too often; this one was dropped",
  "unknown-target": "no such peer in this room now",
  "not-allowed": "not yours to do",
  "room-full": "every seat is taken; the socket closes",
  "not-joined": "a frame before the hello",
});

export const BYE = 1000;
export const NETWORK = 1006;
export const TOO_LARGE = 1009;
export const NOT_UNDERSTOOD = 4400;
export const SIGNED_OUT = 4401;
export const REMOVED = 4403;
export const NOT_YOURS = 4404;
/** This person talks in another tab. */
export const ANOTHER_TAB = 4409;
export const ROOM_CLOSED = 4410;
export const ROOM_FULL = 4413;
export const TOO_FAST = 4429;

/** After these another click could not get in either. @type {readonly number[]} */
export const SHUT = Object.freeze([SIGNED_OUT, REMOVED, NOT_YOURS, ROOM_CLOSED]);

/** @typedef {Readonly<Record<number, {comesBack: boolean, why: string}>>} CloseCodes */

/**
 * Whether the server wants no second dial. A code that PROTOCOL.md doesn't name is no refusal, nor is a 1000 before
 * our bye: a proxy may have ended the socket so.
 * @param {number} code
 */
export function isRefusal(code) {
  return code !== BYE && /** @type {CloseCodes} */ (CLOSE_CODES)[code]?.comesBack === false;
}
