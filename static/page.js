// @ts-check
// Small comforts for every page: the menu, local times, copy, share, and forms that don't leave it.

/** A moment, as its reader says it.
 * @param {number} epoch seconds @param {number} now ms @param {string} [locale] @param {string} [timeZone] */
export function when(epoch, now, locale, timeZone) {
  const at = new Date(epoch * 1000);
  const day = (/** @type {Date} */ date) => Date.parse(date.toLocaleDateString("en-US", { timeZone }));
  const days = Math.round((day(at) - day(new Date(now))) / 86_400_000);
  const name = ["yesterday", "today", "tomorrow"][days + 1];
  const date = at.toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "short", timeZone });
  return `${name ?? date} at ${at.toLocaleTimeString(locale, { timeStyle: "short", timeZone })}`;
}

/** Into the page's one status line. @param {string} words */
export function say(words) {
  const notice = document.getElementById("id_notice");
  if (notice) notice.textContent = words;
}

/** @type {Promise<typeof import("./dom.js")>} */
let dom;

/** @param {ParentNode} root */
export function enhance(root) {
  for (const time of root.querySelectorAll("time[data-epoch]")) {
    time.textContent = when(Number(time.getAttribute("data-epoch")), Date.now());
  }
  // The clipboard is for the click alone: what writes to it is there before.
  if (root.querySelector("[data-copy]")) dom = import("./dom.js");
  for (const share of root.querySelectorAll("[data-share]")) share.toggleAttribute("hidden", !("share" in navigator));
}

/** @param {HTMLElement} button */
function press(button) {
  const { copy: copied, share, title } = button.dataset;
  const field = /** @type {HTMLInputElement} */ (document.getElementById(copied ?? share ?? ""));
  if (copied) dom.then(({ copy }) => copy(field, "Link")).then(({ words }) => say(words));
  // Closing the system's sheet rejects too: that is an answer, not an error.
  else if (share) navigator.share({ title, url: field.value }).catch(() => say("Not shared."));
  else if (button.id === "id_burger_btn") {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    document.getElementById("id_burger_menu")?.toggleAttribute("hidden", !open);
  }
}

if (globalThis.document) {
  enhance(document);
  document.addEventListener("click", ({ target }) => {
    say("");
    const button = /** @type {Element} */ (target).closest("button");
    if (button) press(button);
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!("partial" in form.dataset)) return;
    event.preventDefault();
    const sent = import("./partial-update.js").then(({ submitInPlace }) => submitInPlace(form, { enhance, say }));
    sent.catch(() => say("The server can't be reached. Try again in a moment."));
  });
}
