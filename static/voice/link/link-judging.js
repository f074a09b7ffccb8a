// @ts-check
/** What a link does by itself: which generation wins, which is over its time, and when it makes or asks for the next; pure. */

import { allowance, release } from "./link-hold.js";
import { LIMITS, close, deafFor, end, find, inFlight, isDeaf, open, play } from "./link-state.js";

/** @typedef {import("./link-state.js").LinkState} LinkState */
/** @typedef {import("./link-state.js").Turn} Turn */
/** @typedef {import("./link-state.js").Why} Why */

/** Given up for an older generation that is heard again; the others were asked for. @type {readonly Why[]} */
const OWN_DEAFNESS = ["first", "stalled", "failed", "silent", "addresses", "signalling", "checking", "lost"];

/**
 * Open what the other side offers, and give it the candidates that came before.
 * @param {Turn} turn
 * @param {{gen: number, sdp: string}} offer
 */
export function answer(turn, offer) {
  const { link, effects } = turn;
  const { gen } = offer;
  open(turn, "asked", offer);
  if (link.early?.gen === gen) effects.push({ type: "candidates", gen, candidates: link.early.candidates });
  if (link.early && link.early.gen <= gen) link.early = null;
}

/** What a link does by itself, after whatever happened. @param {Turn} turn */
export function judge(turn) {
  const { link } = turn;
  const offer = release(link, turn.now);
  if (offer) answer(turn, offer);
  contest(turn);
  expire(turn);
  for (const each of link.live) if (each.closeAt !== null && turn.now >= each.closeAt) close(turn, each);
  if (!link.orphan) repair(turn);
  else if (link.tickedAt - Math.max(link.heardAt, link.orphanedAt ?? 0) >= LIMITS.orphan) end(turn);
}

/**
 * Whichever generation is heard first wins.
 * @param {Turn} turn
 */
function contest(turn) {
  const { link, effects, now } = turn;
  const newest = link.live.at(-1);
  if (!newest || newest.won) return;
  const rival = link.live.length > 1 ? link.live[0] : undefined;
  if (newest.packets >= (rival ? LIMITS.packets : 1)) {
    Object.assign(newest, { won: true, failed: null });
    link.wonAt = now;
    if (rival) rival.closeAt = now + (link.owner ? LIMITS.handover : LIMITS.lag);
    play(turn, newest.gen);
  } else if (rival && rival.packets - rival.base >= LIMITS.packets) {
    if (!newest.failed && !(link.owner && OWN_DEAFNESS.includes(newest.why))) return;
    rival.won = true;
    const abort = /** @type {const} */ ({ type: "abort", target: link.peer, gen: newest.gen });
    if (link.owner && !link.orphan) effects.push({ type: "send", message: abort });
    close(turn, newest);
    play(turn, rival.gen);
  }
}

/**
 * Give up a generation that is over its time.
 * @param {Turn} turn
 */
function expire({ link }) {
  const each = inFlight(link);
  if (!each) return;
  const aged = link.tickedAt - each.since;
  if (each.phase !== "connected" && aged >= LIMITS[each.phase]) {
    each.failed = each.phase;
    link.unfit = each.unfit;
  } else if (each.phase === "connected" && each.heardAt === null && aged >= LIMITS.silent) each.failed = "silent";
  else if (each.heardAt !== null && link.tickedAt - each.heardAt >= LIMITS.deaf) each.failed = "stalled";
  // ICE gathers once: what began before our addresses changed offers the old ones.
  else if (link.addressesAt !== null && each.since < link.addressesAt && each.heardAt === null
    && link.tickedAt - link.addressesAt >= LIMITS.unwell) each.failed = "addresses";
}

/**
 * Make a new generation, or ask for one, where there is a reason and it is time.
 * @param {Turn} turn
 */
function repair(turn) {
  const { link, effects, now } = turn;
  if (inFlight(link)) return;
  const why = reason(link);
  if (link.owner) {
    const askedAt = Math.max(Math.min(link.retryAt, link.startedAt + LIMITS.ask), link.startedAt + LIMITS.asked);
    const due = now >= (link.asked ? askedAt : link.retryAt) && allowance(link, now) >= 1;
    if ((why || link.asked) && due) open(turn, link.asked ? "asked" : why ?? "asked", null);
  } else if (why && !link.hold?.offer && now >= link.askAt && (link.live.length > 0 || isDeaf(link))) {
    link.askAt = now + LIMITS.ask;
    effects.push({ type: "send", message: { type: "repair", target: link.peer, gen: link.gen, why } });
  }
}

/**
 * Why the link wants a new generation, if it does.
 * @param {LinkState} link
 * @returns {Why | null}
 */
function reason(link) {
  const deaf = deafFor(link);
  const newest = link.live.at(-1);
  if (!newest) return link.heard ? "lost" : "first";
  if (deaf >= LIMITS.unwell && link.addressesAt !== null) return "addresses";
  const allFailed = link.live.every((each) => each.connection === "failed" || each.failed);
  if (deaf >= LIMITS.unwell && allFailed) return newest.failed ?? "failed";
  if (isDeaf(link)) return newest.failed ?? "stalled";
  const shown = find(link, link.playing ?? 0);
  const old = shown && shown.path === "relay" && link.tickedAt >= shown.moveAt && link.moveAt > shown.moveAt;
  return old ? "credentials" : null;
}
