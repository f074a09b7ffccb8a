// @ts-check
// Keeps what is heard on the speaker that the person chose: also when it goes away and comes back.

import { Emitter } from "../emitter.js";
import { phrase } from "../phrase.js";
import { find } from "./constraints.js";
import { DeviceNews } from "./device-news.js";

/** What a browser calls the system's default. */
const DEFAULT = "";

export const SPEAKER_WORDS = {
  gone: phrase("speaker.gone"),
  back: phrase("speaker.back"),
  refused: phrase("speaker.refused"),
};

/**
 * Events: the id to play on; what to say of a change that the person didn't make.
 * @extends {Emitter<{sink: string, told: {code: string, words: string}}>}
 */
export class Speaker extends Emitter {
  /** The id that is played on. */
  #sink = DEFAULT;
  /** What the person chose. @type {import("./constraints.js").Device|null} */
  #chosen;
  /** The id that was refused though it is listed, which is not tried again before it is chosen or plugged in anew. */
  #refused = "";
  /** Whether it was missed. */
  #missed = false;
  #closed = false;
  #devices;
  #news;

  /**
   * @param {import("./devices.js").Devices} devices
   * @param {import("./device-news.js").DevicesPlatform} platform @param {import("./device-news.js").Later} [later]
   */
  constructor(devices, platform, later = undefined) {
    super();
    this.#devices = devices;
    this.#news = new DeviceNews("speakers", () => void this.look(), platform, later);
    this.#chosen = devices.speaker;
  }

  get sink() {
    return this.#sink;
  }

  start() {
    if (!this.#devices.canChooseSpeaker) return;
    void this.look();
    this.#news.heed();
  }

  /** The person chose another one. @param {import("./constraints.js").Device|null} device */
  choose(device) {
    this.#chosen = device;
    this.#missed = false;
    this.#refused = "";
    this.#become(device?.id ?? DEFAULT);
  }

  /** An element could not play there. */
  refused() {
    if (this.#sink === DEFAULT) return;
    this.#refused = this.#sink;
    this.#become(DEFAULT);
    this.#tell("refused");
  }

  close() {
    this.#closed = true;
    this.#news.close();
  }

  /** See whether it is there. */
  async look() {
    if (!this.#chosen || !this.#devices.canChooseSpeaker) return;
    const { speakers } = await this.#devices.list();
    // Before the microphone is allowed, a browser may name no device at all.
    if (this.#closed || speakers.length === 0 || !this.#chosen) return;
    const found = find(speakers, this.#chosen);
    if (!found && !this.#missed) this.#tell("gone");
    if (found && this.#missed) this.#tell("back");
    this.#missed = !found;
    if (!found) this.#refused = "";
    const sink = found?.deviceId ?? DEFAULT;
    this.#become(sink === this.#refused ? DEFAULT : sink);
  }

  /** @param {string} sink */
  #become(sink) {
    if (sink === this.#sink) return;
    this.#sink = sink;
    this.emit("sink", sink);
  }

  /** @param {keyof typeof SPEAKER_WORDS} code */
  #tell(code) {
    this.emit("told", { code: `speaker-${code}`, words: SPEAKER_WORDS[code] });
  }
}
