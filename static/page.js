// @ts-check
// Small comforts for every page: the menu, local times, copy and share, forms that stay.

/** From base.html, in its language. @type {Record<string, string>} */
export const WORDS = JSON.parse(globalThis.document?.getElementById("id_words")?.textContent ?? "{}");

/** A moment, as its reader says it.
 * @param {number} epoch seconds @param {number} now ms @param {string} [timeZone] */
export function when(epoch, now, timeZone, { locale, ...words } = WORDS) {
  const at = new Date(epoch * 1000);
  const day = (/** @type {Date} */ date) => Date.parse(date.toLocaleDateString("en-US", { timeZone }));
  const days = Math.round((day(at) - day(new Date(now))) / 86_400_000);
  const name = [words.yesterday, words.today, words.tomorrow][days + 1]
    ?? at.toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "short", timeZone });
  return words.at.replace("{day}", name).replace("{time}", at.toLocaleTimeString(locale, { timeStyle: "short", timeZone }));
}

/** In the status line. @param {string} words @param {boolean} [told] by a call */
export function say(words, told) {
  const notice = document.getElementById("id_notice");
  if (notice) Object.assign(notice, { ariaHidden: told, textContent: words });
}

/** @type {Promise<typeof import("./handing.js")>|undefined} */
let handing;

let again = "";
/** What fails is asked for anew by the next press: by another address, for many a browser keeps that it failed. */
const hand = () => handing ??= import("./handing.js" + again).catch((problem) => {
  handing = undefined;
  again = `?${Date.now()}`;
  throw problem;
});

/** @param {ParentNode} root */
export function enhance(root) {
  for (const time of root.querySelectorAll("time[data-epoch]")) {
    time.textContent = when(Number(time.getAttribute("data-epoch")), Date.now());
  }
  // The clipboard is for the click alone: what writes to it is there before.
  if (root.querySelector("[data-copy]")) hand().catch(() => {});
  for (const share of root.querySelectorAll("[data-share]")) share.toggleAttribute("hidden", !("share" in navigator));
}

/** @param {HTMLElement} button */
function press(button) {
  const { copy, share } = button.dataset;
  if (copy ?? share) hand().then(({ handOn }) => handOn(button, WORDS)).then(say, () => say(WORDS.unreachable));
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
    const sent = import("./partial-update.js").then(({ submitInPlace }) => submitInPlace(form, { enhance, say, WORDS }));
    sent.catch(() => say(WORDS.unreachable));
  });
}
