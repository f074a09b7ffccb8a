// @ts-check
// What is asked of a microphone, from what the person chose; pure.

/**
 * A device as it was chosen: browsers give a new id after site data were cleared, and some to a headset that comes back.
 * @typedef {{id: string, label: string}} Device
 */
/**
 * What is done to the sound before it is sent: by the browser, and the stronger suppression by ourselves, in place of its own.
 * `saveData` is fewer bits, for whoever pays for them; `music` is none of all that, at a higher bitrate.
 * @typedef {{echoCancellation: boolean, noiseSuppression: boolean, strongNoiseSuppression: boolean, autoGainControl: boolean,
 *   saveData: boolean, music: boolean}} Processing
 */
/** @typedef {Processing & {device: Device|null}} MicrophoneChoice  device: null is the system's default */

/** @type {Readonly<MicrophoneChoice>} */
export const ANY_MICROPHONE = Object.freeze({
  device: null, echoCancellation: true, noiseSuppression: true, strongNoiseSuppression: false, autoGainControl: true,
  saveData: false, music: false,
});

/**
 * Nothing of the processing is a must, but the device is: another one than the chosen must be noticed.
 * @param {Readonly<MicrophoneChoice>} choice @param {string} [id] of the device to ask for
 * @returns {MediaTrackConstraints}
 */
export function constraintsOf({ echoCancellation, noiseSuppression, autoGainControl, music }, id) {
  const wanted = (/** @type {boolean} */ on) => ({ ideal: on && !music });
  return {
    ...(id ? { deviceId: { exact: id } } : {}),
    echoCancellation: wanted(echoCancellation), noiseSuppression: wanted(noiseSuppression),
    autoGainControl: wanted(autoGainControl), channelCount: { ideal: 1 },
  };
}

/**
 * The chosen device among those that are there: by its id, else by its name.
 * @template {{deviceId: string, label: string}} Found
 * @param {readonly Found[]} devices @param {Device|null} chosen
 * @returns {Found|null}
 */
export function find(devices, chosen) {
  if (!chosen) return null;
  const named = (/** @type {Found} */ { label }) => chosen.label !== "" && label === chosen.label;
  return devices.find(({ deviceId }) => deviceId === chosen.id) ?? devices.find(named) ?? null;
}

/**
 * What a change of devices means for the one in use.
 * @param {readonly {kind: string, deviceId: string, groupId: string, label: string}[]} devices
 * @param {{deviceId?: string, groupId?: string}} used
 * @param {Device|null} [chosen]
 * @returns {"keep"|"gone"|"default-changed"|"reshaped"|"returned"}
 */
export function verdict(devices, { deviceId, groupId }, chosen = null) {
  const inputs = devices.filter(({ kind }) => kind === "audioinput");
  if (inputs.length === 0) return "gone";
  // Without permission every id is empty and nothing can be told.
  if (!deviceId || inputs.every((input) => input.deviceId === "")) return "keep";
  const wanted = find(inputs, chosen);
  if (wanted && wanted.deviceId !== deviceId) return "returned";
  const same = inputs.find((input) => input.deviceId === deviceId);
  if (!same) return "gone";
  // Chromium keeps the id "default" while the device behind it changes, and a headset its own with another profile; the group tells.
  if (!groupId || !same.groupId || same.groupId === groupId) return "keep";
  return deviceId === "default" ? "default-changed" : "reshaped";
}
