// @ts-check
// What the system's media keys hold of a call: silence that plays, and pauses while one is muted.

import { silence } from "./wave.js";

/** Seconds. Chromium takes what is shorter than 5 for a passing sound; a desktop gives it keys all the same, Android doesn't. */
const LENGTH = 6;

export class NowPlaying {
  /** @type {HTMLAudioElement|null} */
  #element = null;
  #url = "";
  #sink = "";
  #muted = false;
  #platform;

  /** @param {Pick<import("../browser/platform.js").Platform, "createAudio"|"blobUrl"|"forgetUrl"|"keysFollowFiles">} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  /** From now on the keys are this call's. The page has had its click: one that comes later does as well here. */
  start() {
    // Elsewhere a second thing that plays could only take the sound from the voices (iOS).
    if (this.#element || !this.#platform.keysFollowFiles) return;
    this.#element = this.#platform.createAudio();
    this.#url = this.#platform.blobUrl(silence(LENGTH));
    Object.assign(this.#element, { loop: true, src: this.#url });
    if (this.#sink) this.sink = this.#sink;
    this.hold();
  }

  /** @param {boolean} muted */
  set muted(muted) {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.hold();
  }

  /** On another speaker it would keep the one awake that nobody uses. @param {string} sink */
  set sink(sink) {
    this.#sink = sink;
    this.#element?.setSinkId?.(sink).catch(() => {});
  }

  /**
   * Keep the keys while another element of this page's begins and ends.
   * @template {HTMLAudioElement} T @param {T} element @returns {T} the same
   */
  beside(element) {
    for (const event of ["playing", "ended"]) element.addEventListener(event, () => this.passed());
    return element;
  }

  /** Something else of this page's has begun or ended: Chromium then forgets what is paused, and shows a call that talks. */
  passed() {
    if (this.#muted) this.hold();
  }

  /** The system, too, may have paused it. */
  async hold() {
    const element = this.#element;
    try {
      // Only what has just played counts as paused.
      await element?.play();
      if (this.#muted) element?.pause();
    } catch {
      // Refused, or done with: muting and unmuting by a click tries again.
      return;
    }
  }

  close() {
    const element = this.#element;
    this.#element = null;
    element?.pause();
    element?.removeAttribute("src");
    // Until it is loaded anew, the player of the source that was is there, and the system shows it.
    element?.load();
    this.#platform.forgetUrl(this.#url);
  }
}
