// @ts-check
// Owns a session's links from the first welcome on: what they are made with, whether they still move, what the journal is told of them.

import { Emitter } from "../emitter.js";
import { bitrate, opusFor } from "./bitrate.js";
import { kindOf } from "./journal.js";

/** ms without a step, with somebody not heard yet: longer than a message's way there and back. */
export const STILL = 600;

/** @typedef {import("../link/links.js").Links} Links */
/** @typedef {import("../link/links.js").PeerRef} PeerRef */
/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("../signaling/messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../signaling/messages.js").Credentials} Credentials */
/**
 * @typedef {Pick<import("../link/links.js").LinksEvents, "stream"|"channel"|"word"|"report">
 *   & {made: {why: string}}} LinkingEvents  made: a generation
 */

/** @extends {Emitter<LinkingEvents>} */
export class Linking extends Emitter {
  /** @type {Links|null} */
  #links = null;
  /** @type {Credentials|null} */
  #credentials = null;
  #quiet = false;
  #certificate;
  #send;
  #track;
  #music;
  #saves;
  #talks;
  #journal;
  #platform;

  /**
   * @param {{send: (message: ClientMessage) => void, track: () => MediaStreamTrack|null, music: () => boolean, saves: () => boolean, talks: () => boolean,
   *   journal: import("./journal.js").Journal, platform: import("../browser/platform.js").Platform}} options
   */
  constructor({ send, track, music, saves, talks, journal, platform }) {
    super();
    this.#certificate = platform.makeCertificate();
    this.#send = send;
    this.#track = track;
    this.#music = music;
    this.#saves = saves;
    this.#talks = talks;
    this.#journal = journal;
    this.#platform = platform;
  }

  /** A welcome is on its way: what takes its time is begun. */
  prepare() {
    this.#certificate.prepare();
  }

  /** null before the first welcome. */
  get links() {
    return this.#links;
  }

  /** @returns {Map<string, LinkReport>} how they fare now, by peer */
  reports() {
    return this.#links?.reports() ?? new Map();
  }

  /** Whether no link moved for so many ms, with everybody in these seats heard; or for long. @param {readonly PeerRef[]} seats @param {number} calm */
  isCalm(seats, calm) {
    const still = this.#platform.now() - (this.#links?.movedAt ?? Infinity);
    return still >= STILL || (still >= calm && this.#hears(seats));
  }

  /** @param {readonly PeerRef[]} seats */
  #hears(seats) {
    const reports = this.reports();
    return seats.every(({ peer }) => (reports.get(peer)?.state ?? "connecting") !== "connecting");
  }

  /** A welcome gave this seat. @param {PeerRef} self */
  seat(self) {
    if (this.#links) this.#links.setSelf(self);
    else this.#links = this.#make(self);
    return this.#links;
  }

  /** @param {Credentials|null} credentials */
  setCredentials(credentials) {
    if (!credentials) return;
    this.#credentials = credentials;
    this.#links?.setCredentials({ ttl: credentials.ttl, iceServers: credentials.iceServers });
  }

  /** @param {boolean} quiet whether nobody speaks at this microphone */
  setQuiet(quiet) {
    this.#quiet = quiet;
    this.#links?.setQuiet(quiet);
  }

  /** @param {PeerRef} self */
  #make(self) {
    const journal = this.#journal;
    const links = this.#platform.makeLinks({
      self,
      send: (message) => this.#tell(message),
      credentials: () => this.#credentials?.iceServers ?? [],
      relayOnly: this.#credentials?.iceTransportPolicy === "relay",
      track: this.#track(),
      bitrate: (people) => bitrate(people, this.#music(), this.#saves()),
      opus: () => opusFor(this.#music(), this.#talks()),
      certificate: this.#certificate,
      platform: this.#platform,
    });
    links.on("stream", (playing) => this.emit("stream", playing));
    links.on("generation", ({ what, ...facts }) => {
      journal.note(`generation ${what}`, facts);
      if (what === "made") this.emit("made", { why: facts.why });
    });
    links.on("fault", ({ peer, gen, reason, refused }) => {
      if (refused) journal.noteOften("description refused", { peer, gen });
      else journal.noteOften("fault", { peer, gen, kind: kindOf(reason) });
    });
    links.on("channel", (channel) => this.emit("channel", channel));
    links.on("word", (said) => this.emit("word", said));
    links.on("flooded", ({ peer }) => journal.note("channel flooded", { peer }));
    links.on("report", (news) => this.emit("report", news));
    if (this.#credentials) links.setCredentials(this.#credentials);
    if (this.#quiet) links.setQuiet(true);
    return links;
  }

  /** @param {ClientMessage} message */
  #tell(message) {
    if (message.type === "repair") {
      this.#journal.note("repair asked", { peer: message.target, gen: message.gen, why: message.why });
    }
    this.#send(message);
  }
}
