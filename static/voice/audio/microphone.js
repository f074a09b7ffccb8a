// @ts-check
// The person's microphone: opened by a click, never by a reconnect; on a device that exists; muted as wanted.

import { Emitter } from "../emitter.js";
import { acquire, cause, isRefusal } from "./acquiring.js";
import { ANY_MICROPHONE, verdict } from "./constraints.js";
import { DeviceNews } from "./device-news.js";
import { microphoneStatus } from "./microphone-words.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {import("./constraints.js").MicrophoneChoice} MicrophoneChoice */

/** A permission prompt that stands this long is worth a word. */
const ASKING = 1000;
/** A track that ends sooner is not asked for again by itself, but for the one look after the links are made. */
const SHORT_LIVED = 1000;
/** Failures that a newly plugged device may mend. */
const MENDED_BY_A_DEVICE = new Set(["not-found", "busy", "aborted", "failed"]);
/** Those of them that a device which came unheard may mend: the others were told by one that is there. */
const MAY_BE_NEW = new Set(["not-found", "failed"]);

/** What is said of a change of devices. A device that comes in another shape is the one that the person knows. */
const SAID = { gone: "switched", "default-changed": "default-changed", reshaped: "ok" };

/** @typedef {{ok: boolean, code: string, words: string, retry: boolean}} MicrophoneStatus */
/**
 * @typedef {object} MicrophoneEvents
 * @property {null} asks  a device is asked for now
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
  #asking = null;
  #stuck = false;
  /** What the last opening asked for. */
  #asked = "";
  /** Whether a look came during an opening, and whether all of those were late. @type {boolean|null} */
  #missed = null;
  #choice;
  #platform;
  #news;

  /**
   * @param {Pick<Platform, "mediaDevices"|"secure"|"now"|"setTimeout"|"clearTimeout">} platform
   * @param {() => Readonly<MicrophoneChoice>} [choice] what is wanted, asked at each opening
   * @param {import("./device-news.js").Later} [later]
   */
  constructor(platform, choice = () => ANY_MICROPHONE, later = undefined) {
    super();
    this.#platform = platform;
    this.#choice = choice;
    this.#news = new DeviceNews("microphones", (late) => void this.#lookAtDevices(late), platform, later);
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
    return this.#begin(this.#open(code, ++this.#turn));
  }

  /**
   * Something else was chosen, or is there again: the old track is sent until the new one is there. Never rejects, as `open`.
   * During an opening it comes after that, where the choice is another than was asked for.
   * @param {string} [code]
   * @returns {Promise<void>}
   */
  change(code = "ok") {
    if (!this.#track || this.#opening) return this.open(code);
    return this.#begin(this.#exchange(this.#track, code, ++this.#turn));
  }

  /** Let it go: the person means to listen only. */
  decline() {
    this.close();
    this.#fail("listen-only");
  }

  /** The page is looked at again: after an interruption (a phone call) the track's flags lie, so it is got anew. */
  recover() {
    if (this.#interrupted) this.open();
  }

  close() {
    this.#turn += 1;
    this.#opening = null;
    this.#news.close();
    this.#platform.clearTimeout(this.#asking);
    this.#release();
    this.#missed = null;
    // Nothing is left to be got back: what was let go stays so, whatever the system did to it before.
    this.#interrupted = false;
    this.#trouble = "";
  }

  /** @param {Promise<void>} opening */
  #begin(opening) {
    const begun = opening.finally(() => {
      if (this.#opening !== begun) return;
      this.#opening = null;
      return this.#catchUp();
    });
    this.#opening = begun;
    return begun;
  }

  /** What was chosen during an opening, or plugged in, was too late for it. */
  async #catchUp() {
    if (this.#asked !== JSON.stringify(this.#choice())) return this.change();
    const missed = this.#missed;
    this.#missed = null;
    if (missed !== null) await this.#lookAtDevices(missed);
  }

  /** What is asked for now. */
  #wanted() {
    const choice = this.#choice();
    this.#asked = JSON.stringify(choice);
    return choice;
  }

  /** @param {MediaStreamTrack} old @param {string} code @param {number} turn */
  async #exchange(old, code, turn) {
    const { mediaDevices } = this.#platform;
    // iOS ends the first track when a second is got.
    old.onended = null;
    this.emit("asks", null);
    let got;
    try {
      got = await acquire(/** @type {MediaDevices} */ (mediaDevices), this.#wanted());
    } catch (error) {
      if (turn !== this.#turn) return;
      if (isRefusal(error) && old.readyState === "live") {
        old.onended = () => this.#ended();
        return this.#say("kept", true);
      }
      // Some systems give one microphone at a time, and one device to one asker: without the old one it may be had.
      // Where it may not, the default is better than nothing, for something was heard until now.
      return this.#open(code, turn, true);
    }
    if (turn !== this.#turn) return got.track.stop();
    this.#use(got.track, got.fellBack ? "device-gone" : code);
    letGo(old);
  }

  /** @param {string} code @param {number} turn @param {boolean} [any] whether the default will do where the chosen one can't be read */
  async #open(code, turn, any = false) {
    const { mediaDevices, secure } = this.#platform;
    const choice = this.#wanted();
    if (!mediaDevices?.getUserMedia) {
      // Told no sooner than any other failure: whoever shows it is made right after the join has begun.
      await null;
      if (turn === this.#turn) this.#fail(secure ? "unsupported" : "insecure");
      return;
    }
    this.#news.heed();
    // iOS ends the first track when a second is got; elsewhere a stale one keeps the old device.
    if (this.#track) {
      this.#release();
      this.#announceTrack(null);
    }
    this.#asking = this.#platform.setTimeout(() => {
      this.#stuck = true;
      this.#say("asking", false);
    }, ASKING);
    this.emit("asks", null);
    try {
      const got = await acquire(mediaDevices, choice, any);
      if (turn !== this.#turn) return got.track.stop();
      this.#use(got.track, got.fellBack ? "device-gone" : code);
    } catch (error) {
      if (turn !== this.#turn) return;
      // A refusal is an answer: no later look at the page asks again.
      if (isRefusal(error)) this.#interrupted = false;
      this.#fail(cause(/** @type {Error} */ (error)));
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
    if ("contentHint" in track) track.contentHint = this.#choice().music ? "music" : "speech";
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

  /** @param {boolean} late no change was told, for none could be */
  async #lookAtDevices(late) {
    const turn = this.#turn;
    // A list that can't be had says nothing of the devices.
    const devices = await this.#platform.mediaDevices?.enumerateDevices().catch(() => null);
    if (this.#opening) this.#missed = late && (this.#missed ?? true);
    if (!devices || turn !== this.#turn || this.#opening) return;
    if (!this.#track) {
      const mended = late ? MAY_BE_NEW : MENDED_BY_A_DEVICE;
      if (mended.has(this.#trouble) && devices.some(({ kind }) => kind === "audioinput")) this.open();
      return;
    }
    const found = verdict(devices, this.#track.getSettings(), this.#choice().device);
    if (found === "returned") this.change("returned");
    // Where none was told to have gone, it is a track that no list knows: a program's own.
    else if (found === "gone" && late) return;
    else if (found !== "keep") this.open(SAID[found]);
    // The system took it and devices changed: what the track says of itself is no evidence.
    else if (this.#interrupted && !late) this.open();
  }

  #release() {
    const track = this.#track;
    if (!track) return;
    this.#track = null;
    letGo(track);
  }

  /** @param {string} code */
  #fail(code) {
    // One that is plugged in now may mend it.
    this.#news.hurry();
    // Whoever hears of the track asks whether one is still to come.
    this.#trouble = code;
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

/** @param {MediaStreamTrack} track */
function letGo(track) {
  track.onended = track.onmute = track.onunmute = null;
  track.stop();
}
