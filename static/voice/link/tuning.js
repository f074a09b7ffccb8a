// @ts-check
/** How one connection's received description is tuned: checked first, tuned for what is known, and anew when that changes. */

import { adapt, unadapted } from "./adaptation.js";
import { sdpTrouble } from "./sdp-shape.js";
import { NO_LOSS, PTIME, tuneOpus } from "./tune-opus.js";

/** The name of an error about the other side's description. */
const REFUSED = "refused";

/** How one speaks: not at all for a while, or in words, or music. @typedef {{quiet: boolean, opus: import("./tune-opus.js").OpusSettings}} Manner */
/** @type {Manner} */
export const PLAIN = { quiet: false, opus: {} };

export class Tuning {
  /** What the other side said last, untuned, as an answer to an offer of ours. */
  #remote = "";
  #adaptation = unadapted(NO_LOSS);
  /** As the description that is in was tuned. */
  #tuned;
  #manner;
  #can;

  /** @param {() => boolean} can  whether this browser takes a description tuned anew: asked once there is a reason to @param {Manner} [manner] */
  constructor(can, manner = PLAIN) {
    this.#can = can;
    this.#manner = manner;
    this.#tuned = this.#wanted;
  }

  /**
   * What the browser is given of a received description. Throws where its shape is none that a peer has a reason
   * to send: a browser may work on such a one for minutes.
   * @param {string} sdp
   */
  tune(sdp) {
    const trouble = sdpTrouble(sdp);
    if (trouble) throw Object.assign(new Error(trouble), { name: REFUSED });
    this.#tuned = this.#wanted;
    return this.#tuneAs(sdp, this.#tuned);
  }

  /** @param {Manner} manner @returns {boolean} whether to tune anew */
  setManner(manner) {
    this.#manner = manner;
    return this.#stale;
  }

  /** @param {string} answer the other side's, which is in */
  described(answer) {
    this.#remote = bare(answer);
  }

  /**
   * @param {string} offer the other side's
   * @param {string} answer ours to it, which took a DTLS role
   */
  answered(offer, answer) {
    const role = /^a=setup:passive/m.test(answer) ? "active" : "passive";
    this.#remote = bare(offer).replaceAll(/^a=setup:actpass/gm, `a=setup:${role}`);
  }

  /**
   * @param {import("./adaptation.js").Fate} fate
   * @param {number} now ms
   * @returns {{retune: boolean, buffer?: number | null}} buffer: a new `jitterBufferTarget` in ms, where it changed
   */
  observe(fate, now) {
    const before = this.#adaptation;
    this.#adaptation = adapt(before, fate, now);
    const { target } = this.#adaptation;
    return { retune: this.#stale, ...target === before.target ? {} : { buffer: target } };
  }

  get #wanted() {
    const { redundancy: { nack, red } } = this.#adaptation;
    const quiet = this.#manner.quiet && this.#can();
    // What is sent twice while nobody speaks is noise.
    const twice = red && !quiet;
    // The last packet before a silence, lost, is made up until the next comes, which with DTX takes 400 ms.
    const { usedtx = twice ? 0 : 1, ...others } = this.#manner.opus;
    const opus = { ...others, usedtx };
    return { nack, red: twice, ptime: quiet ? PTIME.quiet : PTIME.speech, opus };
  }

  get #stale() {
    return JSON.stringify(this.#wanted) !== JSON.stringify(this.#tuned) && this.#can();
  }

  /** @param {string} sdp @param {{nack: boolean, red: boolean, ptime: number, opus: Manner["opus"]}} wanted */
  #tuneAs(sdp, wanted) {
    return tuneOpus(sdp, wanted.opus, wanted, wanted.ptime);
  }

  /**
   * Negotiate with ourselves, by an offer that nobody is sent and a newly tuned copy of what the other side said:
   * it changes how we send and what we ask for, within a few ms and without a gap. Rejects where the connection
   * can't be brought back to what it was.
   * @param {RTCPeerConnection} connection
   * @param {(reason: string) => void} fault this browser, or this peer, can't: the call goes on as first described
   */
  async retune(connection, fault) {
    const wanted = this.#wanted;
    // One that was asked for meanwhile may have done it already.
    if (!this.#stale || !this.#remote || connection.signalingState !== "stable") return;
    try {
      await connection.setLocalDescription();
      await connection.setRemoteDescription({ type: "answer", sdp: this.#tuneAs(this.#remote, wanted) });
      this.#tuned = wanted;
    } catch (problem) {
      this.#can = () => false;
      const state = /** @type {string} */ (connection.signalingState);
      if (state === "closed") return;
      fault(String(problem));
      if (state !== "stable") await connection.setLocalDescription({ type: "rollback" });
    }
  }
}

/** Without candidates: the browser has those that it was given, and would take the ones that it was spared. @param {string} sdp */
function bare(sdp) {
  return sdp.replaceAll(/^a=candidate:.*\r?\n?/gm, "");
}

/** Whether an error's text says that a description was refused for its shape. @param {string} reason */
export function isRefused(reason) {
  return reason.startsWith(`${REFUSED}:`);
}
