// @ts-check
// Owns what goes from page to page past the server, in the data channels of the links: it works while the server is away.

import { Emitter } from "../emitter.js";
import { readBandMessage } from "./band-messages.js";

/** @typedef {import("./band-messages.js").BandMessage} BandMessage */
/** @typedef {{muted: boolean, deafened: boolean}} Told */
/**
 * @typedef {object} InBandEvents
 * @property {{peer: string} & Told} state
 * @property {{peer: string}} bye
 * @property {{peer: string, n: number, text: string}} note
 * @property {{peer: string, of: number, taken: boolean}} got  the note `of` came; taken: and is shown
 * @property {{peer: string, said: import("./band-messages.js").LinkSaid}} link
 * @property {{peer: string, peers: string[]}} heard  those whom the server lost and `peer` hears still
 * @property {{peer: string, epoch: string, round: number, value: string}} commit  of the safety code, as are the next two
 * @property {{peer: string, epoch: string, round: number, nonce: string}} reveal
 * @property {{peer: string, epoch: string, round: number, check: string}} code
 * @property {{peer: string}} opened  what was said before may be lost
 * @property {{peer: string}} closed  what this peer said here counts no more
 */

/** @extends {Emitter<InBandEvents>} */
export class InBand extends Emitter {
  /** The peers that can be told something now. @type {Set<string>} */
  #open = new Set();
  /** The `n` of the last state of each peer's. @type {Map<string, number>} */
  #last = new Map();
  #n = 0;
  #say;
  #state;

  /**
   * @param {{say: (peer: string, text: string) => boolean, state: () => Told}} options
   *   state: what the room is told of oneself now
   */
  constructor({ say, state }) {
    super();
    this.#say = say;
    this.#state = state;
  }

  /** @param {string} peer */
  opened(peer) {
    this.#open.add(peer);
    // Each new channel begins with it: what was said on the one before may be lost.
    this.tell(peer, { type: "state", ...this.#state() });
    this.emit("opened", { peer });
  }

  /** Also of one that nothing was said in yet. @param {string} peer */
  closed(peer) {
    this.#open.delete(peer);
    this.emit("closed", { peer });
  }

  /** @param {{peer: string, text: string}} said */
  take({ peer, text }) {
    const message = readBandMessage(text);
    switch (message?.type) {
      case "state":
        // With two channels to one peer, the older word may come last.
        if (message.n <= (this.#last.get(peer) ?? -1)) return;
        this.#last.set(peer, message.n);
        return this.emit("state", { peer, muted: message.muted, deafened: message.deafened });
      case "bye":
        return this.emit("bye", { peer });
      case "note":
        return this.emit("note", { peer, n: message.n, text: message.text });
      case "link": {
        const { type: _, n: __, ...told } = message;
        return this.emit("link", { peer, said: told });
      }
      case "heard":
        return this.emit("heard", { peer, peers: message.peers });
      case "commit":
        return this.emit("commit", { peer, epoch: message.epoch, round: message.round, value: message.value });
      case "reveal":
        return this.emit("reveal", { peer, epoch: message.epoch, round: message.round, nonce: message.nonce });
      case "code":
        return this.emit("code", { peer, epoch: message.epoch, round: message.round, check: message.check });
      case "got":
        return this.emit("got", { peer, of: message.of, taken: message.taken });
    }
  }

  /** One's own state changed. */
  tellState() {
    for (const peer of this.#open) this.tell(peer, { type: "state", ...this.#state() });
  }

  /** The peers that can be told something now. */
  get open() {
    return [...this.#open];
  }

  /** @param {Iterable<string>} peers  also those who weren't told anything yet */
  bye(peers) {
    for (const peer of peers) this.reply(peer, { type: "bye" });
  }

  /** The peer is not in the room any more. @param {string} peer */
  forget(peer) {
    this.#open.delete(peer);
    this.#last.delete(peer);
  }

  /** The number of what is said next. */
  count() {
    this.#n += 1;
    return this.#n;
  }

  /**
   * @param {string} peer
   * @param {{type: string, n?: number} & Record<string, unknown>} message  numbered anew, unless it is said again
   * @returns {boolean} whether it is on its way
   */
  tell(peer, message) {
    return this.#open.has(peer) && this.reply(peer, message);
  }

  /** The same to whoever said something, though nothing was said to them yet. @param {string} peer @param {{type: string, n?: number} & Record<string, unknown>} message */
  reply(peer, message) {
    return this.#say(peer, JSON.stringify({ ...message, n: message.n ?? this.count() }));
  }
}
