// @ts-check
/** What one link has of the browser: its generations, the stream that is played, what getStats says of them. */

import { Generation, isUnmade } from "./generation.js";
import { isRefused } from "./tuning.js";

/** @typedef {import("./link-state.js").Effect} Effect */
/** @typedef {import("./link-machine.js").LinkEvent} LinkEvent */

/** A getStats that has not come back after this many ms is not waited for. */
const PATIENCE = 5000;
/** Where nothing new was played for so many ms, getStats has to say whether something came. */
const QUIET = 400;
/** A timer is as early as its clock is coarse. */
const SLACK = 10;

/** What a new connection starts with.
 *  @typedef {Pick<ConstructorParameters<typeof Generation>[0], "track" | "bitrate" | "manner" | "configuration">} Start */

/**
 * @typedef {object} WireHooks
 * @property {import("./generation.js").GenerationPlatform} platform
 * @property {(event: LinkEvent) => void} advance the link's machine
 * @property {import("./generation.js").Hooks["send"]} send
 * @property {(stream: MediaStream | null) => void} stream which one to play
 * @property {(gen: number, reason: string, refused: boolean) => void} fault
 * @property {(text: string) => void} word what the peer says in a data channel, unread
 * @property {(open: boolean) => void} channel one opened, or the last one closed
 * @property {() => void} flooded its channels were shut, and it gets no others
 * @property {(relayOnly: boolean) => Start} make
 */

export class LinkWire {
  /** @type {Map<number, Generation>} */
  #live = new Map();
  /** @type {number | null} */
  #playing = null;
  /** @type {MediaStream | null} */
  #stream = null;
  #shown = "";
  /** @type {number | null} */
  #polledAt = null;
  #lookedAt = -Infinity;
  /** What was played last, and since when it is the same. @type {{played: number | null, at: number}} */
  #last = { played: null, at: -Infinity };
  #flooded = false;
  #told = false;
  #hooks;
  #gone = false;

  /** @param {WireHooks} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get generations() {
    return [...this.#live.values()];
  }

  /** The one that is played. */
  get receiver() {
    return this.#live.get(this.#playing ?? 0)?.receiver ?? null;
  }

  /** The fingerprints of what is played. @returns {Promise<{own: string, remote: string} | null>} */
  async keys() {
    return (await this.#live.get(this.#playing ?? 0)?.keys()) ?? null;
  }

  /** How the peer is received on it. */
  get figures() {
    return this.#live.get(this.#playing ?? 0)?.figures ?? null;
  }

  /** Whether a word would be on its way at once. */
  get open() {
    return this.generations.some((each) => each.open);
  }

  /**
   * Say something to the peer: on what is played, where that has a channel, else on the newest that has one.
   * @param {string} text
   * @returns {boolean} whether it is on its way
   */
  say(text) {
    const playing = this.#live.get(this.#playing ?? 0);
    return [...(playing ? [playing] : []), ...this.generations.reverse()].some((each) => each.say(text));
  }

  /** @param {string} shown the report's text @returns {boolean} whether it differs from the last */
  isNews(shown) {
    const news = shown !== this.#shown;
    this.#shown = shown;
    return news;
  }

  /** @param {Exclude<Effect, {type: "send"}>} effect */
  perform(effect) {
    switch (effect.type) {
      case "open":
        this.#open(effect);
        break;
      case "apply":
        this.#live.get(effect.gen)?.apply(effect.sdp);
        break;
      case "candidates":
        this.#live.get(effect.gen)?.take(effect.candidates);
        break;
      case "play":
        this.#playing = effect.gen;
        this.#play();
        break;
      case "close":
        this.#live.get(effect.gen)?.close();
        this.#live.delete(effect.gen);
        this.#tellChannel(false);
        break;
      case "gone":
        this.#gone = true;
        this.#hooks.stream(null);
    }
  }

  /**
   * Ask each generation what it heard, and tell the machine: each `every` ms, and whenever nothing is played.
   * @param {number} now
   * @param {number} every
   * @param {boolean} moving whether any link is being made, for which a first look at this one can wait
   */
  async poll(now, every, moving) {
    const [only, ...others] = this.generations;
    // Of two the one that is heard has to be played.
    if (others.length === 0 && only?.isMaking(moving)) return;
    const quiet = this.#isQuiet(now);
    if (!quiet && now - this.#lookedAt < every - SLACK) return;
    if (this.#polledAt !== null && now - this.#polledAt < PATIENCE) return;
    this.#polledAt = this.#lookedAt = now;
    const asked = await Promise.allSettled(this.generations.map((each) => each.sample()));
    if (this.#gone) return;
    this.#polledAt = null;
    // One that can't say what it heard has heard nothing: the machine counts its silence.
    const samples = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    this.#hooks.advance({ type: "tick", samples });
  }

  /** @param {Extract<Effect, {type: "open"}>} effect */
  #open({ gen, sdp, relayOnly }) {
    const { platform, advance, send, fault, make } = this.#hooks;
    const generation = new Generation({
      gen, platform, channel: !this.#flooded, ...make(relayOnly),
      hooks: {
        word: (text) => this.#hooks.word(text),
        channel: (open) => this.#tellChannel(open),
        flooded: () => {
          this.#flooded = true;
          this.#hooks.flooded();
        },
        send,
        connection: (state) => advance({ type: "connection", gen, state }),
        stream: () => this.#play(),
        fault: (reason) => fault(gen, reason, false),
        error: (reason) => {
          fault(gen, reason, isRefused(reason));
          advance({ type: "error", gen, refused: isRefused(reason), unmade: isUnmade(reason) });
        },
      },
    });
    this.#live.set(gen, generation);
    if (sdp === null) generation.offer();
    else generation.answer(sdp);
  }

  /** getStats costs far more than this look, and most of the time voices are there. @param {number} now */
  #isQuiet(now) {
    const played = this.#live.get(this.#playing ?? 0)?.played ?? null;
    if (played === null) return now - this.#lookedAt >= QUIET;
    if (played !== this.#last.played) this.#last = { played, at: now };
    return now - this.#last.at >= QUIET;
  }

  /** @param {boolean} opened */
  #tellChannel(opened) {
    const open = this.open;
    if (!opened && open === this.#told) return;
    this.#told = open;
    this.#hooks.channel(open);
  }

  #play() {
    const stream = this.#live.get(this.#playing ?? 0)?.stream ?? null;
    // While the next one has no stream yet, the last goes on.
    if (!stream || stream === this.#stream) return;
    this.#stream = stream;
    this.#hooks.stream(stream);
  }
}
