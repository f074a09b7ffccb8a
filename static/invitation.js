// @ts-check
// Owns the invitation page: reads the token from the fragment, says who invites to what, and takes the person in.

import { when } from "./page.js";

/**
 * What /invitations/look answers; of one that isn't open only why.
 * @typedef {{state: "open", kind: "sea"|"table", by: string, title: string, expires_at: number, already_in: boolean,
 *   url: string|null}} Open
 * @typedef {{state: "yours"|"used"|"revoked"|"expired"|"unknown"|"closed"|"removed"|"full", message?: string, url?: string}} Shut
 * @typedef {{title: string, words: string, next: "accept"|"again"|"go", url?: string}} Shown
 */

/** The token of #TOKEN, if it has the letters of one. @param {string} hash */
export function tokenOf(hash) {
  return /^#([\w.~-]{16,256})$/.exec(hash)?.[1] ?? null;
}

/** @type {Record<Shut["state"], string>} */
const TITLES = {
  yours: "Your own link",
  used: "This link was used",
  revoked: "This link was taken back",
  expired: "This link is too old",
  unknown: "This link does not work",
  closed: "The sea is closed",
  removed: "Not with this link",
  full: "No free seat just now",
};

/**
 * What the page says of an invitation, and what one can do then: accept it, look again later, or go to what is one's own.
 * @param {Open|Shut} found @param {string} until @returns {Shown}
 */
export function shownOf(found, until) {
  if (found.state === "yours") {
    const words = "It is for somebody else: send it to the person whom you want to invite.";
    return { title: TITLES.yours, words, next: "go", url: found.url };
  }
  if (found.state !== "open") {
    return { title: TITLES[found.state], words: found.message ?? "", next: found.state === "full" ? "again" : "go" };
  }
  const { by, kind, title } = found;
  const place = kind === "table" ? `the table “${title}”` : title;
  if (found.already_in) {
    const words = `You have been let in to ${place} before: go straight there.`;
    return { title: "You are in already", words, next: "go", url: found.url ?? undefined };
  }
  const words = `To ${place}, to talk in the browser. The link works until ${until}.`;
  return { title: `${by} invites you`, words, next: "accept" };
}

/** @param {string} path @param {URLSearchParams} body */
async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json" } });
  const json = await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, json.error.message);
  return json;
}

class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const UNREACHABLE = "The server can't be reached. Your link is safe: try again in a moment.";
/** The link may have been used up before the answer was lost. */
const UNANSWERED =
  "It isn't certain whether you got in. Try again; if the link then counts as used, ask for a new one.";

/** @template {HTMLElement} T @param {string} id @returns {T} */
const part = (id) => /** @type {T} */ (document.getElementById(id));

/** @param {Shown} shown */
function show({ title, words, next, url }) {
  part("id_invitation_title").textContent = title;
  part("id_invitation_words").textContent = words;
  part("id_invitation_form").hidden = next !== "accept";
  part("id_invitation_again").hidden = next !== "again";
  /** @type {HTMLAnchorElement} */
  const go = part("id_invitation_go");
  go.hidden = next !== "go";
  if (!url) return;
  go.href = url;
  go.textContent = "Go to the room";
}

/** @param {string} token */
async function lookUp(token) {
  try {
    /** @type {Open|Shut} */
    const found = await post("/invitations/look", new URLSearchParams({ token }));
    const shown = shownOf(found, found.state === "open" ? when(found.expires_at, Date.now()) : "");
    show(shown);
    if (shown.next === "accept") document.getElementById("id_name")?.focus();
  } catch (error) {
    const words = error instanceof Refusal ? error.message : UNREACHABLE;
    show({ title: "An invitation", words, next: "again" });
  }
}

/** @param {HTMLFormElement} form @param {string} token */
async function accept(form, token) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const trouble = part("id_message");
  const body = new URLSearchParams({ token });
  for (const [name, value] of new FormData(form)) body.append(name, String(value));
  button.disabled = true;
  trouble.hidden = true;
  try {
    const { url } = await post("/invitations/accept", body);
    // Takes the place of this page in the history, and with it of the token.
    location.replace(url);
  } catch (error) {
    button.disabled = false;
    // Used, closed, removed or full in the meantime: no other name would help.
    if (error instanceof Refusal && [403, 409, 410].includes(error.status)) {
      show({ title: "That came too late", words: error.message, next: error.status === 409 ? "again" : "go" });
      return;
    }
    trouble.textContent = error instanceof Refusal ? error.message : UNANSWERED;
    trouble.hidden = false;
  }
}

function start() {
  const token = tokenOf(location.hash);
  addEventListener("hashchange", () => location.reload());
  part("id_invitation_again").addEventListener("click", () => location.reload());
  if (!token) {
    show({ title: "This link is not complete", words: "Ask for it once more, and copy all of it.", next: "go" });
    return;
  }
  part("id_invitation_form").addEventListener("submit", (event) => {
    event.preventDefault();
    void accept(/** @type {HTMLFormElement} */ (event.target), token);
  });
  void lookUp(token);
}

if (globalThis.document) start();
