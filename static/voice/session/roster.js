// @ts-check
// Who is here and how they fare, from the server's frames and one's own links; pure.

import { doing } from "./words.js";

/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("../signaling/messages.js").LinkTold} LinkTold */
/** @typedef {import("../signaling/messages.js").Welcome} Welcome */
/** @typedef {import("../signaling/messages.js").SeatMessage} SeatMessage */
/** @typedef {import("../signaling/messages.js").Seated} Seated */
/**
 * @typedef {object} RemotePeer
 * @property {string} peer
 * @property {string} user
 * @property {number} order
 * @property {string} name
 * @property {string} role  owner, guest or seated
 * @property {boolean} muted
 * @property {boolean} deafened
 * @property {boolean} away
 * @property {boolean} alike  came later than somebody whose name looks like this one
 * @property {number} mutedAt  when this peer said so last, or -Infinity
 * @property {boolean} heardMuted  was heard all the same since then
 * @property {number|null} goneAt  the server lost this peer, perhaps we didn't: kept while its link is heard
 * @property {Readonly<Record<string, LinkTold>>} links  as this peer told last
 */
/**
 * @typedef {object} Roster
 * @property {{peer: string, user: string, order: number, role: string}|null} self
 * @property {ReadonlyMap<string, RemotePeer>} peers  without oneself
 * @property {ReadonlySet<string>|null} listed  those named since a welcome, until its list ends
 * @property {ReadonlySet<string>} overheard  the users of whom it was told that they are heard although muted
 * @property {boolean} first  nobody is news before the first list ended
 */
/** @typedef {{type: "joined"|"left"|"removed"|"lost"|"overheard", name: string}} News */
/**
 * @typedef {{peer: string, user: string, name: string, role: string, self: boolean, muted: boolean,
 *   deafened: boolean, away: boolean, speaking: boolean, word: "connecting"|"here"|"muted"|"unheard"|"gone",
 *   doing: string, path: "direct"|"relay"|null, held: boolean, alike: boolean, heardMuted: boolean}} Person
 */

/**
 * Oneself; silent: why nothing is sent, or ""
 * @typedef {{name: string, muted: boolean, deafened: boolean, silent: string, joined: boolean}} Me
 */

/** How long a lost peer without a link is still shown as gone. */
export const GONE = 10_000;

/** The last packets may come a second after the word that they are the last, and it takes 0.72 s to hear that they end. */
export const MUTING = 1800;

/** @type {Roster} */
export const EMPTY = Object.freeze({ self: null, peers: new Map(), listed: null, overheard: new Set(), first: true });

/**
 * Take one frame of the server; what isn't about a person changes nothing.
 * @param {Roster} roster
 * @param {Welcome|SeatMessage} message
 * @param {number} now
 * @returns {{roster: Roster, news: News[]}}
 */
export function applyMessage(roster, message, now) {
  const known = "source" in message ? roster.peers.get(message.source) : undefined;
  switch (message.type) {
    case "welcome": {
      const { source: peer, user, order, role } = message;
      // A list that a drop cut off goes on where it was.
      const listed = message.resumed ? roster.listed : new Set();
      return told({ ...roster, self: { peer, user, order, role }, listed });
    }
    case "hello":
    case "present":
      return seat(roster, message, now);
    case "state":
      return told(change(roster, known, { deafened: message.deafened, ...muting(known, message.muted, now) }));
    case "away":
    case "back":
      return told(change(roster, known, { away: message.type === "away" }));
    case "links":
      return told(change(roster, known, { links: message.links }));
    case "left":
      if (!known) return told(roster);
      if (message.reason === "lost") return told(change(roster, known, { goneAt: now }));
      return {
        roster: without(roster, known.peer),
        news: message.reason === "replaced" ? [] : [{ type: message.reason, name: known.name }],
      };
    default:
      return told(roster);
  }
}

/**
 * The list after a welcome is complete: whoever isn't on it is lost, though perhaps still heard.
 * @param {Roster} roster
 * @param {number} now
 * @returns {Roster}
 */
export function listEnds(roster, now) {
  const { listed } = roster;
  if (!listed) return roster;
  const peers = new Map(roster.peers);
  for (const remote of peers.values()) {
    if (!listed.has(remote.peer) && remote.goneAt === null) peers.set(remote.peer, { ...remote, goneAt: now });
  }
  return { ...roster, peers, listed: null, first: false };
}

/**
 * Let go of the lost whose link is gone, too.
 * @param {Roster} roster
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @param {number} now
 * @returns {{roster: Roster, news: News[]}}
 */
export function prune(roster, reports, now) {
  /** @type {News[]} */
  const news = [];
  for (const { peer, name, goneAt } of roster.peers.values()) {
    if (goneAt === null || now - goneAt < GONE || reports.get(peer)?.state === "up") continue;
    roster = without(roster, peer);
    news.push({ type: "lost", name });
  }
  return { roster, news };
}

/**
 * Whoever is heard long after saying "muted" is not muted: the level counts, not the claim. Told once a person and visit.
 * @param {Roster} roster
 * @param {ReadonlySet<string>} speaking  peer ids
 * @param {number} now
 * @returns {{roster: Roster, news: News[]}}
 */
export function overhear(roster, speaking, now) {
  /** @type {News[]} */
  const news = [];
  for (const remote of roster.peers.values()) {
    const { peer, user, name, muted, mutedAt, heardMuted } = remote;
    if (!muted || heardMuted || now - mutedAt < MUTING || !speaking.has(peer)) continue;
    roster = put(roster, { ...remote, heardMuted: true });
    if (roster.overheard.has(user)) continue;
    roster = { ...roster, overheard: new Set([...roster.overheard, user]) };
    news.push({ type: "overheard", name });
  }
  return { roster, news };
}

/** When the next of those who just muted can be overheard, null where there is none. @param {Roster} roster @param {number} now */
export function overhearAt(roster, now) {
  const due = [...roster.peers.values()].filter(({ muted }) => muted).map(({ mutedAt }) => mutedAt + MUTING);
  const coming = due.filter((at) => at > now);
  return coming.length > 0 ? Math.min(...coming) : null;
}

/**
 * Those that have a seat, as the links want them.
 * @param {Roster} roster
 * @returns {{peer: string, order: number}[]}
 */
export function seats(roster) {
  return present(roster).map(({ peer, order }) => ({ peer, order }));
}

/**
 * @param {Roster} roster
 * @param {Me} me
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @param {ReadonlySet<string>} speaking  peer ids; one's own is ""
 * @returns {Person[]}
 */
export function people(roster, me, reports, speaking) {
  const { self } = roster;
  /** @type {Person[]} */
  const mine = self ? [{
    ...self, name: me.name, self: true, muted: me.muted, deafened: me.deafened, away: !me.joined,
    speaking: speaking.has("") && !me.muted,
    word: me.silent ? "unheard" : me.muted ? "muted" : "here", doing: me.silent, path: null, held: false, alike: false,
    heardMuted: false,
  }] : [];
  const others = [...roster.peers.values()].sort((a, b) => a.order - b.order).map((remote) => {
    const { peer, user, name, role, muted, deafened, away, alike, heardMuted } = remote;
    const report = reports.get(peer);
    return {
      peer, user, name, role, muted, deafened, away, self: false,
      speaking: speaking.has(peer) && (!muted || heardMuted), held: report?.held === true, alike, heardMuted,
      word: word(remote, report), doing: doing(report, away || remote.goneAt !== null), path: report?.path ?? null,
    };
  });
  return [...mine, ...others];
}

/** @param {RemotePeer} remote @param {LinkReport|undefined} report @returns {Person["word"]} */
function word({ muted, heardMuted, goneAt }, report) {
  if (report?.state === "up") return muted && !heardMuted ? "muted" : "here";
  if (goneAt !== null) return "gone";
  if (!report || (report.state === "connecting" && report.attempt <= 1)) return "connecting";
  return "unheard";
}

/**
 * What is told of one's own links. A first attempt is no trouble yet: most are up before anybody could read of it.
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @returns {Record<string, LinkTold>}
 */
export function summary(reports) {
  return Object.fromEntries([...reports]
    .filter(([, { orphan, state, attempt }]) => !orphan && (state !== "connecting" || attempt > 1))
    .map(([peer, report]) => [peer, asTold(report)]));
}

/** Those whom the server has not lost. @param {Roster} roster */
export function present(roster) {
  return [...roster.peers.values()].filter(({ goneAt }) => goneAt === null);
}

/** @param {LinkReport} report @returns {LinkTold} */
function asTold(report) {
  const path = report.relayOnly ? "relay" : report.path;
  return { state: report.state, path, rtt: report.rtt === null ? null : Math.round(report.rtt), loss: report.loss };
}

/**
 * Whoever flips the word gets no new grace each time.
 * @param {RemotePeer|undefined} known
 * @param {boolean} muted
 * @param {number} now
 */
function muting(known, muted, now) {
  const mutedAt = known?.mutedAt ?? -Infinity;
  const begins = muted && !known?.muted && now - mutedAt >= 2 * MUTING;
  return { muted, mutedAt: begins ? now : mutedAt, heardMuted: muted && known?.heardMuted === true };
}

/** @param {Roster} roster @param {Seated} message @param {number} now @returns {{roster: Roster, news: News[]}} */
function seat(roster, message, now) {
  const { source: peer, user, order, name, role, deafened, away } = message;
  const known = roster.peers.get(peer);
  // One person has one seat: a lost one of the same user is this one now.
  const stale = [...roster.peers.values()]
    .filter((remote) => remote.user === user && remote.peer !== peer && remote.goneAt !== null);
  const cleared = stale.reduce((rest, remote) => without(rest, remote.peer), roster);
  const listed = cleared.listed && new Set([...cleared.listed, peer]);
  const links = known?.links ?? {};
  const remote = {
    peer, user, order, name, role, deafened, away, alike: message.alike === true, goneAt: null, links,
    ...muting(known, message.muted, now),
  };
  const isNews = !known && stale.length === 0 && !(message.type === "present" && roster.first);
  return { roster: put({ ...cleared, listed }, remote), news: isNews ? [{ type: "joined", name }] : [] };
}

/** @param {Roster} roster @returns {{roster: Roster, news: News[]}} */
function told(roster) {
  return { roster, news: [] };
}

/** @param {Roster} roster @param {RemotePeer|undefined} known @param {Partial<RemotePeer>} news @returns {Roster} */
function change(roster, known, news) {
  return known ? put(roster, { ...known, ...news }) : roster;
}

/** @param {Roster} roster @param {RemotePeer} remote @returns {Roster} */
function put(roster, remote) {
  return { ...roster, peers: new Map([...roster.peers, [remote.peer, remote]]) };
}

/** @param {Roster} roster @param {string} peer @returns {Roster} */
function without(roster, peer) {
  const peers = new Map(roster.peers);
  peers.delete(peer);
  return { ...roster, peers };
}
