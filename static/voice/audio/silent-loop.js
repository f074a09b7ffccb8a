// @ts-check
// Silence without WebAudio: a second of nothing, played in a loop by an audio element, and captured from it.

import { RATE, wave } from "./wave.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */

export class SilentLoop {
  /** @type {MediaStreamTrack|null} */
  track = null;
  #closed = false;
  #element;
  #url;
  #platform;

  /** @param {Pick<Platform, "createAudio"|"blobUrl"|"forgetUrl">} platform @param {() => void} ready called when there is a track, if ever */
  constructor(platform, ready) {
    this.#platform = platform;
    this.#element = platform.createAudio();
    this.#url = platform.blobUrl(wave(new Float32Array(RATE)));
    void this.#start(ready);
  }

  close() {
    this.#closed = true;
    this.track?.stop();
    this.#element.pause();
    this.#element.removeAttribute("src");
    this.#platform.forgetUrl(this.#url);
  }

  /** @param {() => void} ready */
  async #start(ready) {
    const element = /** @type {HTMLAudioElement & {captureStream?: () => MediaStream, mozCaptureStream?: () => MediaStream}} */ (this.#element);
    try {
      Object.assign(element, { loop: true, src: this.#url });
      await element.play();
      // Safari captures nothing: there a link without microphone and WebAudio stays without a sign of life.
      const [track] = (element.captureStream?.() ?? element.mozCaptureStream?.())?.getAudioTracks() ?? [];
      if (this.#closed) track?.stop();
      else if (track) {
        this.track = track;
        ready();
      }
    } catch {
      // Refused: as above.
      return;
    }
  }
}
