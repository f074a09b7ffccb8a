// @ts-check
// The decisions of one seat's signaling, as a pure function: when to ask, dial, ping, drop, come back or give up.

import { keep, place } from "./replay.js";
import { TICK } from "./signaling-state.js";

/** @typedef {import("./signaling-state.js").State} State */
/** @typedef {import("./signaling-state.js").Event} Event */
/** @typedef {import("./signaling-state.js").Effect} Effect */
/** @typedef {import("./signaling-state.js").Greeting} Greeting */

export const PATIENCE = 10_000;
export const PONG = 5000;
export const WAKE_PONG = 2500;
/** A socket that lived this long owes nothing to the backoff. */
export const STABLE = 5000;

const NEVER_BACK = new Set([4400, 4401, 4403, 4404, 4409, 4410, 4413, 4429]);
/** The server gave up waiting for a hello, or for sense. */
const UNHEARD = 4400;
const NOT_OURS = new Set([401, 403, 404]);

/**
 * @param {State} before
 * @param {Event} event
 * @param {number} now     milliseconds of a wall clock that never goes back
 * @param {number} random  in [0, 1)
 * @returns {{state: State, effects: Effect[]}}
 */
export function step(before, event, now, random) {
  const s = { ...before };
  /** @type {Effect[]} */
  const effects = [];
  if (s.phase === "over") return { state: before, effects };
  if (event.type === "frame" && event.serial === s.serial && s.ping && event.message.t === s.ping.t
    && event.message.type === "pong") s.ping = null;
  if (s.phase !== "idle") check(s, now, random, effects);
  s.at = now;
  apply(s, event, now, random, effects);
  return { state: s, effects };
}

/**
 * Deadlines are looked at with every event, never only when a timer fires: a hidden page's timers come late.
 * @param {State} s @param {number} now @param {number} random @param {Effect[]} effects
 */
function check(s, now, random, effects) {
  const late = now - s.at > 3 * TICK;
  if (late) effects.push({ type: "emit", name: "wake", detail: null });
  if (s.deadline !== null && now >= s.deadline) {
    if (s.phase === "waiting") advance(s, now, effects);
    else if (s.phase === "asking") trouble(s, 0, now, random, effects);
    else fall(s, 1006, now, random, effects);
  } else if (s.phase === "joined") {
    if (!s.ping) {
      if (late) ping(s, now, WAKE_PONG, effects);
      else if (now >= s.nextPing) ping(s, now, PONG, effects);
    } else if (now >= s.ping.deadline) {
      // The pong may lie unread in a page that slept: it gets one more chance before the socket is called dead.
      if (late && !s.ping.renewed) {
        ping(s, now, WAKE_PONG, effects);
        s.ping = { ...s.ping, renewed: true };
      } else fall(s, 1006, now, random, effects);
    }
  }
}

/** @param {State} s @param {Event} event @param {number} now @param {number} random @param {Effect[]} effects */
function apply(s, event, now, random, effects) {
  if ("serial" in event && event.serial !== s.serial) return;
  switch (event.type) {
    case "start":
      if (s.phase === "idle") advance(s, now, effects);
      break;
    case "tick":
      break;
    case "look":
      look(s, event.why, now, effects);
      break;
    case "answer":
      if (s.phase === "asking") answered(s, event, now, random, effects);
      break;
    case "open":
      if (s.phase === "dialing") greet(s, event.hello, now, effects);
      break;
    case "frame":
      if (s.phase === "greeting" || s.phase === "joined") receive(s, event.message, now, random, effects);
      break;
    case "closed":
      if (s.phase === "dialing") {
        // A browser hides the status of a refused handshake; the credentials endpoint tells the same refusal.
        s.refused = true;
        ask(s, now, effects);
      } else if (event.code === UNHEARD && s.phase === "greeting") {
        // The page was frozen between its dial and its hello.
        fall(s, event.code, now, random, effects);
      } else if (NEVER_BACK.has(event.code)) finish(s, { close: event.code }, effects);
      else {
        // What was too large once (1009) would be again.
        if (event.code === 1009) s.kept = [];
        fall(s, event.code, now, random, effects);
      }
      break;
    case "send":
      s.n += 1;
      s.kept = keep(s.kept, event.message, s.n);
      if (s.phase === "joined") effects.push({ type: "transmit", text: s.kept[s.kept.length - 1].text });
      break;
    case "bye":
      // The hello may have made a seat already.
      if (s.phase === "joined" || s.phase === "greeting") effects.push({ type: "transmit", text: '{"type":"bye"}' });
      effects.push({ type: "drop" });
      Object.assign(s, { phase: "over", deadline: null, ping: null, kept: [], ticket: null });
  }
}

/** @param {State} s @param {number} now @param {Effect[]} effects */
function advance(s, now, effects) {
  if (!s.asked) return ask(s, now, effects);
  s.serial += 1;
  s.phase = "dialing";
  s.deadline = now + PATIENCE;
  effects.push({ type: "dial", serial: s.serial });
}

/** @param {State} s @param {number} now @param {Effect[]} effects */
function ask(s, now, effects) {
  s.serial += 1;
  s.phase = "asking";
  s.deadline = now + PATIENCE;
  effects.push({ type: "ask", serial: s.serial });
}

/** @param {State} s @param {string} why @param {number} now @param {Effect[]} effects */
function look(s, why, now, effects) {
  if (s.phase === "waiting") advance(s, now, effects);
  else if (s.phase === "joined") {
    if (!s.ping) ping(s, now, WAKE_PONG, effects);
    else s.ping = { ...s.ping, deadline: Math.min(s.ping.deadline, now + WAKE_PONG) };
  } else if (why === "online" && s.deadline !== null) {
    // What was begun on the network that is gone is not worth the whole patience.
    s.deadline = Math.min(s.deadline, now + WAKE_PONG);
  }
}

/**
 * @param {State} s @param {{status: number, code: string, body: any}} answer
 * @param {number} now @param {number} random @param {Effect[]} effects
 */
function answered(s, { status, code, body }, now, random, effects) {
  // A proxy's refusal has no such JSON: during a deploy it knows no room.
  if (NOT_OURS.has(status) && code) return finish(s, { status, code }, effects);
  // The server's own 503 says that no TURN secret is set; a proxy's has no such JSON.
  if (status !== 200 && !(status === 503 && code)) return trouble(s, status, now, random, effects);
  s.asked = true;
  effects.push({ type: "emit", name: "credentials", detail: status === 200 ? body : null });
  if (!s.refused) return advance(s, now, effects);
  s.refused = false;
  s.blocked += 1;
  // Once may be a server that was just starting.
  if (s.blocked > 1) trouble(s, 101, now, random, effects);
  else later(s, now, Math.max(1, s.attempt), random);
}

/** @param {State} s @param {number} status @param {number} now @param {number} random @param {Effect[]} effects */
function trouble(s, status, now, random, effects) {
  if (status !== 101) s.blocked = 0;
  effects.push({ type: "emit", name: "trouble", detail: { status } });
  later(s, now, Math.max(1, s.attempt), random);
}

/** @param {State} s @param {Greeting} hello @param {number} now @param {Effect[]} effects */
function greet(s, hello, now, effects) {
  s.phase = "greeting";
  s.deadline = now + PATIENCE;
  const back = s.ticket === null ? {} : { ticket: s.ticket, seen: s.seq };
  const { name, muted, deafened } = hello;
  effects.push({ type: "transmit", text: JSON.stringify({ type: "hello", name, muted, deafened, ...back }) });
  // The server answers in order, so the pong of this ping stands behind the last of those present.
  ping(s, now, PATIENCE, effects);
  s.roster = s.pings;
}

/** @param {State} s @param {any} message @param {number} now @param {number} random @param {Effect[]} effects */
function receive(s, message, now, random, effects) {
  if (message.type === "welcome") return welcome(s, message, now, effects);
  const { verdict, last } = place(message.seq, s.seq, s.skip);
  if (verdict === "old") return;
  if (verdict === "gap") return fall(s, 1006, now, random, effects);
  s.seq = last;
  if (message.type !== "pong") effects.push({ type: "emit", name: "message", detail: message });
  else if (message.t === s.roster) {
    s.roster = null;
    effects.push({ type: "emit", name: "roster", detail: null });
  }
}

/** @param {State} s @param {any} message @param {number} now @param {Effect[]} effects */
function welcome(s, message, now, effects) {
  Object.assign(s, { phase: "joined", deadline: null, since: now, blocked: 0, ticket: message.ticket });
  s.pingEvery = (message.ping || 10) * 1000;
  s.nextPing = now + s.pingEvery;
  if (message.resumed) {
    if (message.seq === s.seq + 1) s.seq = message.seq;
    else s.skip = message.seq || 0;
    s.kept = s.kept.filter(({ n }) => n > message.got);
  } else {
    Object.assign(s, { seq: message.seq || 0, skip: 0, n: 0, kept: [] });
  }
  effects.push({ type: "emit", name: "welcome", detail: message });
  for (const { text } of s.kept) effects.push({ type: "transmit", text });
}

/** @param {State} s @param {number} now @param {number} patience @param {Effect[]} effects */
function ping(s, now, patience, effects) {
  s.pings += 1;
  s.ping = { t: s.pings, deadline: now + patience, renewed: false };
  s.nextPing = now + s.pingEvery;
  effects.push({ type: "transmit", text: JSON.stringify({ type: "ping", t: s.pings }) });
}

/**
 * Let the socket go and come back.
 * @param {State} s @param {number} code @param {number} now @param {number} random @param {Effect[]} effects
 */
function fall(s, code, now, random, effects) {
  effects.push({ type: "drop" });
  if (s.phase === "joined") {
    effects.push({ type: "emit", name: "lost", detail: { code } });
    // The server answered a moment ago: what is worn out is the network, and it is worth trying again soon.
    s.attempt = now - s.since >= STABLE ? 0 : Math.min(s.attempt, 2);
  } else if (s.phase === "dialing") {
    s.refused = true;
    return ask(s, now, effects);
  }
  if (s.attempt > 0) return later(s, now, s.attempt, random);
  s.attempt = 1;
  s.ping = null;
  advance(s, now, effects);
}

/** @param {State} s @param {number} now @param {number} attempt @param {number} random */
function later(s, now, attempt, random) {
  s.phase = "waiting";
  s.ping = null;
  s.serial += 1;
  s.deadline = now + random * Math.min(15_000, 500 * 2 ** attempt);
  s.attempt = attempt + 1;
}

/** @param {State} s @param {{close?: number, status?: number, code?: string}} why @param {Effect[]} effects */
function finish(s, why, effects) {
  effects.push({ type: "drop" }, { type: "emit", name: "over", detail: why });
  Object.assign(s, { phase: "over", deadline: null, ping: null, kept: [], ticket: null });
}
