// @ts-check
// Who says goodbye on their link, and whether they went; pure.

import { part } from "./heard-elsewhere.js";
import { put } from "./roster.js";

/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("./roster.js").News} News */

/**
 * How long a goodbye past the server is believed that the server doesn't confirm, though it is there: it finds an honest
 * leaver's socket dead, and lets the seat go, in less. Whoever stays is shown again: else a guest could be unseen by the one
 * who may remove them, and heard by the rest.
 */
export const BELIEVED = 90_000;

/**
 * A peer said goodbye on its link: it is gone, whatever the server still says of it, unless that was not true before.
 * @param {Roster} roster
 * @param {string} peer
 * @param {number} now
 * @returns {{roster: Roster, news: News[]}}
 */
export function depart(roster, peer, now) {
  const known = roster.peers.get(peer);
  if (!known || roster.liars.has(known.user)) return { roster, news: [] };
  // The server has let go of it before: nothing more will be told.
  if (known.goneAt !== null) return { roster: part(roster, peer), news: [{ type: "left", name: known.name }] };
  const departed = new Map([...roster.departed, [peer, { remote: { ...known, band: null, ofMe: null, hears: [] }, at: now }]]);
  return { roster: { ...part(roster, peer), departed }, news: [{ type: "left", name: known.name }] };
}

/** How long the server's word of a goodbye takes at most, where the one who left could tell it. */
const PROMPT = 5000;

/**
 * The server confirms a goodbye. One that came far too late was true only when it had to be: a second such one of the
 * same person is not believed, for who goes on leaving and coming back would be unseen for most of the time.
 * @param {Roster} roster
 * @param {string} peer
 * @param {number} now
 * @returns {Roster}
 */
export function confirm(roster, peer, now) {
  const found = roster.departed.get(peer);
  if (!found) return roster;
  const departed = new Map([...roster.departed].filter(([each]) => each !== peer));
  if (now - found.at < PROMPT) return { ...roster, departed };
  const { user } = found.remote;
  if (roster.late.has(user)) return { ...roster, departed, liars: new Set([...roster.liars, user]) };
  return { ...roster, departed, late: new Set([...roster.late, user]) };
}

/**
 * Those who said goodbye on their link, and have stayed all the same, are here again.
 * @param {Roster} roster
 * @param {number} now
 * @returns {{roster: Roster, news: News[], back: {peer: string, order: number}[]}} back: whose links are wanted again
 */
export function findLiars(roster, now) {
  const stayed = [...roster.departed.values()].filter(({ at }) => now - at >= BELIEVED).map(({ remote }) => remote);
  const departed = new Map([...roster.departed].filter(([, { at }]) => now - at < BELIEVED));
  const liars = new Set([...roster.liars, ...stayed.map(({ user }) => user)]);
  return {
    roster: stayed.reduce(put, { ...roster, departed, liars }),
    news: stayed.map(({ name }) => ({ type: "joined", name })),
    back: stayed.map(({ peer, order }) => ({ peer, order })),
  };
}
