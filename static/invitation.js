// @ts-check
// Owns the invitation page: reads the token from the fragment, says who invites to what, and takes the person in.

import { when } from "./page.js";
import { phrases } from "./phrases.js";
import { BASE } from "./voice/base.js";
import SPOKEN from "./words/arrival.js";

const { phrase } = phrases(SPOKEN);

/**
 * What /invitations/look answers; of one that isn't open only why.
 * @typedef {{state: "open", kind: "sea"|"table", by: string, title: string, expires_at: number, already_in: boolean,
 *   url: string|null}} Open
 * @typedef {{state: "yours"|"used"|"revoked"|"expired"|"unknown"|"closed"|"removed"|"full", message?: string, url?: string}} Shut
 * @typedef {{title: string, words: string, next: "accept"|"again"|"go", url?: string}} Shown
 */

/** As many characters as the server gives a token. */
const LENGTH = 32;
/** Invisible characters that messengers and keyboards add. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * The token in what came of a link: in a fragment, or in a path or query that took the fragment's place. Around it may
 * stand what a sentence, a messenger or a tracker added.
 * @param {string} text @returns {string|null}
 */
export function tokenOf(text) {
  const plain = decoded(decoded(text)).replace(/:~:.*/s, "").replace(UNSEEN, "");
  // Where a mail broke the line, with the = of quoted-printable or without.
  const pieces = plain.split(/=?\s+/);
  for (let length = 1; length <= pieces.length; length++) {
    const found = wholeIn(pieces.slice(0, length).join(""));
    if (found) return found;
  }
  // Too little of one, or a word that was written on behind it.
  return runsIn(pieces[0]).find((run) => run.length >= 16)?.slice(0, LENGTH) ?? null;
}

/**
 * The tokens that it may have been: until lately they could end in - or _, which many messengers take for the sentence's.
 * @param {string} token
 */
export function guessesOf(token) {
  return token.length === LENGTH - 1 ? [token, `${token}-`, `${token}_`] : [token];
}

/** @param {string} text */
function wholeIn(text) {
  const runs = runsIn(text).map((run) => (run.length > LENGTH ? run.replace(/^(.{32})[-_].*$/, "$1") : run));
  return runs.find((run) => run.length === LENGTH) ?? runs.find((run) => run.length === LENGTH - 1);
}

/** @param {string} text */
function runsIn(text) {
  return text.split(/[^A-Za-z0-9_-]+/);
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // Cut within a character: its letters are decoded all the same.
    return text.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
  }
}

/**
 * The token of the page's address, wherever in it; the fragment comes first, as a query may be a tracker's.
 * @param {{hash: string, pathname: string, search: string}} address @param {string} [base]  what stands before /invitation/
 */
export function tokenIn({ hash, pathname, search }, base = "") {
  const path = pathname.slice(base.length).replace(/^\/invitation\/?/, "");
  const encoded = /%(?:25)?23(.*)/s.exec(search)?.[1] ?? "";
  return tokenOf(hash) ?? tokenOf(path) ?? tokenOf(encoded);
}

/** @type {Record<Shut["state"], string>} */
const TITLES = {
  yours: phrase("yours.title"),
  used: phrase("used.title"),
  revoked: phrase("revoked.title"),
  expired: phrase("expired.title"),
  unknown: phrase("unknown.title"),
  closed: phrase("closed.title"),
  removed: phrase("removed.title"),
  full: phrase("full.title"),
};

/**
 * What the page says of an invitation, and what one can do then: accept it, look again later, or go to what is one's own.
 * @param {Open|Shut} found @param {string} until @returns {Shown}
 */
export function shownOf(found, until) {
  if (found.state === "yours") {
    return { title: TITLES.yours, words: phrase("yours"), next: "go", url: found.url };
  }
  if (found.state !== "open") {
    return { title: TITLES[found.state], words: found.message ?? "", next: found.state === "full" ? "again" : "go" };
  }
  const { by, kind, title } = found;
  const place = kind === "table" ? phrase("table", { title }) : title;
  if (found.already_in) {
    return { title: phrase("in-already.title"), words: phrase("in-already", { place }), next: "go", url: found.url ?? undefined };
  }
  return { title: phrase("open.title", { name: by }), words: phrase("open", { place, time: until }), next: "accept" };
}

/** @param {string} path @param {URLSearchParams} body */
async function post(path, body) {
  const answer = await fetch(BASE + path, { method: "POST", body, headers: { Accept: "application/json" } });
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
  go.textContent = phrase("go");
}

/** What to say of a link of which too little came. @type {Shown} */
const INCOMPLETE = { title: phrase("incomplete.title"), words: phrase("incomplete"), next: "go" };

/**
 * Shows what the server says of the token, and gives the one that it knows.
 * @param {string} token
 */
async function lookUp(token) {
  try {
    /** @type {Open|Shut} */
    let found = { state: "unknown" };
    for (const guess of guessesOf(token)) {
      found = await post("/invitations/look", new URLSearchParams({ token: guess }));
      if (found.state === "unknown") continue;
      const shown = shownOf(found, found.state === "open" ? when(found.expires_at, Date.now()) : "");
      show(shown);
      if (shown.next === "accept") document.getElementById("id_name")?.focus();
      return guess;
    }
    show(token.length < LENGTH ? INCOMPLETE : shownOf(found, ""));
  } catch (error) {
    const words = error instanceof Refusal ? error.message : phrase("unreachable");
    show({ title: phrase("title"), words, next: "again" });
  }
  return token;
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
      const next = error.status === 409 ? "again" : "go";
      show({ title: phrase("late.title"), words: error.message, next });
      // What had the focus is hidden now.
      part(`id_invitation_${next}`).focus();
      return;
    }
    // The link may have been used up before the answer was lost.
    trouble.textContent = error instanceof Refusal ? error.message : phrase("unanswered");
    trouble.hidden = false;
    // A button loses the focus while it is disabled.
    if (document.activeElement === document.body) button.focus();
  }
}

function start() {
  let token = tokenIn(location, BASE);
  addEventListener("hashchange", () => location.reload());
  part("id_invitation_again").addEventListener("click", () => location.reload());
  if (!token) {
    show(INCOMPLETE);
    return;
  }
  // A token that came in the path or the query leaves them, and what was added to it goes: no Referer has it then.
  history.replaceState(null, "", `${BASE}/invitation/#${token}`);
  part("id_invitation_form").addEventListener("submit", (event) => {
    event.preventDefault();
    void accept(/** @type {HTMLFormElement} */ (event.target), token ?? "");
  });
  void lookUp(token).then((known) => (token = known));
}

if (globalThis.document) start();
