// @ts-check
/**
 * The two data channels of one connection: one for words, one that only asks whether the other end is there.
 *
 * A question may be lost and is never sent again by the browser: an answer that is late would say nothing.
 * Both channels are negotiated beforehand, so they need no message to open and no section of their own.
 */

import { LONGEST, fresh, judge } from "./channel-limits.js";

const WORDS = { negotiated: true, id: 0 };
const QUESTIONS = { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 };

const PACE = { burst: 40, rate: 10 };
/** While nothing is heard, each end asks ten times a second, twice each time, and is asked as often. */
const QUESTIONS_PACE = { burst: 120, rate: 60 };

/** A peer that takes nothing for so long that this many bytes wait for it is told no more. */
const BACKLOG = 64 * 1024;
const QUESTION = /^(ping|pong) ([0-9]{1,9})$/;
/** So many questions without an answer say something; one or two may be lost. */
const FEW = 4;
/** Whoever answered none of the first ones has no such channel. */
const TRIES = 10;

/**
 * @typedef {object} ChannelHooks
 * @property {(text: string) => void} word what the peer says: text of bounded length, at a bounded rate, unread
 * @property {(open: boolean) => void} open whether words can be sent
 * @property {() => void} flooded the peer sent so much that its channels are shut
 */

export class Channels {
  #words;
  #questions;
  #hooks;
  #now;
  #limits;
  #shut = false;
  #asked = 0;
  /** Whether the peer ever answered. */
  #answers = false;
  #tries = 0;
  /** Questions since the peer was last heard here, and when the first of them was asked. */
  #open = 0;
  #since = 0;

  /**
   * @param {RTCPeerConnection} connection
   * @param {ChannelHooks} hooks
   * @param {() => number} now
   */
  constructor(connection, hooks, now) {
    this.#hooks = hooks;
    this.#now = now;
    this.#limits = { words: fresh(PACE, now()), questions: fresh(QUESTIONS_PACE, now()) };
    this.#words = connection.createDataChannel("words", WORDS);
    this.#questions = connection.createDataChannel("questions", QUESTIONS);
    this.#words.onopen = () => hooks.open(true);
    this.#words.onclose = () => hooks.open(false);
    // At once: a path may be gone before the next look, and only the silence of one that answers counts early.
    this.#questions.onopen = () => this.ask(false);
    this.#words.onmessage = ({ data }) => this.#take("words", PACE, data, (text) => hooks.word(text));
    this.#questions.onmessage = ({ data }) => this.#take("questions", QUESTIONS_PACE, data, (text) => this.#asks(text));
  }

  get open() {
    return !this.#shut && this.#words.readyState === "open";
  }

  /** @param {string} text @returns {boolean} whether it is on its way */
  say(text) {
    if (!this.open || text.length > LONGEST || this.#words.bufferedAmount > BACKLOG) return false;
    this.#words.send(text);
    return true;
  }

  /**
   * Ask whether the peer is there, where it may answer.
   * @param {boolean} silent nothing else was heard of it for a while
   */
  ask(silent) {
    if (this.#shut || !this.#carries) return;
    if (!this.#answers) {
      if (this.#tries >= TRIES) return;
      this.#tries += 1;
    } else if (!silent) return;
    if (this.#open === 0) this.#since = this.#now();
    this.#open += 1;
    this.#asked += 1;
    // Twice: where a fifth of all packets is lost, four questions in a row often are.
    for (let copy = 0; copy < 2; copy += 1) this.#questions.send(`ping ${this.#asked % 1e9}`);
  }

  /** For how many ms no question was answered: 0 as long as that says nothing, null where the peer never answers any. */
  get unanswered() {
    if (!this.#answers || this.#shut) return null;
    return this.#open >= FEW ? Math.max(this.#now() - this.#since, 0) : 0;
  }

  /** A peer that asks all the time, and takes no answer, would fill the page's memory with them. */
  get #carries() {
    return this.#questions.readyState === "open" && this.#questions.bufferedAmount <= BACKLOG;
  }

  close() {
    this.#shut = true;
    for (const channel of [this.#words, this.#questions]) {
      channel.onopen = channel.onclose = channel.onmessage = null;
    }
  }

  /** @param {string} text */
  #asks(text) {
    const [, what, number] = QUESTION.exec(text) ?? [];
    if (what === undefined) return;
    this.#answers ||= what === "pong";
    if (what === "ping" && this.#carries) this.#questions.send(`pong ${number}`);
  }

  /**
   * @param {"words" | "questions"} which
   * @param {import("./channel-limits.js").Pace} pace
   * @param {unknown} data
   * @param {(text: string) => void} use
   */
  #take(which, pace, data, use) {
    if (this.#shut) return;
    const text = typeof data === "string" ? data : null;
    const length = text?.length ?? /** @type {any} */ (data)?.byteLength ?? /** @type {any} */ (data)?.size ?? LONGEST;
    const { allowance, verdict } = judge(this.#limits[which], pace, text === null ? length + LONGEST : length, this.#now());
    this.#limits[which] = allowance;
    if (verdict === "shut") {
      this.close();
      for (const channel of [this.#words, this.#questions]) channel.close();
      this.#hooks.open(false);
      this.#hooks.flooded();
      return;
    }
    this.#open = 0;
    if (verdict === "take" && text !== null) use(text);
  }
}
