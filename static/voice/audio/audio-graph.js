// @ts-check
// The page's one AudioContext, an ornament: where it is missing or refuses, its parts are left out and the voice goes on.

import { Emitter } from "../emitter.js";

/** Events: sound passes now, or no longer does. @extends {Emitter<{running: boolean}>} */
export class AudioGraph extends Emitter {
  /** @type {AudioContext|null} */
  #context = null;
  #closed = false;
  /** It was laid to rest by us, and nobody has needed it since. */
  #rests = false;
  #create;

  /** @param {Pick<import("../browser/platform.js").Platform, "audioContext">} platform */
  constructor({ audioContext }) {
    super();
    this.#create = audioContext;
  }

  /** Whether sound passes: a browser may hold a context back until a click, or take it away for a phone call. */
  get running() {
    return this.build(({ state }) => state === "running", this.#context) ?? false;
  }

  /**
   * Call it within the join click: some browsers let no context run that was made later, or never ran in a click.
   * It rests until somebody needs it to run: one that nobody hears costs the processor a twentieth of what links do.
   */
  prepare() {
    if (this.#context || !this.#open()) return;
    this.#rests = true;
    this.#ask((context) => context.suspend());
  }

  /** Somebody needs it to run: it does, unless the browser or the system holds it back. */
  wake() {
    if (this.#rests) this.resume();
  }

  /**
   * Build a part of it, best within a click, without which some browsers let none run.
   * @template Part
   * @param {(context: AudioContext) => Part} make what it did before it threw is its own to undo
   * @returns {Part|null} null where the browser refuses any step of it
   */
  build(make, context = this.#open()) {
    try {
      return context && make(context);
    } catch {
      return null;
    }
  }

  /** Let it run, where it may. There is nothing to wait for: some browsers never answer. */
  resume() {
    // What was just laid to rest may still say that it runs.
    const rested = this.#rests;
    this.#rests = false;
    if (this.#context && (rested || !this.running)) this.#ask((context) => context.resume());
  }

  close() {
    this.#closed = true;
    this.#ask((context) => context.close());
    this.#context = null;
  }

  #open() {
    if (this.#context || this.#closed || !this.#create) return this.#context;
    try {
      const context = this.#create();
      context.onstatechange = () => this.emit("running", this.running);
      this.#context = context;
    } catch {
      return null;
    }
    this.resume();
    return this.#context;
  }

  /** @param {(context: AudioContext) => Promise<void>} what */
  #ask(what) {
    // A no is no news: `running` tells what came of it.
    this.build((context) => void what(context)?.catch(() => {}), this.#context);
  }
}
