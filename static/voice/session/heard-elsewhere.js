// @ts-check
// Who is heard by others alone: lost by the server and by this page, and to be shown, and removed, all the same; pure.

/** @typedef {import("./roster.js").RemotePeer} RemotePeer */
/** @typedef {import("./roster.js").Roster} Roster */
/**
 * Somebody who isn't in the list any more, as they were where that is known; overAt: when the server said that they went, or who they
 * are now, -Infinity where it didn't.
 * @typedef {{remote: RemotePeer|null, overAt: number}} Former
 */

/** So many of a room's former peers are remembered. */
const REMEMBERED = 64;
/** Of peers that were never seen here one is believed for so many: a lie fills no list. */
const UNKNOWN = 2;
/** Who said goodbye to everybody, or of whom the server said that they went, is heard by no honest page after so many ms. */
export const REPORTED = 10_000;

/**
 * Take somebody out of the list.
 * @param {Roster} roster
 * @param {string} peer
 * @param {{overAt?: number}} [how]
 * @returns {Roster}
 */
export function part(roster, peer, { overAt = -Infinity } = {}) {
  const peers = new Map(roster.peers);
  peers.delete(peer);
  const former = new Map([...roster.former].filter(([each]) => each !== peer));
  const known = roster.peers.get(peer);
  former.set(peer, { remote: known ? { ...known, hears: [] } : roster.former.get(peer)?.remote ?? null, overAt });
  return { ...roster, peers, former: new Map([...former].slice(-REMEMBERED)) };
}

/**
 * Those who aren't in the list, and are heard still by others who are: whoever says goodbye to one alone, or is silent to one
 * alone, and leaves the server without a word, would be unseen by that one, and heard by the rest.
 * @param {Roster} roster
 * @param {number} now
 * @returns {{peer: string, remote: RemotePeer|null, by: string[]}[]}  remote: as they were; null: never seen here; by: names
 */
export function heardElsewhere({ self, peers, former, departed }, now) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  const isOver = (/** @type {string} */ peer) => now - (former.get(peer)?.overAt ?? -Infinity) < REPORTED;
  const parted = [...departed].flatMap(([peer, { at }]) => (now - at >= REPORTED ? [peer] : []));
  for (const { name, goneAt, away, hears, links } of [...peers.values()].sort((a, b) => a.order - b.order)) {
    // Who was lost as well is believed by nobody.
    if (goneAt !== null) continue;
    const reported = parted.filter((peer) => !away && links[peer]?.state === "up");
    const missing = [...new Set([...hears, ...reported])].filter((peer) => peer !== self?.peer && !peers.has(peer) && !isOver(peer));
    const excess = missing.filter((peer) => !former.has(peer)).slice(UNKNOWN);
    for (const peer of missing) if (!excess.includes(peer)) found.set(peer, [...found.get(peer) ?? [], name]);
  }
  return [...found].map(([peer, by]) => ({ peer, remote: former.get(peer)?.remote ?? null, by }));
}

/**
 * Those whom the server lost, and who are or may be heard here.
 * @param {Roster} roster
 * @param {() => ReadonlyMap<string, import("../link/links.js").LinkReport>} reports  seldom needed
 * @returns {string[]} peer ids
 */
export function lostAndHeard(roster, reports) {
  const lost = [...roster.peers.values()].flatMap(({ peer, goneAt }) => (goneAt === null ? [] : [peer]));
  if (lost.length === 0) return lost;
  const now = reports();
  return lost.filter((peer) => (now.get(peer)?.state ?? "connecting") !== "connecting");
}
