// @ts-check
// Owns the test of a microphone: is it given, and does a voice come in? Its level goes on until it is closed.

import { AudioGraph } from "../audio/audio-graph.js";
import { Level } from "../audio/level.js";
import { MICROPHONE } from "../audio/microphone-words.js";
import { Microphone } from "../audio/microphone.js";
import { Emitter } from "../emitter.js";
import { phrase } from "./phrase.js";

/** @typedef {import("./check-verdicts.js").Line} Line */
/** @typedef {import("./check-verdicts.js").Status} Status */

const POLL = 100;
/** The level of a voice, as in Speaking. */
const LOUD = 0.012;
const LOUD_POLLS = 3;
/** Without a sound for so long, a microphone is silent. */
const SILENT = 8000;
/** Without a level for so long, the browser gives none. */
const UNMEASURED = 1500;
const UNMEASURED_WORDS = phrase("microphone.unmeasured");
/** After so long nobody answers the browser's question. */
const UNANSWERED = 30_000;

/** Events: a line that says how it is; the level, 0 to 1. @extends {Emitter<{line: Line, level: number}>} */
export class MicrophoneCheck extends Emitter {
  /** @type {Promise<Line>} the first line that says how it is */
  verdict;
  /** @type {(line: Line) => void} */
  #judge = () => {};
  /** @type {any} */
  #timer = null;
  #unanswered;
  #loud = 0;
  #since = 0;
  /** Whether its level was ever known. */
  #measured = false;
  #graph;
  #level;
  #microphone;
  #platform;

  /**
   * @param {import("../browser/platform.js").Platform} platform
   * @param {() => import("../audio/constraints.js").MicrophoneChoice} [choice]
   */
  constructor(platform, choice) {
    super();
    this.#platform = platform;
    this.#graph = new AudioGraph(platform);
    this.#level = new Level(this.#graph, platform);
    this.#microphone = new Microphone(platform, choice);
    this.verdict = new Promise((resolve) => {
      this.#judge = resolve;
    });
    this.#unanswered = platform.setTimeout(() => {
      this.#end("notice", phrase("microphone.unanswered"));
    }, UNANSWERED);
    this.#microphone.on("track", (track) => this.#take(track));
    this.#microphone.on("status", (status) => this.#heardOf(status));
  }

  open() {
    this.#emitLine("running", "");
    this.#microphone.open();
  }

  close() {
    this.#platform.clearTimeout(this.#unanswered);
    this.#platform.clearTimeout(this.#timer);
    this.#level.close();
    this.#graph.close();
    this.#microphone.close();
  }

  /** @param {MediaStreamTrack|null} track */
  #take(track) {
    const { now, clearTimeout } = this.#platform;
    clearTimeout(this.#timer);
    const measured = this.#level.listen(track);
    if (track) clearTimeout(this.#unanswered);
    this.#since = now();
    if (measured) this.#poll();
    else if (track) this.#finish("notice", UNMEASURED_WORDS);
  }

  /** @param {{ok: boolean, code: string}} status */
  #heardOf({ ok, code }) {
    const words = MICROPHONE[code] ?? MICROPHONE.failed;
    if (code === "asking") this.#emitLine("running", words);
    else if (!ok) this.#end("failed", words);
    else if (this.#since !== Infinity) this.#emitLine("running", phrase("microphone.on"));
  }

  #poll() {
    this.#timer = this.#platform.setTimeout(() => this.#poll(), POLL);
    const level = this.#level.now();
    if (level !== null) {
      this.#measured = true;
      this.emit("level", level);
      if (level >= LOUD && ++this.#loud === LOUD_POLLS) this.#end("ok", phrase("microphone.heard"));
    }
    const waited = this.#platform.now() - this.#since;
    if (!this.#measured && waited >= UNMEASURED) this.#finish("notice", UNMEASURED_WORDS);
    else if (this.#loud < LOUD_POLLS && waited >= SILENT) {
      this.#finish("notice", phrase("microphone.silent"));
    }
  }

  /** Say it once, and nothing of the kind again. @param {Status} status @param {string} words */
  #finish(status, words) {
    this.#since = Infinity;
    this.#end(status, words);
  }

  /** @param {Status} status @param {string} words @returns {Line} */
  #emitLine(status, words) {
    const line = /** @type {Line} */ ({ step: "microphone", status, words });
    this.emit("line", line);
    return line;
  }

  /** @param {Status} status @param {string} words */
  #end(status, words) {
    this.#judge(this.#emitLine(status, words));
  }
}
