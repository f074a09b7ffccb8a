// @ts-check
/** Our candidates on their way out: some ms of them in one message, none before our description, one end. */

/** The first are there with the description, and nothing is heard before them: they wait for nobody. */
const FIRST = 0;
const BATCH = 10;
/** The server takes 64 in a message. */
const SLICE = 50;

/** @typedef {Pick<import("../browser/platform.js").Platform, "setTimeout" | "clearTimeout">} Timers */

export class CandidateBatch {
  /** @type {(import("../signaling/messages.js").Candidate | null)[]} */
  #gathered = [];
  #timer = null;
  #described = false;
  #wait = FIRST;
  #ended = false;
  #timers;
  #send;

  /**
   * @param {Timers} timers
   * @param {(candidates: import("../signaling/messages.js").Candidates) => void} send
   */
  constructor(timers, send) {
    this.#timers = timers;
    this.#send = send;
  }

  /** @param {RTCIceCandidate | null} candidate Firefox says the end with an empty one, and again with null */
  add(candidate) {
    if (this.#ended) return;
    const named = candidate?.candidate ? pick(candidate.toJSON()) : null;
    this.#ended = named === null;
    this.#gathered.push(named);
    this.#schedule();
  }

  /** Our description is out. */
  begin() {
    this.#described = true;
    this.#schedule();
  }

  close() {
    this.#ended = true;
    this.#gathered = [];
    this.#timers.clearTimeout(this.#timer);
  }

  #schedule() {
    if (!this.#described || this.#timer !== null || this.#gathered.length === 0) return;
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = null;
      this.#wait = BATCH;
      while (this.#gathered.length > 0) this.#send(this.#gathered.splice(0, SLICE));
    }, this.#wait);
  }
}

/** With the fields, and in the order, that the server takes. @param {RTCIceCandidateInit} candidate */
function pick({ candidate = "", sdpMid = null, sdpMLineIndex = null, usernameFragment = null }) {
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
}
