// @ts-check
/** What one link has of the browser: its generations, the stream that is played, what getStats says of them. */

import { Generation } from "./generation.js";
import { isRefused } from "./tuning.js";

/** @typedef {import("./link-state.js").Effect} Effect */
/** @typedef {import("./link-machine.js").LinkEvent} LinkEvent */

/** A getStats that has not come back after this many ms is not waited for. */
const PATIENCE = 5000;

/** What a new connection starts with.
 *  @typedef {Pick<ConstructorParameters<typeof Generation>[0], "track" | "bitrate" | "manner" | "configuration">} Start */

/**
 * @typedef {object} WireHooks
 * @property {import("./generation.js").GenerationPlatform} platform
 * @property {(event: LinkEvent) => void} advance the link's machine
 * @property {import("./generation.js").Hooks["send"]} send
 * @property {(stream: MediaStream | null) => void} stream which one to play
 * @property {(gen: number, reason: string, refused: boolean) => void} fault
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
        break;
      case "gone":
        this.#gone = true;
        this.#hooks.stream(null);
    }
  }

  /**
   * Ask each generation what it heard, and tell the machine.
   * @param {number} now
   */
  async poll(now) {
    if (this.#polledAt !== null && now - this.#polledAt < PATIENCE) return;
    this.#polledAt = now;
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
      gen, platform, ...make(relayOnly),
      hooks: {
        send,
        connection: (state) => advance({ type: "connection", gen, state }),
        stream: () => this.#play(),
        fault: (reason) => fault(gen, reason, false),
        error: (reason) => {
          fault(gen, reason, isRefused(reason));
          advance({ type: "error", gen, refused: isRefused(reason) });
        },
      },
    });
    this.#live.set(gen, generation);
    if (sdp === null) generation.offer();
    else generation.answer(sdp);
  }

  #play() {
    const stream = this.#live.get(this.#playing ?? 0)?.stream ?? null;
    // While the next one has no stream yet, the last goes on.
    if (!stream || stream === this.#stream) return;
    this.#stream = stream;
    this.#hooks.stream(stream);
  }
}
