// @ts-check
// Owns the check page until one of its buttons is clicked, which loads what it does; and the copying of the report.

import { copy } from "./dom.js";
import { say } from "./page.js";
import { phrase } from "./voice/check/phrase.js";

const load = () => Promise.all([
  import("./voice/check/check.js"), import("./voice/check/check-view.js"), import("./voice/browser/platform.js"),
  import("./voice/audio/devices.js"), import("./voice/store.js"),
]);
const loadTrial = () => Promise.all([
  import("./voice/check/device-trial.js"), import("./voice/panel/device-fields.js"), import("./voice/browser/platform.js"),
  import("./voice/audio/devices.js"), import("./voice/store.js"),
]);

/** @param {HTMLButtonElement} button */
async function check(button) {
  if (!("RTCPeerConnection" in globalThis)) {
    say(phrase("no-webrtc"));
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const [{ Check }, { CheckView }, { browser }, { Devices }, { ofTheDevice }] = await load();
    const platform = browser();
    const check = new Check({ roomId: button.dataset.roomId ?? "", platform, devices: new Devices(ofTheDevice(), platform) });
    await new CheckView(document).show(check);
    button.textContent = phrase("again");
  } catch {
    say(phrase("broken"));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Choose a microphone and a speaker and try them, until the page is left. @param {HTMLButtonElement} button */
async function tryDevices(button) {
  const place = /** @type {HTMLElement} */ (document.getElementById("id_devices"));
  const { signal: over } = leaving();
  button.setAttribute("aria-busy", "true");
  // Whoever comes back to the page as it was finds no trial that is over, but the way to another one.
  over.addEventListener("abort", () => {
    place.replaceChildren();
    button.hidden = false;
    button.removeAttribute("aria-busy");
  });
  try {
    const [{ DeviceTrial }, { deviceFields }, { browser }, { Devices }, { ofTheDevice }] = await loadTrial();
    if (over.aborted) return;
    const platform = browser();
    const devices = new Devices(ofTheDevice(), platform);
    const trial = new DeviceTrial(devices, platform);
    over.addEventListener("abort", () => trial.close());
    trial.on("status", ({ ok, words }) => say(ok ? "" : words));
    await trial.start();
    if (over.aborted) return;
    place.replaceChildren(deviceFields(devices, {
      level: () => trial.level(), record: (signal) => trial.record(signal), play: (sound, signal) => trial.play(sound, signal),
      watch: (told) => trial.on("status", told),
    }, over));
    button.hidden = true;
    document.getElementById("id_microphone")?.focus();
  } catch {
    say(phrase("not-loaded"));
  } finally {
    if (!over.aborted) button.removeAttribute("aria-busy");
  }
}

/** Aborts when the page is left, whether it comes back or not. */
function leaving() {
  const over = new AbortController();
  addEventListener("pagehide", () => over.abort(), { once: true });
  return over;
}

async function copyReport() {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("id_check_report"));
  say((await copy(field, { copied: phrase("copied"), selected: phrase("selected") })).words);
}

// At the document, as page.js does, which empties the status line at each click before us.
document.addEventListener("click", ({ target }) => {
  const button = /** @type {Element} */ (target).closest("button");
  if (button?.id === "id_check_start" && !button.hasAttribute("aria-busy")) void check(button);
  if (button?.id === "id_devices_start" && !button.hasAttribute("aria-busy")) void tryDevices(button);
  if (button?.id === "id_check_copy") void copyReport();
});
