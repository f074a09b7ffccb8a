// @ts-check
/** What is sent on one connection and how: the track, its bitrate, and the manner of encoding, by which it adapts to loss. */

import { PLAIN, Tuning } from "./tuning.js";

/** bit/s for the room behind a microphone in which nobody speaks. */
const QUIET_BITRATE = 6000;

/** @typedef {import("./tuning.js").Manner} Manner */

export class Sending {
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {RTCRtpTransceiver | null} */
  #transceiver = null;
  #work;
  #fault;
  #now;
  #track;
  #bitrate;
  #tuning;
  #quiet;
  #begun = false;

  /**
   * @param {{work: import("./work.js").Work, fault: (reason: string) => void, retunes: () => boolean, now: () => number,
   *   track: MediaStreamTrack | null, bitrate: number, manner?: Manner}} options
   */
  constructor({ work, fault, retunes, now, track, bitrate, manner = PLAIN }) {
    this.#work = work;
    this.#fault = fault;
    this.#now = now;
    this.#track = track;
    this.#bitrate = bitrate;
    this.#tuning = new Tuning(retunes, manner);
    this.#quiet = manner.quiet;
  }

  get track() {
    return this.#track;
  }

  /** What was received is given to the browser as this. @param {string} sdp */
  tune(sdp) {
    return this.#tuning.tune(sdp);
  }

  /** The track goes by this one from now on. @param {RTCPeerConnection} connection @param {RTCRtpTransceiver} transceiver */
  use(connection, transceiver) {
    this.#connection = connection;
    this.#transceiver = transceiver;
  }

  /** @param {string} answer the other side's, which is in */
  described(answer) {
    this.#tuning.described(answer);
  }

  /** @param {string} offer the other side's @param {string} answer ours to it */
  answered(offer, answer) {
    this.#tuning.answered(offer, answer);
  }

  /** @param {MediaStreamTrack | null} track */
  setTrack(track) {
    this.#track = track;
    this.#work.attempt(async () => this.#transceiver?.sender.replaceTrack(track));
  }

  /** @param {number} bitrate bit/s at most */
  setBitrate(bitrate) {
    if (bitrate === this.#bitrate) return;
    this.#bitrate = bitrate;
    this.#work.run(() => this.#limit());
  }

  /** A word after a pause needs all it can get at once. @param {Manner} manner */
  setManner(manner) {
    const limit = manner.quiet !== this.#quiet;
    this.#quiet = manner.quiet;
    const retune = this.#tuning.setManner(manner);
    if (limit) this.#work.run(() => this.#limit());
    if (retune) this.#retune();
  }

  /** @param {import("./adaptation.js").Fate} fate */
  adapt(fate) {
    const { retune, buffer } = this.#tuning.observe(fate, this.#now());
    if (buffer !== undefined) {
      this.#work.attempt(async () => {
        const receiver = this.#transceiver?.receiver;
        if (receiver && "jitterBufferTarget" in receiver) receiver.jitterBufferTarget = buffer;
      });
    }
    if (retune) this.#retune();
  }

  /** It was looked at for the first time: from now on the limit is the sender's, too. Till then it is what the descriptions allow. */
  begin() {
    if (this.#begun) return;
    this.#begun = true;
    this.#work.run(() => this.#limit());
  }

  /**
   * The description's maxaveragebitrate is where this begins, the most for a voice; the sender's own limit is live.
   * To read and to set it waits for the threads that make links.
   */
  async #limit() {
    if (!this.#begun) return;
    await this.#work.attempt(async () => {
      const sender = this.#transceiver?.sender;
      const parameters = sender?.getParameters();
      const encoding = parameters?.encodings?.[0];
      const bitrate = this.#quiet ? Math.min(this.#bitrate, QUIET_BITRATE) : this.#bitrate;
      if (!sender || !parameters || !encoding || encoding.maxBitrate === bitrate) return;
      encoding.maxBitrate = bitrate;
      await sender.setParameters(parameters);
    });
  }

  #retune() {
    this.#work.run(async () => {
      if (this.#connection) await this.#tuning.retune(this.#connection, this.#fault);
      // A description brings back the bitrate that stands in it.
      await this.#limit();
    });
  }
}
