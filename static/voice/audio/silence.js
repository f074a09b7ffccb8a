// @ts-check
// A track of silence, sent while there is no microphone: a link is judged by what comes, so something must come.

import { Emitter } from "../emitter.js";
import { SilentLoop } from "./silent-loop.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {Pick<Platform, "createAudio"|"blobUrl"|"forgetUrl"|"setTimeout"|"clearTimeout">} SilencePlatform */

/** A context that doesn't run by then is held back. */
const PATIENCE = 1500;

/** Events: there is another track to be sent in the microphone's place. @extends {Emitter<{track: null}>} */
export class Silence extends Emitter {
  /** Null where WebAudio refuses. @type {{source: AudioScheduledSourceNode, out: MediaStreamAudioDestinationNode, track: MediaStreamTrack}|null|undefined} */
  #parts;
  /** @type {SilentLoop|null} */
  #loop = null;
  /** @type {any} */
  #waiting = null;
  #graph;
  #platform;

  /** @param {import("./audio-graph.js").AudioGraph} graph @param {SilencePlatform} platform */
  constructor(graph, platform) {
    super();
    this.#graph = graph;
    this.#platform = platform;
  }

  /** Call it within the join click: some browsers let no context run that was made later. */
  prepare() {
    if (this.#parts !== undefined) return;
    this.#parts = this.#graph.build((context) => {
      const out = context.createMediaStreamDestination();
      // A destination with no source that runs sends nothing at all.
      const source = context.createConstantSource();
      source.offset.value = 0;
      source.start();
      return { source, out, track: out.stream.getAudioTracks()[0] };
    });
  }

  /**
   * Give what is to be sent: the microphone's track, or silence in its place, which costs nothing while it isn't needed.
   * @param {MediaStreamTrack|null} microphone
   */
  instead(microphone) {
    this.prepare();
    const parts = this.#parts;
    if (parts) this.#graph.build(() => (microphone ? parts.source.disconnect() : parts.source.connect(parts.out)));
    this.#platform.clearTimeout(this.#waiting);
    if (microphone) return this.#endLoop(microphone);
    this.#graph.resume();
    if (!parts) this.#beginLoop();
    else if (!this.#graph.running) this.#waiting = this.#platform.setTimeout(() => this.#graph.running || this.#beginLoop(), PATIENCE);
    return this.#loop?.track ?? parts?.track ?? null;
  }

  close() {
    this.#platform.clearTimeout(this.#waiting);
    this.#loop?.close();
    this.#parts?.track.stop();
    this.#parts = this.#loop = null;
  }

  #beginLoop() {
    this.#loop ??= new SilentLoop(this.#platform, () => this.emit("track", null));
  }

  /** @template T @param {T} microphone */
  #endLoop(microphone) {
    this.#loop?.close();
    this.#loop = null;
    return microphone;
  }
}
