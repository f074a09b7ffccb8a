// @ts-check
// Who is here and how they fare, from the server's frames and one's own links; pure.

import { part } from "./heard-elsewhere.js";

/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("../signaling/messages.js").LinkTold} LinkTold */
/** @typedef {import("../signaling/messages.js").Welcome} Welcome */
/** @typedef {import("../signaling/messages.js").SeatMessage} SeatMessage */
/** @typedef {import("../signaling/messages.js").Seated} Seated */
/** @typedef {{muted: boolean, deafened: boolean}} Said */
/** @typedef {import("./band-messages.js").LinkSaid} LinkSaid */
/**
 * @typedef {object} RemotePeer
 * @property {string} peer
 * @property {string} user
 * @property {number} order
 * @property {string} name
 * @property {string} role  owner, guest or seated
 * @property {boolean} muted
 * @property {boolean} deafened
 * @property {Said} server  as the server said last
 * @property {Said|null} band  as they say themselves on the link, which counts more while it can be heard there
 * @property {boolean} away
 * @property {boolean} alike  came later than somebody whose name looks like this one
 * @property {number} mutedAt  when this peer said so last, or -Infinity
 * @property {boolean} heardMuted  was heard all the same since then
 * @property {number|null} goneAt  the server lost this peer, perhaps we didn't: kept while its link is heard
 * @property {Readonly<Record<string, LinkTold>>} links  as this peer told last
 * @property {readonly string[]} hears  whom the server lost and this one hears still, as it says on the link; peer ids
 * @property {LinkSaid|null} ofMe  how it says on the link itself that the link fares; it comes sooner
 */
/**
 * @typedef {object} Roster
 * @property {{peer: string, user: string, order: number, role: string}|null} self
 * @property {ReadonlyMap<string, RemotePeer>} peers  without oneself
 * @property {ReadonlySet<string>|null} listed  those named since a welcome, until its list ends
 * @property {ReadonlySet<string>} overheard  the users of whom it was told that they are heard although muted
 * @property {ReadonlyMap<string, {remote: RemotePeer, at: number}>} departed  peers that said goodbye on their link, of which
 *   the server doesn't know yet: as they were, and since when it could have known
 * @property {ReadonlySet<string>} liars  users whose goodbye was none
 * @property {ReadonlySet<string>} late  users of whose goodbye the server told long after
 * @property {ReadonlyMap<string, import("./heard-elsewhere.js").Former>} former  peers that were in the list, or left before they were
 * @property {boolean} first  nobody is news before the first list ended
 */
/** @typedef {{type: "joined"|"left"|"removed"|"lost"|"overheard", name: string}} News */
/**
 * @typedef {{peer: string, user: string, name: string, role: string, self: boolean, muted: boolean,
 *   deafened: boolean, away: boolean, speaking: boolean, word: "connecting"|"here"|"muted"|"unheard"|"gone",
 *   doing: string, path: "direct"|"relay"|null, held: boolean, alike: boolean, heardMuted: boolean, weak: boolean}} Person
 *   weak: of oneself alone, whether every path to others is
 */

/**
 * Oneself; silent: why nothing is sent, or ""; weak: whether every path to others is
 * @typedef {{name: string, muted: boolean, deafened: boolean, silent: string, joined: boolean, weak: boolean}} Me
 */

/** How long a lost peer without a link is still shown as gone. */
export const GONE = 10_000;

/** The last packets may come a second after the word that they are the last, and it takes 0.72 s to hear that they end. */
export const MUTING = 1800;

/** @type {Roster} */
export const EMPTY = Object.freeze({ self: null, peers: new Map(), listed: null, overheard: new Set(), departed: new Map(), liars: new Set(), late: new Set(), former: new Map(), first: true });

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
      const departed = new Map([...roster.departed].map(([gone, { remote }]) => [gone, { remote, at: now }]));
      return told({ ...roster, self: { peer, user, order, role }, listed, departed });
    }
    case "hello":
    case "present":
      // Whoever comes back has another peer id: this is the seat that the server still keeps.
      if (roster.departed.has(message.source)) {
        return told({ ...roster, listed: roster.listed && new Set([...roster.listed, message.source]) });
      }
      return seat(roster, message, now);
    case "state":
      return told(change(roster, known, saying(known, { server: { muted: message.muted, deafened: message.deafened } }, now)));
    case "away":
    case "back":
      return told(change(roster, known, { away: message.type === "away" }));
    case "links":
      return told(change(roster, known, { links: message.links }));
    case "left": {
      if (message.reason === "lost") return told(change(roster, known, { goneAt: now }));
      const { reason } = message;
      return { roster: part(roster, message.source, { overAt: now }), news: known && reason !== "replaced" ? [{ type: reason, name: known.name }] : [] };
    }
    case "removed": {
      // The server would tell of a peer: it knows of none, so whoever of that user is heard still was lost by one of before, or
      // removed while we were away, and is on no list.
      const isLost = (/** @type {RemotePeer} */ { peer, goneAt }) => goneAt !== null || roster.listed?.has(peer) === false;
      const lost = [...roster.peers.values()].filter((remote) => remote.user === message.user && isLost(remote));
      const former = [...roster.former].flatMap(([peer, { remote }]) => (remote?.user === message.user ? [peer] : []));
      const peers = [...lost.map(({ peer }) => peer), ...former.filter((peer) => !roster.peers.has(peer))];
      return { roster: peers.reduce((rest, peer) => part(rest, peer, { overAt: now }), roster), news: lost.map(({ name }) => ({ type: "left", name })) };
    }
    default:
      return told(roster);
  }
}

/**
 * Take what a peer says of itself on its link, past the server: null when nothing can be heard there any more.
 * @param {Roster} roster
 * @param {string} peer
 * @param {Said|null} band
 * @param {number} now
 * @returns {Roster}
 */
export function hearSelf(roster, peer, band, now) {
  const known = roster.peers.get(peer);
  return change(roster, known, { ...saying(known, { band }, now), ...(band ? {} : { ofMe: null, hears: [] }) });
}

/** Take whom the server lost and a peer hears still, as it says. @param {Roster} roster @param {string} peer @param {readonly string[]} hears */
export function hearOfOthers(roster, peer, hears) {
  return change(roster, roster.peers.get(peer), { hears });
}

/** Take how a peer says that the link fares at its end. @param {Roster} roster @param {string} peer @param {LinkSaid} ofMe */
export function hearLink(roster, peer, ofMe) {
  return change(roster, roster.peers.get(peer), { ofMe });
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
  const departed = new Map([...roster.departed].filter(([peer]) => listed.has(peer)));
  return { ...roster, peers, departed, listed: null, first: false };
}

/**
 * Let go of the lost whose link is gone, too: it ends by itself when nothing was heard on it for a while. One that falters
 * has a row, for nobody is to be heard who is in no list.
 * @param {Roster} roster
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @param {number} now
 * @returns {{roster: Roster, news: News[]}}
 */
export function prune(roster, reports, now) {
  /** @type {News[]} */
  const news = [];
  for (const { peer, name, goneAt } of roster.peers.values()) {
    if (goneAt === null || now - goneAt < GONE || reports.has(peer)) continue;
    roster = part(roster, peer);
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

/**
 * Those who say that they are muted, and had the time to be.
 * @param {Roster} roster
 * @param {number} now
 * @returns {ReadonlySet<string>} peer ids
 */
export function saidMuted(roster, now) {
  return new Set([...roster.peers.values()].filter(({ muted, mutedAt }) => muted && now - mutedAt >= MUTING).map(({ peer }) => peer));
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
 * What is told of one's own links. A first attempt is no trouble yet: most are up before anybody could read of it.
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @returns {Record<string, LinkTold>}
 */
export function summary(reports) {
  return Object.fromEntries([...reports]
    .filter(([, { orphan, state, attempt, unmade, unfit }]) => !orphan && (state !== "connecting" || attempt > 1 || unmade || unfit))
    .map(([peer, report]) => [peer, asTold(report)]));
}

/** Those whom the server has not lost. @param {Roster} roster */
export function present(roster) {
  return [...roster.peers.values()].filter(({ goneAt }) => goneAt === null);
}

/** Those whom the server has not lost, or we have not. @param {Roster} roster @param {readonly string[]} open  peers whose link carries words */
export function reachable(roster, open) {
  return [...roster.peers.values()].filter(({ peer, goneAt }) => goneAt === null || open.includes(peer));
}

/** @param {LinkReport} report @returns {LinkTold} */
function asTold(report) {
  const path = report.relayOnly ? "relay" : report.path;
  return { state: report.state, path, rtt: report.rtt === null ? null : Math.round(report.rtt), loss: report.loss };
}

/**
 * What is shown where something else is said by the server, or on the link.
 * @param {RemotePeer|undefined} known
 * @param {{server?: Said, band?: Said|null}} news
 * @param {number} now
 */
function saying(known, { server = known?.server, band = known?.band ?? null }, now) {
  const { muted = false, deafened = false } = band ?? server ?? {};
  return { server: server ?? { muted, deafened }, band, deafened, ...muting(known, muted, now) };
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
  const cleared = stale.reduce((rest, remote) => part(rest, remote.peer, { overAt: now }), roster);
  const listed = cleared.listed && new Set([...cleared.listed, peer]);
  const { links = {}, ofMe = null, hears = [] } = known ?? {};
  const remote = {
    peer, user, order, name, role, away, alike: message.alike === true, goneAt: null, links, ofMe, hears,
    ...saying(known, { server: { muted: message.muted, deafened } }, now),
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
export function put(roster, remote) {
  return { ...roster, peers: new Map([...roster.peers, [remote.peer, remote]]) };
}
