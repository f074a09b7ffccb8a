// @ts-check
// Owns telling the others whom the server lost and who is heard here all the same, so that they are in everybody's list.

import { MOST_HEARD } from "./band-messages.js";

/** @typedef {import("./in-band.js").InBand} InBand */

export class HeardTeller {
  #told = "[]";
  #inBand;
  #heard;

  /** @param {{inBand: InBand, heard: () => string[]}} options  heard: their peer ids */
  constructor({ inBand, heard }) {
    this.#inBand = inBand;
    this.#heard = heard;
  }

  /** Who is lost, or a link, may have changed. */
  look() {
    const told = JSON.stringify(this.#now());
    if (told === this.#told) return;
    this.#told = told;
    for (const peer of this.#inBand.open) this.#tell(peer);
  }

  /** What was said before may be lost. @param {string} peer */
  opened(peer) {
    if (this.#told !== "[]") this.#tell(peer);
  }

  #now() {
    return this.#heard().slice(0, MOST_HEARD);
  }

  /** @param {string} peer */
  #tell(peer) {
    this.#inBand.tell(peer, { type: "heard", peers: this.#now() });
  }
}
