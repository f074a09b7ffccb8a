// @ts-check
/**
 * What is known of one link: its generations, what was heard on them and when; the steps that add or end one.
 *
 * Every time is in milliseconds of one clock that never goes back. `tickedAt` is the last time that somebody
 * listened, and the only clock by which silence is judged: no evidence, no judgement, however long we slept.
 */

import { BURST, isHeld, spend } from "./link-hold.js";

/** Why a generation was made, or given up. @typedef {"first" | "stalled" | "failed" | "silent" | "addresses"
 *  | "asked" | "credentials" | "signalling" | "checking" | "lost"} Why */

/**
 * One RTCPeerConnection: one offer and one answer.
 * @typedef {object} GenerationState
 * @property {number} gen
 * @property {Why} why
 * @property {"signalling" | "checking" | "connected"} phase
 * @property {number} since when the phase began
 * @property {Why | null} failed given up; it runs on while nothing better does, for ICE may yet find a way
 * @property {boolean} won it was heard first
 * @property {string} connection connectionState as last told, which may lie
 * @property {number} packets received so far
 * @property {number} base what had been received when its rival was made
 * @property {number | null} heardAt
 * @property {"direct" | "relay" | null} path
 * @property {number | null} rtt ms
 * @property {number | null} loss 0 to 1
 * @property {number | null} unanswered for how many ms the peer answered no question; null where it answers none
 * @property {boolean} relayOnly
 * @property {number} moveAt when its credentials are so old that a relayed one has to move
 * @property {boolean} unfit the server refused a description of ours, perhaps this one's
 * @property {number | null} closeAt it lost, and ends then
 */

/**
 * @typedef {object} LinkState
 * @property {string} peer
 * @property {boolean} owner whether we make the generations
 * @property {number} gen the highest generation that either side named
 * @property {GenerationState[]} live oldest first, two at most
 * @property {number | null} playing the generation that is played
 * @property {{gen: number, candidates: Candidates} | null} early candidates that came before their offer
 * @property {number} allowance generations that could be made at `allowedAt`; link-hold.js
 * @property {number} allowedAt
 * @property {{gen: number, at: number}} made the last one made here, by an offer of either side
 * @property {{until: number, offer: {gen: number, sdp: string} | null} | null} hold the peer keeps starting over
 * @property {number} holds how many in a row
 * @property {number} heldUntil when the last one ends
 * @property {{gen: number, at: number} | null} refused the last description of the peer's that was refused
 * @property {boolean} unmade this browser made no connection for the last generation
 * @property {boolean} unfit the server refused our description for the last generation
 * @property {boolean} orphan the server lost the peer; perhaps we didn't
 * @property {boolean} asked the other side wants a new generation
 * @property {boolean} heard whether anything ever was
 * @property {number} heardAt when last; before that, when the link began
 * @property {number} tickedAt when somebody last listened
 * @property {boolean} late whether that tick came late
 * @property {number | null} wokeAt
 * @property {number | null} orphanedAt
 * @property {number | null} addressesAt when our own addresses changed, while that may still matter
 * @property {number} wonAt
 * @property {number} attempt generations made since it last ran well
 * @property {number} startedAt when the last one was made
 * @property {number} retryAt when the owner may make the next
 * @property {number} askAt when the other may ask again
 * @property {boolean} relay whether there is a relay to fall back on
 * @property {number} moveAt for the generations made with the credentials of now
 */

/** @typedef {import("../signaling/messages.js").Candidates} Candidates */

/** @typedef {{type: "repair", target: string, gen: number, why: string}
 *  | {type: "abort", target: string, gen: number}} LinkMessage */

/**
 * @typedef {{type: "open", gen: number, sdp: string | null, relayOnly: boolean}
 *   | {type: "apply", gen: number, sdp: string}
 *   | {type: "candidates", gen: number, candidates: Candidates}
 *   | {type: "close", gen: number}
 *   | {type: "play", gen: number | null}
 *   | {type: "send", message: LinkMessage}
 *   | {type: "gone"}} Effect `open` with an sdp answers that offer; `gone` is the last of a link
 */

/** One step being taken, on a copy of the state.
 *  @typedef {{link: LinkState, effects: Effect[], now: number, random: number}} Turn */

export const LIMITS = Object.freeze({
  stalled: 2500,
  deaf: 4000,
  gone: 1500,        // deaf for this long is enough where the peer answers no question either
  unanswered: 700,   // for so long, and the time that an answer takes
  unwell: 1000,      // deaf for this long is enough where the connection failed or our addresses changed
  signalling: 8000,
  checking: 8000,
  silent: 5000,
  first: 8000,       // the first attempt takes longer than it should
  handover: 300,
  lag: 2000,         // the other side keeps a loser for longer: the owner may still abort the winner
  ask: 5000,
  asked: 1000,       // from the last one made to one that the other side asks for
  unsent: 2000,      // the server dropped our offer
  refused: 60000,    // for how long a refused description is told where all is well
  orphan: 10000,
  settled: 10000,
  quiet: 500,        // muted peers are so most of the time
  gap: 3000,         // between ticks: we slept
  grace: 1500,
  packets: 5,
  longest: 12000,    // from one attempt to the next: 15 s less the time to connect
});

export const BACKOFF = [0, 1000, 2000, 4000, 8000, 15000];

/**
 * @param {{peer: string, owner: boolean, gen?: number, relay?: boolean, moveAt?: number, now: number}} seed
 *   gen: the last one that this pair is known to have used
 * @returns {LinkState}
 */
export function makeLink({ peer, owner, gen = 0, relay = false, moveAt = Infinity, now }) {
  return {
    peer, owner, gen, live: [], playing: null, early: null, orphan: false, asked: false, heard: false,
    heardAt: now, tickedAt: now, late: false, wokeAt: null, orphanedAt: null, addressesAt: null, wonAt: now,
    attempt: 0, startedAt: 0, retryAt: 0, askAt: 0, relay, moveAt, allowance: BURST, allowedAt: now,
    made: { gen, at: now }, hold: null, holds: 0, heldUntil: -Infinity, refused: null,
    unmade: false, unfit: false,
  };
}

/**
 * @param {LinkState} link
 * @param {number} gen
 */
export function find(link, gen) {
  return link.live.find((each) => each.gen === gen);
}

/** The newest generation while it may still win. @param {LinkState} link */
export function inFlight(link) {
  const newest = link.live.at(-1);
  return newest && !newest.won && !newest.failed ? newest : undefined;
}

/**
 * Whether a description of ours may be on its way to the server, or was just there.
 * @param {LinkState} link
 * @param {"offer" | "answer"} type
 */
export function hasSaid(link, type) {
  const each = inFlight(link);
  if (!each || link.owner !== (type === "offer")) return false;
  return each.phase === (link.owner ? "signalling" : "checking") && each.connection !== "connected";
}

/**
 * Whether it is time to do something about the silence: it is long, or short and the peer doesn't answer either.
 * A muted peer sends a packet each 400 ms, and a few in a row may be lost; to answer it has ten tries a second.
 * @param {LinkState} link
 */
export function isDeaf(link) {
  const deaf = deafFor(link);
  const { unanswered = null, rtt = null } = link.live.find((each) => each.gen === link.playing) ?? {};
  if (unanswered === null) return deaf >= LIMITS.deaf;
  return deaf >= LIMITS.deaf || (deaf >= LIMITS.gone && unanswered >= LIMITS.unanswered + Math.min(rtt ?? 0, LIMITS.gone));
}

/** For how long nothing has been heard, as of the last tick. @param {LinkState} link */
export function deafFor(link) {
  const woke = link.wokeAt === null ? 0 : link.wokeAt + LIMITS.grace;
  return link.tickedAt - Math.max(link.heardAt, woke);
}

/**
 * Make the next generation beside the best that runs.
 * @param {Turn} turn
 * @param {Why} why
 * @param {{gen: number, sdp: string} | null} offer the other side's, or null to make our own
 */
export function open({ link, effects, now, random }, why, offer) {
  link.attempt += 1;
  spend(link, now);
  if (!offer) {
    link.startedAt = now;
    // From start to start, and cut off, so that a pair that can hear each other again does within 15 s.
    const wait = BACKOFF[Math.min(link.attempt, BACKOFF.length - 1)] * (0.5 + random);
    link.retryAt = now + Math.min(wait, LIMITS.longest);
    link.asked = false;
  }
  const answered = link.live.filter((each) => each.phase !== "signalling");
  const [keeper] = answered.sort((a, b) => worth(link, b) - worth(link, a));
  for (const each of link.live) if (each !== keeper) effects.push({ type: "close", gen: each.gen });
  if (keeper) Object.assign(keeper, { base: keeper.packets, closeAt: null });
  link.gen = offer ? offer.gen : link.gen + 1;
  link.made = { gen: link.gen, at: now };
  // Each third attempt tries every path again: a relay that is down must not hold what could go directly.
  const relayOnly = !offer && link.relay && link.attempt >= 3 && link.attempt % 3 !== 2;
  link.live = [...(keeper ? [keeper] : []), {
    gen: link.gen, why, phase: offer ? "checking" : "signalling", since: now, failed: null, won: false,
    connection: "new", packets: 0, base: 0, heardAt: null, path: null, rtt: null, loss: null, unanswered: null,
    relayOnly, unfit: false,
    moveAt: link.moveAt, closeAt: null,
  }];
  effects.push({ type: "open", gen: link.gen, sdp: offer ? offer.sdp : null, relayOnly });
  play({ link, effects }, keeper && link.playing === keeper.gen ? keeper.gen : (keeper ?? link.live[0]).gen);
}

/**
 * Both sides have to keep the same one: what is heard now, else is connected, else was heard, else the newer.
 * @param {LinkState} link
 * @param {GenerationState} each
 */
function worth(link, each) {
  const fresh = each.heardAt !== null && link.tickedAt - each.heardAt < LIMITS.deaf;
  return (fresh ? 8 : 0) + (each.connection === "connected" ? 4 : 0) + (each.heardAt !== null ? 2 : 0)
    + each.gen / (link.gen + 1);
}

/**
 * End one generation; what still runs is played.
 * @param {Turn} turn
 * @param {GenerationState} loser
 */
export function close({ link, effects }, loser) {
  link.live = link.live.filter((each) => each !== loser);
  effects.push({ type: "close", gen: loser.gen });
  const rest = link.live.at(-1);
  if (rest) rest.closeAt = null;
  if (link.playing === loser.gen) play({ link, effects }, rest ? rest.gen : null);
}

/**
 * @param {Pick<Turn, "link" | "effects">} turn
 * @param {number | null} gen
 */
export function play({ link, effects }, gen) {
  if (link.playing === gen) return;
  link.playing = gen;
  effects.push({ type: "play", gen });
}

/**
 * Close everything and let go of the link.
 * @param {Turn} turn
 */
export function end(turn) {
  for (const each of turn.link.live) close(turn, each);
  turn.effects.push({ type: "gone" });
}

/** @typedef {{state: "connecting" | "up" | "stalled" | "repairing", path: "direct" | "relay" | null,
 *   rtt: number | null, loss: number | null, attempt: number, gen: number, relayOnly: boolean,
 *   orphan: boolean, held: boolean, refused: boolean, unmade: boolean, unfit: boolean}} LinkReport */

/**
 * How the link fares, to be shown.
 * @param {LinkState} link
 * @returns {LinkReport}
 */
export function report(link) {
  const deaf = deafFor(link);
  const stalled = deaf >= LIMITS.stalled || isDeaf(link);
  const repairing = isDeaf(link) || inFlight(link) !== undefined;
  const state = !link.heard ? "connecting" : !stalled ? "up" : repairing ? "repairing" : "stalled";
  // Whoever only asks makes no attempts; it has to name the trouble all the same.
  const attempt = !link.heard && deaf >= LIMITS.first ? Math.max(link.attempt, 2) : link.attempt;
  const shown = link.live.find((each) => each.gen === link.playing);
  return {
    state, path: shown?.path ?? null, rtt: shown?.rtt ?? null, loss: shown?.loss ?? null,
    attempt, gen: link.playing ?? link.gen, relayOnly: link.live.at(-1)?.relayOnly ?? false,
    orphan: link.orphan, held: isHeld(link), refused: link.refused !== null,
    unmade: link.unmade, unfit: link.unfit,
  };
}

/**
 * How long until one should listen again: soon while a new generation has to win or a loser has to end.
 * @param {LinkState} link
 */
export function pollInterval(link) {
  const contest = inFlight(link)?.phase === "connected" || link.live.some((each) => each.closeAt !== null);
  if (contest) return 100;
  // Silence has begun: now each tenth of a second counts, and each look asks the peer once.
  return deafFor(link) >= LIMITS.quiet ? 100 : 1000;
}
