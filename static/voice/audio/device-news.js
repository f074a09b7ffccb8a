// @ts-check
// Owns being told that devices came or went: after the links, for which a browser may have to start a process, and once for many events.

/** @typedef {Pick<import("../browser/platform.js").Platform, "mediaDevices"|"setTimeout"|"clearTimeout">} DevicesPlatform */
/** @typedef {(what: string, task: () => void) => void} Later what the links go before, by its name */

const DEBOUNCE = 500;

export class DeviceNews {
  /** Whether a change concerns anybody; and whether it would be told. */
  #heeds = false;
  #hears = false;
  /** @type {any} */
  #debounce = null;
  #what;
  #look;
  #platform;
  #later;
  #changed = () => this.#lookSoon(false);

  /**
   * @param {string} what  whose it is
   * @param {(late: boolean) => void} look  late: nothing told of a change, but nothing could
   * @param {DevicesPlatform} platform @param {Later} [later]
   */
  constructor(what, look, platform, later = (_what, task) => task()) {
    this.#what = what;
    this.#look = look;
    this.#platform = platform;
    this.#later = later;
  }

  /** From now on; what changes before one is told is seen by a late look. */
  heed() {
    this.#heeds = true;
    let late = false;
    this.#later(this.#what, () => this.#hear(late));
    late = true;
  }

  /** The links go before it no longer. */
  hurry() {
    this.#hear(true);
  }

  close() {
    this.#heeds = this.#hears = false;
    this.#platform.clearTimeout(this.#debounce);
    this.#platform.mediaDevices?.removeEventListener("devicechange", this.#changed);
  }

  /** @param {boolean} late */
  #hear(late) {
    if (!this.#heeds || this.#hears) return;
    this.#hears = true;
    this.#platform.mediaDevices?.addEventListener("devicechange", this.#changed);
    if (late) this.#lookSoon(true);
  }

  /** @param {boolean} late */
  #lookSoon(late) {
    this.#platform.clearTimeout(this.#debounce);
    this.#debounce = this.#platform.setTimeout(() => this.#look(late), DEBOUNCE);
  }
}
