// @ts-check
// What the signaling machine knows, hears and does: its state, its events and its effects.

export const TICK = 1000;

/** @typedef {import("./replay.js").Kept} Kept */
/** @typedef {{t: number, deadline: number, renewed: boolean}} Ping */
/**
 * @typedef {object} State
 * @property {"idle"|"asking"|"dialing"|"greeting"|"joined"|"waiting"|"over"} phase
 * @property {number} serial    counts questions and sockets, so that a late answer of an earlier one is known
 * @property {number} at        when the last event came; a gap after it is a sleep or a throttled page
 * @property {number|null} deadline  of the phase: when to give it up, or, waiting, when to dial
 * @property {boolean} asked    the server has said that this room may be entered
 * @property {boolean} refused  a dial was refused before it opened, and nobody knows why yet
 * @property {number} blocked   how many times in a row the server answered, but opened no socket
 * @property {number} attempt
 * @property {number} since     when the socket was welcomed
 * @property {string|null} ticket
 * @property {number} seq       the last frame seen
 * @property {number} skip      the seq of a resumed welcome, which stands before the frames that were missed
 * @property {number} n         the last frame numbered
 * @property {readonly Kept[]} kept  frames that the server may not have
 * @property {number} pings
 * @property {number} pingEvery
 * @property {number} nextPing
 * @property {Ping|null} ping   unanswered
 * @property {number|null} roster  the ping whose pong ends the list of those present
 */
/** @typedef {{name: string, muted: boolean, deafened: boolean}} Greeting */
/**
 * @typedef {{type: "start"} | {type: "tick"} | {type: "bye"}
 *   | {type: "look", why: string}
 *   | {type: "answer", serial: number, status: number, code: string, body: any}
 *   | {type: "open", serial: number, hello: Greeting}
 *   | {type: "frame", serial: number, message: any}
 *   | {type: "closed", serial: number, code: number}
 *   | {type: "send", message: object}} Event
 */
/**
 * @typedef {{type: "ask", serial: number} | {type: "dial", serial: number} | {type: "drop"}
 *   | {type: "transmit", text: string}
 *   | {type: "emit", name: "credentials"|"welcome"|"message"|"roster"|"lost"|"trouble"|"wake"|"over", detail: any}} Effect
 */

/** @returns {State} */
export function idle() {
  return {
    phase: "idle", serial: 0, at: 0, deadline: null, asked: false, refused: false, blocked: 0, attempt: 0, since: 0,
    ticket: null, seq: 0, skip: 0, n: 0, kept: [], pings: 0, pingEvery: 10_000, nextPing: 0, ping: null, roster: null,
  };
}

/**
 * When the machine wants its next tick, at the latest.
 * @param {State} state
 * @returns {number|null}
 */
export function wakeAt(state) {
  if (state.phase === "idle" || state.phase === "over") return null;
  return Math.min(state.at + TICK, state.deadline ?? Infinity, state.ping?.deadline ?? Infinity);
}
