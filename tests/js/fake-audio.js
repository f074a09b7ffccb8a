// @ts-check
// An AudioContext for tests, any member of which may throw, reject or never answer.

import { FakeTrack } from "./fake-platform.js";

/** What an AudioContext may do to those who ask: "throw", "reject", or "hang". @typedef {Record<string, string>} Faults */

export class FakeNode {
  /** @type {Set<FakeNode>} */ to = new Set();
  ended = false;
  /** @type {any} */ onended = null;
  fftSize = 0;
  /** @param {FakeContext} context @param {string} kind @param {object} [more] */
  constructor(context, kind, more = {}) {
    this.context = context;
    this.kind = kind;
    Object.assign(this, more);
    context.nodes.push(this);
  }

  /** @param {FakeNode} node */
  connect(node) {
    this.context.does("connect");
    this.to.add(node);
    return node;
  }

  disconnect() {
    this.context.does("disconnect");
    this.to.clear();
  }

  start() {
    this.context.does("start");
  }

  stop() {
    this.ended = true;
  }

  /** @param {Float32Array} samples */
  getFloatTimeDomainData(samples) {
    this.context.does("getFloatTimeDomainData");
    samples.fill(this.context.loudness);
  }
}

export class FakeContext {
  state = "running";
  /** What the microphone brings. */
  loudness = 0.2;
  currentTime = 0;
  /** @type {FakeNode[]} */ nodes = [];
  /** @type {any} */ onstatechange = null;
  destination;

  /** @param {Faults} [faults] by the member's name */
  constructor(faults = {}) {
    this.faults = faults;
    // As one that a browser holds back.
    if (faults.resume) this.state = "suspended";
    this.destination = new FakeNode(this, "destination");
  }

  /** @param {string} member */
  does(member) {
    if (this.faults[member] === "throw") throw Object.assign(new Error(member), { name: "NotSupportedError" });
  }

  /** @param {string} member @param {string} state @returns {Promise<void>} */
  async #becomes(member, state) {
    if (this.faults[member] === "reject") throw new Error(member);
    if (this.faults[member] === "hang") return new Promise(() => {});
    if (this.state === "closed") throw new Error("closed");
    this.state = state;
    this.onstatechange?.();
  }

  resume() {
    this.does("resume");
    return this.#becomes("resume", "running");
  }

  suspend() {
    this.does("suspend");
    return this.#becomes("suspend", "suspended");
  }

  close() {
    this.does("close");
    return this.#becomes("close", "closed");
  }

  createAnalyser() {
    this.does("createAnalyser");
    return new FakeNode(this, "analyser");
  }

  /** @param {any} stream */
  createMediaStreamSource(stream) {
    this.does("createMediaStreamSource");
    return new FakeNode(this, "source", { stream });
  }

  createMediaStreamDestination() {
    this.does("createMediaStreamDestination");
    const track = new FakeTrack();
    return new FakeNode(this, "out", { track, stream: { getAudioTracks: () => [track] } });
  }

  createConstantSource() {
    this.does("createConstantSource");
    return new FakeNode(this, "constant", { offset: { value: 1 } });
  }

  createGain() {
    this.does("createGain");
    return new FakeNode(this, "gain", { gain: { value: 1 } });
  }

  createWaveShaper() {
    this.does("createWaveShaper");
    return new FakeNode(this, "shaper", { curve: null });
  }

  /** @param {string} kind */
  named(kind) {
    return this.nodes.filter((node) => node.kind === kind);
  }
}

/** Lend a platform an AudioContext with faults, and give the contexts made so far.
 * @param {import("./fake-platform.js").FakePlatform} platform @param {Faults} [faults]
 * @param {(at: number) => boolean} [faulty] whether the nth context has them, from 0 */
export function lend(platform, faults = {}, faulty = () => true) {
  /** @type {FakeContext[]} */
  const contexts = [];
  let made = 0;
  platform.audioContext = /** @type {any} */ (() => {
    const mine = faulty(made++) ? faults : {};
    if (mine.create === "throw") throw new Error("number of hardware contexts");
    const context = new FakeContext(mine);
    contexts.push(context);
    return context;
  });
  platform.emptyStream = () => {
    /** @type {FakeTrack[]} */
    const tracks = [];
    return /** @type {any} */ ({ empty: true, addTrack: (/** @type {FakeTrack} */ track) => tracks.push(track), getAudioTracks: () => tracks });
  };
  return contexts;
}
