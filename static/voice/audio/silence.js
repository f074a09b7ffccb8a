// @ts-check
// A track of silence, sent while there is no microphone: a link is judged by what comes, so something must come.

/** @typedef {import("../browser/platform.js").Platform} Platform */

export class Silence {
  /** @type {AudioContext|null} */
  #context = null;
  /** @type {MediaStreamTrack|null} */
  #track = null;

  /** Make it within the join click, without which some browsers let no AudioContext run. @param {Pick<Platform, "audioContext">} platform */
  constructor({ audioContext }) {
    if (!audioContext) return;
    try {
      this.#context = audioContext();
      const out = this.#context.createMediaStreamDestination();
      // A destination with no source that runs sends nothing at all.
      const source = new ConstantSourceNode(this.#context, { offset: 0 });
      source.connect(out);
      source.start();
      [this.#track] = out.stream.getAudioTracks();
    } catch {
      // Where WebAudio is refused, a link without a microphone stays silent; the call goes on.
    }
  }

  /**
   * Give what is to be sent: the microphone's track, or silence in its place, which costs nothing while it isn't needed.
   * @param {MediaStreamTrack|null} microphone
   */
  instead(microphone) {
    // A context that is being closed or was never let run answers for itself: there is nothing to be done about it.
    (microphone ? this.#context?.suspend() : this.#context?.resume())?.catch(() => {});
    return microphone ?? this.#track;
  }

  close() {
    this.#track?.stop();
    this.#context?.close().catch(() => {});
    this.#context = this.#track = null;
  }
}
