// @ts-check
// Owns the test of a microphone: is it given, and does a voice come in? Its level goes on until it is closed.

import { MICROPHONE } from "../audio/microphone-words.js";
import { Microphone } from "../audio/microphone.js";
import { Meter } from "../audio/speaking.js";
import { Emitter } from "../emitter.js";

/** @typedef {import("./check-verdicts.js").Line} Line */
/** @typedef {import("./check-verdicts.js").Status} Status */

const POLL = 100;
/** The level of a voice, as in Speaking. */
const LOUD = 0.012;
const LOUD_POLLS = 3;
/** Without a sound for so long, a microphone is silent. */
const SILENT = 8000;
/** After so long nobody answers the browser's question. */
const UNANSWERED = 30_000;

/** Events: a line that says how it is; the level, 0 to 1. @extends {Emitter<{line: Line, level: number}>} */
export class MicrophoneCheck extends Emitter {
  /** @type {Promise<Line>} the first line that says how it is */
  verdict;
  /** @type {(line: Line) => void} */
  #judge = () => {};
  /** @type {Meter|null} */
  #meter = null;
  /** @type {any} */
  #timer = null;
  #unanswered;
  #loud = 0;
  #since = 0;
  #microphone;
  #platform;

  /** @param {import("../browser/platform.js").Platform} platform */
  constructor(platform) {
    super();
    this.#platform = platform;
    this.#microphone = new Microphone(platform);
    this.verdict = new Promise((resolve) => {
      this.#judge = resolve;
    });
    this.#unanswered = platform.setTimeout(() => {
      this.#end("notice", "Your browser's question was not answered.");
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
    this.#meter?.close();
    this.#microphone.close();
  }

  /** @param {MediaStreamTrack|null} track */
  #take(track) {
    const { audioContext, emptyStream, now, clearTimeout } = this.#platform;
    clearTimeout(this.#timer);
    this.#meter?.close();
    this.#meter = track && audioContext ? new Meter(track, audioContext, emptyStream()) : null;
    if (track) clearTimeout(this.#unanswered);
    this.#since = now();
    if (this.#meter) this.#poll();
    else if (track) this.#end("ok", "It is on; this browser can't show its level.");
  }

  /** @param {{ok: boolean, code: string}} status */
  #heardOf({ ok, code }) {
    const words = MICROPHONE[code] ?? MICROPHONE.failed;
    if (code === "asking") this.#emitLine("running", words);
    else if (!ok) this.#end("failed", words);
    else if (this.#meter) this.#emitLine("running", "It is on. Say something.");
  }

  #poll() {
    this.#timer = this.#platform.setTimeout(() => this.#poll(), POLL);
    const level = this.#meter?.level() ?? 0;
    this.emit("level", level);
    if (level >= LOUD && ++this.#loud === LOUD_POLLS) this.#end("ok", "Your voice comes in.");
    const silent = this.#loud < LOUD_POLLS && this.#platform.now() - this.#since >= SILENT;
    if (!silent) return;
    this.#since = Infinity;
    this.#end("notice", "Your microphone is on, but silent: is it muted, or is another one meant?");
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
