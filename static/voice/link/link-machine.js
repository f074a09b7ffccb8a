// @ts-check
/**
 * What one link does about each thing that happens to it: a pure function of state, event, time and chance.
 *
 * A generation is one RTCPeerConnection with one offer and one answer. The owner makes them, the other may ask.
 * A link is judged by what is heard on it, never by a connection state alone (PROTOCOL.md, sections 5 and 6).
 */

import { fit } from "./candidate-fit.js";
import { allowance, hold, leaps } from "./link-hold.js";
import { answer, judge } from "./link-judging.js";
import { BACKOFF, LIMITS, close, deafFor, end, find, inFlight, open } from "./link-state.js";

/** @typedef {import("./link-state.js").LinkState} LinkState */
/** @typedef {import("./link-state.js").Effect} Effect */
/** @typedef {import("./link-state.js").Turn} Turn */

/** What getStats said of one generation.
 *  @typedef {{gen: number, packets: number, path: "direct" | "relay" | null,
 *    rtt: number | null, loss: number | null, age?: number | null, unanswered?: number | null}} Sample age: ms since the last packet;
 *    unanswered: for how many ms the peer answered no question, null where it answers none */

/**
 * @typedef {{type: "begin"}
 *   | {type: "tick", samples: Sample[]}
 *   | {type: "offer", gen: number, sdp: string}
 *   | {type: "answer", gen: number, sdp: string}
 *   | {type: "ice", gen: number, candidates: import("../signaling/messages.js").Candidates}
 *   | {type: "repair", gen: number}
 *   | {type: "abort", gen: number}
 *   | {type: "connection", gen: number, state: string}
 *   | {type: "error", gen: number, refused: boolean, unmade?: boolean}
 *   | {type: "unsent"}
 *   | {type: "unfit", plain: boolean}
 *   | {type: "sync"}
 *   | {type: "reassess", reason: "online" | "visible" | "wake" | "resume" | "addresses"}
 *   | {type: "credentials", relay: boolean, moveAt: number}
 *   | {type: "lost"}
 *   | {type: "close"}} LinkEvent
 *   error: refused, where it was for the shape of the other side's description; unmade, where the browser made no
 *   connection at all; unsent: the server dropped our offer; unfit: it refused a description
 *   of ours, plain: that of this link; sync: messages in flight are gone, and the peer is in the roster; lost: the server lost the peer;
 *   close: it left, or we do
 */

/**
 * Take one step.
 * @param {LinkState} state
 * @param {LinkEvent} event
 * @param {number} now
 * @param {number} random 0 to 1, for the backoff
 * @returns {{state: LinkState, effects: Effect[]}}
 */
export function step(state, event, now, random) {
  /** @type {Turn} */
  const turn = { link: { ...state, live: state.live.map((each) => ({ ...each })) }, effects: [], now, random };
  EVENTS[event.type](turn, /** @type {never} */ (event));
  if (turn.effects.at(-1)?.type !== "gone") judge(turn);
  return { state: turn.link, effects: turn.effects };
}

/** @type {{[Type in LinkEvent["type"]]: (turn: Turn, event: Extract<LinkEvent, {type: Type}>) => void}} */
const EVENTS = {
  begin() {},

  tick({ link, now }, { samples }) {
    // A second gap in a row is a throttled page, not a sleep: its silence counts.
    const late = now - link.tickedAt > LIMITS.gap;
    if (late && !link.late) {
      link.wokeAt = now;
      const waiting = inFlight(link);
      if (waiting) waiting.since = now;
    }
    Object.assign(link, { tickedAt: now, late });
    let heard = false;
    for (const sample of samples) {
      const each = find(link, sample.gen);
      if (!each) continue;
      if (sample.packets > each.packets) {
        if (each.phase !== "connected") Object.assign(each, { phase: "connected", since: now });
        heard = true;
        link.unmade = link.unfit = false;
        const { refused } = link;
        if (refused && (each.gen > refused.gen || now - refused.at >= LIMITS.refused)) link.refused = null;
        // Between two looks lies a second: the packet itself tells when it came.
        each.heardAt = now - Math.min(Math.max(sample.age ?? 0, 0), LIMITS.unwell);
        Object.assign(link, { heard, heardAt: Math.max(link.heardAt, each.heardAt) });
      }
      Object.assign(each, { packets: sample.packets, path: sample.path, rtt: sample.rtt, loss: sample.loss,
        unanswered: sample.unanswered ?? null });
    }
    if (link.addressesAt !== null && link.heardAt - link.addressesAt > LIMITS.gap) link.addressesAt = null;
    const settled = heard && link.live.at(-1)?.won && now - link.wonAt >= LIMITS.settled;
    if (settled) Object.assign(link, { attempt: 0, retryAt: 0 });
  },

  offer(turn, { gen, sdp }) {
    const { link, now } = turn;
    if (link.owner || gen <= Math.max(link.gen, link.hold?.offer?.gen ?? 0)) return;
    if (link.hold || allowance(link, now) < 1) hold(link, { gen, sdp }, now);
    else answer(turn, { gen, sdp });
  },

  answer({ link, effects, now }, { gen, sdp }) {
    const each = find(link, gen);
    if (!link.owner || each?.phase !== "signalling") return;
    Object.assign(each, { phase: "checking", since: now, failed: null, unfit: false });
    link.unfit = false;
    effects.push({ type: "apply", gen, sdp });
  },

  ice({ link, effects, now }, { gen, candidates }) {
    if (find(link, gen)) effects.push({ type: "candidates", gen, candidates });
    else if (!link.owner && gen > link.gen && gen >= (link.early?.gen ?? 0) && !leaps(link, gen, now)) {
      const waiting = link.early?.gen === gen ? link.early.candidates : [];
      link.early = { gen, candidates: fit([...waiting, ...candidates]).candidates };
    }
  },

  repair({ link, now }, { gen }) {
    // What names an older generation was said before the newest was known. One that no longer lives doesn't
    // count: its offer and its abort may both be lost.
    if (!link.owner || gen < (link.live.at(-1)?.gen ?? 0) || leaps(link, gen, now)) return;
    const waiting = inFlight(link);
    if (waiting) waiting.failed = "asked";
    link.gen = Math.max(link.gen, gen);
    link.asked = true;
  },

  abort(turn, { gen }) {
    const { link, now } = turn;
    if (link.owner || leaps(link, gen, now)) return;
    link.gen = Math.max(link.gen, gen);
    if (link.hold?.offer && link.hold.offer.gen <= gen) link.hold = { ...link.hold, offer: null };
    const each = find(link, gen);
    if (each) close(turn, each);
  },

  connection({ link, now }, { gen, state }) {
    const each = find(link, gen);
    if (!each) return;
    each.connection = state;
    link.unmade = false;
    const arrived = state === "connected" && each.phase === "checking";
    if (arrived) Object.assign(each, { phase: "connected", since: now });
    if (arrived) link.unfit = false;
    if (state === "failed" && !each.won) each.failed ??= "failed";
  },

  error(turn, { gen, refused, unmade = false }) {
    const each = find(turn.link, gen);
    if (!each) return;
    if (refused) turn.link.refused = { gen, at: turn.now };
    turn.link.unmade = unmade;
    close(turn, each);
  },

  unsent(turn) {
    const { link, now, random } = turn;
    const waiting = inFlight(link);
    if (!link.owner || waiting?.phase !== "signalling") return;
    close(turn, waiting);
    const wait = Math.max(BACKOFF[Math.min(link.attempt, BACKOFF.length - 1)] * (0.5 + random), LIMITS.unsent);
    link.retryAt = now + Math.min(wait, LIMITS.longest);
    // Asked for or not, the next one would be dropped, too.
    link.startedAt = now;
  },

  unfit({ link }, { plain }) {
    const each = inFlight(link);
    if (!each) return;
    // It isn't ended: the next one would be refused as well, and comes when that of before is over its time.
    each.unfit = true;
    link.unfit ||= plain;
  },

  sync(turn) {
    const { link, now } = turn;
    Object.assign(link, { orphan: false, orphanedAt: null });
    const waiting = inFlight(link);
    if (waiting && link.owner && waiting.phase !== "connected" && allowance(link, now) < 1) {
      waiting.failed = "asked";
      Object.assign(link, { asked: true, retryAt: now });
    } else if (waiting && link.owner && waiting.phase !== "connected") {
      close(turn, waiting);
      link.attempt -= 1;
      open(turn, waiting.why, null);
    } else if (deafFor(link) >= LIMITS.stalled || !link.heard) {
      Object.assign(link, { attempt: 0, retryAt: now });
    }
  },

  reassess({ link, now }, { reason }) {
    if (reason === "addresses") link.addressesAt = now;
    if (reason === "visible") return;
    Object.assign(link, { attempt: 0, retryAt: now, askAt: Math.min(link.askAt, now + LIMITS.unwell) });
  },

  credentials({ link }, { relay, moveAt }) {
    Object.assign(link, { relay, moveAt });
  },

  lost({ link, now }) {
    if (!link.orphan) Object.assign(link, { orphan: true, orphanedAt: now });
  },

  close: end,
};
