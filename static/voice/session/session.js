// @ts-check
// A person's time in a room, from the first dial to its end: the seat, the roster and the links, kept in step.

import { Emitter } from "../emitter.js";
import { Signaling } from "../signaling/signaling.js";
import { between } from "./between.js";
import { Keeper } from "./keeper.js";
import { Linking } from "./linking.js";
import { LinksReports } from "./links-reports.js";
import { isOwnPathWeak } from "./own-path.js";
import { pairs } from "./pairs.js";
import { PastServer } from "./past-server.js";
import { people } from "./people.js";
import * as rosters from "./roster.js";
import { ServerWatch } from "./server-watch.js";
import * as words from "./words.js";

/** @typedef {import("../link/links.js").Links} Links */
/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {import("../signaling/signaling-state.js").Greeting} Greeting */

/** What links say by themselves: an error about one of these is no news for the person. */
const OF_LINKS = ["offer", "answer", "ice", "repair", "abort", "links"];
/** Errors that a person's own act can cause; the others answer races that mend themselves.
 *  @type {readonly (keyof typeof import("../signaling/codes.js").ERROR_CODES)[]} */
const FOR_THE_PERSON = ["not-allowed", "too-fast"];

/** @typedef {import("./words.js").Said} Said */
/** @typedef {{muted: boolean, deafened: boolean}} Told */
/** @typedef {import("../signaling/messages.js").Welcome} Welcome */
/** @typedef {import("../signaling/messages.js").SeatMessage} SeatMessage */
/** @typedef {import("../signaling/signaling-state.js").SeatEvents & import("../signaling/signaling.js").SocketEvents} SignalingEvents */

/** @extends {Emitter<import("./session-events.js").SessionEvents>} */
export class VoiceSession extends Emitter {
  /** As what the room takes us, and what the last hello said. @type {Told} */
  #told = { muted: false, deafened: false };
  #helloTold = this.#told;
  #ended = false;
  #weak = false;
  /** What the last welcome says. */
  #keepsLinks = false;
  /** Whom one removed, until they are gone; again: a server may never have heard of it. @type {Map<string, {links: boolean, again: boolean}>} */
  #removed = new Map();
  #signaling;
  #keeper;
  #past;
  #server;
  #reports;
  #linking;
  #journal;
  #clock;
  #later;

  /**
   * @param {{roomId: string, hello: () => Greeting, track: () => MediaStreamTrack|null, music?: () => boolean, saves?: () => boolean, talks?: () => boolean,
   *   takesNotes?: () => boolean, compared: import("./compared-keys.js").ComparedKeys, journal: import("./journal.js").Journal,
   *   later: (what: string, task: () => void) => void, platform: Platform}} options
   *   later: once the links are made that are being made now; of what waits already it is done once
   */
  constructor({
    roomId, hello, track, music = () => false, saves = () => false, talks = () => true, takesNotes = () => true, compared, journal,
    later, platform,
  }) {
    super();
    this.#later = later;
    this.#journal = journal;
    this.#clock = platform;
    this.#server = new ServerWatch((said) => this.#tell("server", said), platform);
    this.#signaling = new Signaling({
      roomId, platform,
      hello: () => {
        const { muted, deafened, ...greeting } = hello();
        this.#helloTold = { muted, deafened };
        return { ...greeting, muted, deafened };
      },
    });
    const linking = this.#linking = new Linking({
      send: (message) => this.#signaling.send(message), track, music, saves, talks, journal, platform,
    });
    this.#reports = new LinksReports({
      reports: () => linking.reports(), joined: () => this.#signaling.joined,
      send: (message) => this.#signaling.send(message), later: (task) => later("links", task), clock: platform,
    });
    this.#keeper = new Keeper({ reports: () => linking.reports(), joined: () => this.#signaling.joined, clock: platform });
    this.#keeper.on("back", (seat) => linking.links?.present(seat));
    this.#keeper.on("changed", () => this.#tell("changed", null));
    this.#keeper.on("news", (news) => this.#tell("news", news));
    const past = this.#past = new PastServer({
      roomId, platform, takesNotes, compared, keeper: this.#keeper, links: () => linking.links, told: () => this.#told,
    });
    for (const name of /** @type {const} */ (["note", "safety", "alarm", "notice"])) {
      past.on(name, (detail) => this.#tell(name, /** @type {any} */ (detail)));
    }
    this.#keeper.on("gone", (peer) => {
      // Nobody is heard, or sent to, who is in no list: whoever was lost and is still heard stays in it.
      linking.links?.left(peer, "left");
      // The lost as well: else what they left, a trouble with their key perhaps, would stay for as long as the call.
      this.#forget(peer);
    });
    past.on("bye", ({ peer }) => this.#depart(peer));
    this.#hearTheLinks();
    this.#hearTheSeat();
  }

  start() {
    this.#signaling.start();
    this.#linking.prepare();
  }

  /** @param {"online"|"visible"|"addresses"} why */
  reassess(why) {
    this.#signaling.probe(why);
    this.#linking.links?.reassess(why);
  }

  /** What was told before a welcome that begins anew is forgotten, but for its hello. @param {Told} told */
  sendState({ muted, deafened }) {
    if (!this.#linking.links || (muted === this.#told.muted && deafened === this.#told.deafened)) return;
    this.#told = { muted, deafened };
    this.#signaling.send({ type: "state", muted, deafened });
    this.#past.tellState();
  }

  /** @param {MediaStreamTrack|null} track */
  setTrack(track) {
    this.#linking.links?.setTrack(track);
  }

  /** @param {boolean} quiet whether nobody speaks at this microphone */
  setQuiet(quiet) {
    this.#linking.setQuiet(quiet);
  }

  /** Another bitrate may be wanted, or another manner of encoding. */
  retune() {
    this.#linking.links?.retune();
  }

  /** Whether the server can keep the open links where somebody is removed. */
  get keepsLinks() {
    return this.#keepsLinks;
  }

  /** @param {string} peer @param {{links?: boolean}} [also] */
  remove(peer, { links = true } = {}) {
    this.#removed.set(peer, { links, again: false });
    // To a server of before it is an unknown field: nobody would be removed.
    this.#signaling.send({ type: "remove", target: peer, ...(!links && this.#keepsLinks && { links }) });
  }

  /** @param {Omit<rosters.Me, "joined"|"weak">} me @param {ReadonlySet<string>} speaking */
  people(me, speaking) {
    return people(this.#keeper.roster, { ...me, joined: this.#signaling.joined, weak: this.#weak }, this.#linking.reports(), speaking, this.#clock.now());
  }

  /** @param {string} name */
  pairs(name) {
    return pairs(this.#keeper.roster, { name }, this.#linking.reports());
  }

  /** How it is between any two others. @param {readonly import("./pairs.js").Pair[]} pairs  those who can't hear each other */
  between(pairs) {
    return between(this.#keeper.roster, pairs);
  }

  /** What goes past the server: notes, paths, the safety code. */
  get past() {
    return this.#past;
  }

  /** Who speaks now, whatever they say of themselves. @param {ReadonlySet<string>} speaking */
  hear(speaking) {
    this.#keeper.hear(speaking);
  }

  /** Those who say that they are muted, and had the time to be. */
  saidMuted() {
    return this.#keeper.saidMuted;
  }

  /** @param {string} peer @returns {string} "" where nobody is known by that id */
  userOf(peer) {
    return this.#keeper.roster.peers.get(peer)?.user ?? "";
  }

  /** Whether everybody is heard and no link moved for so many ms, or none will soon. @param {number} calm */
  isCalm(calm) {
    const { roster } = this.#keeper;
    return this.#signaling.joined && !roster.listed && this.#linking.isCalm(rosters.seats(roster), calm);
  }

  receivers() {
    return this.#linking.links?.receivers() ?? new Map();
  }

  /** What is left of it after its end, which may be one socket that gives the seat back. */
  forget() {
    this.#signaling.forget();
  }

  end() {
    this.#ended = true;
    this.#past.close();
    this.#signaling.bye();
    this.#linking.links?.close();
    this.#reports.close();
    this.#keeper.close();
    this.#server.close();
  }

  #hearTheLinks() {
    const linking = this.#linking;
    linking.on("stream", (playing) => this.#tell("stream", playing));
    linking.on("made", ({ why }) => this.#reports.made(why));
    linking.on("channel", ({ peer, open }) => {
      if (!open) this.#past.closed(peer);
      else this.#later(`channel ${peer}`, () => linking.links?.opens(peer) && this.#past.opened(peer));
    });
    linking.on("word", (said) => this.#past.take(said));
    linking.on("report", (news) => {
      this.#past.fares(news);
      this.#later("safety", () => this.#past.look());
      this.#reports.fares(news);
      this.#keeper.prune();
      this.#weak = isOwnPathWeak(this.#keeper.roster, linking.reports(), this.#weak);
      this.#tell("changed", null);
    });
  }

  #hearTheSeat() {
    const journal = this.#journal;
    this.#on("socket", ({ what, code }) => journal.note("socket", { what, code }));
    this.#on("malformed", (type) => journal.note("frame malformed", { type }));
    this.#on("credentials", (body) => this.#linking.setCredentials(body));
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
      this.#linking.links?.reassess("wake");
      journal.note("wake");
      this.#tell("wake", null);
    });
  }

  /** @template {keyof SignalingEvents} Name @param {Name} name @param {(detail: SignalingEvents[Name]) => void} handle */
  #on(name, handle) {
    this.#signaling.on(name, (detail) => {
      if (!this.#ended) handle(detail);
    });
  }

  /** @param {Welcome} message */
  #welcome(message) {
    this.#keeper.take(message);
    this.#reports.counts = message.counts;
    this.#keepsLinks = message.keeps;
    const seat = { peer: message.source, order: message.order };
    const links = this.#linking.seat(seat);
    if (message.resumed) links.reassess("resume");
    else this.#beginAnew();
    this.#reports.begin();
    this.#server.back();
    this.#tell("joined", null);
  }

  /** @param {SeatMessage} message */
  #onMessage(message) {
    const links = /** @type {Links} */ (this.#linking.links);
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
        return this.#linking.setCredentials(message);
      case "notice":
        return this.#tell("closing", message.at);
      case "knock":
        return this.#tell("knock", { user: message.user, name: message.name, alike: message.alike === true });
      case "removed":
        return this.#keeper.take(message);
      case "error":
        return this.#answered(message);
    }
    if (message.source === this.#keeper.roster.self?.peer) return;
    const comes = message.type === "hello" || message.type === "present";
    if (comes && !this.#keeper.roster.peers.has(message.source)) this.#tell("linking", null);
    this.#keeper.take(message);
    const removed = this.#removed.get(message.source);
    if (comes && removed?.again) this.remove(message.source, removed);
    if (this.#keeper.roster.departed.has(message.source)) return;
    if (comes) links.present({ peer: message.source, order: message.order });
    // Whoever left is gone from the list with it; the lost are heard for as long as they can be.
    if (message.type === "left" && message.reason === "lost") links.left(message.source, "lost");
  }

  /** What was said before may be lost: whom one removed comes back to a server that was just starting. */
  #beginAnew() {
    this.#told = this.#helloTold;
    for (const removed of this.#removed.values()) removed.again = true;
  }

  /** @param {string} peer */
  #forget(peer) {
    this.#removed.delete(peer);
    this.#past.forget(peer);
    this.#reports.forget(peer);
  }

  /** @param {string} peer */
  #depart(peer) {
    this.#journal.note("left past the server", { peer });
    this.#keeper.depart(peer);
  }

  /** An error of ours. @param {{code: string, about: string}} error */
  #answered({ code, about }) {
    const refused = (code === "bad-message" || code === "too-large") && (about === "offer" || about === "answer");
    this.#journal.note("error answered", { code, about, peer: refused ? this.#linking.links?.unfit(about) : undefined });
    if (code === "too-fast" && about === "offer") this.#linking.links?.unsent();
    if (about === "remove" && code === "not-allowed") this.#removed.clear();
    const forThePerson = FOR_THE_PERSON.some((known) => known === code) && !OF_LINKS.includes(about);
    if (forThePerson) this.#tell("notice", { code, words: words.ANSWERED[code] });
  }

  /** Each hello has its mark of the end; behind a resumed welcome there is seldom a list. */
  #listEnds() {
    const { listed, first } = this.#keeper.roster;
    if (!listed) return;
    this.#keeper.listEnds();
    this.#linking.links?.sync(rosters.seats(this.#keeper.roster));
    this.#keeper.prune();
    if (first) this.#tell("listed", null);
  }

  /** @template {keyof import("./session-events.js").SessionEvents} Name @param {Name} name @param {import("./session-events.js").SessionEvents[Name]} detail */
  #tell(name, detail) {
    if (!this.#ended) this.emit(name, detail);
  }
}
