// @ts-check
// A track of silence, sent while there is no microphone: a link is judged by what comes, so something must come.

import { Emitter } from "../emitter.js";
import { SilentLoop } from "./silent-loop.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {Pick<Platform, "createAudio"|"blobUrl"|"forgetUrl"|"setTimeout"|"clearTimeout">} SilencePlatform */

/** A microphone that is there by then needs nothing in its place: ms. */
const AWAITED = 500;
/** A context that doesn't run by then is held back: ms. */
const PATIENCE = 1500;

/** Events: there is another track to be sent in the microphone's place. @extends {Emitter<{track: null}>} */
export class Silence extends Emitter {
  /** Null where WebAudio refuses. @type {{source: AudioScheduledSourceNode, out: MediaStreamAudioDestinationNode, track: MediaStreamTrack}|null|undefined} */
  #parts;
  /** @type {SilentLoop|null} */
  #loop = null;
  /** Whether the first microphone was awaited in vain, or has been there: none is waited for any more. */
  #late = false;
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

  /**
   * Give what is to be sent: the microphone's track, or silence in its place, which costs nothing while it isn't needed.
   * @param {MediaStreamTrack|null} microphone
   * @param {boolean} [awaited] whether it may be there at any moment: for the first one nothing is sent instead for half a second
   */
  instead(microphone, awaited = false) {
    if (microphone) {
      this.#rest();
      return microphone;
    }
    if (!awaited || this.#late) return this.#begin();
    this.#waiting ??= this.#platform.setTimeout(() => {
      this.#late = true;
      if (this.#begin()) this.emit("track", null);
    }, AWAITED);
    return null;
  }

  close() {
    this.#platform.clearTimeout(this.#waiting);
    this.#loop?.close();
    this.#parts?.track.stop();
    this.#parts = this.#loop = null;
  }

  #begin() {
    this.#stopWaiting();
    if (this.#parts === undefined) this.#parts = this.#make();
    const parts = this.#parts;
    if (parts) this.#graph.build(() => parts.source.connect(parts.out));
    this.#graph.resume();
    if (!parts) this.#beginLoop();
    else if (!this.#graph.running) {
      this.#waiting = this.#platform.setTimeout(() => {
        this.#waiting = null;
        if (!this.#graph.running) this.#beginLoop();
      }, PATIENCE);
    }
    return this.#loop?.track ?? parts?.track ?? null;
  }

  #rest() {
    this.#stopWaiting();
    this.#late = true;
    const parts = this.#parts;
    if (parts) this.#graph.build(() => parts.source.disconnect());
    this.#loop?.close();
    this.#loop = null;
  }

  #stopWaiting() {
    this.#platform.clearTimeout(this.#waiting);
    this.#waiting = null;
  }

  #make() {
    return this.#graph.build((context) => {
      const out = context.createMediaStreamDestination();
      // A destination with no source that runs sends nothing at all.
      const source = context.createConstantSource();
      source.offset.value = 0;
      source.start();
      return { source, out, track: out.stream.getAudioTracks()[0] };
    });
  }

  #beginLoop() {
    this.#loop ??= new SilentLoop(this.#platform, () => this.emit("track", null));
  }
}
