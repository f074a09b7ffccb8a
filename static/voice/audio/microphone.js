// @ts-check
// The person's microphone: opened by a click, never by a reconnect; on a device that exists; muted as wanted.

import { Emitter } from "../emitter.js";
import { microphoneStatus } from "./microphone-words.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */

const DEBOUNCE = 500;
/** A permission prompt that stands this long is worth a word. */
const ASKING = 1000;
/** A track that ends sooner is not asked for again by itself. */
const SHORT_LIVED = 1000;
/** Failures that a newly plugged device may mend. */
const MENDED_BY_A_DEVICE = new Set(["not-found", "busy", "aborted", "failed"]);

/** @type {MediaTrackConstraints} */
const CONSTRAINTS = {
  echoCancellation: { ideal: true }, noiseSuppression: { ideal: true }, autoGainControl: { ideal: true },
  channelCount: { ideal: 1 },
};

/** @type {Record<string, string>} */
const BY_NAME = {
  NotFoundError: "not-found", NotReadableError: "busy", AbortError: "aborted", SecurityError: "not-allowed-here",
};

/**
 * Name the failure of getUserMedia by its cause.
 * @param {{name?: string, message?: string}} error
 */
export function cause({ name = "", message = "" }) {
  // Chromium tells a refusal by the system (macOS, Windows) from the site's in the message only.
  if (name === "NotAllowedError") return /system/i.test(message) ? "denied-by-system" : "denied";
  return BY_NAME[name] ?? "failed";
}

/**
 * What a change of devices means for the one in use.
 * @param {readonly {kind: string, deviceId: string, groupId: string}[]} devices
 * @param {{deviceId?: string, groupId?: string}} used
 * @returns {"keep"|"gone"|"changed"}
 */
export function verdict(devices, { deviceId, groupId }) {
  const inputs = devices.filter(({ kind }) => kind === "audioinput");
  if (inputs.length === 0) return "gone";
  // Without permission every id is empty and nothing can be told.
  if (!deviceId || inputs.every((input) => input.deviceId === "")) return "keep";
  const same = inputs.find((input) => input.deviceId === deviceId);
  if (!same) return "gone";
  // Chromium keeps the id "default" while the device behind it changes; its group tells.
  return deviceId === "default" && groupId && same.groupId !== groupId ? "changed" : "keep";
}

/** @typedef {{ok: boolean, code: string, words: string, retry: boolean}} MicrophoneStatus */
/**
 * @typedef {object} MicrophoneEvents
 * @property {MediaStreamTrack|null} track  what is to be sent now
 * @property {MicrophoneStatus} status
 */

/** @extends {Emitter<MicrophoneEvents>} */
export class Microphone extends Emitter {
  /** @type {MediaStreamTrack|null} */
  #track = null;
  /** @type {Promise<void>|null} */
  #opening = null;
  #turn = 0;
  #trouble = "";
  #muted = false;
  #interrupted = false;
  #openedAt = 0;
  /** @type {any} */
  #debounce = null;
  /** @type {any} */
  #asking = null;
  #stuck = false;
  #platform;
  #devicesChanged = () => {
    this.#platform.clearTimeout(this.#debounce);
    this.#debounce = this.#platform.setTimeout(() => this.#lookAtDevices(), DEBOUNCE);
  };

  /** @param {Pick<Platform, "mediaDevices"|"secure"|"now"|"setTimeout"|"clearTimeout">} platform */
  constructor(platform) {
    super();
    this.#platform = platform;
  }

  get track() {
    return this.#track;
  }

  /** Why nothing is sent, as told last; "" while all is well, or asked for too short a while to be told. */
  get trouble() {
    return this.#trouble;
  }

  get muted() {
    return this.#muted;
  }

  // The track stays in the sender: its silence keeps the link's sign of life, which `active: false` takes away.
  set muted(muted) {
    this.#muted = muted;
    if (this.#track) this.#track.enabled = !muted;
  }

  /**
   * Ask for the microphone, and anew where a prompt stands for long. Never rejects: what went wrong is a "status".
   * @param {string} [code] what to say when it is there
   * @returns {Promise<void>}
   */
  open(code = "ok") {
    if (this.#opening && !this.#stuck) return this.#opening;
    this.#stuck = false;
    const opening = this.#open(code, ++this.#turn).finally(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    this.#opening = opening;
    return opening;
  }

  /** The page is looked at again: after an interruption (a phone call) the track's flags lie, so it is got anew. */
  recover() {
    if (this.#interrupted) this.open();
  }

  close() {
    this.#turn += 1;
    this.#opening = null;
    this.#platform.clearTimeout(this.#debounce);
    this.#platform.clearTimeout(this.#asking);
    this.#platform.mediaDevices?.removeEventListener("devicechange", this.#devicesChanged);
    this.#release();
    this.#trouble = "";
  }

  /** @param {string} code @param {number} turn */
  async #open(code, turn) {
    const { mediaDevices, secure } = this.#platform;
    if (!mediaDevices?.getUserMedia) return this.#fail(secure ? "unsupported" : "insecure");
    mediaDevices.addEventListener("devicechange", this.#devicesChanged);
    // iOS ends the first track when a second is got; elsewhere a stale one keeps the old device.
    if (this.#track) {
      this.#release();
      this.#announceTrack(null);
    }
    this.#asking = this.#platform.setTimeout(() => {
      this.#stuck = true;
      this.#say("asking", false);
    }, ASKING);
    try {
      const got = await acquire(mediaDevices);
      if (turn !== this.#turn) return got.track.stop();
      this.#use(got.track, got.fellBack ? "device-gone" : code);
    } catch (error) {
      if (turn === this.#turn) this.#fail(cause(/** @type {Error} */ (error)));
    } finally {
      if (turn === this.#turn) this.#platform.clearTimeout(this.#asking);
    }
  }

  /** @param {MediaStreamTrack} track @param {string} code */
  #use(track, code) {
    this.#track = track;
    this.#interrupted = false;
    this.#openedAt = this.#platform.now();
    track.enabled = !this.#muted;
    if ("contentHint" in track) track.contentHint = "speech";
    track.onended = () => this.#ended();
    track.onmute = () => {
      this.#interrupted = true;
      this.#say("interrupted", false);
    };
    track.onunmute = () => this.recover();
    this.#announceTrack(track);
    this.#say(code, true);
  }

  #ended() {
    const lived = this.#platform.now() - this.#openedAt;
    this.#release();
    if (lived < SHORT_LIVED) return this.#fail("failed");
    this.#announceTrack(null);
    this.open("switched");
  }

  async #lookAtDevices() {
    const turn = this.#turn;
    const devices = await this.#platform.mediaDevices?.enumerateDevices() ?? [];
    if (turn !== this.#turn || this.#opening) return;
    if (!this.#track) {
      if (MENDED_BY_A_DEVICE.has(this.#trouble) && devices.some(({ kind }) => kind === "audioinput")) this.open();
      return;
    }
    const found = verdict(devices, this.#track.getSettings());
    if (found !== "keep") this.open(found === "gone" ? "switched" : "default-changed");
  }

  #release() {
    const track = this.#track;
    if (!track) return;
    this.#track = null;
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
  }

  /** @param {string} code */
  #fail(code) {
    this.#announceTrack(null);
    this.#say(code, false);
  }

  /** @param {MediaStreamTrack|null} track */
  #announceTrack(track) {
    this.emit("track", track);
  }

  /** @param {string} code @param {boolean} ok */
  #say(code, ok) {
    this.#trouble = ok ? "" : code;
    this.emit("status", { ok, ...microphoneStatus(code) });
  }
}

/**
 * AbortError is tried once more; what the constraints can't find falls to the default.
 * @param {MediaDevices} mediaDevices
 * @returns {Promise<{track: MediaStreamTrack, fellBack: boolean}>}
 */
async function acquire(mediaDevices) {
  /** @param {boolean|MediaTrackConstraints} audio */
  const first = async (audio) => (await mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
  try {
    return { track: await first(CONSTRAINTS), fellBack: false };
  } catch (error) {
    const { name } = /** @type {Error} */ (error);
    if (name === "AbortError") return { track: await first(CONSTRAINTS), fellBack: false };
    if (name === "OverconstrainedError") return { track: await first(true), fellBack: true };
    throw error;
  }
}
