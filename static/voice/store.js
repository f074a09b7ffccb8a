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
  /** What this page chose. @type {Map<string, unknown>} */
  #chosen = new Map();
  /** What of that the browser didn't keep. @type {Set<string>} */
  #unkept = new Set();
  #open;

  /** @param {() => Kept|null} [open]  null: in this page's memory only */
  constructor(open = () => null) {
    super();
    this.#open = open;
  }

  /** What another tab chose since counts here, too. @template T @param {string} name @param {T} otherwise what counts where nothing was chosen, or another kind of thing @returns {T} */
  get(name, otherwise) {
    const found = this.#unkept.has(name) ? this.#chosen.get(name) : this.#read(name);
    return typeof found === typeof otherwise && found !== null ? /** @type {T} */ (found) : otherwise;
  }

  /** @param {string} name @param {unknown} value as JSON can hold it */
  set(name, value) {
    this.#chosen.set(name, value);
    // Forbidden or full: this page remembers it all the same.
    if (this.#keep(name, value)) this.#unkept.delete(name);
    else this.#unkept.add(name);
    this.emit("change", name);
  }

  /** @param {string} name @param {unknown} value @returns {boolean} whether the next page finds it */
  #keep(name, value) {
    try {
      const kept = this.#open();
      kept?.setItem(PREFIX + name, JSON.stringify(value));
      return kept !== null;
    } catch {
      return false;
    }
  }

  /** @param {string} name @returns {unknown} */
  #read(name) {
    let text;
    try {
      text = this.#open()?.getItem(PREFIX + name) ?? "null";
    } catch {
      // Forbidden only since.
      return this.#chosen.get(name);
    }
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }
}

/** What this browser keeps for this site. */
export const ofTheDevice = () => new Store(() => localStorage);
