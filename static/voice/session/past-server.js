// @ts-check
// All that goes from page to page past the server, as one: states and goodbyes, notes, how links fare, and the safety code.

import { Emitter } from "../emitter.js";
import { lostAndHeard } from "./heard-elsewhere.js";
import { HeardTeller } from "./heard-teller.js";
import { InBand } from "./in-band.js";
import { LinkTeller } from "./link-teller.js";
import { Notes } from "./notes.js";
import { pathTo } from "./path-words.js";
import { reachable } from "./roster.js";
import { SafetyCode } from "./safety.js";
import { noteCrowd } from "./words.js";

/** @typedef {import("../link/links.js").Links} Links */
/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("./words.js").Said} Said */
/**
 * @typedef {{note: import("./notes.js").Note, safety: import("./safety.js").Safety, alarm: Said, notice: Said,
 *   bye: {peer: string}}} PastServerEvents  alarm: something speaks for somebody in between
 */

/** @extends {Emitter<PastServerEvents>} */
export class PastServer extends Emitter {
  #inBand;
  #teller;
  #heard;
  #notes;
  #safety;
  #keeper;
  #links;

  /**
   * @param {{roomId: string, links: () => Links|null, keeper: import("./keeper.js").Keeper, told: () => import("./in-band.js").Told,
   *   takesNotes: () => boolean, compared: import("./compared-keys.js").ComparedKeys, platform: import("../browser/platform.js").Platform}} options
   *   told: as what the room takes oneself
   */
  constructor({ roomId, links, keeper, told, takesNotes, compared, platform }) {
    super();
    this.#keeper = keeper;
    this.#links = links;
    const inBand = this.#inBand = new InBand({ say: (peer, text) => links()?.say(peer, text) === true, state: told });
    const members = () => reachable(keeper.roster, inBand.open);
    const teller = this.#teller = new LinkTeller({
      inBand, state: (peer) => this.#report(peer)?.state, figures: (peer) => links()?.figures(peer) ?? null, clock: platform,
    });
    const heard = this.#heard = new HeardTeller({ inBand, heard: () => lostAndHeard(keeper.roster, () => links()?.reports() ?? new Map()) });
    const notes = this.#notes = new Notes({ inBand, readers: members, takes: takesNotes, clock: platform });
    const safety = this.#safety = new SafetyCode({
      room: roomId, self: () => keeper.roster.self?.peer ?? null, members, inBand, compared, platform,
      // Hashing is for secure pages, as microphones are.
      keys: async (peer) => (platform.secure && links()?.keys(peer)) || null,
    });
    inBand.on("state", ({ peer, ...said }) => keeper.hearSelf(peer, said));
    inBand.on("closed", ({ peer }) => keeper.hearSelf(peer, null));
    inBand.on("link", ({ peer, said }) => keeper.hearLink(peer, said));
    inBand.on("heard", ({ peer, peers }) => keeper.hearOfOthers(peer, peers));
    inBand.on("opened", ({ peer }) => teller.tell(peer));
    inBand.on("opened", ({ peer }) => heard.opened(peer));
    keeper.on("changed", () => heard.look());
    inBand.on("bye", (detail) => this.emit("bye", detail));
    notes.on("note", (note) => this.emit("note", note));
    notes.on("crowded", ({ name }) => this.emit("notice", { code: "notes-crowded", words: noteCrowd(name) }));
    safety.on("safety", (detail) => this.emit("safety", detail));
    safety.on("alarm", (said) => this.emit("alarm", said));
    safety.on("notice", (said) => this.emit("notice", said));
  }

  get notes() {
    return this.#notes.all;
  }

  get safety() {
    return this.#safety.now;
  }

  /** @param {import("./safety.js").Safety["words"]} words @returns {boolean} */
  compare(words) {
    return this.#safety.compare(words);
  }

  /** @param {string} text @param {string} name one's own @returns {boolean} false where it is empty or too long */
  sendNote(text, name) {
    return this.#notes.send(text, name) !== null;
  }

  /** The path to somebody, from what both ends say. @param {string} peer @returns {import("./path-words.js").Path|null} */
  path(peer) {
    const remote = this.#keeper.roster.peers.get(peer);
    const report = this.#report(peer);
    const figures = this.#links()?.figures(peer);
    return remote && report && figures ? pathTo(remote.name, report, figures, remote.ofMe) : null;
  }

  /** The peer can be told something in a channel that opened. @param {string} peer */
  opened(peer) {
    this.#inBand.opened(peer);
  }

  /** The last channel to the peer closed. @param {string} peer */
  closed(peer) {
    this.#inBand.closed(peer);
  }

  /** @param {{peer: string, text: string}} said */
  take(said) {
    this.#inBand.take(said);
  }

  /** A link fares otherwise. @param {{peer: string, report: LinkReport}} news */
  fares({ peer, report }) {
    this.#teller.changed(peer, report.state);
    this.#heard.look();
  }

  /** Links fare otherwise: the safety code may be of others. */
  look() {
    this.#safety.look();
  }

  /** One's own state changed. */
  tellState() {
    this.#inBand.tellState();
  }

  /** The peer is not in the room any more. @param {string} peer */
  forget(peer) {
    for (const part of [this.#inBand, this.#notes, this.#safety]) part.forget(peer);
  }

  /** Say goodbye, and be silent. */
  close() {
    this.#inBand.bye(this.#keeper.roster.peers.keys());
    for (const part of [this.#notes, this.#teller, this.#safety]) part.close();
  }

  /** @param {string} peer */
  #report(peer) {
    return this.#links()?.reports().get(peer);
  }
}
