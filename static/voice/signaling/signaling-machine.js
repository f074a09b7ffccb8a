// @ts-check
// The decisions of one seat's signaling, as a pure function: when to ask, dial, ping, drop, come back or give up.

import { NETWORK, NOT_UNDERSTOOD, TOO_LARGE, isRefusal } from "./codes.js";
import { keep, place } from "./replay.js";
import { greet, ping, transmit } from "./saying.js";
import { TICK } from "./signaling-state.js";

/** @typedef {import("./signaling-state.js").SignalingState} SignalingState */
/** @typedef {import("./signaling-state.js").SignalingEvent} SignalingEvent */
/** @typedef {import("./signaling-state.js").SignalingEffect} SignalingEffect */
/** @typedef {import("./signaling-state.js").Ending} Ending */
/** @typedef {import("./signaling-state.js").Turn} Turn */

export const PATIENCE = 10_000;
/** Who returns may dial while the network is still changing, and wait for an answer that went to where it was: the first dial
 * is given up so soon, or after four times what the last one took, whichever is later. */
export const HASTE = 2500;
export const PONG = 5000;
export const WAKE_PONG = 2500;
/** A socket that lived this long owes nothing to the backoff. */
export const STABLE = 5000;

const NOT_OURS = new Set([401, 403, 404]);
/** The server answers over HTTP, but the socket doesn't open: 101 is the status that never came. */
const NO_SOCKET = 101;

/**
 * @param {SignalingState} state
 * @param {SignalingEvent} event
 * @param {number} now     milliseconds of a wall clock that never goes back
 * @param {number} random  in [0, 1)
 * @returns {{state: SignalingState, effects: SignalingEffect[]}}
 */
export function step(state, event, now, random) {
  if (state.phase === "over") return { state, effects: [] };
  /** @type {Turn} */
  const turn = { seat: { ...state }, effects: [], now, random };
  const { seat } = turn;
  if (event.type === "frame" && event.serial === seat.serial && event.message.type === "pong"
    && event.message.t === seat.ping?.t) seat.ping = null;
  // A timer that is late must not give up what is just answering.
  if (seat.hasty && "serial" in event && event.serial === seat.serial) {
    seat.deadline = Math.min(now + patience(seat), seat.dialedAt + PATIENCE);
  }
  if (seat.phase !== "idle") watch(turn);
  seat.at = now;
  if (!("serial" in event) || event.serial === seat.serial) EVENTS[event.type](turn, /** @type {never} */ (event));
  return { state: seat, effects: turn.effects };
}

/** @type {{[Type in SignalingEvent["type"]]: (turn: Turn, event: Extract<SignalingEvent, {type: Type}>) => void}} */
const EVENTS = {
  start(turn) {
    if (turn.seat.phase === "idle") advance(turn);
  },

  tick() {},

  probe(turn, { why }) {
    const { seat, now } = turn;
    if (seat.phase === "waiting") advance(turn);
    else if (seat.phase === "joined") {
      if (!seat.ping) ping(turn, WAKE_PONG);
      else seat.ping = { ...seat.ping, deadline: Math.min(seat.ping.deadline, now + WAKE_PONG) };
    } else if (why === "online" && seat.deadline !== null && seat.dialedAt !== now) {
      // What was begun on the network that is gone is not worth the whole patience.
      seat.deadline = Math.min(seat.deadline, now + WAKE_PONG);
    }
  },

  answer(turn, { status, code, credentials }) {
    const { seat, effects } = turn;
    if (seat.phase !== "asking") return;
    // A proxy's refusal has no such JSON: during a deploy it knows no room.
    if (NOT_OURS.has(status) && code) return finish(turn, { status, code });
    // The server's own 503 says that no TURN secret is set; a proxy's has no such JSON.
    if (status !== 200 && !(status === 503 && code)) return fail(turn, status);
    seat.asked = true;
    effects.push({ type: "emit", name: "credentials", detail: status === 200 ? credentials : null });
    if (!seat.refused) return enter(turn);
    seat.refused = false;
    seat.blocked += 1;
    // Once may be a server that was just starting.
    if (seat.blocked > 1) fail(turn, NO_SOCKET);
    else wait(turn, Math.max(1, seat.attempt));
  },

  open(turn, { hello }) {
    const { seat, effects } = turn;
    if (seat.phase === "asking") seat.beside = hello;
    if (seat.phase !== "dialing") return;
    if (!seat.leaving) return introduce(turn, hello);
    effects.push(greet(seat, hello));
    part(turn);
  },

  frame(turn, { message }) {
    const { seat, effects, now } = turn;
    if (seat.phase !== "greeting" && seat.phase !== "joined") return;
    seat.heardAt = now;
    if (message.type === "welcome") return welcome(turn, message);
    const { verdict, last } = place(message.seq, seat.seq, seat.skip);
    if (verdict === "old") return;
    if (verdict === "gap") return fall(turn, NETWORK);
    seat.seq = last;
    if (message.type === "skipped") return;
    if (message.type !== "pong") effects.push({ type: "emit", name: "message", detail: message });
    else if (message.t === seat.roster) {
      seat.roster = null;
      effects.push({ type: "emit", name: "roster", detail: null });
    }
  },

  closed(turn, { code }) {
    const { seat } = turn;
    if (seat.phase === "asking") {
      // The answer tells whether there is a room to dial again.
      seat.beside = null;
      return;
    }
    if (seat.phase === "dialing" && !seat.leaving) {
      // A browser hides the status of a refused handshake; the credentials endpoint tells the same refusal.
      seat.refused = true;
      return ask(turn);
    }
    // The page was frozen between its dial and its hello.
    const unheard = code === NOT_UNDERSTOOD && seat.phase === "greeting";
    if (isRefusal(code) && !unheard) return finish(turn, { close: code });
    // What was too large once would be again.
    if (code === TOO_LARGE) seat.kept = [];
    fall(turn, code);
  },

  send({ seat, effects }, { message }) {
    seat.n += 1;
    seat.kept = keep(seat.kept, message, seat.n);
    if (seat.phase === "joined") effects.push({ type: "transmit", text: seat.kept[seat.kept.length - 1].text });
  },

  bye(turn) {
    const { seat } = turn;
    // The hello may have made a seat already.
    if (seat.phase === "joined" || seat.phase === "greeting") return part(turn);
    if (seat.ticket === null) return forget(turn);
    // The server keeps the seat for somebody whose socket dropped: one more dial gives it back at once.
    seat.leaving = true;
    if (seat.phase !== "dialing") dial(turn);
  },

  forget,
};

/**
 * Deadlines are looked at with every event, never only when a timer fires: a hidden page's timers come late.
 * @param {Turn} turn
 */
function watch(turn) {
  const { seat, effects, now } = turn;
  const late = now - seat.at > 3 * TICK;
  if (late) effects.push({ type: "emit", name: "wake", detail: null });
  if (seat.deadline !== null && now >= seat.deadline) {
    if (seat.phase === "waiting") advance(turn);
    else if (seat.phase === "asking") fail(turn, 0);
    else if (seat.hasty) again(turn);
    else fall(turn, NETWORK);
  } else if (seat.phase === "joined") {
    if (!seat.ping) {
      if (late) ping(turn, WAKE_PONG);
      else if (now >= seat.nextPing) ping(turn, PONG);
    } else if (now >= seat.ping.deadline) {
      // The pong may lie unread in a page that slept: it gets one more chance before the socket is called dead.
      if (late && !seat.ping.renewed) {
        ping(turn, WAKE_PONG);
        seat.ping = { ...seat.ping, renewed: true };
      } else fall(turn, NETWORK);
    }
  }
}

/** @param {Turn} turn @param {import("./messages.js").Welcome} message */
function welcome({ seat, effects, now }, message) {
  Object.assign(seat, {
    phase: "joined", deadline: null, since: now, blocked: 0, ticket: message.ticket, took: now - seat.dialedAt, hasty: false,
  });
  seat.pingEvery = (message.ping || 10) * 1000;
  seat.nextPing = now + seat.pingEvery;
  if (message.resumed) {
    if (message.seq === seat.seq + 1) seat.seq = message.seq;
    else seat.skip = message.seq || 0;
    seat.kept = seat.kept.filter(({ n }) => n > message.got);
  } else {
    Object.assign(seat, { seq: message.seq || 0, skip: 0, n: 0, kept: [] });
  }
  effects.push({ type: "emit", name: "welcome", detail: message });
  for (const { text } of seat.kept) effects.push({ type: "transmit", text });
}

/** Dial; ask first where nobody has said yet that the room may be entered. @param {Turn} turn */
function advance(turn) {
  const { seat, effects, now } = turn;
  if (seat.asked) return dial(turn);
  ask(turn);
  if (seat.attempt > 0) return;
  // The socket opens while the question is on its way; a hello has to wait for the answer, which may say "relay only".
  seat.beside = "dialing";
  seat.dialedAt = now;
  effects.push({ type: "dial", serial: seat.serial });
}

/** The room may be entered: by the socket beside the question, or by one of its own. @param {Turn} turn */
function enter(turn) {
  const { seat, now } = turn;
  const { beside } = seat;
  seat.beside = null;
  if (beside === null) return dial(turn);
  if (beside !== "dialing") return introduce(turn, beside);
  seat.phase = "dialing";
  seat.deadline = now + PATIENCE;
}

/** @param {Turn} turn @param {import("./signaling-state.js").Greeting} hello */
function introduce(turn, hello) {
  const { seat, effects, now } = turn;
  seat.phase = "greeting";
  seat.deadline = now + patience(seat);
  effects.push(greet(seat, hello));
  // The server answers in order, so the pong of this ping stands behind the last of those present.
  ping(turn, PATIENCE);
  seat.roster = seat.pings;
}

/** @param {Turn} turn */
function dial({ seat, effects, now }) {
  seat.serial += 1;
  seat.phase = "dialing";
  seat.dialedAt = now;
  seat.deadline = now + patience(seat);
  effects.push({ type: "dial", serial: seat.serial });
}

/** For how long a socket may open, or a hello be answered. @param {SignalingState} seat */
function patience({ hasty, took }) {
  return hasty ? Math.min(Math.max(HASTE, 4 * took), PATIENCE) : PATIENCE;
}

/** Nothing came of the first dial of a return: let it go for another that may take its time. @param {Turn} turn */
function again(turn) {
  const { seat, effects } = turn;
  effects.push({ type: "drop" });
  seat.hasty = false;
  seat.ping = null;
  dial(turn);
}

/** @param {Turn} turn */
function ask({ seat, effects, now }) {
  seat.serial += 1;
  seat.hasty = false;
  seat.phase = "asking";
  seat.deadline = now + PATIENCE;
  effects.push({ type: "ask", serial: seat.serial });
}

/** The server isn't there yet: say so, and try again later. @param {Turn} turn @param {number} status */
function fail(turn, status) {
  const { seat, effects } = turn;
  if (status !== NO_SOCKET) seat.blocked = 0;
  if (seat.beside !== null) effects.push({ type: "drop" });
  seat.beside = null;
  effects.push({ type: "emit", name: "trouble", detail: { status } });
  wait(turn, Math.max(1, seat.attempt));
}

/** Let the socket go and come back. @param {Turn} turn @param {number} code */
function fall(turn, code) {
  const { seat, effects, now } = turn;
  if (seat.leaving) return forget(turn);
  effects.push({ type: "drop" });
  if (seat.phase === "joined") {
    effects.push({ type: "emit", name: "lost", detail: { code } });
    // The server answered a moment ago: what is worn out is the network, and it is worth trying again soon.
    seat.attempt = now - seat.since >= STABLE ? 0 : Math.min(seat.attempt, 2);
  } else if (seat.phase === "dialing") {
    seat.refused = true;
    return ask(turn);
  }
  if (seat.attempt > 0) return wait(turn, seat.attempt);
  seat.attempt = 1;
  seat.ping = null;
  // After a long absence the hello may bring a ticket that is over, and the seat that it gets be one of two.
  seat.hasty = seat.phase === "joined" && now - seat.heardAt <= 3 * seat.pingEvery;
  advance(turn);
}

/** @param {Turn} turn @param {number} attempt */
function wait({ seat, now, random }, attempt) {
  seat.phase = "waiting";
  seat.hasty = false;
  seat.ping = null;
  seat.serial += 1;
  seat.deadline = now + random * Math.min(15_000, 500 * 2 ** attempt);
  seat.attempt = attempt + 1;
}

/** @param {Turn} turn @param {Ending} why */
function finish({ seat, effects }, why) {
  effects.push({ type: "drop" }, { type: "emit", name: "over", detail: why });
  end(seat);
}

/** Give the seat back. @param {Turn} turn */
function part(turn) {
  turn.effects.push(transmit({ type: "bye" }));
  forget(turn);
}

/** Nothing more of this seat. @param {Turn} turn */
function forget({ seat, effects }) {
  effects.push({ type: "drop" });
  end(seat);
}

/** @param {SignalingState} seat */
function end(seat) {
  Object.assign(seat, { phase: "over", deadline: null, ping: null, kept: [], ticket: null });
}
