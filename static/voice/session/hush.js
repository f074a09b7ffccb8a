// @ts-check
// Owns when nobody speaks at this microphone, for what is sent then: late to find it quiet, quick to hear a word.

import { decibels } from "../decibels.js";
import { Emitter } from "../emitter.js";

/** ms between looks: so much of a first syllable is sent as a quiet room is. */
const LOOK = 50;
/** ms without a word: pauses between sentences are part of them. */
export const PAUSE = 3000;
/** Root mean square, 0 to 1: well above a quiet room (-60 dBFS), below a word said softly. */
export const WORD = 0.004;

/** @typedef {Pick<import("../browser/platform.js").Platform, "document"|"now"|"setTimeout"|"clearTimeout">} HushPlatform */
/**
 * What hears in the audio thread, which goes on in a hidden page.
 * @typedef {Emitter<{loud: boolean, deaf: boolean}> & {threshold: number, listen: (track: MediaStreamTrack|null) => void, close: () => void}} Ear
 */

/** Events: whether it is quiet, when that changed. @extends {Emitter<{quiet: boolean}>} */
export class Hush extends Emitter {
  #quiet = false;
  /** @type {any} */
  #timer = null;
  /** What the ear listens to. @type {MediaStreamTrack|null} */
  #heeded = null;
  /** What the ear says of it; "" before it says anything. @type {""|"loud"|"still"} */
  #heard = "";
  #spokeAt;
  #level;
  #track;
  #ear;
  #platform;
  #shown = () => this.heed();

  /**
   * @param {{level: () => number|null, track: () => MediaStreamTrack|null, ear: Ear, platform: HushPlatform}} options
   *   level: of the microphone now; null where it can't be told, or doesn't matter; track: what is measured
   */
  constructor({ level, track, ear, platform }) {
    super();
    this.#level = level;
    this.#track = track;
    this.#ear = ear;
    this.#platform = platform;
    this.#spokeAt = platform.now();
    ear.threshold = decibels(WORD);
    ear.on("deaf", (deaf) => {
      // It says so again whenever sound passes again.
      this.#heard = deaf ? "" : this.#heard || "still";
    });
    ear.on("loud", (loud) => {
      if (!this.#heeded) return;
      this.#heard = loud ? "loud" : "still";
      // Also where it ends: the pause begins then.
      this.wake();
    });
  }

  start() {
    this.#timer ??= this.#platform.setTimeout(() => this.#look(), LOOK);
    this.#platform.document.addEventListener("visibilitychange", this.#shown);
  }

  /** Somebody is about to speak: a key was pressed for it. */
  wake() {
    this.#spokeAt = this.#platform.now();
    this.#become(false);
  }

  /** Another track is measured, or the page was shown or hidden: only a hidden one, whose looks come late, pays for an ear. */
  heed() {
    const track = this.#isHidden && this.#level() !== null ? this.#track() : null;
    if (track === this.#heeded) return;
    this.#heeded = track;
    this.#ear.listen(track);
    this.#heard = "";
  }

  close() {
    this.#platform.clearTimeout(this.#timer);
    this.#timer = null;
    this.#platform.document.removeEventListener("visibilitychange", this.#shown);
    this.#heeded = null;
    this.#ear.close();
  }

  get #isHidden() {
    return this.#platform.document.visibilityState === "hidden";
  }

  #look() {
    this.#timer = this.#platform.setTimeout(() => this.#look(), LOOK);
    this.heed();
    if (this.#hearsAWord()) this.wake();
    else this.#become(this.#platform.now() - this.#spokeAt >= PAUSE);
  }

  /** What can't be heard is taken for speech. */
  #hearsAWord() {
    if (this.#isHidden) return this.#heard !== "still";
    const level = this.#level();
    return level === null || level >= WORD;
  }

  /** @param {boolean} quiet */
  #become(quiet) {
    if (quiet === this.#quiet) return;
    this.#quiet = quiet;
    this.emit("quiet", quiet);
  }
}
