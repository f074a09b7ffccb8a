// @ts-check
// Owns which microphone and speaker the person chose, and what is done to the sound, as this device remembers it.

import { Emitter } from "../emitter.js";
import { ANY_MICROPHONE } from "./constraints.js";

/** @typedef {import("./constraints.js").Device} Device */
/** @typedef {import("./constraints.js").Processing} Processing */
/** @typedef {import("./constraints.js").MicrophoneChoice} MicrophoneChoice */
/** @typedef {import("../browser/platform.js").Platform} Platform */
/** What there is. Without permission there are no names, and lists may be empty.
 *  @typedef {{microphones: MediaDeviceInfo[], speakers: MediaDeviceInfo[]}} DeviceList */

const MICROPHONE = "microphone";
const SPEAKER = "speaker";
const PROCESSING = "processing";
const LISTEN_ONLY = "listen-only";
const SWITCHES = /** @type {const} */ (["echoCancellation", "noiseSuppression", "autoGainControl", "music"]);

/**
 * Events: another microphone, other processing, or none; another speaker.
 * @extends {Emitter<{microphone: {listenOnly: boolean}, speaker: Device|null}>}
 */
export class Devices extends Emitter {
  #store;
  #platform;

  /** @param {import("../store.js").Store} store @param {Pick<Platform, "mediaDevices"|"canChooseSpeaker">} platform */
  constructor(store, platform) {
    super();
    this.#store = store;
    this.#platform = platform;
  }

  /** @returns {MicrophoneChoice} */
  get microphone() {
    return { device: this.#device(MICROPHONE), ...this.processing };
  }

  /** @returns {Device|null} null: the system's default */
  get speaker() {
    return this.#device(SPEAKER);
  }

  /** @returns {Processing} */
  get processing() {
    const kept = this.#store.get(PROCESSING, /** @type {Record<string, unknown>} */ ({}));
    const { device: _, ...usual } = ANY_MICROPHONE;
    const chosen = SWITCHES.filter((name) => typeof kept[name] === "boolean").map((name) => [name, kept[name]]);
    return { ...usual, ...Object.fromEntries(chosen) };
  }

  /** Whether the person means to listen only: the microphone isn't asked for. */
  get listenOnly() {
    return this.#store.get(LISTEN_ONLY, false);
  }

  /** Whether this browser lets a page choose where it plays. */
  get canChooseSpeaker() {
    return this.#platform.canChooseSpeaker;
  }

  /** @param {Device|null} device null: the system's default */
  chooseMicrophone(device) {
    this.#store.set(MICROPHONE, device);
    this.#store.set(LISTEN_ONLY, false);
    this.emit("microphone", { listenOnly: false });
  }

  /** @param {boolean} listenOnly */
  chooseListening(listenOnly) {
    if (listenOnly === this.listenOnly) return;
    this.#store.set(LISTEN_ONLY, listenOnly);
    this.emit("microphone", { listenOnly });
  }

  /** @param {Partial<Processing>} change */
  process(change) {
    this.#store.set(PROCESSING, { ...this.processing, ...change });
    if (!this.listenOnly) this.emit("microphone", { listenOnly: false });
  }

  /** @param {Device|null} device null: the system's default */
  chooseSpeaker(device) {
    this.#store.set(SPEAKER, device);
    this.emit("speaker", device);
  }

  /** @returns {Promise<DeviceList>} */
  async list() {
    // A browser that tells nothing has nothing to choose from; what is used then is the default.
    const found = await this.#platform.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
    const known = (/** @type {string} */ wanted) => found.filter(({ kind, deviceId }) => kind === wanted && deviceId !== "");
    return { microphones: known("audioinput"), speakers: this.canChooseSpeaker ? known("audiooutput") : [] };
  }

  /** @param {string} name @returns {Device|null} */
  #device(name) {
    const { id, label } = this.#store.get(name, /** @type {Record<string, unknown>} */ ({}));
    return typeof id === "string" && id && typeof label === "string" ? { id, label } : null;
  }
}
