// @ts-check
// Owns the check page until its button is clicked, which loads the check; and the copying of its report.

import { copy } from "./dom.js";
import { say } from "./page.js";

const load = () =>
  Promise.all([import("./voice/check/check.js"), import("./voice/check/check-view.js"), import("./voice/browser/platform.js")]);

/** @param {HTMLButtonElement} button */
async function check(button) {
  if (!("RTCPeerConnection" in globalThis)) {
    say("This browser makes no calls (WebRTC is missing or off): use a current Firefox, Chromium or Safari.");
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const [{ Check }, { CheckView }, { browser }] = await load();
    const check = new Check({ roomId: button.dataset.roomId ?? "", platform: browser() });
    await new CheckView(document).show(check);
    button.textContent = "Check again";
  } catch {
    say("The check could not go on. See whether you are online, then reload this page.");
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function copyReport() {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("id_check_report"));
  say((await copy(field, "Report")).words);
}

// At the document, as page.js does, which empties the status line at each click before us.
document.addEventListener("click", ({ target }) => {
  const button = /** @type {Element} */ (target).closest("button");
  if (button?.id === "id_check_start" && !button.hasAttribute("aria-busy")) void check(button);
  if (button?.id === "id_check_copy") void copyReport();
});
