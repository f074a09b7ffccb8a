// @ts-check
// Owns what a call takes from the person's microphone: opened, cleaned, measured and muted as wanted, or silence in its place.

import { Level } from "../audio/level.js";
import { Microphone } from "../audio/microphone.js";
import { NoiseSuppressor } from "../audio/noise-suppressor.js";
import { Silence } from "../audio/silence.js";
import { VoiceGate } from "../audio/voice-gate.js";
import { SystemSound } from "../browser/system-sound.js";
import { Emitter } from "../emitter.js";
import { Hush } from "../session/hush.js";
import { noSuppressor } from "../session/suppressor-words.js";
import { NO_VOICE_ACTIVATION } from "../session/words.js";

/**
 * @typedef {object} CaptureEvents
 * @property {MediaStreamTrack|null} track  what is to be sent from now on
 * @property {import("../audio/microphone.js").MicrophoneStatus} status
 * @property {boolean} quiet  whether nobody speaks at this microphone
 * @property {import("../session/words.js").Said} notice
 * @property {null} back  the system took the sound, and gives it back
 */

/** @extends {Emitter<CaptureEvents>} */
export class Capture extends Emitter {
  #microphone;
  #suppressor;
  #level;
  #silence;
  #graph;
  #closed = false;
  #gate;
  #hush;
  #system;
  #talk;
  #devices;
  #later;
  /** @type {MediaStreamTrack|null} */
  #measured = null;

  /**
   * @param {Pick<import("./call.js").Belongings, "talk"|"devices"|"platform">} belongings
   * @param {import("../audio/audio-graph.js").AudioGraph} graph
   * @param {import("../audio/device-news.js").Later} later  once the links are made that are being made now
   */
  constructor({ talk, devices, platform }, graph, later) {
    super();
    this.#talk = talk;
    this.#devices = devices;
    this.#later = later;
    this.#microphone = new Microphone(platform, () => devices.microphone, later);
    const suppressor = this.#suppressor = new NoiseSuppressor({ graph, wanted: () => devices.suppresses, platform });
    const level = this.#level = new Level(graph, platform);
    this.#graph = graph;
    this.#silence = new Silence(graph, platform);
    this.#gate = new VoiceGate({ graph, level, platform });
    // Muted, DTX does it: with long packets its signs of life would be too far apart.
    this.#hush = new Hush({
      level: () => (devices.processing.music || !talk.sends ? null : level.now()),
      track: () => suppressor.track, ear: new VoiceGate({ graph, level, platform }), platform,
    });
    this.#system = new SystemSound(platform);
    this.#mute();
    this.#hearTheParts();
  }

  /** Call it within the join click: the microphone is asked for, unless the person means to listen only. */
  open() {
    // Whoever shows it is made right after the join has begun.
    if (this.#devices.listenOnly) queueMicrotask(() => this.#closed || this.#microphone.decline());
    else this.#microphone.open();
    this.#graph.prepare();
  }

  /** From now on a pause is heard as one. */
  start() {
    this.#hush.start();
  }

  retry() {
    // What the person just asked for is the choice from now on, in the settings and at the next join.
    if (this.#devices.listenOnly) this.#devices.chooseListening(false);
    else this.#microphone.open();
  }

  /** Another microphone or other processing was chosen, or none. @param {boolean} listenOnly */
  change(listenOnly) {
    if (listenOnly) this.#microphone.decline();
    else this.#microphone.change();
  }

  /** After an interruption (a phone call, a locked screen) the microphone is got anew. */
  recover() {
    this.#microphone.recover();
  }

  /** Whoever unmutes wants to be heard. Undeafening and a headset's keys unmute, too, but ask for no microphone that was declined. */
  beHeard() {
    if (this.trouble && this.trouble !== "asking") this.retry();
  }

  /** What was decided of talking holds from now on. */
  talked() {
    if (this.#talk.sends && this.#microphone.muted) this.#hush.wake();
    this.#mute();
    this.#gateOrNot();
  }

  /** Why nothing is sent; "" while all is well. */
  get trouble() {
    return this.#microphone.trouble;
  }

  /** What comes of the microphone now, before it is muted. */
  get track() {
    return this.#suppressor.track;
  }

  /** What is to be sent now: that, or silence in its place. */
  sent() {
    return this.#silence.instead(this.#suppressor.track, this.trouble === "");
  }

  /** How loud the microphone is now, 0 to 1, muted or not; null where it can't be told. */
  level() {
    return this.#level.now();
  }

  close() {
    this.#closed = true;
    // The level closes last: the gate and the hush let go of their parts of it.
    for (const part of [this.#microphone, this.#suppressor, this.#gate, this.#system, this.#silence, this.#hush, this.#level]) part.close();
  }

  #hearTheParts() {
    // iOS gives no microphone to a page that says it plays only.
    this.#microphone.on("asks", () => this.#system.use(true));
    this.#microphone.on("track", (track) => this.#suppressor.take(track));
    this.#microphone.on("status", (status) => this.emit("status", status));
    this.#suppressor.on("failed", (code) => {
      this.emit("notice", noSuppressor(code));
      this.#devices.loseSuppressor(code);
    });
    this.#suppressor.on("track", (track) => {
      this.emit("track", this.sent());
      this.#measure();
      this.#system.use(track !== null);
      this.#gateOrNot();
    });
    this.#silence.on("track", () => this.emit("track", this.sent()));
    this.#hush.on("quiet", (quiet) => this.emit("quiet", quiet));
    this.#gate.on("loud", (loud) => this.#talk.hear(loud));
    this.#gate.on("deaf", (deaf) => {
      this.#talk.lose(deaf);
      if (deaf) this.emit("notice", NO_VOICE_ACTIVATION);
    });
    this.#system.on("back", () => this.emit("back", null));
  }

  /** To measure costs as much as a link or two. Voice activation lives by it. */
  #measure() {
    if (!this.#suppressor.track || this.#talk.mode === "voice") this.#listen();
    else this.#later("level", () => this.#listen());
  }

  /** Once to each track: the gate and the ear hear what was made for it. */
  #listen() {
    const { track } = this.#suppressor;
    if (track === this.#measured) return;
    this.#measured = track;
    this.#level.listen(track);
    this.#hush.heed();
  }

  /** Muted always wins. */
  #mute() {
    this.#microphone.muted = this.#suppressor.muted = !this.#talk.sends;
  }

  /** Only voice activation pays for its gate. */
  #gateOrNot() {
    const { threshold, mode } = this.#talk;
    this.#gate.threshold = threshold;
    if (mode === "voice") this.#listen();
    this.#gate.listen(mode === "voice" ? this.#suppressor.track : null);
  }
}
