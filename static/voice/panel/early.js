// @ts-check
// Owns what a room tells before its panel is made: kept in its order, for the panel to show.

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/** @typedef {CustomEvent & {type: typeof TOLD[number]}} Told */

/** What stands nowhere in the room afterwards. */
const TOLD = /** @type {const} */ (["state", "server", "closing", "knock", "microphone", "playback", "notice"]);

export class Early {
  /** @type {Told[]} */
  #told = [];
  #over = new AbortController();

  /** @param {Pick<VoiceRoomInterface, "addEventListener">} room */
  constructor(room) {
    for (const type of TOLD) room.addEventListener(type, (event) => this.#told.push(/** @type {Told} */ (event)), { signal: this.#over.signal });
  }

  /** All of it: from now on the panel hears for itself. */
  take() {
    this.#over.abort();
    return this.#told;
  }
}
