// @ts-check
// Owns the roster over time: takes what is told and heard, lets go of the lost, and says what is new.

import { Emitter } from "../emitter.js";
import { confirm, depart, findLiars } from "./departures.js";
import * as rosters from "./roster.js";

/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */

/**
 * Events: back: of somebody whose goodbye was none; gone: whoever is not known any more.
 * @extends {Emitter<{news: import("./roster.js").News[], changed: null, back: {peer: string, order: number}, gone: string}>}
 */
export class Keeper extends Emitter {
  /** @type {Roster} */
  #roster = rosters.EMPTY;
  /** @type {any} */
  #pruning = null;
  /** @type {any} */
  #overhearing = null;
  /** @type {ReadonlySet<string>} the peers that are heard now */
  #speaking = new Set();
  #closed = false;
  #reports;
  #joined;
  #clock;

  /**
   * @param {{reports: () => ReadonlyMap<string, LinkReport>, joined: () => boolean, clock: Clock}} options
   *   reports: how the links fare now; joined: whether the server is there
   */
  constructor({ reports, joined, clock }) {
    super();
    this.#reports = reports;
    this.#joined = joined;
    this.#clock = clock;
  }

  get roster() {
    return this.#roster;
  }

  /** A frame of the server. @param {Parameters<typeof rosters.applyMessage>[1]} message */
  take(message) {
    const now = this.#clock.now();
    const before = message.type === "left" ? confirm(this.#roster, message.source, now) : this.#roster;
    const { roster, news } = rosters.applyMessage(before, message, now);
    this.#become(roster, news);
    this.#overhear();
    this.prune();
  }

  /** The list after a welcome is complete. */
  listEnds() {
    this.#become(rosters.listEnds(this.#roster, this.#clock.now()));
  }

  /** What a peer says of itself on its link. @param {string} peer @param {rosters.Said|null} said null: it can't be heard there any more */
  hearSelf(peer, said) {
    this.#become(rosters.hearSelf(this.#roster, peer, said, this.#clock.now()));
    this.#overhear();
  }

  /** How a peer says that the link fares at its end. @param {string} peer @param {rosters.LinkSaid} said */
  hearLink(peer, said) {
    const before = this.#roster.peers.get(peer)?.ofMe?.state;
    const roster = rosters.hearLink(this.#roster, peer, said);
    // Figures are read when somebody asks for them.
    if (before === said.state) this.#roster = roster;
    else this.#become(roster);
  }

  /** Whom the server lost and a peer hears still, as it says. @param {string} peer @param {readonly string[]} hears */
  hearOfOthers(peer, hears) {
    this.#become(rosters.hearOfOthers(this.#roster, peer, hears));
  }

  /** A peer said goodbye on its link. @param {string} peer */
  depart(peer) {
    const { roster, news } = depart(this.#roster, peer, this.#clock.now());
    this.#become(roster, news);
    this.prune();
  }

  /** Who speaks now, whatever they say of themselves. @param {ReadonlySet<string>} speaking */
  hear(speaking) {
    this.#speaking = speaking;
    this.#overhear();
  }

  /** Those who say that they are muted, and had the time to be. */
  get saidMuted() {
    return rosters.saidMuted(this.#roster, this.#clock.now());
  }

  /** Let go of the lost whose link is gone, too, and show those who only said that they leave. */
  prune() {
    const now = this.#clock.now();
    // What a server that is away doesn't say proves nothing.
    const stayed = this.#joined() ? findLiars(this.#roster, now) : { roster: this.#roster, news: [], back: [] };
    const { roster, news: gone } = rosters.prune(stayed.roster, this.#reports(), now);
    const news = [...stayed.news, ...gone];
    this.#clock.clearTimeout(this.#pruning);
    const waits = roster.departed.size > 0 || [...roster.peers.values()].some(({ goneAt }) => goneAt !== null);
    this.#pruning = waits && !this.#closed ? this.#clock.setTimeout(() => this.prune(), rosters.GONE / 2) : null;
    // Who said goodbye may show as heard elsewhere by now.
    if (news.length > 0 || roster.departed.size > 0) this.#become(roster, news);
    for (const seat of stayed.back) if (this.#roster.peers.has(seat.peer)) this.emit("back", seat);
  }

  close() {
    this.#closed = true;
    this.#clock.clearTimeout(this.#pruning);
    this.#clock.clearTimeout(this.#overhearing);
  }

  #overhear() {
    const now = this.#clock.now();
    const { roster, news } = rosters.overhear(this.#roster, this.#speaking, now);
    this.#clock.clearTimeout(this.#overhearing);
    const at = rosters.overhearAt(roster, now);
    this.#overhearing = at === null || this.#closed ? null : this.#clock.setTimeout(() => this.#overhear(), at - now);
    if (roster !== this.#roster) this.#become(roster, news);
  }

  /** @param {Roster} roster @param {import("./roster.js").News[]} [news] */
  #become(roster, news = []) {
    const before = this.#roster;
    this.#roster = roster;
    if (this.#closed) return;
    this.emit("changed", null);
    if (news.length > 0) this.emit("news", news);
    for (const peer of before.peers.keys()) if (!roster.peers.has(peer)) this.emit("gone", peer);
  }
}
