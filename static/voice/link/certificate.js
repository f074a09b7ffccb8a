// @ts-check
/** The certificate of all links of a call, by which a person has one fingerprint: made before the first link, and anew where that failed. */

export class Certificate {
  /** @type {Promise<RTCCertificate>|null} */
  #made = null;
  #platform;

  /** @param {Pick<import("../browser/platform.js").Platform, "RTCPeerConnection">} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  /** Begin: with it the browser starts threads of its own, for which the first link would wait. */
  prepare() {
    // Who needs it is told what went wrong.
    this.get().catch(() => {});
  }

  async get() {
    const made = this.#made ??= this.#platform.RTCPeerConnection.generateCertificate(
      /** @type {AlgorithmIdentifier} */ ({ name: "ECDSA", namedCurve: "P-256" }));
    try {
      return await made;
    } catch (problem) {
      if (this.#made === made) this.#made = null;
      throw problem;
    }
  }
}
