// @ts-check
// Owns changing a page without leaving it, so that voice goes on: parts of a fetched page take the place of ours.

/** What page.js does for each page. @typedef {Pick<typeof import("./page.js"), "enhance"|"say"|"WORDS">} Comforts */

/** Nobody opens the page: by this the server tells nobody that somebody did. Sec-Fetch-Mode isn't sent to a LAN's name by http. */
const headers = { "meshvoice-in-place": "1" };

/** Send a form and show the answer's parts. @param {HTMLFormElement} form @param {Comforts} comforts */
export async function submitInPlace(form, { enhance, say, WORDS }) {
  const { partial = "", about } = form.dataset;
  // Whoever is in voice stands in the call's list, not in the page's, and their going is told by the call.
  const told = about !== undefined && document.querySelector(`[data-member="${CSS.escape(about)}"][hidden]`) !== null;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) body.append(name, String(value));
  const answer = await fetch(form.action, { method: "POST", body, headers });
  const page = await parse(answer);
  if (!answer.ok) {
    say(page.getElementById("id_message")?.textContent ?? WORDS.failed);
    return;
  }
  if (!page.querySelector("[data-part]")) {
    location.assign(answer.url);
    return;
  }
  swap(page, "[data-part]", enhance);
  // The form is gone with its focus: a fresh invitation takes it, else the page itself, without a jump.
  const invitation = document.querySelector("[data-focus]");
  const focus = /** @type {HTMLElement} */ (invitation ?? document.getElementById("id_main"));
  focus.focus({ preventScroll: !invitation });
  say(partial, told);
}

/**
 * Fetch the page anew for the parts that changed, except one that somebody is busy with.
 * @param {string} selector @param {Comforts} comforts
 */
export async function refreshParts(selector, { enhance }) {
  const answer = await fetch(location.href, { headers }).catch(() => null);
  // Without the server the lists stay as they were; the voice panel is where its absence is said.
  if (answer?.ok) swap(await parse(answer), `${selector}:not(:focus-within, :has(details[open] form))`, enhance);
}

/** @param {Response} answer */
async function parse(answer) {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** @param {Document} page @param {string} selector @param {Comforts["enhance"]} enhance */
function swap(page, selector, enhance) {
  for (const part of document.querySelectorAll(selector)) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    for (const { id } of part.querySelectorAll("details[id][open]")) page.getElementById(id)?.setAttribute("open", "");
    enhance(fresh);
    const same = asServed(part).isEqualNode(asServed(fresh));
    if (!same) part.replaceWith(fresh);
    // Who shows what belongs to it (the voice panel) looks anew.
    (same ? part : fresh).dispatchEvent(new CustomEvent("meshvoice:part", { bubbles: true }));
  }
}

/** Without what was opened and hidden here since. @param {Element} part */
function asServed(part) {
  const copy = /** @type {Element} */ (part.cloneNode(true));
  for (const each of copy.querySelectorAll("[open], [hidden]")) for (const name of ["open", "hidden"]) each.removeAttribute(name);
  return copy;
}
