// @ts-check
// The sounds that tell what happens in a room: played by an audio element of their own, softly where somebody speaks.

import { soundOf } from "./tunes.js";

/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {Exclude<import("./tunes.js").Tune, "test">} Sound */

/** Those that concern the person who hears them: they come while deafened, too, and before others. */
const OWN = new Set(["lost", "back", "removed", "muted"]);
/** How much of a sound is left beside words. */
const DUCKED = 0.2;

export class Sounds {
  /** Whether the person wants to hear nobody. */
  deafened = false;
  /** @type {HTMLAudioElement|null} */
  #element = null;
  /** @type {Map<string, string>} */
  #urls = new Map();
  #playing = "";
  #speaking = false;
  #choices;
  #platform;

  /**
   * @param {import("./sound-choices.js").SoundChoices} choices
   * @param {Pick<Platform, "createAudio"|"blobUrl"|"forgetUrl">} platform
   */
  constructor(choices, platform) {
    this.#choices = choices;
    this.#platform = platform;
  }

  /** Call it within the join click, which lets it be heard later. */
  prepare() {
    if (this.#element) return;
    const element = this.#element = this.#platform.createAudio();
    element.onended = () => {
      this.#playing = "";
    };
    // The system takes the sound, or the file fails in the middle. One that another replaced may tell so late.
    element.onpause = element.onerror = () => {
      if (element.paused || element.error) this.#playing = "";
    };
    // Only the gesture counts here, which needs no source.
    element.play().catch(() => {});
  }

  /** @param {string} sink */
  set sink(sink) {
    // Where that speaker is refused, this plays by the default as everyone does.
    this.#element?.setSinkId?.(sink).catch(() => {});
  }

  /** Whether anybody's words are heard now. @param {boolean} speaking */
  set speaking(speaking) {
    this.#speaking = speaking;
    if (this.#playing) this.#level();
  }

  /** To make one takes ten ms the first time. @param {Sound} sound */
  make(sound) {
    if (this.#element && this.#choices.isOn(sound)) this.#url(sound, () => soundOf(sound));
  }

  /** @param {Sound} sound */
  play(sound) {
    const element = this.#element;
    const own = OWN.has(sound);
    if (!element || !this.#choices.isOn(sound) || this.#choices.volume === 0) return;
    if (!own && (this.deafened || this.#playing)) return;
    // Where no page sets a volume (iOS), a sound would come at full level over somebody's words.
    if (!this.#level() && this.#speaking) return;
    this.#playing = sound;
    element.src = this.#url(sound, () => soundOf(sound));
    element.play().catch(({ name }) => {
      // AbortError: another took its place, which plays.
      if (name !== "AbortError") this.#playing = "";
    });
  }

  /** What plays is heard to its end: whoever was removed hears that, too. */
  close() {
    const element = this.#element;
    this.#element = null;
    if (!element) return;
    const letGo = () => {
      element.onended = element.onpause = element.onerror = null;
      for (const url of this.#urls.values()) this.#platform.forgetUrl(url);
      element.pause();
      element.removeAttribute("src");
    };
    if (this.#playing) element.onended = element.onpause = element.onerror = letGo;
    else letGo();
  }

  /** @returns {boolean} whether this browser did it */
  #level() {
    const element = this.#element;
    if (!element) return false;
    const wanted = (this.#choices.volume / 100) * (this.#speaking ? DUCKED : 1);
    element.volume = wanted;
    return Math.abs(element.volume - wanted) < 0.01;
  }

  /** @param {string} name @param {() => Blob} make */
  #url(name, make) {
    const known = this.#urls.get(name) ?? this.#platform.blobUrl(make());
    this.#urls.set(name, known);
    return known;
  }
}
