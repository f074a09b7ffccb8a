// @ts-check
// Getting a microphone's track: the chosen device, or what comes nearest, and why not.

import { constraintsOf, find } from "./constraints.js";

/** @typedef {import("./constraints.js").MicrophoneChoice} MicrophoneChoice */

/** The name of the error about a device or a constraint that can't be had. */
const UNMET = "OverconstrainedError";

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
 * The chosen device, by its id or its name; else the default; else whatever there is.
 * @param {MediaDevices} mediaDevices
 * @param {Readonly<MicrophoneChoice>} choice
 * @returns {Promise<{track: MediaStreamTrack, fellBack: boolean}>}
 */
export async function acquire(mediaDevices, choice) {
  const { device } = choice;
  if (device) {
    const found = find(await inputs(mediaDevices), device);
    const track = await unless(UNMET, () => first(mediaDevices, constraintsOf(choice, found?.deviceId ?? device.id)));
    if (track) return { track, fellBack: false };
  }
  const track = await unless(UNMET, () => first(mediaDevices, constraintsOf(choice)));
  if (track) return { track, fellBack: device !== null };
  return { track: await first(mediaDevices, true), fellBack: true };
}

/** @param {MediaDevices} mediaDevices */
async function inputs(mediaDevices) {
  const devices = await mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "");
}

/** @template T @param {string} name of an error @param {() => Promise<T>} ask @returns {Promise<T|null>} null after that error */
async function unless(name, ask) {
  try {
    return await ask();
  } catch (error) {
    if (/** @type {Error} */ (error).name !== name) throw error;
    return null;
  }
}

/** AbortError is tried once more. @param {MediaDevices} mediaDevices @param {boolean|MediaTrackConstraints} audio */
async function first(mediaDevices, audio) {
  const ask = async () => (await mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
  try {
    return await ask();
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") throw error;
    return ask();
  }
}
