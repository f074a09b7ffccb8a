// @ts-check
// Owns which microphone and speaker the person chose, and what is done to the sound, as this device remembers it.

import { Emitter } from "../emitter.js";
import { LISTEN_ONLY } from "../store.js";
import { ANY_MICROPHONE } from "./constraints.js";

/** @typedef {import("./constraints.js").Device} Device */
/** @typedef {import("./constraints.js").Processing} Processing */
/** @typedef {import("./constraints.js").MicrophoneChoice} MicrophoneChoice */
/** @typedef {import("./noise-suppressor.js").SuppressorTrouble} SuppressorTrouble */
/** @typedef {import("../browser/platform.js").Platform} Platform */
/** What there is. Without permission there are no names, and lists may be empty.
 *  @typedef {{microphones: MediaDeviceInfo[], speakers: MediaDeviceInfo[]}} DeviceList */

const MICROPHONE = "microphone";
const SPEAKER = "speaker";
const PROCESSING = "processing";
const SWITCHES = /** @type {const} */ (["echoCancellation", "noiseSuppression", "strongNoiseSuppression", "autoGainControl", "saveData", "music"]);

/**
 * Events: another microphone, other processing, or none; whether few bits are wanted; another speaker; why the stronger noise suppression can't be had, or "".
 * @extends {Emitter<{microphone: {listenOnly: boolean}, bits: boolean, speaker: Device|null, suppressor: SuppressorTrouble|""}>}
 */
export class Devices extends Emitter {
  /** @type {SuppressorTrouble|""} */
  #suppressor = "";
  #store;
  #platform;

  /** @param {import("../store.js").Store} store @param {Pick<Platform, "mediaDevices"|"canChooseSpeaker"|"hasAudioWorklet"|"connection">} platform */
  constructor(store, platform) {
    super();
    this.#store = store;
    this.#platform = platform;
    if (!platform.hasAudioWorklet) this.#suppressor = "unsupported";
  }

  /** @returns {MicrophoneChoice} as it is asked for: one noise suppression after another makes a voice dull */
  get microphone() {
    const { noiseSuppression, ...processing } = this.processing;
    return { device: this.#device(MICROPHONE), ...processing, noiseSuppression: noiseSuppression && !this.suppresses };
  }

  /** Whether the stronger noise suppression is wanted, and can be had as far as is known. */
  get suppresses() {
    const { strongNoiseSuppression, music } = this.processing;
    return strongNoiseSuppression && !music && this.#suppressor === "";
  }

  /** Why the stronger noise suppression can't be had here, or "". */
  get suppressor() {
    return this.#suppressor;
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
    // Whoever told the browser has told us, too.
    return { ...usual, saveData: this.#platform.connection?.saveData ?? false, ...Object.fromEntries(chosen) };
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
    // What failed may work the next time; what a browser lacks it goes on lacking.
    if (change.strongNoiseSuppression && this.#suppressor !== "unsupported") this.#tellSuppressor("");
    this.#store.set(PROCESSING, { ...this.processing, ...change });
    const { saveData, ...sound } = change;
    if (saveData !== undefined) this.emit("bits", saveData);
    if (Object.keys(sound).length && !this.listenOnly) this.emit("microphone", { listenOnly: false });
  }

  /** It failed: the browser's own noise suppression stands in for it. @param {SuppressorTrouble} code */
  loseSuppressor(code) {
    this.#tellSuppressor(code);
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

  /** @param {SuppressorTrouble|""} code */
  #tellSuppressor(code) {
    this.#suppressor = code;
    this.emit("suppressor", code);
  }

  /** @param {string} name @returns {Device|null} */
  #device(name) {
    const { id, label } = this.#store.get(name, /** @type {Record<string, unknown>} */ ({}));
    return typeof id === "string" && id && typeof label === "string" ? { id, label } : null;
  }
}
