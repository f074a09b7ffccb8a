// @ts-check
// A person's time in a room, from the first dial to its end: the seat, the roster and the links, kept in step.

import { Emitter } from "../emitter.js";
import { Signaling } from "../signaling/signaling.js";
import { kindOf } from "./journal.js";
import { bitrate, opusFor } from "./bitrate.js";
import { pairs } from "./pairs.js";
import * as rosters from "./roster.js";
import { ServerWatch } from "./server-watch.js";
import { Throttle } from "./throttle.js";
import * as words from "./words.js";

/** @typedef {import("../link/links.js").Links} Links */
/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {import("../signaling/signaling-state.js").Greeting} Greeting */

const LINKS_EVERY = 2000;
/** What links say by themselves: an error about one of these is no news for the person. */
const OF_LINKS = ["offer", "answer", "ice", "repair", "abort", "links"];
/** Errors that a person's own act can cause; the others answer races that mend themselves.
 *  @type {readonly (keyof typeof import("../signaling/codes.js").ERROR_CODES)[]} */
const FOR_THE_PERSON = ["not-allowed", "too-fast"];

/** @typedef {import("./words.js").Said} Said */
/** @typedef {{muted: boolean, deafened: boolean}} Told */
/** @typedef {import("../signaling/messages.js").Welcome} Welcome */
/** @typedef {import("../signaling/messages.js").SeatMessage} SeatMessage */
/** @typedef {import("../signaling/messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../signaling/messages.js").Credentials} Credentials */
/** @typedef {import("../signaling/signaling-state.js").SeatEvents & import("../signaling/signaling.js").SocketEvents} SignalingEvents */

/** @extends {Emitter<import("./session-events.js").SessionEvents>} */
export class VoiceSession extends Emitter {
  /** @type {rosters.Roster} */
  #roster = rosters.EMPTY;
  /** @type {Links|null} */
  #links = null;
  /** @type {Credentials|null} */
  #credentials = null;
  /** @type {any} */
  #pruning = null;
  /** @type {any} */
  #overhearing = null;
  /** @type {ReadonlySet<string>} the peers that are heard now */
  #speaking = new Set();
  /** The links as they were told last. */
  #toldLinks = "[]";
  /** As what the room takes us, and what the last hello said. @type {Told} */
  #told = { muted: false, deafened: false };
  #helloTold = this.#told;
  #quiet = false;
  #ended = false;
  #signaling;
  #server;
  #telling;
  #track;
  #music;
  #journal;
  #platform;

  /**
   * @param {{roomId: string, hello: () => Greeting, track: () => MediaStreamTrack|null, music?: () => boolean,
   *   journal: import("./journal.js").Journal, platform: Platform}} options
   */
  constructor({ roomId, hello, track, music = () => false, journal, platform }) {
    super();
    this.#track = track;
    this.#music = music;
    this.#journal = journal;
    this.#platform = platform;
    this.#telling = new Throttle(LINKS_EVERY, () => this.#sendLinks(), platform);
    this.#server = new ServerWatch((said) => this.#tell("server", said), platform);
    this.#signaling = new Signaling({
      roomId, platform,
      hello: () => {
        const { muted, deafened, ...greeting } = hello();
        this.#helloTold = { muted, deafened };
        return { ...greeting, muted, deafened };
      },
    });
    this.#on("socket", ({ what, code }) => journal.note("socket", { what, code }));
    this.#on("malformed", (type) => journal.note("frame malformed", { type }));
    this.#on("credentials", (body) => this.#setCredentials(body));
    this.#on("welcome", (message) => this.#welcome(message));
    this.#on("message", (message) => this.#onMessage(message));
    this.#on("roster", () => this.#listEnds());
    this.#on("lost", () => {
      this.#server.lost();
      this.#tell("lost", null);
    });
    this.#on("trouble", ({ status }) => this.#tell("trouble", words.trouble(status)));
    this.#on("over", (why) => this.#tell("over", words.over(why)));
    this.#on("wake", () => {
      this.#links?.reassess("wake");
      journal.note("wake");
      this.#tell("wake", null);
    });
  }

  start() {
    this.#signaling.start();
  }

  /** @param {"online"|"visible"|"addresses"} why */
  reassess(why) {
    this.#signaling.probe(why);
    this.#links?.reassess(why);
  }

  /** What was told before a welcome that begins anew is forgotten, but for its hello. @param {Told} told */
  sendState({ muted, deafened }) {
    if (!this.#links || (muted === this.#told.muted && deafened === this.#told.deafened)) return;
    this.#told = { muted, deafened };
    this.#signaling.send({ type: "state", muted, deafened });
  }

  /** @param {MediaStreamTrack|null} track */
  setTrack(track) {
    this.#links?.setTrack(track);
  }

  /** @param {boolean} quiet whether nobody speaks at this microphone */
  setQuiet(quiet) {
    this.#quiet = quiet;
    this.#links?.setQuiet(quiet);
  }

  /** Another bitrate may be wanted, or another manner of encoding. */
  retune() {
    this.#links?.retune();
  }

  /** @param {string} peer */
  remove(peer) {
    this.#signaling.send({ type: "remove", target: peer });
  }

  /** @param {Omit<rosters.Me, "joined">} me @param {ReadonlySet<string>} speaking */
  people(me, speaking) {
    return rosters.people(this.#roster, { ...me, joined: this.#signaling.joined }, this.#reports(), speaking);
  }

  /** @param {string} name */
  pairs(name) {
    return pairs(this.#roster, { name }, this.#reports());
  }

  /** Who speaks now, whatever they say of themselves. @param {ReadonlySet<string>} speaking */
  hear(speaking) {
    this.#speaking = speaking;
    this.#overhear();
  }

  /** @param {string} peer @returns {string} "" where nobody is known by that id */
  userOf(peer) {
    return this.#roster.peers.get(peer)?.user ?? "";
  }

  receivers() {
    return this.#links?.receivers() ?? new Map();
  }

  /** What is left of it after its end, which may be one socket that gives the seat back. */
  forget() {
    this.#signaling.forget();
  }

  end() {
    this.#ended = true;
    this.#signaling.bye();
    this.#links?.close();
    this.#telling.close();
    this.#platform.clearTimeout(this.#pruning);
    this.#platform.clearTimeout(this.#overhearing);
    this.#server.close();
  }

  /** @template {keyof SignalingEvents} Name @param {Name} name @param {(detail: SignalingEvents[Name]) => void} handle */
  #on(name, handle) {
    this.#signaling.on(name, (detail) => {
      if (!this.#ended) handle(detail);
    });
  }

  /** @param {Welcome} message */
  #welcome(message) {
    this.#updateRoster(message);
    const seat = { peer: message.source, order: message.order };
    if (this.#links) this.#links.setSelf(seat);
    else this.#links = this.#makeLinks(seat);
    if (message.resumed) this.#links.reassess("resume");
    else this.#told = this.#helloTold;
    this.#toldLinks = "[]";
    this.#telling.want();
    this.#server.back();
    this.#tell("joined", null);
  }

  /** @param {import("../link/links.js").PeerRef} self */
  #makeLinks(self) {
    const journal = this.#journal;
    const links = this.#platform.makeLinks({
      self,
      send: (message) => this.#sendOfLink(message),
      credentials: () => this.#credentials?.iceServers ?? [],
      relayOnly: this.#credentials?.iceTransportPolicy === "relay",
      track: this.#track(),
      bitrate: (people) => (this.#platform.connection?.saveData ? 16_000 : bitrate(people, this.#music())),
      opus: () => opusFor(this.#music()),
      platform: this.#platform,
    });
    links.on("stream", (playing) => this.#tell("stream", playing));
    links.on("generation", ({ what, ...facts }) => journal.note(`generation ${what}`, facts));
    links.on("fault", ({ peer, gen, reason, refused }) => {
      if (refused) journal.noteOften("description refused", { peer, gen });
      else journal.note("fault", { peer, gen, kind: kindOf(reason) });
    });
    links.on("report", () => {
      this.#telling.want();
      this.#prune();
      this.#tell("changed", null);
    });
    if (this.#credentials) links.setCredentials(this.#credentials);
    if (this.#quiet) links.setQuiet(true);
    return links;
  }

  /** @param {ClientMessage} message */
  #sendOfLink(message) {
    if (message.type === "repair") {
      this.#journal.note("repair asked", { peer: message.target, gen: message.gen, why: message.why });
    }
    this.#signaling.send(message);
  }

  /** @param {SeatMessage} message */
  #onMessage(message) {
    const links = /** @type {Links} */ (this.#links);
    switch (message.type) {
      case "repair":
        this.#journal.noteOften("repair wanted", { peer: message.source, gen: message.gen });
        return links.deliver(message);
      case "offer":
      case "answer":
      case "ice":
      case "abort":
        return links.deliver(message);
      case "credentials":
        return this.#setCredentials(message);
      case "notice":
        return this.#tell("closing", message.at);
      case "error":
        return this.#answered(message);
    }
    if (message.source === this.#roster.self?.peer) return;
    this.#updateRoster(message);
    if (message.type === "hello" || message.type === "present") links.present({ peer: message.source, order: message.order });
    if (message.type === "left") links.left(message.source, message.reason);
  }

  /** An error of ours. @param {{code: string, message: string, about: string}} error */
  #answered({ code, message, about }) {
    this.#journal.note("error answered", { code, about });
    if (code === "too-fast" && about === "offer") this.#links?.unsent();
    const forThePerson = FOR_THE_PERSON.some((known) => known === code) && !OF_LINKS.includes(about);
    if (forThePerson) this.#tell("notice", { code, words: message });
  }

  /** Let the roster take a frame, and tell what is new. @param {Welcome|SeatMessage} message */
  #updateRoster(message) {
    const { roster, news } = rosters.applyMessage(this.#roster, message, this.#platform.now());
    this.#roster = roster;
    this.#tell("changed", null);
    this.#tell("news", news);
    this.#overhear();
    this.#prune();
  }

  /** Each hello has its mark of the end; behind a resumed welcome there is seldom a list. */
  #listEnds() {
    if (!this.#roster.listed) return;
    this.#roster = rosters.listEnds(this.#roster, this.#platform.now());
    this.#links?.sync(rosters.seats(this.#roster));
    this.#prune();
    this.#tell("changed", null);
  }

  #overhear() {
    const now = this.#platform.now();
    const { roster, news } = rosters.overhear(this.#roster, this.#speaking, now);
    const changed = roster !== this.#roster;
    this.#roster = roster;
    this.#platform.clearTimeout(this.#overhearing);
    const at = rosters.overhearAt(roster, now);
    this.#overhearing = at === null || this.#ended ? null : this.#platform.setTimeout(() => this.#overhear(), at - now);
    if (!changed) return;
    this.#tell("news", news);
    this.#tell("changed", null);
  }

  #prune() {
    const { roster, news } = rosters.prune(this.#roster, this.#reports(), this.#platform.now());
    this.#roster = roster;
    this.#platform.clearTimeout(this.#pruning);
    const lost = [...roster.peers.values()].some(({ goneAt }) => goneAt !== null);
    this.#pruning = lost ? this.#platform.setTimeout(() => this.#prune(), rosters.GONE / 2) : null;
    if (news.length === 0) return;
    this.#tell("news", news);
    this.#tell("changed", null);
  }

  #sendLinks() {
    const links = rosters.summary(this.#reports());
    // What changes all the time (rtt, loss) goes along; it is no change by itself.
    const told = JSON.stringify(Object.entries(links).map(([peer, { state, path }]) => [peer, state, path]));
    if (told === this.#toldLinks || !this.#signaling.joined) return false;
    this.#toldLinks = told;
    this.#signaling.send({ type: "links", links });
    return true;
  }

  /** @param {Credentials|null} credentials */
  #setCredentials(credentials) {
    if (!credentials) return;
    this.#credentials = credentials;
    this.#links?.setCredentials({ ttl: credentials.ttl, iceServers: credentials.iceServers });
  }

  /** @returns {Map<string, import("../link/links.js").LinkReport>} */
  #reports() {
    return this.#links?.reports() ?? new Map();
  }

  /** @template {keyof import("./session-events.js").SessionEvents} Name @param {Name} name @param {import("./session-events.js").SessionEvents[Name]} detail */
  #tell(name, detail) {
    if (!this.#ended) this.emit(name, detail);
  }
}
