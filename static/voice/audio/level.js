// @ts-check
// How loud the person's own microphone is, muted or not: one clone and one analyser for all who want to know.

/** Samples looked at, about 21 ms of them. */
const SAMPLES = 1024;

export class Level {
  /** @type {MediaStreamTrack|null} a clone that stays enabled */
  #track = null;
  /** @type {AnalyserNode|null} */
  #analyser = null;
  /** @type {AudioNode|null} */
  #source = null;
  #samples = new Float32Array(SAMPLES);
  #graph;
  #platform;

  /**
   * @param {import("./audio-graph.js").AudioGraph} graph
   * @param {Pick<import("../browser/platform.js").Platform, "emptyStream">} platform
   */
  constructor(graph, platform) {
    this.#graph = graph;
    this.#platform = platform;
  }

  /** Measure this track from now on, or none. @param {MediaStreamTrack|null} track @returns {boolean} whether it can be */
  listen(track) {
    this.close();
    if (!track) return false;
    this.#graph.build((context) => {
      this.#track = track.clone();
      this.#track.enabled = true;
      const stream = this.#platform.emptyStream();
      stream.addTrack(this.#track);
      const analyser = context.createAnalyser();
      analyser.fftSize = SAMPLES;
      this.#source = context.createMediaStreamSource(stream);
      this.#source.connect(analyser);
      this.#analyser = analyser;
    });
    if (!this.#analyser) this.close();
    this.#graph.resume();
    return this.#analyser !== null;
  }

  /**
   * Root mean square of what comes in now; cheap enough to ask many times a second.
   * @returns {number|null} 0 to 1; null where it can't be told
   */
  now() {
    const analyser = this.#analyser;
    if (!analyser || !this.#graph.running) return null;
    return this.#graph.build(() => {
      analyser.getFloatTimeDomainData(this.#samples);
      return Math.sqrt(this.#samples.reduce((sum, x) => sum + x * x, 0) / this.#samples.length);
    });
  }

  /** Let somebody else hear the same track. @param {AudioNode} node @returns {boolean} whether there is one, and it can */
  feed(node) {
    const source = this.#source;
    return source !== null && this.#graph.build(() => Boolean(source.connect(node))) === true;
  }

  /** @param {AudioNode} node */
  unfeed(node) {
    const source = this.#source;
    if (source) this.#graph.build(() => source.disconnect(node));
  }

  close() {
    this.#track?.stop();
    const source = this.#source;
    if (source) this.#graph.build(() => source.disconnect());
    this.#track = this.#analyser = this.#source = null;
  }
}
