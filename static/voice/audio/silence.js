// @ts-check
// A track of silence, sent while there is no microphone: a link is judged by what comes, so something must come.

export class Silence {
  /** @type {{source: AudioScheduledSourceNode, out: MediaStreamAudioDestinationNode, track: MediaStreamTrack}|null} */
  #parts;
  #graph;

  /** Make it within the join click. @param {import("./audio-graph.js").AudioGraph} graph */
  constructor(graph) {
    this.#graph = graph;
    this.#parts = graph.build((context) => {
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
    const parts = this.#parts;
    if (!parts) return microphone;
    const { source, out, track } = parts;
    this.#graph.build(() => (microphone ? source.disconnect() : source.connect(out)));
    if (!microphone) this.#graph.resume();
    return microphone ?? track;
  }

  close() {
    this.#parts?.track.stop();
    this.#parts = null;
  }
}
