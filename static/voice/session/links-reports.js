// @ts-check
// Owns telling the server how the links fare: only what is new, no more often than it takes, with counts where it takes them.

import { newsOf } from "./between.js";
import { summary } from "./roster.js";
import { Tally } from "./tally.js";
import { Throttle } from "./throttle.js";

/** @typedef {import("../link/links.js").LinkReport} LinkReport */

const EVERY = 2000;

export class LinksReports {
  /** The links as they were told last. */
  #told = "[]";
  #counts = false;
  #tally;
  #throttle;
  #reports;
  #joined;
  #send;
  #later;

  /**
   * @param {{reports: () => ReadonlyMap<string, LinkReport>, joined: () => boolean,
   *   send: (message: import("../signaling/messages.js").ClientMessage) => void, later: (task: () => void) => void,
   *   clock: import("./throttle.js").Clock}} options
   *   reports: how the links fare now; later: once those are made that are being made
   */
  constructor({ reports, joined, send, later, clock }) {
    this.#reports = reports;
    this.#joined = joined;
    this.#send = send;
    this.#later = later;
    this.#tally = new Tally(() => clock.now());
    this.#throttle = new Throttle(EVERY, () => this.#tell(), clock);
  }

  /** Whether the server takes counts. */
  set counts(/** @type {boolean} */ counts) {
    this.#counts = counts;
  }

  /** A welcome came: whatever was told before it is told anew. */
  begin() {
    this.#told = "[]";
    this.#want();
  }

  /** A link fares otherwise. @param {{peer: string, report: LinkReport}} news */
  fares({ peer, report }) {
    this.#tally.fares(peer, report.state);
    this.#want();
  }

  /** A generation was made. @param {string} why */
  made(why) {
    this.#tally.made(why);
  }

  /** A peer is gone, and so is its link. @param {string} peer */
  forget(peer) {
    this.#tally.forget(peer);
  }

  close() {
    this.#throttle.close();
  }

  #want() {
    this.#later(() => this.#throttle.want());
  }

  #tell() {
    const links = summary(this.#reports());
    const told = JSON.stringify(Object.entries(links).map(([peer, link]) => [peer, ...newsOf(link)]));
    if (told === this.#told || !this.#joined()) return false;
    this.#told = told;
    this.#send({ type: "links", links, ...(this.#counts && this.#tally.take()) });
    return true;
  }
}
