// @ts-check
// Owns the keys of a call from its click to its end: the microphone doesn't wait for the panel, so neither does what mutes it.

import { Keys } from "./keys.js";
import { mediaKeys } from "./media-keys.js";
import { PushToTalk } from "./push-to-talk.js";

/** @typedef {"settings"|"help"} Sheet */

export class CallKeys {
  /** Its button is the panel's to show. */
  talk;
  #over = new AbortController();
  /** Which sheet was asked for while there was nobody to open it. @type {Sheet|null} */
  #asked = null;
  /** @type {(which: Sheet) => void} */
  #open = (which) => void (this.#asked = which);
  #keys;
  #room;

  /** @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store */
  constructor(room, store) {
    const { signal } = this.#over;
    this.#keys = new Keys(store, {
      mute: () => room.toggleMute(), deafen: () => room.toggleDeafen(), settings: () => this.#open("settings"), help: () => this.#open("help"),
    }, signal);
    this.talk = new PushToTalk(room, store, signal);
    this.#room = room;
  }

  /** A key was pressed before these were there. @param {KeyboardEvent} event */
  hear(event) {
    this.#keys.hear(event);
  }

  /** From now on there are controls, and sheets; the system's own controls come with them, for each is a word to another process. @param {Parameters<Keys["label"]>[0]} controls @param {(which: Sheet) => void} open */
  show(controls, open) {
    this.#keys.label(controls);
    this.#open = open;
    this.talk.point();
    mediaKeys(this.#room, this.#over.signal, document.title);
    if (this.#asked) open(this.#asked);
  }

  close() {
    this.#over.abort();
  }
}
