// @ts-check
// Owns what is known of people's keys in a call: as each was seen first, with whom they were compared, and what speaks for somebody in between.

import { phrase } from "../phrase.js";
import { anotherKey, keyChanged, notTheirKey, otherWords } from "./words.js";

/** Whoever comes back as another peer is told of loudly again, but no sooner than this. */
const AGAIN = 60_000;

/** @typedef {{peer: string, user?: string, name: string}} Member */

const ALARMS = Object.freeze({ "key-changed": keyChanged, "not-their-key": notTheirKey, "other-words": otherWords });

/** @typedef {keyof typeof ALARMS} AlarmCode */
/** @typedef {{code: AlarmCode, words: string}} Alarm */
/**
 * What of it is told: loudly what speaks for somebody in between, calmly what a page that is loaded anew does as well.
 * @typedef {{alarm?: Alarm, notice?: {code: "another-key", words: string}}} Telling
 */

export class SafetyTrust {
  /** Fingerprints as they were seen first, by peer. @type {Map<string, string>} */
  #seen = new Map();
  /** By peer, what speaks for somebody in between. @type {Map<string, string>} */
  #troubles = new Map();
  /** What was told loudly, of which peer and when: of that one it is not told again before a comparison.
   *  @type {Map<string, {peer: string, user: string, at: number}>} */
  #alarmed = new Map();
  #members;
  #compared;
  #now;
  #tell;

  /**
   * @param {() => Member[]} members @param {import("./compared-keys.js").ComparedKeys} compared @param {() => number} now in ms
   * @param {(telling: Telling) => void} tell  of trouble; nothing stands in it that was told before
   */
  constructor(members, compared, now, tell) {
    this.#members = members;
    this.#compared = compared;
    this.#now = now;
    this.#tell = tell;
  }

  /** Whether the words were compared with somebody, by the key that they have now. @param {string} peer */
  isCompared(peer) {
    return this.#compared.has(this.#member(peer).user, this.#seen.get(peer) ?? "");
  }

  /** Whether they were, but by another key than they have now. @param {string} peer */
  hasAnotherKey(peer) {
    const key = this.#seen.get(peer);
    return key !== undefined && this.#compared.hasAnother(this.#member(peer).user, key);
  }

  /** In words, "" where nothing speaks for somebody in between. */
  get trouble() {
    return [...new Set(this.#troubles.values())].join(" ");
  }

  /** Of whom that is. @returns {string[]} peers */
  get inDoubt() {
    return [...this.#troubles.keys()];
  }

  /** @param {string} peer @param {string} key */
  see(peer, key) {
    const before = this.#seen.get(peer);
    if (before === key) return;
    this.#seen.set(peer, key);
    if (before !== undefined) return this.alarm(peer, "key-changed");
    // As another peer: that is what a server makes of whom it replaces, and what each reload looks like.
    const { name, user } = this.#member(peer);
    if (this.#compared.hasAnother(user, key) && this.#compared.isNews(user)) this.#tell({ notice: { code: "another-key", words: anotherKey(name) } });
  }

  /** The words were compared, and are the same: of whoever took no part that says nothing. @param {ReadonlyMap<string, string>} keys  of the others who took part, by peer */
  compare(keys) {
    const users = [...keys.keys()].map((peer) => this.#member(peer).user);
    for (const [peer, key] of keys) {
      this.#compared.add(this.#member(peer).user, key);
      this.#troubles.delete(peer);
    }
    for (const [about, { user }] of this.#alarmed) if (users.includes(user)) this.#alarmed.delete(about);
  }

  /** @param {string} peer @param {AlarmCode} code */
  alarm(peer, code) {
    const { name, user } = this.#member(peer);
    const words = ALARMS[code](name);
    this.#troubles.set(peer, words);
    // Who makes it happen again and again doesn't get to fill the page with it, by coming and going neither.
    const before = this.#alarmed.get(`${user} ${code}`);
    if (before && (before.peer === peer || this.#now() - before.at < AGAIN)) return this.#tell({});
    this.#alarmed.set(`${user} ${code}`, { peer, user, at: this.#now() });
    this.#tell({ alarm: { code, words } });
  }

  /** @param {string} peer */
  forget(peer) {
    this.#seen.delete(peer);
    this.#troubles.delete(peer);
  }

  /** @param {string} peer @returns {{name: string, user: string}} */
  #member(peer) {
    const { name = phrase("somebody"), user = peer } = this.#members().find((member) => member.peer === peer) ?? {};
    return { name, user };
  }
}
