// @ts-check
/** The links of one session: a machine for each peer, and the RTCPeerConnections that do what the machines say. */

import { Emitter } from "../emitter.js";
import { Certificate } from "./certificate.js";
import { changes } from "./link-history.js";
import { pollInterval, report } from "./link-state.js";
import { LinkTable } from "./link-table.js";
import { LinkWire } from "./link-wire.js";

/** @typedef {import("./link-state.js").LinkReport} LinkReport */
/** @typedef {import("./link-state.js").GenerationState} GenerationState */
/** @typedef {import("./link-table.js").PeerRef} PeerRef */
/** @typedef {import("../signaling/messages.js").ClientMessage} ClientMessage */
/** @typedef {import("./link-table.js").Task} Task */
/** @typedef {import("../signaling/messages.js").LinkMessage} LinkMessage */
/** @typedef {import("./generation.js").GenerationPlatform & {random: () => number}} LinksPlatform */

/** How often it is looked at whether something is played. */
const LOOK = 200;
/** For so many ms after a step of any link it counts as being made. */
const MOVING = 100;

/**
 * @typedef {object} LinksEvents
 * @property {{peer: string, stream: MediaStream | null}} stream which to play, and again when another generation wins
 * @property {{peer: string, report: LinkReport}} report when it changed
 * @property {{peer: string} & import("./link-history.js").Change} generation
 * @property {{peer: string, text: string}} word what a peer says in its data channel, unread
 * @property {{peer: string, open: boolean}} channel one opened, so that words can be said in it, or the last one closed
 * @property {{peer: string}} flooded a peer said so much that it isn't listened to any more
 * @property {{peer: string, gen: number, reason: string, refused: boolean}} fault something failed that ends no link:
 *   an error's text, and whether it was the shape of the other side's description
 */

/** @extends {Emitter<LinksEvents>} */
export class Links extends Emitter {
  /** @type {Map<string, LinkWire>} */
  #wires = new Map();
  /** The generations as they were told of last, by peer. @type {Map<string, readonly GenerationState[]>} */
  #known = new Map();
  /** The states that were reported. @type {WeakSet<import("./link-state.js").LinkState>} */
  #shown = new WeakSet();
  #timer = null;
  #dueAt = Infinity;
  #quiet = false;
  #tickedAt;
  #movedAt;
  #bitrateNow;
  /** The people whom it is shared by; 0: to be looked at anew. */
  #sharing = 0;
  #certificate;
  #table;
  #options;
  #track;
  #platform;

  /**
   * @param {{self: PeerRef, send: (message: ClientMessage) => void, credentials: () => RTCIceServer[],
   *   relayOnly?: boolean, track: MediaStreamTrack | null, bitrate: (people: number) => number,
   *   opus?: () => import("./tune-opus.js").OpusSettings, certificate?: Certificate, platform: LinksPlatform}} options
   */
  constructor(options) {
    super();
    this.#options = options;
    this.#platform = options.platform;
    this.#track = options.track;
    this.#certificate = options.certificate ?? new Certificate(options.platform);
    this.#table = new LinkTable(options.self);
    this.#tickedAt = this.#movedAt = options.platform.now();
    this.#bitrateNow = options.bitrate(1);
  }

  /** @param {PeerRef} self */
  setSelf(self) {
    this.#do(this.#table.setSelf(self, this.#moment()));
  }

  /** @param {readonly PeerRef[]} seats the whole roster, after a welcome with resumed: false */
  sync(seats) {
    this.#do(this.#table.sync(seats, this.#moment()));
  }

  /** @param {PeerRef} seat */
  present(seat) {
    this.#do(this.#table.present(seat, this.#moment()));
  }

  /**
   * @param {string} peer
   * @param {"left" | "lost" | "removed" | "replaced"} reason
   */
  left(peer, reason) {
    this.#do(this.#table.left(peer, reason, this.#moment()));
  }

  /** @param {LinkMessage} message */
  deliver(message) {
    this.#do(this.#table.deliver(message, this.#moment()));
    // A page whose timers are throttled listens when something comes.
    if (this.#platform.now() >= this.#dueAt) this.#tick();
  }

  /** The server dropped an offer of ours. */
  unsent() {
    this.#do(this.#table.unsent(this.#moment()));
  }

  /** The server refused a description of ours. @param {"offer" | "answer"} type @returns {string | undefined} whose it was, where that is plain */
  unfit(type) {
    const { tasks, peer } = this.#table.unfit(type, this.#moment());
    this.#do(tasks);
    return peer;
  }

  /** @param {MediaStreamTrack | null} track */
  setTrack(track) {
    this.#track = track;
    for (const generation of this.#generations()) generation.sending.setTrack(track);
  }

  /** Whether nobody speaks at this microphone. @param {boolean} quiet */
  setQuiet(quiet) {
    this.#quiet = quiet;
    this.retune();
  }

  /** Another bitrate may be wanted, or another manner of encoding. */
  retune() {
    this.#sharing = 0;
    this.#share();
    const manner = this.#manner();
    for (const generation of this.#generations()) generation.sending.setManner(manner);
  }

  /** @param {{ttl: number, iceServers: RTCIceServer[]}} credentials ttl in seconds */
  setCredentials({ ttl, iceServers }) {
    const relay = iceServers.flatMap((server) => server.urls).some((url) => /^turns?:/i.test(url));
    this.#do(this.#table.credentials({ ttl, relay }, this.#moment()));
    for (const generation of this.#generations()) generation.setIceServers(iceServers);
  }

  /** @param {"online" | "visible" | "wake" | "resume" | "addresses"} reason */
  reassess(reason) {
    this.#do(this.#table.reassess(reason, this.#moment()));
    this.#tick(0);
  }

  /** When a link took a step: something came, or its connection told of itself. To listen is none. */
  get movedAt() {
    return this.#movedAt;
  }

  /** @returns {Map<string, LinkReport>} */
  reports() {
    return new Map([...this.#table.links].map(([peer, link]) => [peer, this.#report(link)]));
  }

  /** @returns {Map<string, RTCRtpReceiver>} */
  receivers() {
    /** @type {Map<string, RTCRtpReceiver>} */
    const receivers = new Map();
    for (const [peer, { receiver }] of this.#wires) if (receiver) receivers.set(peer, receiver);
    return receivers;
  }

  /** Both fingerprints of the link to a peer, once it is secured. @param {string} peer */
  async keys(peer) {
    return (await this.#wires.get(peer)?.keys()) ?? null;
  }

  /** How a peer is received. @param {string} peer */
  figures(peer) {
    return this.#wires.get(peer)?.figures ?? null;
  }

  /** Whether something can be said to a peer past the server. @param {string} peer */
  opens(peer) {
    return this.#wires.get(peer)?.open === true;
  }

  /**
   * Say something to a peer past the server, in the data channel of their link.
   * @param {string} peer
   * @param {string} text
   * @returns {boolean} whether it is on its way
   */
  say(peer, text) {
    return this.#wires.get(peer)?.say(text) === true;
  }

  close() {
    this.#do(this.#table.close(this.#moment()));
  }

  #moment() {
    return { now: this.#platform.now(), random: this.#platform.random };
  }

  #manner() {
    return { quiet: this.#quiet, opus: this.#options.opus?.() ?? {} };
  }

  #generations() {
    return [...this.#wires.values()].flatMap((wire) => wire.generations);
  }

  /** @param {import("./link-state.js").LinkState} link */
  #report(link) {
    const shown = report(link);
    return { ...shown, relayOnly: shown.relayOnly || this.#options.relayOnly === true };
  }

  /** @param {Task[]} tasks @param {boolean} [moves] */
  #do(tasks, moves = true) {
    if (moves) this.#movedAt = this.#platform.now();
    for (const { peer, effect } of tasks) {
      if (effect.type === "send") this.#options.send(effect.message);
      else this.#wire(peer)?.perform(effect);
      if (effect.type === "gone") this.#wires.delete(peer);
    }
    this.#share();
    this.#show();
    this.#recount();
    this.#arm();
  }

  /** @param {string} peer @returns {LinkWire | undefined} none where a listener closed the link meanwhile */
  #wire(peer) {
    const known = this.#wires.get(peer);
    if (known || !this.#table.links.has(peer)) return known;
    const wire = new LinkWire({
      platform: this.#platform,
      advance: (event) => this.#do(this.#table.advance(peer, event, this.#moment()), event.type !== "tick"),
      send: ({ type, ...rest }) => this.#options.send(/** @type {ClientMessage} */ ({ type, target: peer, ...rest })),
      stream: (stream) => this.emit("stream", { peer, stream }),
      word: (text) => this.emit("word", { peer, text }),
      channel: (open) => this.emit("channel", { peer, open }),
      flooded: () => this.emit("flooded", { peer }),
      fault: (gen, reason, refused) => this.emit("fault", { peer, gen, reason, refused }),
      make: (relayOnly) => ({
        track: this.#track, bitrate: this.#bitrateNow, manner: this.#manner(),
        configuration: () => this.#configuration(relayOnly),
      }),
    });
    this.#wires.set(peer, wire);
    return wire;
  }

  /**
   * @param {boolean} relayOnly
   * @returns {Promise<RTCConfiguration>}
   */
  async #configuration(relayOnly) {
    const certificates = [await this.#certificate.get()];
    return {
      iceServers: this.#options.credentials(), certificates, bundlePolicy: "max-bundle",
      iceTransportPolicy: relayOnly || this.#options.relayOnly ? "relay" : "all",
    };
  }

  /** The more people, the less for each. */
  #share() {
    const people = [...this.#table.links.values()].filter((link) => !link.orphan).length + 1;
    // What else it depends on is told by retune(), or looked up while nothing moves.
    if (people === this.#sharing) return;
    this.#sharing = people;
    const bitrate = this.#options.bitrate(people);
    if (bitrate === this.#bitrateNow) return;
    this.#bitrateNow = bitrate;
    for (const generation of this.#generations()) generation.sending.setBitrate(bitrate);
  }

  #show() {
    for (const [peer, link] of this.#table.links) {
      // What a step leaves is never changed again: most of them took none.
      if (this.#shown.has(link)) continue;
      this.#shown.add(link);
      const shown = this.#report(link);
      if (this.#wire(peer)?.isNews(JSON.stringify(shown))) this.emit("report", { peer, report: shown });
    }
  }

  /** Tell what became of the generations. */
  #recount() {
    const { links } = this.#table;
    for (const peer of new Set([...this.#known.keys(), ...links.keys()])) {
      const before = this.#known.get(peer) ?? [];
      const live = links.get(peer)?.live;
      if (live) this.#known.set(peer, live);
      else this.#known.delete(peer);
      for (const change of changes(before, live ?? [])) this.emit("generation", { peer, ...change });
    }
  }

  /** Listen again when the most urgent link wants it; not at all without links. */
  #arm() {
    const links = [...this.#table.links.values()];
    const dueAt = links.length ? this.#tickedAt + Math.min(LOOK, ...links.map(pollInterval)) : Infinity;
    if (dueAt === this.#dueAt) return;
    this.#dueAt = dueAt;
    this.#platform.clearTimeout(this.#timer);
    this.#timer = null;
    if (links.length === 0) return;
    this.#timer = this.#platform.setTimeout(() => this.#tick(), Math.max(dueAt - this.#platform.now(), 0));
  }

  /** @param {number} [longest] listen to every link that wasn't listened to for so long */
  #tick(longest = Infinity) {
    const now = this.#platform.now();
    this.#tickedAt = now;
    const moving = now - this.#movedAt < MOVING;
    // Another tab or the system may have chosen otherwise, which nobody tells.
    if (!moving) this.#sharing = 0;
    for (const [peer, link] of this.#table.links) this.#wires.get(peer)?.poll(now, Math.min(longest, pollInterval(link)), moving);
    this.#arm();
  }
}
