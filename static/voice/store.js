// @ts-check
// Owns the choices that a person made on this device: JSON under "meshvoice:<name>", or this page's memory alone.

import { Emitter } from "./emitter.js";

const PREFIX = "meshvoice:";
/** Whether this device joins without its microphone. */
export const LISTEN_ONLY = "listen-only";

/** @typedef {Pick<Storage, "getItem"|"setItem">} Kept */

/**
 * Nothing throws here: where a browser forbids storage (private modes, embedded frames), a choice lasts as long as its page.
 * Events: the name of what was just chosen. @extends {Emitter<{change: string}>}
 */
export class Store extends Emitter {
  /** @type {Map<string, unknown>} */
  #chosen = new Map();
  #open;

  /** @param {() => Kept|null} [open]  null: in this page's memory only */
  constructor(open = () => null) {
    super();
    this.#open = open;
  }

  /** @template T @param {string} name @param {T} otherwise what counts where nothing was chosen, or another kind of thing @returns {T} */
  get(name, otherwise) {
    if (!this.#chosen.has(name)) this.#chosen.set(name, this.#read(name));
    const found = this.#chosen.get(name);
    return typeof found === typeof otherwise && found !== null ? /** @type {T} */ (found) : otherwise;
  }

  /** @param {string} name @param {unknown} value as JSON can hold it */
  set(name, value) {
    this.#chosen.set(name, value);
    try {
      this.#open()?.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // Forbidden or full: this page remembers it all the same.
    }
    this.emit("change", name);
  }

  /** @param {string} name */
  #read(name) {
    try {
      return JSON.parse(this.#open()?.getItem(PREFIX + name) ?? "null");
    } catch {
      return null;
    }
  }
}

/** What this browser keeps for this site. */
export const ofTheDevice = () => new Store(() => localStorage);
