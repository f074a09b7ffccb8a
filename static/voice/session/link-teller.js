// @ts-check
// Owns telling each peer how it is received here: at once where that changes, and now and then with the figures of now.

/** @typedef {import("./in-band.js").InBand} InBand */
/** @typedef {import("../link/links.js").LinkReport["state"]} LinkState */
/** @typedef {import("../link/figures.js").Figures} Figures */

const EVERY = 10_000;

export class LinkTeller {
  /** As it was told last, by peer. @type {Map<string, LinkState>} */
  #told = new Map();
  /** @type {any} */
  #timer = null;
  #closed = false;
  #inBand;
  #state;
  #figures;
  #clock;

  /**
   * @param {{inBand: InBand, state: (peer: string) => LinkState|undefined, figures: (peer: string) => Figures|null,
   *   clock: Pick<import("../browser/platform.js").Platform, "setTimeout"|"clearTimeout">}} options
   */
  constructor({ inBand, state, figures, clock }) {
    this.#inBand = inBand;
    this.#state = state;
    this.#figures = figures;
    this.#clock = clock;
  }

  /** @param {string} peer @param {LinkState} state */
  changed(peer, state) {
    if (this.#told.get(peer) !== state && this.#inBand.open.includes(peer)) this.tell(peer);
  }

  /** @param {string} peer */
  tell(peer) {
    const state = this.#state(peer);
    if (state === undefined || this.#closed) return;
    this.#told.set(peer, state);
    const { loss = null, jitter = null, bitrate = null, concealed = null, redundancy = null } = this.#figures(peer) ?? {};
    this.#inBand.tell(peer, { type: "link", state, loss, jitter, bitrate, concealed, redundancy });
    this.#timer ??= this.#clock.setTimeout(() => this.#round(), EVERY);
  }

  close() {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #round() {
    this.#timer = null;
    for (const peer of this.#told.keys()) if (this.#state(peer) === undefined) this.#told.delete(peer);
    for (const peer of this.#inBand.open) this.tell(peer);
  }
}
