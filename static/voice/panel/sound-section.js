// @ts-check
// The settings' section about devices: which microphone and speaker, tried on the spot.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { deviceFields } from "./device-fields.js";

/** @type {import("./sections.js").MakeSection} */
export function soundSection(room, _store, closed) {
  const trial = {
    level: () => room.level(), record: (/** @type {AbortSignal} */ signal) => room.record(signal),
    play: (/** @type {Blob|null} */ sound, /** @type {AbortSignal} */ signal) => room.playOnce(sound, signal),
    watch: (/** @type {(status: {ok: boolean}) => void} */ told, /** @type {AbortSignal} */ signal) => {
      room.addEventListener("microphone", (event) => told(/** @type {CustomEvent} */ (event).detail), { signal });
    },
  };
  return make("section", {}, make("h3", { textContent: phrase("devices") }), deviceFields(room.devices, trial, closed));
}
