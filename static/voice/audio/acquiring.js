// @ts-check
// Getting a microphone's track: the chosen device, or what comes nearest, and why not.

import { constraintsOf, find } from "./constraints.js";

/** @typedef {import("./constraints.js").MicrophoneChoice} MicrophoneChoice */

/** The names of errors: about a device or a constraint that can't be had, and those about one that is there and can't be read. */
const UNMET = "OverconstrainedError";
const UNREAD = ["NotReadableError", "AbortError"];

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

/** Whether the person, the system or the page around said no. @param {unknown} error */
export function isRefusal(error) {
  return /** @type {Error} */ (error).name === "NotAllowedError";
}

/**
 * The chosen device, by its id or its name; else the default; else whatever there is.
 * @param {MediaDevices} mediaDevices
 * @param {Readonly<MicrophoneChoice>} choice
 * @param {boolean} [any] whether the default will do, too, where the chosen one is there and can't be read
 * @returns {Promise<{track: MediaStreamTrack, fellBack: boolean}>}
 */
export async function acquire(mediaDevices, choice, any = false) {
  const { device } = choice;
  /** @param {string[]} names @param {string} [id] */
  const processed = (names, id) => unless(names, async () => ({ track: await first(mediaDevices, constraintsOf(choice, id)) }));
  const passedOver = any ? [UNMET, ...UNREAD] : [UNMET];
  const wanted = device && await processed(passedOver, find(await inputs(mediaDevices), device)?.deviceId ?? device.id);
  if (wanted) return { ...wanted, fellBack: false };
  const usual = await processed([UNMET]);
  if (usual) return { ...usual, fellBack: device !== null };
  return { track: await first(mediaDevices, true), fellBack: true };
}

/** @param {MediaDevices} mediaDevices */
async function inputs(mediaDevices) {
  const devices = await mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "");
}

/** @template T @param {string[]} names of errors @param {() => Promise<T>} ask @returns {Promise<T|null>} null after one of those */
async function unless(names, ask) {
  try {
    return await ask();
  } catch (error) {
    if (!names.includes(/** @type {Error} */ (error).name)) throw error;
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
