// @ts-check
// Owns what is known of people's keys in a call: as each was seen first, with whom they were compared, and what speaks for somebody in between.

import { phrase } from "../phrase.js";
import { keyChanged, notTheirKey, otherWords } from "./words.js";

/** Whoever comes back as another peer is told of loudly again, but no sooner than this. */
const AGAIN = 60_000;

/** @typedef {{peer: string, user?: string, name: string}} Member */

const ALARMS = Object.freeze({ "key-changed": keyChanged, "not-their-key": notTheirKey, "other-words": otherWords });

/** @typedef {keyof typeof ALARMS} AlarmCode */
/** @typedef {{code: AlarmCode, words: string}} Alarm */

export class SafetyTrust {
  /** Fingerprints as they were seen first, by peer. @type {Map<string, string>} */
  #seen = new Map();
  /** Fingerprints of those with whom the words were compared. @type {Set<string>} */
  #compared = new Set();
  /** By peer, what speaks for somebody in between. @type {Map<string, string>} */
  #troubles = new Map();
  /** What was told loudly, of which peer and when: of that one it is not told again before a comparison.
   *  @type {Map<string, {peer: string, user: string, at: number}>} */
  #alarmed = new Map();
  #members;
  #now;
  #tell;

  /**
   * @param {() => Member[]} members @param {() => number} now in ms
   * @param {(alarm: Alarm|null) => void} tell  of trouble: loudly, or as what was told before
   */
  constructor(members, now, tell) {
    this.#members = members;
    this.#now = now;
    this.#tell = tell;
  }

  /** Whether the words were compared with somebody, by their key. @param {string} peer */
  isCompared(peer) {
    return this.#compared.has(this.#seen.get(peer) ?? "");
  }

  /** In words, "" where nothing speaks for somebody in between. */
  get trouble() {
    return [...new Set(this.#troubles.values())].join(" ");
  }

  /** @param {string} peer @param {string} key */
  see(peer, key) {
    const before = this.#seen.get(peer);
    if (before === key) return;
    this.#seen.set(peer, key);
    if (before !== undefined) this.alarm(peer, "key-changed");
  }

  /** The words were compared, and are the same: of whoever took no part that says nothing. @param {ReadonlyMap<string, string>} keys  of the others who took part, by peer */
  compare(keys) {
    const users = this.#members().flatMap(({ peer, user = peer }) => (keys.has(peer) ? [user] : []));
    for (const [peer, key] of keys) {
      this.#compared.add(key);
      this.#troubles.delete(peer);
    }
    for (const [about, { peer, user }] of this.#alarmed) if (keys.has(peer) || users.includes(user)) this.#alarmed.delete(about);
  }

  /** @param {string} peer @param {AlarmCode} code */
  alarm(peer, code) {
    const { name = phrase("somebody"), user = peer } = this.#members().find((member) => member.peer === peer) ?? {};
    const words = ALARMS[code](name);
    this.#troubles.set(peer, words);
    // Who makes it happen again and again doesn't get to fill the page with it, by coming and going neither.
    const before = this.#alarmed.get(`${user} ${code}`);
    if (before && (before.peer === peer || this.#now() - before.at < AGAIN)) return this.#tell(null);
    this.#alarmed.set(`${user} ${code}`, { peer, user, at: this.#now() });
    this.#tell({ code, words });
  }

  /** @param {string} peer */
  forget(peer) {
    this.#seen.delete(peer);
    this.#troubles.delete(peer);
  }
}
