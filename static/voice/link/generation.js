// @ts-check
/**
 * One RTCPeerConnection with one offer and one answer: what happens on it, in order, one thing at a time.
 *
 * No step begins, and none goes on, after close().
 * Nothing throws out of here: an error ends the generation, with a reason.
 */

import { CandidateBatch } from "./candidate-batch.js";
import { fit } from "./candidate-fit.js";
import { Channels } from "./channels.js";
import { UNKNOWN, measure } from "./figures.js";
import { keysOf } from "./fingerprints.js";
import { readStats } from "./link-stats.js";
import { PLAIN, Tuning } from "./tuning.js";

/** Two networks with relays name far fewer. */
const WAITING = 128;
/** No peer has a reason to name more, in one connection, once its description is in. */
const NAMED = 256;
/** The name of an error by which the browser makes no connection at all: forbidden, or out of what it takes. */
const UNMADE = "unmade";
/** A peer of whom no packet came for so many ms is asked whether it is there: muted ones send one each 400. */
const SILENT = 600;
/** A section for data that isn't refused. */
const DATA = /^m=application [1-9]/m;
/** bit/s for the room behind a microphone in which nobody speaks. */
const QUIET_BITRATE = 6000;

/** @typedef {import("./link-machine.js").Sample} Sample */

/** @typedef {import("../signaling/messages.js").Candidate} Candidate */
/** @typedef {import("../signaling/messages.js").Candidates} Candidates */
/** @typedef {{type: "offer" | "answer", gen: number, sdp: string}
 *  | {type: "ice", gen: number, candidates: Candidates}} Said */

/**
 * @typedef {object} Hooks
 * @property {(message: Said) => void} send
 * @property {(state: string) => void} connection
 * @property {(stream: MediaStream) => void} stream
 * @property {(reason: string) => void} error the negotiation failed, and the generation with it
 * @property {(text: string) => void} word what the peer says in its data channel, unread
 * @property {(open: boolean) => void} channel whether words can be sent there
 * @property {() => void} flooded it was shut for what the peer sent
 * @property {(reason: string) => void} fault something smaller failed: a candidate, a bitrate
 */

/** @typedef {Pick<import("../browser/platform.js").Platform,
 *  "RTCPeerConnection" | "retunes" | "emptyStream" | "now" | "setTimeout" | "clearTimeout" | "sha256">} GenerationPlatform */

export class Generation {
  gen;
  /** @type {MediaStream | null} */
  stream = null;
  #hooks;
  #platform;
  #configuration;
  #track;
  #bitrate;
  #channel;
  #gathered;
  #closed = false;
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {RTCRtpTransceiver | null} */
  #transceiver = null;
  /** @type {Channels | null} none where the other side offered none */
  #channels = null;
  /** @type {import("./fingerprints.js").Keys | null} */
  #keys = null;
  /** How many packets there were last, and when their number was another. */
  #heard = { packets: 0, at: 0 };
  /** @type {RTCConfiguration} */
  #given = {};
  #work = Promise.resolve();
  /** The other side's, until its description is in; then null. @type {Candidates | null} */
  #waiting = [];
  #named = 0;
  #unexpected = 0;
  #tuning;
  #quiet;
  #measured = UNKNOWN;

  /**
   * @param {{gen: number, hooks: Hooks, platform: GenerationPlatform, track: MediaStreamTrack | null,
   *   bitrate: number, manner?: import("./tuning.js").Manner, channel?: boolean,
   *   configuration: () => Promise<RTCConfiguration>}} options
   *   channel: false for a peer that flooded one before
   */
  constructor({ gen, hooks, platform, configuration, track, bitrate, manner = PLAIN, channel = true }) {
    this.gen = gen;
    this.#hooks = hooks;
    this.#platform = platform;
    this.#configuration = configuration;
    this.#track = track;
    this.#bitrate = bitrate;
    this.#tuning = new Tuning(platform.retunes, manner);
    this.#quiet = manner.quiet;
    this.#channel = channel;
    this.#gathered = new CandidateBatch(platform, (candidates) => hooks.send({ type: "ice", gen, candidates }));
  }

  get receiver() {
    return this.#transceiver?.receiver ?? null;
  }

  /** What was played last, as a number that changes with each packet; null where the browser doesn't say. */
  get played() {
    return this.receiver?.getSynchronizationSources()[0]?.rtpTimestamp ?? null;
  }

  /** How the other side is received. */
  get figures() {
    return this.#measured.figures;
  }

  /** Whether words can be said in its data channel. */
  get open() {
    return this.#channels?.open === true;
  }

  /** @param {string} text @returns {boolean} whether it is on its way */
  say(text) {
    return this.#channels?.say(text) === true;
  }

  /**
   * Both fingerprints (SHA-256, in hex) of the certificates with which it is secured; null before it is.
   * @returns {Promise<{own: string, remote: string} | null>}
   */
  async keys() {
    const connection = this.#connection;
    if (this.#keys || connection?.connectionState !== "connected") return this.#keys;
    this.#keys = await keysOf(connection, this.receiver, this.#platform.sha256);
    return this.#keys;
  }

  /** Make the offer. */
  offer() {
    this.#run(async () => {
      const connection = await this.#open();
      if (!connection) return;
      const track = this.#track;
      this.#transceiver = connection.addTransceiver(track ?? "audio", { direction: "sendrecv" });
      this.#openChannels(connection);
      await connection.setLocalDescription();
      if (track !== this.#track) await this.#transceiver.sender.replaceTrack(this.#track);
      this.#tellDescription("offer");
    });
  }

  /**
   * Answer the other side's offer.
   * @param {string} sdp
   */
  answer(sdp) {
    this.#run(async () => {
      const offer = this.#tuning.tune(sdp);
      const connection = await this.#open();
      if (!connection) return;
      await connection.setRemoteDescription({ type: "offer", sdp: offer });
      if (this.#closed) return;
      // The offered transceiver, not one of our own: an answer can't add a media section.
      const offered = connection.getTransceivers().find((each) => each.receiver.track.kind === "audio");
      if (!offered) throw new Error("the offer has no audio");
      this.#transceiver = offered;
      this.#transceiver.direction = "sendrecv";
      if (DATA.test(sdp)) this.#openChannels(connection);
      await this.#transceiver.sender.replaceTrack(this.#track);
      if (this.#closed) return;
      await connection.setLocalDescription();
      if (this.#closed) return;
      this.#tuning.answered(sdp, connection.localDescription?.sdp ?? "");
      this.#tellDescription("answer");
      await this.#settle();
    });
  }

  /**
   * Take the answer to our offer.
   * @param {string} sdp
   */
  apply(sdp) {
    this.#run(async () => {
      const connection = this.#connection;
      if (!connection) return;
      await connection.setRemoteDescription({ type: "answer", sdp: this.#tuning.tune(sdp) });
      this.#tuning.described(sdp);
      await this.#settle();
    });
  }

  /** @param {Candidates} candidates null or an empty candidate is the end of them */
  take(candidates) {
    this.#run(async () => {
      if (this.#waiting) this.#waiting = fit([...this.#waiting, ...candidates], WAITING);
      else for (const candidate of candidates.slice(0, NAMED - this.#named)) await this.#add(candidate);
    });
  }

  /** @param {MediaStreamTrack | null} track */
  setTrack(track) {
    this.#track = track;
    this.#try(async () => this.#transceiver?.sender.replaceTrack(track));
  }

  /** @param {number} bitrate bit/s at most */
  setBitrate(bitrate) {
    if (bitrate === this.#bitrate) return;
    this.#bitrate = bitrate;
    this.#run(() => this.#limit());
  }

  /** Another manner of speaking; a word after a pause needs all it can get at once. @param {import("./tuning.js").Manner} manner */
  setManner(manner) {
    const limit = manner.quiet !== this.#quiet;
    this.#quiet = manner.quiet;
    const retune = this.#tuning.setManner(manner);
    if (limit) this.#run(() => this.#limit());
    if (retune) this.#retune();
  }

  /** @param {RTCIceServer[]} iceServers fresh credentials for what runs */
  setIceServers(iceServers) {
    this.#given = { ...this.#given, iceServers };
    this.#try(async () => this.#connection?.setConfiguration(this.#given));
  }

  /**
   * What is heard on it now.
   * @returns {Promise<Sample>}
   */
  async sample() {
    const connection = this.#connection;
    if (!connection || this.#closed) return { gen: this.gen, packets: 0, path: null, rtt: null, loss: null };
    const heard = readStats(await connection.getStats());
    const { packets, path, rtt, age } = heard;
    this.#adapt(heard.fate);
    const now = this.#platform.now();
    this.#measured = measure(this.#measured, heard, now);
    // A peer that said it won't send (an aiortc listener) is heard as long as it is connected.
    const direction = this.#transceiver?.currentDirection;
    const mute = direction === "sendonly" || direction === "inactive";
    if (mute && connection.connectionState === "connected") this.#unexpected += 1;
    if (packets !== this.#heard.packets) this.#heard = { packets, at: now - (age ?? 0) };
    this.#channels?.ask(packets > 0 && now - this.#heard.at >= SILENT);
    const unanswered = this.#channels?.unanswered ?? null;
    return { gen: this.gen, packets: packets + this.#unexpected, path, rtt, loss: this.figures.loss, age, unanswered };
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#gathered.close();
    this.#channels?.close();
    const connection = this.#connection;
    if (!connection) return;
    connection.onicecandidate = connection.onconnectionstatechange = connection.ontrack = null;
    connection.close();
  }

  /**
   * One after the other; the first that fails ends the generation.
   * @param {() => Promise<unknown>} job
   */
  #run(job) {
    this.#work = this.#work.then(async () => {
      if (this.#closed) return;
      try {
        await job();
      } catch (problem) {
        if (!this.#closed) this.#hooks.error(String(problem));
      }
    });
  }

  /**
   * What may fail without harm to the link.
   * @param {() => Promise<unknown>} job
   */
  async #try(job) {
    if (this.#closed) return;
    try {
      await job();
    } catch (problem) {
      if (!this.#closed) this.#hooks.fault(String(problem));
    }
  }

  async #open() {
    let connection;
    try {
      this.#given = await this.#configuration();
      if (this.#closed) return null;
      connection = this.#connection = new this.#platform.RTCPeerConnection(this.#given);
    } catch (problem) {
      throw Object.assign(new Error(String(problem)), { name: UNMADE });
    }
    connection.onicecandidate = ({ candidate }) => this.#gathered.add(candidate);
    connection.onconnectionstatechange = () => this.#hooks.connection(connection.connectionState);
    connection.ontrack = ({ track }) => {
      if (this.stream || track.kind !== "audio") return;
      // Not event.streams: a sender without a track names none.
      this.stream = this.#platform.emptyStream();
      this.stream.addTrack(track);
      this.#hooks.stream(this.stream);
    };
    return connection;
  }

  /** @param {RTCPeerConnection} connection */
  #openChannels(connection) {
    if (!this.#channel) return;
    const { word, channel, flooded } = this.#hooks;
    this.#channels = new Channels(connection, { word, open: channel, flooded }, () => this.#platform.now());
  }

  /** @param {"offer" | "answer"} type */
  #tellDescription(type) {
    if (this.#closed) return;
    this.#hooks.send({ type, gen: this.gen, sdp: this.#connection?.localDescription?.sdp ?? "" });
    this.#gathered.begin();
  }

  /** The remote description is in: what waited for it can go on. */
  async #settle() {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const candidate of waiting) await this.#add(candidate);
    await this.#limit();
  }

  /** @param {Candidate | null} candidate */
  async #add(candidate) {
    this.#named += 1;
    await this.#try(async () => {
      if (!candidate?.candidate) await this.#connection?.addIceCandidate();
      // A candidate that names no section is an error; ours share the transport of the first.
      else await this.#connection?.addIceCandidate({ ...candidate, sdpMLineIndex: candidate.sdpMLineIndex ?? 0 });
    });
  }

  /** @param {import("./adaptation.js").Fate} fate */
  #adapt(fate) {
    const { retune, buffer } = this.#tuning.observe(fate, this.#platform.now());
    if (buffer !== undefined) {
      this.#try(async () => {
        const receiver = this.#transceiver?.receiver;
        if (receiver && "jitterBufferTarget" in receiver) receiver.jitterBufferTarget = buffer;
      });
    }
    if (retune) this.#retune();
  }

  #retune() {
    this.#run(async () => {
      if (this.#connection) await this.#tuning.retune(this.#connection, (reason) => this.#hooks.fault(reason));
      // A description brings back the bitrate that stands in it.
      await this.#limit();
    });
  }

  /** The description's maxaveragebitrate is where this begins; the sender's own limit is live. */
  async #limit() {
    await this.#try(async () => {
      const sender = this.#transceiver?.sender;
      const parameters = sender?.getParameters();
      const encoding = parameters?.encodings?.[0];
      const bitrate = this.#quiet ? Math.min(this.#bitrate, QUIET_BITRATE) : this.#bitrate;
      if (!sender || !parameters || !encoding || encoding.maxBitrate === bitrate) return;
      encoding.maxBitrate = bitrate;
      await sender.setParameters(parameters);
    });
  }
}

/** Whether an error's text says that the browser made no connection. @param {string} reason */
export function isUnmade(reason) {
  return reason.startsWith(`${UNMADE}:`);
}
