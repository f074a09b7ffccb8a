// @ts-check
// Owns how loud each other person is for this one, by user id, as this device remembers it: the newest hundred of them.

import { Emitter } from "../emitter.js";

const NAME = "volumes";
const KEPT = 100;
export const LOUDEST = 200;

/** @typedef {{volume: number, mutedForMe: boolean}} Loudness  volume in percent */

/** @type {Readonly<Loudness>} */
export const AS_THEY_COME = Object.freeze({ volume: 100, mutedForMe: false });

/** Events: a user's loudness changed. @extends {Emitter<{change: string}>} */
export class Volumes extends Emitter {
  /** The newest last. @type {Map<string, Loudness>} */
  #chosen;
  #store;

  /** @param {import("../store.js").Store} store */
  constructor(store) {
    super();
    this.#store = store;
    this.#chosen = this.#kept();
  }

  /** @param {string} user @returns {Readonly<Loudness>} */
  of(user) {
    return this.#chosen.get(user) ?? AS_THEY_COME;
  }

  /** @param {string} user @param {Partial<Loudness>} change */
  choose(user, change) {
    this.#readAgain();
    const before = this.of(user);
    const { volume, mutedForMe } = { ...before, ...change };
    const after = { volume: within(volume), mutedForMe: Boolean(mutedForMe) };
    if (same(before, after)) return;
    this.#chosen.delete(user);
    // Whoever is as they come needs no place.
    if (after.volume !== AS_THEY_COME.volume || after.mutedForMe) this.#chosen.set(user, after);
    for (const oldest of [...this.#chosen.keys()].slice(0, -KEPT)) this.#chosen.delete(oldest);
    this.#store.set(NAME, [...this.#chosen].map(([id, kept]) => [id, kept.volume, kept.mutedForMe]));
    this.emit("change", user);
  }

  /** Another tab may have chosen since: what is written is the whole list. */
  #readAgain() {
    const before = this.#chosen;
    this.#chosen = this.#kept();
    for (const user of new Set([...before.keys(), ...this.#chosen.keys()])) {
      if (!same(before.get(user) ?? AS_THEY_COME, this.of(user))) this.emit("change", user);
    }
  }

  #kept() {
    return new Map(read(this.#store.get(NAME, /** @type {unknown[]} */ ([]))));
  }
}

/** @param {Readonly<Loudness>} one @param {Readonly<Loudness>} other */
const same = (one, other) => one.volume === other.volume && one.mutedForMe === other.mutedForMe;

/** @param {number} volume */
const within = (volume) => Math.round(Math.min(LOUDEST, Math.max(0, Number.isFinite(volume) ? volume : AS_THEY_COME.volume)));

/** Whoever can write to this device's storage may have written anything. @param {unknown[]} kept @returns {[string, Loudness][]} */
function read(kept) {
  if (!Array.isArray(kept)) return [];
  return kept.slice(-KEPT).flatMap((entry) => {
    const [user, volume, mutedForMe] = Array.isArray(entry) ? entry : [];
    if (typeof user !== "string" || typeof volume !== "number") return [];
    return [/** @type {[string, Loudness]} */ ([user, { volume: within(volume), mutedForMe: mutedForMe === true }])];
  });
}
