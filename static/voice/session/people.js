// @ts-check
// The people of a room as they are shown: what each one says, what the links to them say, and what they say of oneself; pure.

import { heardElsewhere } from "./heard-elsewhere.js";
import { present } from "./roster.js";
import { SOMEBODY, doing, heardBy, unheardBy } from "./words.js";

/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("./roster.js").RemotePeer} RemotePeer */
/** @typedef {import("./roster.js").Person} Person */
/** @typedef {import("./roster.js").Me} Me */
/** @typedef {import("../link/links.js").LinkReport} LinkReport */

/**
 * @param {Roster} roster
 * @param {Me} me
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @param {ReadonlySet<string>} speaking  peer ids; one's own is ""
 * @param {number} now
 * @returns {Person[]}
 */
export function people(roster, me, reports, speaking, now) {
  const { self } = roster;
  // Whoever is muted is heard by nobody anyway.
  const deaf = self && !me.muted ? deafTo(roster, self.peer) : [];
  const trouble = me.silent || (deaf.length > 0 ? unheardBy(deaf) : "");
  /** @type {Person[]} */
  const mine = self ? [{
    ...self, name: me.name, self: true, muted: me.muted, deafened: me.deafened, away: !me.joined,
    speaking: speaking.has("") && !me.muted,
    word: trouble ? "unheard" : me.muted ? "muted" : "here", doing: trouble, path: null, held: false, alike: false,
    heardMuted: false, weak: me.weak,
  }] : [];
  const others = [...roster.peers.values()].sort((a, b) => a.order - b.order).map((remote) => {
    const { peer, user, name, role, muted, deafened, away, alike, heardMuted } = remote;
    const report = reports.get(peer);
    return {
      peer, user, name, role, muted, deafened, away, self: false,
      speaking: speaking.has(peer) && (!muted || heardMuted), held: report?.held === true, alike, heardMuted, weak: false,
      word: word(remote, report), doing: doing(report, away || remote.goneAt !== null), path: report?.path ?? null,
    };
  });
  return [...mine, ...others, ...heardElsewhere(roster, now).map(elsewhere)];
}

/** Nothing is known of them here but that they are heard. @param {ReturnType<typeof heardElsewhere>[number]} found @returns {Person} */
function elsewhere({ peer, remote, by }) {
  const { user = "", name = SOMEBODY, role = "guest", alike = false } = remote ?? {};
  return {
    peer, user, name, role, alike, self: false, muted: false, deafened: false, away: false, speaking: false, word: "gone",
    doing: heardBy(by), path: null, held: false, heardMuted: false, weak: false,
  };
}

/**
 * The names of those who say that they can't hear one. Who says so of everyone, against the others, speaks of itself.
 * @param {Roster} roster
 * @param {string} self
 */
function deafTo(roster, self) {
  const deaf = (/** @type {{state: string}|undefined} */ told) => told?.state === "stalled" || told?.state === "repairing";
  return present(roster).filter(({ away, links, ofMe }) => {
    const said = Object.values(links);
    return (ofMe ? deaf(ofMe) : !away && deaf(links[self])) && (said.length < 3 || !said.every(deaf));
  }).sort((a, b) => a.order - b.order).map(({ name }) => name);
}

/** @param {RemotePeer} remote @param {LinkReport|undefined} report @returns {Person["word"]} */
function word({ muted, heardMuted, goneAt }, report) {
  if (report?.state === "up") return muted && !heardMuted ? "muted" : "here";
  if (goneAt !== null) return "gone";
  if (!report || (report.state === "connecting" && report.attempt <= 1 && !report.unmade && !report.unfit)) return "connecting";
  return "unheard";
}
