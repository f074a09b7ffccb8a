// @ts-check
// Owns a call's safety code: commit, then reveal, with everybody who is there.

import { Emitter } from "../emitter.js";
import { alike, codeOf, commitmentOf, epochOf, hexOf } from "./safety-code.js";
import { SafetyTrust } from "./safety-trust.js";

/** @typedef {import("./in-band.js").InBand} InBand */
/** @typedef {import("./safety-trust.js").Member} Member */
/**
 * @typedef {object} Safety
 * @property {{emoji: string, name: string}[]|null} words  null: not there (yet)
 * @property {string[]} included  names of those who took part
 * @property {string[]} missing  names of those who are here and take no part, or not yet
 * @property {string[]} compared  peers of those with whom the words were compared, by their key
 * @property {string[]} anotherKey  peers of those who were compared earlier, and have another key since
 * @property {string[]} inDoubt  peers of those of whom something speaks for somebody in between
 * @property {string} trouble  what speaks for somebody in between, "" where nothing does
 */
/** @typedef {import("./safety-code.js").Round} Round */

/** Whoever has not answered within so many ms is left out. */
export const PATIENCE = 5000;
/** Others can make us begin anew, but no more often than this; before anything is revealed, some times in a row: pages that
 *  come together count from different numbers. Each beginning is told to everybody, who bears only so many words of us. */
const ANEW = 1000;
const IN_A_ROW = 8;
/** One number may be ahead of another by as many epochs as came and went before somebody joined. */
const LEAP = 1024;
const NONCE_BYTES = 32;

/** @extends {Emitter<{safety: Safety, alarm: {code: string, words: string}, notice: {code: string, words: string}}>} */
export class SafetyCode extends Emitter {
  /** @type {Round|null} */
  #round = null;
  #number = 0;
  #begunAt = -Infinity;
  /** When one more that others cause would be on time. */
  #due = -Infinity;
  /** Since when somebody is waited for. @type {Map<string, number>} */
  #since = new Map();
  /** Those who didn't answer in time. @type {Set<string>} */
  #silent = new Set();
  /** Commitments for another attempt than that of now, the last of each peer. @type {Map<string, any>} */
  #early = new Map();
  /** One thing at a time: hashing takes a turn of the loop. */
  #work = Promise.resolve();
  #closed = false;
  /** @type {any} */
  #timer = null;
  /** @type {any} */
  #later = null;
  #told = "";
  #trust;
  #room;
  #self;
  #members;
  #keys;
  #inBand;
  #platform;

  /**
   * @param {{room: string, self: () => string|null, members: () => Member[], inBand: InBand, compared: import("./compared-keys.js").ComparedKeys,
   *   keys: (peer: string) => Promise<{own: string, remote: string}|null>,
   *   platform: Pick<import("../browser/platform.js").Platform, "sha256"|"randomBytes"|"now"|"setTimeout"|"clearTimeout">}} options
   *   members: who is in the room, but oneself; keys: both fingerprints of the link to somebody, once it is up
   */
  constructor({ room, self, members, keys, inBand, compared, platform }) {
    super();
    this.#room = room;
    this.#self = self;
    this.#members = members;
    this.#keys = keys;
    this.#inBand = inBand;
    this.#platform = platform;
    this.#trust = new SafetyTrust(members, compared, () => platform.now(), ({ alarm, notice }) => {
      if (alarm) this.emit("alarm", alarm);
      if (notice) this.emit("notice", notice);
      this.#tell();
    });
    inBand.on("commit", ({ peer, ...said }) => this.#run(() => this.#committed(peer, said)));
    inBand.on("reveal", ({ peer, ...said }) => this.#run(() => this.#revealed(peer, said)));
    inBand.on("code", ({ peer, ...said }) => this.#run(async () => this.#checked(peer, said)));
    inBand.on("opened", ({ peer }) => {
      this.#silent.delete(peer);
      this.#run(async () => this.#sayAgain(peer));
      this.look();
    });
  }

  /** @returns {Safety} */
  get now() {
    const members = this.#members();
    const taking = (/** @type {Member} */ { peer }) => this.#round?.keys.has(peer) === true && this.#round.code !== null;
    return {
      words: this.#round?.code?.words ?? null,
      included: members.filter(taking).map(({ name }) => name),
      missing: members.filter((member) => !taking(member)).map(({ name }) => name),
      compared: members.filter(({ peer }) => this.#trust.isCompared(peer)).map(({ peer }) => peer),
      anotherKey: members.filter(({ peer }) => this.#trust.hasAnotherKey(peer)).map(({ peer }) => peer),
      inDoubt: this.#trust.inDoubt,
      trouble: this.#trust.trouble,
    };
  }

  /** Who is here, or a link, may have changed. */
  look() {
    this.#run(() => this.#look());
  }

  /**
   * These words were compared with everybody's who took part, and are the same.
   * @param {Safety["words"]} words
   * @returns {boolean} false where they are no longer those of now: with whom those are made, nobody has compared
   */
  compare(words) {
    const { code = null, keys } = this.#round ?? {};
    if (!code || !keys || !words || !alike(words, code.words)) return false;
    this.#trust.compare(new Map(this.#others().map((peer) => [peer, keys.get(peer) ?? ""])));
    this.#tell();
    return true;
  }

  /** @param {string} peer */
  forget(peer) {
    for (const map of [this.#since, this.#silent, this.#early]) map.delete(peer);
    this.#trust.forget(peer);
    this.look();
  }

  close() {
    this.#closed = true;
    this.#platform.clearTimeout(this.#timer);
    this.#platform.clearTimeout(this.#later);
  }

  /** @param {() => Promise<void>} job */
  #run(job) {
    // A connection may close while it is asked for its keys: what failed stops nothing that comes later, and is looked at again.
    this.#work = this.#work.then(() => (this.#closed ? undefined : job())).catch(() => this.#arm(true));
  }

  async #look() {
    const self = this.#self();
    if (self === null) return;
    const now = this.#platform.now();
    const members = this.#members().sort((a, b) => (a.peer < b.peer ? -1 : 1));
    /** @type {Map<string, string>} */
    const keys = new Map();
    let waited = false;
    let own = "";
    for (const { peer } of members) {
      const known = await this.#keys(peer);
      if (this.#closed) return;
      if (known) {
        own = known.own;
        this.#trust.see(peer, known.remote);
      }
      if (this.#silent.has(peer)) continue;
      if (known && this.#inBand.open.includes(peer)) {
        keys.set(peer, known.remote);
        // A link that is mended in less leaves the words as they are.
        this.#since.delete(peer);
      } else if (this.#late(peer, now)) this.#silent.add(peer);
      else waited = true;
    }
    if (waited) return this.#arm(true);
    keys.set(self, own);
    if (keys.size === 1) this.#round = null;
    else if (!this.#round || same(this.#round.keys, keys) === false) await this.#begin(keys, this.#number + 1);
    this.#arm();
    this.#tell();
  }

  /** @param {string} peer @param {number} now */
  #late(peer, now) {
    const since = this.#since.get(peer) ?? now;
    this.#since.set(peer, since);
    return now - since >= PATIENCE;
  }

  /** @param {Map<string, string>} keys @param {number} number */
  async #begin(keys, number) {
    const self = /** @type {string} */ (this.#self());
    const { sha256 } = this.#platform;
    this.#number = number;
    this.#begunAt = this.#platform.now();
    const attempt = { room: this.#room, epoch: await epochOf(sha256, [...keys.keys()]), round: number };
    const nonce = hexOf(this.#platform.randomBytes(NONCE_BYTES));
    const commitment = await commitmentOf(sha256, attempt, { peer: self, fingerprint: keys.get(self) ?? "", nonce });
    this.#round = { attempt, keys, nonce, commitment, commitments: new Map(), nonces: new Map(), checks: new Map(), revealed: false, code: null };
    for (const peer of this.#others()) this.#sayAgain(peer);
    const early = [...this.#early];
    this.#early.clear();
    for (const [peer, said] of early) await this.#committed(peer, said);
    this.#arm();
  }

  #others() {
    return [...this.#round?.keys.keys() ?? []].filter((peer) => peer !== this.#self());
  }

  /** All that is to be said in the round of now. @param {string} peer */
  #sayAgain(peer) {
    if (!this.#round?.keys.has(peer)) return;
    const { attempt: { epoch, round }, commitment, nonce, revealed, code } = this.#round;
    this.#inBand.tell(peer, { type: "commit", epoch, round, value: commitment });
    if (revealed) this.#inBand.tell(peer, { type: "reveal", epoch, round, nonce });
    if (code) this.#inBand.tell(peer, { type: "code", epoch, round, check: code.check });
  }

  /** @param {string} peer @param {{epoch: string, round: number, value: string}} said */
  async #committed(peer, said) {
    const round = this.#round;
    const { epoch, round: number, value } = said;
    if (!round || !round.keys.has(peer) || epoch !== round.attempt.epoch) {
      this.#early.set(peer, said);
      // Whoever speaks after all takes part after all.
      if (this.#silent.delete(peer)) await this.#look();
      return;
    }
    if (number > round.attempt.round) {
      const next = Math.min(number, round.attempt.round + LEAP);
      // Who is further ahead says so again to whoever is behind; one word of a far number makes one step.
      if (next === number) this.#early.set(peer, said);
      const now = this.#platform.now();
      const wait = Math.max(round.revealed ? this.#begunAt + ANEW - now : 0, this.#due - (IN_A_ROW - 1) * ANEW - now);
      if (wait <= 0) {
        this.#due = Math.max(this.#due, now) + ANEW;
        return this.#begin(round.keys, next);
      }
      this.#platform.clearTimeout(this.#later);
      this.#later = this.#platform.setTimeout(() => this.#run(() => this.#committed(peer, said)), wait);
      return;
    }
    if (number < round.attempt.round) return this.#sayAgain(peer);
    // The first one binds: a second one could be made with others' nonces in hand.
    if (round.commitments.has(peer)) return;
    round.commitments.set(peer, value);
    if (round.commitments.size < round.keys.size - 1) return;
    round.revealed = true;
    for (const other of this.#others()) {
      this.#inBand.tell(other, { type: "reveal", epoch, round: number, nonce: round.nonce });
    }
  }

  /** @param {string} peer @param {{epoch: string, round: number, nonce: string}} said */
  async #revealed(peer, { epoch, round: number, nonce }) {
    const round = this.#round;
    const commitment = round?.commitments.get(peer);
    if (!round || epoch !== round.attempt.epoch || number !== round.attempt.round || !commitment || round.nonces.has(peer)) return;
    const fits = await commitmentOf(this.#platform.sha256, round.attempt, { peer, fingerprint: round.keys.get(peer) ?? "", nonce });
    if (fits !== commitment) return this.#trust.alarm(peer, "not-their-key");
    round.nonces.set(peer, nonce);
    await this.#finish();
  }

  async #finish() {
    const round = this.#round;
    if (!round || round.code || !round.revealed || round.nonces.size < round.keys.size - 1) return;
    const self = this.#self();
    const people = [...round.keys].map(([peer, fingerprint]) => (
      { peer, fingerprint, nonce: peer === self ? round.nonce : round.nonces.get(peer) ?? "" }));
    round.code = await codeOf(this.#platform.sha256, round.attempt, people);
    for (const peer of this.#others()) this.#inBand.tell(peer, { type: "code", epoch: round.attempt.epoch, round: round.attempt.round, check: round.code.check });
    for (const peer of round.checks.keys()) this.#judge(peer);
    this.#tell();
  }

  /** @param {string} peer @param {{epoch: string, round: number, check: string}} said */
  #checked(peer, { epoch, round: number, check }) {
    const round = this.#round;
    if (!round?.keys.has(peer) || epoch !== round.attempt.epoch || number !== round.attempt.round || round.checks.has(peer)) return;
    round.checks.set(peer, check);
    this.#judge(peer);
  }

  /** Two pages say by themselves where their words differ; whoever is in between may forge that, people's voices hardly. @param {string} peer */
  #judge(peer) {
    const { code = null, checks = null } = this.#round ?? {};
    if (code && checks?.get(peer) !== code.check) this.#trust.alarm(peer, "other-words");
  }

  /** Leave out, in time, whoever doesn't answer. @param {boolean} [waited] for a link */
  #arm(waited = false) {
    this.#platform.clearTimeout(this.#timer);
    this.#timer = (waited || this.#round?.code === null) && !this.#closed ? this.#platform.setTimeout(() => this.#run(() => this.#giveUp()), PATIENCE) : null;
  }

  async #giveUp() {
    const round = this.#round;
    if (round && !round.code && this.#platform.now() - this.#begunAt >= PATIENCE) {
      // Who has committed may wait for the one who has not, as we do.
      const mute = this.#others().filter((peer) => !round.commitments.has(peer));
      for (const peer of mute.length > 0 ? mute : this.#others().filter((each) => !round.nonces.has(each))) this.#silent.add(peer);
    }
    await this.#look();
  }

  #tell() {
    const { now } = this;
    const told = JSON.stringify(now);
    if (told === this.#told) return;
    this.#told = told;
    this.emit("safety", now);
  }
}

/** @param {Map<string, string>} one @param {Map<string, string>} other */
function same(one, other) {
  return one.size === other.size && [...one].every(([peer, key]) => other.get(peer) === key);
}
