// @ts-check
// Silence without WebAudio: a second of nothing, played in a loop by an audio element, and captured from it.

/** @typedef {import("../browser/platform.js").Platform} Platform */

const RATE = 8000;

/** A second of silence: RIFF/WAVE, PCM, one channel of 8 bits. */
function silentWave() {
  const view = new DataView(new ArrayBuffer(44 + RATE));
  const write = (/** @type {number} */ at, /** @type {string} */ text) =>
    [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + RATE, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  write(36, "data");
  view.setUint32(40, RATE, true);
  for (let at = 44; at < view.byteLength; at += 1) view.setUint8(at, 128);
  return new Blob([view], { type: "audio/wav" });
}

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
    this.#url = platform.blobUrl(silentWave());
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
