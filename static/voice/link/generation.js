// @ts-check
/**
 * One RTCPeerConnection with one offer and one answer: what happens on it, in order, one thing at a time.
 *
 * No step begins, and none goes on, after close().
 * Nothing throws out of here: an error ends the generation, with a reason.
 */

import { CandidateBatch } from "./candidate-batch.js";
import { Named } from "./candidate-fit.js";
import { CandidatePace } from "./candidate-pace.js";
import { Channels } from "./channels.js";
import { keysOf } from "./fingerprints.js";
import { readStats } from "./link-stats.js";
import { Listening } from "./listening.js";
import { wantsData } from "./sdp-shape.js";
import { Sending } from "./sending.js";
import { Work } from "./work.js";

/** Ours are agreed on beforehand; so many that a peer opens by itself are closed, with the next one the connection is. */
const STRANGERS = 16;
/** The name of an error by which the browser makes no connection at all: forbidden, or out of what it takes. */
const UNMADE = "unmade";
/** ms in which most are connected: asking one what it heard takes its time, in which others could be made. */
const MAKING = 1500;

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
  #channel;
  #gathered;
  #work;
  #sending;
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {RTCRtpTransceiver | null} */
  #transceiver = null;
  /** @type {Channels | null} none where the other side offered none */
  #channels = null;
  /** @type {import("./fingerprints.js").Keys | null} */
  #keys = null;
  /** @type {RTCConfiguration} */
  #given = {};
  #named = new Named();
  #pace;
  #listening = new Listening();
  #strangers = 0;
  /** Whether anything was heard. */
  #heard = false;
  #madeAt;

  /**
   * @param {{gen: number, hooks: Hooks, platform: GenerationPlatform, track: MediaStreamTrack | null,
   *   bitrate: number, manner?: import("./tuning.js").Manner, channel?: boolean,
   *   configuration: () => Promise<RTCConfiguration>}} options
   *   channel: false for a peer that flooded one before
   */
  constructor({ gen, hooks, platform, configuration, track, bitrate, manner, channel = true }) {
    this.gen = gen;
    this.#madeAt = platform.now();
    this.#hooks = hooks;
    this.#platform = platform;
    this.#configuration = configuration;
    this.#work = new Work(hooks);
    this.#sending = new Sending({
      work: this.#work, fault: hooks.fault, retunes: () => platform.retunes, now: () => platform.now(), track, bitrate, manner,
    });
    this.#channel = channel;
    this.#pace = new CandidatePace(platform, (candidate) => this.#add(candidate));
    this.#gathered = new CandidateBatch(platform, (candidates) => hooks.send({ type: "ice", gen, candidates }));
  }

  get receiver() {
    return this.#transceiver?.receiver ?? null;
  }

  /** What was played last, as a number that changes with each packet; null where the browser doesn't say. */
  get played() {
    // The look waits for another thread, which has its hands full while links are made.
    return this.isMaking() ? null : this.receiver?.getSynchronizationSources()[0]?.rtpTimestamp ?? null;
  }

  /** How the other side is received. */
  get figures() {
    return this.#listening.figures;
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
    this.#work.run(async () => {
      const connection = await this.#open();
      if (!connection) return;
      const { track } = this.#sending;
      this.#transceiver = connection.addTransceiver(track ?? "audio", { direction: "sendrecv" });
      this.#sending.use(connection, this.#transceiver);
      this.#openChannels(connection);
      await connection.setLocalDescription();
      this.#tellDescription("offer");
      if (track !== this.#sending.track) await this.#transceiver.sender.replaceTrack(this.#sending.track);
    });
  }

  /**
   * Answer the other side's offer.
   * @param {string} sdp
   */
  answer(sdp) {
    this.#work.run(async () => {
      const offer = this.#named.takeLines(this.#sending.tune(sdp));
      const connection = await this.#open();
      if (!connection) return;
      await connection.setRemoteDescription({ type: "offer", sdp: offer });
      if (this.#work.over) return;
      // The offered transceiver, not one of our own: an answer can't add a media section.
      const offered = connection.getTransceivers().find((each) => each.receiver.track.kind === "audio");
      if (!offered) throw new Error("the offer has no audio");
      this.#transceiver = offered;
      this.#sending.use(connection, offered);
      this.#transceiver.direction = "sendrecv";
      if (wantsData(sdp)) this.#openChannels(connection);
      // Side by side: the browser takes them in this order, and each is a way to another thread and back.
      await Promise.all([offered.sender.replaceTrack(this.#sending.track), connection.setLocalDescription()]);
      if (this.#work.over) return;
      this.#sending.answered(sdp, connection.localDescription?.sdp ?? "");
      this.#tellDescription("answer");
      this.#pace.begin();
    });
  }

  /**
   * Take the answer to our offer.
   * @param {string} sdp
   */
  apply(sdp) {
    this.#work.run(async () => {
      const connection = this.#connection;
      if (!connection) return;
      await connection.setRemoteDescription({ type: "answer", sdp: this.#named.takeLines(this.#sending.tune(sdp)) });
      this.#sending.described(sdp);
      this.#pace.begin();
    });
  }

  /** They wait for the description, and for nothing else. @param {Candidates} candidates null or an empty one is the end of them */
  take(candidates) {
    this.#pace.take(this.#named.take(candidates));
  }

  /** What is sent, and how. */
  get sending() {
    return this.#sending;
  }

  /** @param {RTCIceServer[]} iceServers fresh credentials for what runs */
  setIceServers(iceServers) {
    this.#given = { ...this.#given, iceServers };
    this.#work.attempt(async () => this.#connection?.setConfiguration(this.#given));
  }

  /**
   * What is heard on it now.
   * @returns {Promise<Sample>}
   */
  async sample() {
    const connection = this.#connection;
    if (!connection || this.#work.over || this.isMaking()) return { gen: this.gen, packets: 0, path: null, rtt: null, loss: null };
    if (connection.connectionState === "connected") this.#sending.begin();
    const heard = readStats(await connection.getStats());
    const { path, rtt } = heard;
    this.#sending.adapt(heard.fate);
    const direction = this.#transceiver?.currentDirection;
    const mute = (direction === "sendonly" || direction === "inactive") && connection.connectionState === "connected";
    const { packets, age, silent } = this.#listening.take(heard, mute, this.#platform.now());
    this.#heard ||= packets > 0;
    this.#channels?.ask(silent);
    const unanswered = this.#channels?.unanswered ?? null;
    return { gen: this.gen, packets, path, rtt, loss: this.figures.loss, age, unanswered };
  }

  close() {
    if (this.#work.over) return;
    this.#work.end();
    this.#gathered.close();
    this.#pace.close();
    this.#channels?.close();
    const connection = this.#connection;
    if (!connection) return;
    connection.onicecandidate = connection.onconnectionstatechange = connection.ontrack = connection.ondatachannel = null;
    connection.close();
  }

  async #open() {
    let connection;
    try {
      this.#given = await this.#configuration();
      if (this.#work.over) return null;
      connection = this.#connection = new this.#platform.RTCPeerConnection(this.#given);
    } catch (problem) {
      throw Object.assign(new Error(String(problem)), { name: UNMADE });
    }
    connection.onicecandidate = ({ candidate }) => this.#gathered.add(candidate);
    connection.onconnectionstatechange = () => this.#hooks.connection(connection.connectionState);
    connection.ondatachannel = ({ channel }) => this.#refuse(channel);
    connection.ontrack = ({ track }) => {
      if (this.stream || track.kind !== "audio") return;
      // Not event.streams: a sender without a track names none.
      this.stream = this.#platform.emptyStream();
      this.stream.addTrack(track);
      this.#hooks.stream(this.stream);
    };
    return connection;
  }

  /**
   * Whether a look can wait. Of one that takes longer it is worth a look how far it came.
   * @param {boolean} [moving] whether any link is being made
   */
  isMaking(moving = false) {
    const state = this.#connection?.connectionState;
    const connecting = state === "new" || state === "connecting";
    return !this.#heard && (moving || connecting) && this.#platform.now() - this.#madeAt < MAKING;
  }

  /** @param {RTCPeerConnection} connection */
  #openChannels(connection) {
    if (!this.#channel) return;
    const { word, channel, flooded } = this.#hooks;
    this.#channels = new Channels(connection, { word, open: channel, flooded }, () => this.#platform.now());
  }

  /** What comes there is counted by nobody. @param {RTCDataChannel} channel */
  #refuse(channel) {
    channel.close();
    this.#strangers += 1;
    if (this.#strangers > STRANGERS) this.#work.run(async () => { throw new Error("channels that nobody agreed on"); });
  }

  /** @param {"offer" | "answer"} type */
  #tellDescription(type) {
    if (this.#work.over) return;
    this.#hooks.send({ type, gen: this.gen, sdp: this.#connection?.localDescription?.sdp ?? "" });
    this.#gathered.begin();
  }

  /** @param {Candidate | null} candidate */
  async #add(candidate) {
    await this.#work.attempt(async () => {
      if (!candidate?.candidate) await this.#connection?.addIceCandidate();
      // A candidate that names no section is an error; ours share the transport of the first.
      else await this.#connection?.addIceCandidate({ ...candidate, sdpMLineIndex: candidate.sdpMLineIndex ?? 0 });
    });
  }
}

/** Whether an error's text says that the browser made no connection. @param {string} reason */
export function isUnmade(reason) {
  return reason.startsWith(`${UNMADE}:`);
}
