// @ts-check
// Owns which sounds the person wants, and how loud, as this device remembers it.

/** @typedef {import("./sounds.js").Sound} Sound */

const VOLUME = "sounds-volume";
const OFF = "sounds-off";
const USUAL = 60;


export class SoundChoices {
  /** In the order in which they are listed. @type {readonly Sound[]} */
  all = ["join", "leave", "lost", "back", "removed", "muted", "knock"];
  #store;

  /** @param {import("../store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** In percent. */
  get volume() {
    return Math.max(0, Math.min(100, this.#store.get(VOLUME, USUAL)));
  }

  set volume(volume) {
    this.#store.set(VOLUME, Math.round(volume));
  }

  /** @param {Sound} sound */
  isOn(sound) {
    return !this.#off().includes(sound);
  }

  /** @param {Sound} sound @param {boolean} on */
  choose(sound, on) {
    const others = this.#off().filter((other) => other !== sound);
    this.#store.set(OFF, on ? others : [...others, sound]);
  }

  /** @returns {unknown[]} */
  #off() {
    const off = this.#store.get(OFF, /** @type {unknown[]} */ ([]));
    return Array.isArray(off) ? off : [];
  }
}
