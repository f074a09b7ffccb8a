// @ts-check
// Owns the page that makes somebody a host: reads the token from the fragment, and sends it with the name.

import { phrases } from "./phrases.js";
import { BASE } from "./voice/base.js";
import SPOKEN from "./words/arrival.js";

const { phrase } = phrases(SPOKEN);

/** Letters and digits, as the server makes them; whatever a messenger added around them goes.
 * @param {string} hash */
export function tokenOf(hash) {
  return /[a-z0-9]{32}/.exec(hash)?.[0] ?? null;
}

/** @template {HTMLElement} T @param {string} id @returns {T} */
const part = (id) => /** @type {T} */ (document.getElementById(id));

/** @param {string} words */
function tell(words) {
  const trouble = part("id_message");
  trouble.textContent = words;
  trouble.hidden = false;
}

/** @param {HTMLFormElement} form @param {string} token */
async function accept(form, token) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const body = new URLSearchParams({ token });
  for (const [name, value] of new FormData(form)) body.append(name, String(value));
  button.disabled = true;
  part("id_message").hidden = true;
  try {
    const answer = await fetch(`${BASE}/host-links/accept`, { method: "POST", body, headers: { Accept: "application/json" } });
    const json = await answer.json();
    // Takes the place of this page in the history, and with it of the token.
    if (answer.ok) return location.replace(json.url);
    tell(json.error.message);
  } catch {
    tell(phrase("host.unanswered"));
  }
  button.disabled = false;
  // While it was disabled it lost the focus.
  if (document.activeElement === document.body) button.focus();
}

function start() {
  const token = tokenOf(location.hash);
  addEventListener("hashchange", () => location.reload());
  if (!token) {
    part("id_host_link_words").textContent = phrase("host.incomplete");
    return;
  }
  /** @type {HTMLFormElement} */
  const form = part("id_host_link_form");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void accept(form, token);
  });
}

if (globalThis.document) start();
