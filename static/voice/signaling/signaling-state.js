// @ts-check
// What the signaling machine knows, hears and does: its state, its events and its effects.

export const TICK = 1000;

/** @typedef {import("./replay.js").Kept} Kept */
/** @typedef {import("./messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./messages.js").ClientMessage} ClientMessage */
/** @typedef {import("./messages.js").Credentials} Credentials */
/** @typedef {{t: number, deadline: number, renewed: boolean}} Ping */
/**
 * @typedef {object} SignalingState
 * @property {"idle"|"asking"|"dialing"|"greeting"|"joined"|"waiting"|"over"} phase
 * @property {number} serial    counts questions and sockets, so that a late answer of an earlier one is known
 * @property {number} at        when the last event came; a gap after it is a sleep or a throttled page
 * @property {number|null} deadline  of the phase: when to give it up, or, waiting, when to dial
 * @property {boolean} asked    the server has said that this room may be entered
 * @property {Greeting|"dialing"|null} beside  the socket beside the first question: what to say once it is answered
 * @property {boolean} refused  a dial was refused before it opened, and nobody knows why yet
 * @property {number} blocked   how many times in a row the server answered, but opened no socket
 * @property {boolean} leaving  the socket being dialed is for a bye alone
 * @property {number} dialedAt  when the socket of now was dialed
 * @property {number} took     from a dial to its welcome, the last time, with what was asked meanwhile
 * @property {number} heardAt   when the server's last frame came
 * @property {boolean} hasty    a return's first dial, for whose answer nobody waits long
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
/** Why the seat is over: the socket's close code, or the refusal over HTTP.
 *  @typedef {{close?: number, status?: number, code?: string}} Ending */
/**
 * @typedef {{type: "start"} | {type: "tick"} | {type: "bye"} | {type: "forget"}
 *   | {type: "probe", why: string}
 *   | {type: "answer", serial: number, status: number, code: string, credentials: Credentials|null}
 *   | {type: "open", serial: number, hello: Greeting}
 *   | {type: "frame", serial: number, message: ServerMessage}
 *   | {type: "closed", serial: number, code: number}
 *   | {type: "send", message: ClientMessage}} SignalingEvent
 *   probe: something happened that makes the socket doubtful
 */
/**
 * What a seat is told, by name.
 * @typedef {object} SeatEvents
 * @property {Credentials|null} credentials  null where the server has no relay
 * @property {import("./messages.js").Welcome} welcome
 * @property {import("./messages.js").SeatMessage} message
 * @property {null} roster  the last of those present was told
 * @property {{code: number}} lost
 * @property {{status: number}} trouble  not there yet, trying again
 * @property {null} wake    time was lost
 * @property {Ending} over
 */
/** @typedef {{[Name in keyof SeatEvents]: {type: "emit", name: Name, detail: SeatEvents[Name]}}[keyof SeatEvents]} Emission */
/**
 * @typedef {{type: "ask", serial: number} | {type: "dial", serial: number} | {type: "drop"}
 *   | {type: "transmit", text: string} | Emission} SignalingEffect
 */

/** One step being taken, on a copy of the state.
 *  @typedef {{seat: SignalingState, effects: SignalingEffect[], now: number, random: number}} Turn */

/** @returns {SignalingState} */
export function idle() {
  return {
    phase: "idle", serial: 0, at: 0, deadline: null, asked: false, beside: null, refused: false, blocked: 0, leaving: false,
    dialedAt: 0, took: 0, heardAt: 0, hasty: false, attempt: 0, since: 0, ticket: null, seq: 0, skip: 0, n: 0, kept: [],
    pings: 0, pingEvery: 10_000, nextPing: 0, ping: null, roster: null,
  };
}

/**
 * When the machine wants its next tick, at the latest.
 * @param {SignalingState} state
 * @returns {number|null}
 */
export function wakeAt(state) {
  if (state.phase === "idle" || state.phase === "over") return null;
  return Math.min(state.at + TICK, state.deadline ?? Infinity, state.ping?.deadline ?? Infinity);
}
