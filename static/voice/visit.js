// @ts-check
// One visit to a room, from the first dial to its end: the seat, the roster and the links, kept in step.

import { Pace } from "./pace.js";
import * as rosters from "./roster.js";
import { Signaling } from "./signaling.js";
import * as words from "./words.js";

/** @typedef {import("./links.js").Links} Links */
/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {import("./signaling-state.js").Greeting} Greeting */

const LINKS_EVERY = 2000;
/** A server that is back sooner is not worth a word. */
const SERVER_MISSED = 3000;
const FOR_LINKS = new Set(["offer", "answer", "ice", "repair", "abort"]);
/** Errors that a person's own act can cause; the others answer races that mend themselves. */
const FOR_THE_PERSON = new Set(["not-allowed", "too-fast"]);

/** Bits a second of each link; one's uplink carries one link for each other person. @param {number} people */
export function bitrate(people) {
  if (people <= 4) return 40_000;
  return people <= 6 ? 32_000 : 24_000;
}

/**
 * Events (CustomEvent): "joined", "lost", "changed", "wake" (no detail), "trouble" and "over" {detail: {code, words}},
 * "news" {detail: News[]}, "server" {detail: {lost, words}},
 * "stream" {detail: {peer, stream}}, "closing" {detail: at}, "notice" {detail: {code, words}}.
 */
export class Visit extends EventTarget {
  /** @type {rosters.Roster} */
  #roster = rosters.EMPTY;
  /** @type {Links|null} */
  #links = null;
  /** @type {{iceServers: RTCIceServer[], ttl: number, iceTransportPolicy?: RTCIceTransportPolicy}|null} */
  #credentials = null;
  /** @type {any} */
  #pruning = null;
  /** The links as they were told last. */
  #toldLinks = "[]";
  /** Whether the room takes us for muted, and what the last hello said. */
  #toldMuted = false;
  #helloMuted = false;
  /** @type {any} */
  #missing = null;
  #serverLost = false;
  #ended = false;
  #signaling;
  #report;
  #track;
  #platform;

  /**
   * @param {{roomId: string, hello: () => Greeting, track: () => MediaStreamTrack|null, platform: Platform}} options
   */
  constructor({ roomId, hello, track, platform }) {
    super();
    this.#track = track;
    this.#platform = platform;
    this.#report = new Pace(LINKS_EVERY, () => this.#tellLinks(), platform);
    this.#signaling = new Signaling({
      roomId, platform,
      hello: () => {
        const greeting = hello();
        this.#helloMuted = greeting.muted;
        return greeting;
      },
    });
    this.#on("credentials", (body) => this.#setCredentials(body));
    this.#on("welcome", (message) => this.#welcome(message));
    this.#on("message", (message) => this.#receive(message));
    this.#on("roster", () => this.#listEnds());
    this.#on("lost", () => this.#lost());
    this.#on("trouble", ({ status }) => this.#emit("trouble", words.trouble(status)));
    this.#on("over", (why) => this.#emit("over", words.over(why)));
    this.#on("wake", () => {
      this.#links?.look("wake");
      this.#emit("wake");
    });
  }

  start() {
    this.#signaling.start();
  }

  /** @param {"online"|"visible"|"addresses"} why */
  look(why) {
    this.#signaling.look(why);
    this.#links?.look(why);
  }

  /** What was told before a welcome that begins anew is forgotten, but for its hello. @param {boolean} muted */
  tellMuted(muted) {
    if (!this.#links || muted === this.#toldMuted) return;
    this.#toldMuted = muted;
    this.#signaling.send({ type: "state", muted, deafened: false });
  }

  /** @param {MediaStreamTrack|null} track */
  setTrack(track) {
    this.#links?.setTrack(track);
  }

  /** @param {string} peer */
  remove(peer) {
    this.#signaling.send({ type: "remove", target: peer });
  }

  /** @param {string} name @param {boolean} muted @param {string} silent @param {ReadonlySet<string>} speaking */
  people(name, muted, silent, speaking) {
    const me = { name, muted, silent, joined: this.#signaling.joined };
    return rosters.people(this.#roster, me, this.#reports(), speaking);
  }

  /** @param {string} name */
  pairs(name) {
    return rosters.pairs(this.#roster, { name }, this.#reports());
  }

  receivers() {
    return this.#links?.receivers() ?? new Map();
  }

  end() {
    this.#ended = true;
    this.#signaling.bye();
    this.#links?.close();
    this.#report.close();
    this.#platform.clearTimeout(this.#pruning);
    this.#platform.clearTimeout(this.#missing);
  }

  /** @param {string} name @param {(detail: any) => void} handle */
  #on(name, handle) {
    this.#signaling.addEventListener(name, (event) => {
      if (!this.#ended) handle(/** @type {CustomEvent} */ (event).detail);
    });
  }

  /** @param {any} message */
  #welcome(message) {
    this.#take(message);
    const seat = { peer: message.source, order: message.order };
    if (this.#links) this.#links.setSelf(seat);
    else this.#links = this.#makeLinks(seat);
    if (message.resumed) this.#links.look("resume");
    else this.#toldMuted = this.#helloMuted;
    this.#toldLinks = "[]";
    this.#report.want();
    this.#platform.clearTimeout(this.#missing);
    if (this.#serverLost) this.#sayServer(false, words.SERVER_BACK);
    this.#emit("joined");
  }

  /** The links live on, so a short absence of the server says nothing. */
  #lost() {
    this.#platform.clearTimeout(this.#missing);
    this.#missing = this.#platform.setTimeout(() => this.#sayServer(true, words.SERVER_LOST), SERVER_MISSED);
    this.#emit("lost");
  }

  /** @param {boolean} lost @param {string} said */
  #sayServer(lost, said) {
    this.#serverLost = lost;
    this.#emit("server", { lost, words: said });
  }

  /** @param {import("./links.js").Seat} self */
  #makeLinks(self) {
    const links = this.#platform.makeLinks({
      self,
      send: (message) => this.#signaling.send(message),
      credentials: () => this.#credentials?.iceServers ?? [],
      relayOnly: this.#credentials?.iceTransportPolicy === "relay",
      track: this.#track(),
      bitrate: (people) => (this.#platform.connection?.saveData ? 16_000 : bitrate(people)),
      platform: this.#platform,
    });
    links.addEventListener("stream", (event) => this.#emit("stream", /** @type {CustomEvent} */ (event).detail));
    links.addEventListener("report", () => {
      this.#report.want();
      this.#prune();
      this.#emit("changed");
    });
    if (this.#credentials) links.setCredentials(this.#credentials);
    return links;
  }

  /** @param {any} message */
  #receive(message) {
    const links = /** @type {Links} */ (this.#links);
    const { type, source } = message;
    if (FOR_LINKS.has(type)) return links.receive(message);
    if (type === "credentials") return this.#setCredentials(message);
    if (type === "notice") return this.#emit("closing", message.at);
    if (type === "error") {
      if (FOR_THE_PERSON.has(message.code)) this.#emit("notice", { code: message.code, words: message.message });
      return;
    }
    if (source === this.#roster.self?.peer) return;
    this.#take(message);
    if (type === "hello" || type === "present") links.present({ peer: source, order: message.order });
    if (type === "left") links.left(source, message.reason);
  }

  /** Let the roster take a frame, and tell what is new. @param {any} message */
  #take(message) {
    const { roster, news } = rosters.receive(this.#roster, message, this.#platform.now());
    this.#roster = roster;
    this.#emit("changed");
    this.#emit("news", news);
    this.#prune();
  }

  /** Each hello has its mark of the end; behind a resumed welcome there is seldom a list. */
  #listEnds() {
    if (!this.#roster.listed) return;
    this.#roster = rosters.listEnds(this.#roster, this.#platform.now());
    this.#links?.sync(rosters.seats(this.#roster));
    this.#prune();
    this.#emit("changed");
  }

  #prune() {
    const { roster, news } = rosters.prune(this.#roster, this.#reports(), this.#platform.now());
    this.#roster = roster;
    this.#platform.clearTimeout(this.#pruning);
    const lost = [...roster.members.values()].some(({ goneAt }) => goneAt !== null);
    this.#pruning = lost ? this.#platform.setTimeout(() => this.#prune(), rosters.GONE / 2) : null;
    if (news.length === 0) return;
    this.#emit("news", news);
    this.#emit("changed");
  }

  #tellLinks() {
    const links = rosters.summary(this.#reports());
    // What changes all the time (rtt, loss) goes along; it is no change by itself.
    const told = JSON.stringify(Object.entries(links).map(([peer, { state, path }]) => [peer, state, path]));
    if (told === this.#toldLinks || !this.#signaling.joined) return false;
    this.#toldLinks = told;
    this.#signaling.send({ type: "links", links });
    return true;
  }

  /** @param {{iceServers: RTCIceServer[], ttl: number, iceTransportPolicy?: RTCIceTransportPolicy}|null} body */
  #setCredentials(body) {
    if (!body) return;
    this.#credentials = body;
    this.#links?.setCredentials({ ttl: body.ttl, iceServers: body.iceServers });
  }

  /** @returns {Map<string, import("./links.js").LinkReport>} */
  #reports() {
    return this.#links?.reports() ?? new Map();
  }

  /** @param {string} name @param {any} [detail] */
  #emit(name, detail = null) {
    if (!this.#ended) this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
