// @ts-check
// Owns the fields by which a microphone and a speaker are chosen and tried, in a call and before one.

import { make } from "../../dom.js";
import { decibels } from "../decibels.js";
import { phrase } from "../phrase.js";
import { STRONGER, SUPPRESSOR } from "../session/suppressor-words.js";

/** @typedef {import("../audio/devices.js").Devices} Devices */
/**
 * What the fields try devices with.
 * @typedef {object} Trial
 * @property {() => number|null} level  of the microphone
 * @property {(signal: AbortSignal) => Promise<Blob|null>} record  three seconds of it; null where that can't be
 * @property {(sound: Blob|null, signal: AbortSignal) => Promise<boolean>} play  by the chosen speaker; null is a sound to try it with
 * @property {(told: (status: {ok: boolean}) => void, signal: AbortSignal) => void} watch  how the microphone fares from now on
 */

const METERS_EVERY = 100;
const LISTEN_ONLY = "-";
const SWITCHES = /** @type {const} */ ([
  ["echoCancellation", phrase("devices.echo"), phrase("devices.echo-says")],
  ["noiseSuppression", phrase("devices.noise"), phrase("devices.noise-says")],
  ["strongNoiseSuppression", STRONGER.label, STRONGER.says],
  ["autoGainControl", phrase("devices.level"), phrase("devices.level-says")],
  ["saveData", phrase("devices.save"), phrase("devices.save-says")],
  ["music", phrase("devices.music"), phrase("devices.music-says")],
]);

/** @param {Devices} devices @param {Trial} trial @param {AbortSignal} closed */
export function deviceFields(devices, trial, closed) {
  return make("div", { className: "device-fields" },
    microphoneFields(devices, trial, closed), speakerFields(devices, trial, closed), processingFields(devices, closed));
}

/** @param {Devices} devices @param {Trial} trial @param {AbortSignal} closed */
function microphoneFields(devices, { level, record, play, watch }, closed) {
  const select = make("select", { id: "id_microphone" });
  const fill = async () => {
    const { microphones } = await devices.list();
    const { device } = devices.microphone;
    select.replaceChildren(...options(microphones, device, phrase("devices.usual-microphone")),
      make("option", { value: LISTEN_ONLY, textContent: phrase("devices.listen-only") }));
    select.value = devices.listenOnly ? LISTEN_ONLY : chosenIn(select, device);
  };
  select.onchange = () => {
    if (select.value === LISTEN_ONLY) devices.chooseListening(true);
    else devices.chooseMicrophone(deviceOf(select));
  };
  const meter = make("meter", { className: "level", min: -70, max: 0, value: -70, ariaLabel: phrase("talk.level") });
  const timer = setInterval(() => {
    const now = level();
    meter.hidden = now === null;
    if (now !== null) meter.value = decibels(now);
  }, METERS_EVERY);
  closed.addEventListener("abort", () => clearInterval(timer), { once: true });
  keepFilled(fill, watch, closed);
  const said = status();
  const sample = make("button", { type: "button", textContent: phrase("devices.record") });
  sample.onclick = async () => {
    sample.disabled = true;
    said.textContent = phrase("devices.recording");
    const sound = await record(closed);
    if (sound) said.textContent = phrase("devices.recorded");
    const heard = sound ? await play(sound, closed) : false;
    if (!heard) said.textContent = sound ? phrase("devices.not-played") : phrase("devices.not-recorded");
    sample.disabled = false;
  };
  return make("div", { className: "fields" }, make("label", { htmlFor: select.id, textContent: phrase("devices.microphone") }), select, meter,
    make("p", { className: "actions" }, sample), said);
}

/** @param {Devices} devices @param {Trial} trial @param {AbortSignal} closed */
function speakerFields(devices, { play, watch }, closed) {
  const said = status();
  const test = make("button", { type: "button", textContent: phrase("devices.test") });
  test.onclick = async () => {
    said.textContent = await play(null, closed) ? phrase("devices.tested") : phrase("devices.not-tested");
  };
  const acts = make("p", { className: "actions" }, test);
  if (!devices.canChooseSpeaker) {
    const words = phrase("devices.no-choice");
    return make("div", { className: "fields" }, make("p", { className: "label", textContent: phrase("devices.speaker") }), make("p", { className: "quiet small", textContent: words }), acts, said);
  }
  const select = make("select", { id: "id_speaker" });
  keepFilled(async () => {
    const { speakers } = await devices.list();
    select.replaceChildren(...options(speakers, devices.speaker, phrase("devices.usual-speaker")));
    select.value = chosenIn(select, devices.speaker);
  }, watch, closed);
  select.onchange = () => devices.chooseSpeaker(deviceOf(select));
  return make("div", { className: "fields" }, make("label", { htmlFor: select.id, textContent: phrase("devices.speaker") }), select, acts, said);
}

/** @param {Devices} devices @param {AbortSignal} closed */
function processingFields(devices, closed) {
  const boxes = SWITCHES.map(([name, label, says]) => {
    const box = make("input", { type: "checkbox", name, checked: devices.processing[name] });
    box.onchange = () => {
      devices.process({ [name]: box.checked });
      show();
    };
    const why = make("span", { className: "quiet small", textContent: says });
    return { box, name, why, label: make("label", { className: "check" }, box, make("span", {}, label, why)) };
  });
  const show = () => {
    const { processing, suppresses, suppressor } = devices;
    for (const { box, name, why } of boxes) {
      const replaced = name === "noiseSuppression" && suppresses;
      const stronger = name === "strongNoiseSuppression";
      box.disabled = (name !== "music" && processing.music) || replaced || (stronger && suppressor === "unsupported");
      if (!stronger) continue;
      box.checked = processing[name] && suppressor === "";
      why.textContent = suppressor ? SUPPRESSOR[suppressor] : STRONGER.says;
    }
  };
  devices.addEventListener("suppressor", show, { signal: closed });
  show();
  return make("fieldset", {}, make("legend", { textContent: phrase("devices.processing") }), ...boxes.map(({ label }) => label));
}

/**
 * Fill a list now, whenever devices come or go, and when the microphone is allowed, without which none has a name.
 * @param {() => Promise<void>} fill @param {Trial["watch"]} watch @param {AbortSignal} closed
 */
function keepFilled(fill, watch, closed) {
  void fill();
  navigator.mediaDevices?.addEventListener("devicechange", () => void fill(), { signal: closed });
  watch(({ ok }) => ok && void fill(), closed);
}

/**
 * "default" is what Chromium calls the first one; what was chosen stays in the list while it is gone.
 * @param {readonly MediaDeviceInfo[]} found @param {import("../audio/constraints.js").Device|null} chosen @param {string} usual
 */
function options(found, chosen, usual) {
  const named = found.filter(({ deviceId }) => deviceId !== "default" && deviceId !== "communications");
  const missing = chosen && !named.some(({ deviceId, label }) => deviceId === chosen.id || label === chosen.label);
  return [
    make("option", { value: "", textContent: usual }),
    ...named.map(({ deviceId, label }, at) => make("option", { value: deviceId, textContent: label || phrase("devices.nameless", { number: at + 1 }) })),
    ...(missing ? [missingOption(chosen)] : []),
  ];
}

/** @param {import("../audio/constraints.js").Device} device */
function missingOption({ id, label }) {
  const option = make("option", { value: id, textContent: phrase("devices.missing", { name: label }) });
  option.dataset.label = label;
  return option;
}

/** @param {HTMLSelectElement} select @param {import("../audio/constraints.js").Device|null} chosen */
function chosenIn(select, chosen) {
  if (!chosen) return "";
  const all = [...select.options];
  return (all.find(({ value }) => value === chosen.id) ?? all.find(({ textContent }) => textContent === chosen.label))?.value ?? "";
}

/** @param {HTMLSelectElement} select */
function deviceOf(select) {
  const option = select.selectedOptions[0];
  return option?.value ? { id: option.value, label: option.dataset.label ?? option.textContent ?? "" } : null;
}

function status() {
  const said = make("p", { className: "small" });
  said.setAttribute("role", "status");
  return said;
}
