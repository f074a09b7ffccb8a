// @ts-check
/**
 * Which links there are: one machine for each peer of the roster, and each pair's last generation of a session.
 *
 * No clock, no connection: each method takes the time and randomness, and returns what to do, and for whom.
 */

import { step } from "./link-machine.js";
import { hasSaid, inFlight, makeLink } from "./link-state.js";

/** @typedef {{peer: string, order: number}} PeerRef */
/** @typedef {import("./link-state.js").LinkState} LinkState */
/** @typedef {import("./link-state.js").Effect} Effect */
/** @typedef {import("./link-machine.js").LinkEvent} LinkEvent */
/** @typedef {import("./link-machine.js").Sample} Sample */
/** @typedef {{peer: string, effect: Effect}} Task */
/** @typedef {{now: number, random: () => number}} Moment */

/** @typedef {import("../signaling/messages.js").LinkMessage} LinkMessage */

export class LinkTable {
  /** @type {Map<string, LinkState>} */
  #links = new Map();
  /** The last generation by peer: a link that was forgotten goes on counting. @type {Map<string, number>} */
  #gens = new Map();
  /** Told of since the last welcome: the roster that follows is no second news of them. @type {Set<string>} */
  #told = new Set();
  #relay = false;
  #moveAt = Infinity;
  /** @type {PeerRef} */
  #self;

  /** @param {PeerRef} self */
  constructor(self) {
    this.#self = self;
  }

  /** @returns {ReadonlyMap<string, LinkState>} */
  get links() {
    return this.#links;
  }

  /**
   * After each welcome.
   * @param {PeerRef} self another peer id closes every link: the others know us no more
   * @param {Moment} moment
   * @returns {Task[]}
   */
  setSelf(self, moment) {
    const tasks = self.peer === this.#self.peer ? [] : this.close(moment);
    this.#self = self;
    this.#told.clear();
    return tasks;
  }

  /**
   * The whole roster, after a welcome that resumed nothing.
   * @param {readonly PeerRef[]} seats
   * @param {Moment} moment
   */
  sync(seats, moment) {
    const here = new Set(seats.map((seat) => seat.peer));
    const vanished = [...this.#links.keys()].filter((peer) => !here.has(peer));
    const tasks = [
      ...vanished.flatMap((peer) => this.advance(peer, { type: "lost" }, moment)),
      ...seats.filter(({ peer }) => !this.#told.has(peer)).flatMap((seat) => this.present(seat, moment)),
    ];
    this.#told.clear();
    return tasks;
  }

  /**
   * One peer is here. Where a link to it lives, messages in flight may be gone, and the link stays.
   * @param {PeerRef} seat
   * @param {Moment} moment
   * @returns {Task[]}
   */
  present({ peer, order }, moment) {
    if (peer === this.#self.peer) return [];
    this.#told.add(peer);
    if (this.#links.has(peer)) return this.advance(peer, { type: "sync" }, moment);
    const owner = this.#self.order > order || (this.#self.order === order && this.#self.peer > peer);
    this.#links.set(peer, makeLink({
      peer, owner, gen: this.#gens.get(peer), relay: this.#relay, moveAt: this.#moveAt, now: moment.now,
    }));
    return this.advance(peer, { type: "begin" }, moment);
  }

  /**
   * @param {string} peer
   * @param {"left" | "lost" | "removed" | "replaced"} reason
   * @param {Moment} moment
   */
  left(peer, reason, moment) {
    return this.advance(peer, { type: reason === "lost" ? "lost" : "close" }, moment);
  }

  /**
   * @param {LinkMessage} message
   * @param {Moment} moment
   */
  deliver(message, moment) {
    return this.advance(message.source, message, moment);
  }

  /**
   * The server dropped an offer of ours, and doesn't say which: with several on their way, time will tell.
   * @param {Moment} moment
   */
  unsent(moment) {
    const waiting = [...this.#links].filter(([, link]) => link.owner && inFlight(link)?.phase === "signalling");
    return waiting.length === 1 ? this.advance(waiting[0][0], { type: "unsent" }, moment) : [];
  }

  /**
   * The server refused a description of ours, and doesn't say which: where several are on their way, it is told of
   * those that come to nothing.
   * @param {"offer" | "answer"} type
   * @param {Moment} moment
   * @returns {{tasks: Task[], peer: string | undefined}} peer: where it is plain whose link it was
   */
  unfit(type, moment) {
    const waiting = [...this.#links].filter(([, link]) => hasSaid(link, type)).map(([peer]) => peer);
    const plain = waiting.length === 1;
    return { tasks: waiting.flatMap((peer) => this.advance(peer, { type: "unfit", plain }, moment)), peer: plain ? waiting[0] : undefined };
  }

  /**
   * @param {"online" | "visible" | "wake" | "resume" | "addresses"} reason
   * @param {Moment} moment
   */
  reassess(reason, moment) {
    return this.#advanceAll({ type: "reassess", reason }, moment);
  }

  /**
   * @param {{relay: boolean, ttl: number}} fresh ttl in seconds
   * @param {Moment} moment
   */
  credentials({ relay, ttl }, moment) {
    this.#relay = relay;
    this.#moveAt = moment.now + ttl * 800;
    return this.#advanceAll({ type: "credentials", relay, moveAt: this.#moveAt }, moment);
  }

  /**
   * Leave: nothing stays, not even the count of generations.
   * @param {Moment} moment
   */
  close(moment) {
    const tasks = this.#advanceAll({ type: "close" }, moment);
    this.#gens.clear();
    return tasks;
  }

  /**
   * Let one link's machine take a step.
   * @param {string} peer
   * @param {LinkEvent} event
   * @param {Moment} moment
   * @returns {Task[]}
   */
  advance(peer, event, { now, random }) {
    const link = this.#links.get(peer);
    if (!link) return [];
    const { state, effects } = step(link, event, now, random());
    this.#gens.set(peer, state.gen);
    if (effects.at(-1)?.type === "gone") this.#links.delete(peer);
    else this.#links.set(peer, state);
    return effects.map((effect) => ({ peer, effect }));
  }

  /**
   * @param {LinkEvent} event
   * @param {Moment} moment
   */
  #advanceAll(event, moment) {
    return [...this.#links.keys()].flatMap((peer) => this.advance(peer, event, moment));
  }
}
