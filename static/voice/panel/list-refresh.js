// @ts-check
// Owns keeping the page's own lists (seats, guests, invitations) true while people come to voice and go, or come by a link.

/** @typedef {import("../session/roster.js").Person} Person */

/** Several who come at once are one reason to look, and the server knows of them by then. */
const SETTLES = 1000;
/** While a link is open somebody may come by it, whom nothing tells of before they join voice. */
const LOOKS_EVERY = 10_000;

/** Who is in voice, as one comparable word. @param {readonly Person[]} people */
export function whoIsIn(people) {
  return people.filter(({ word }) => word !== "gone").map(({ user }) => user).sort().join();
}

export class ListRefresh {
  #shown = "";
  /** @type {any} */
  #timer = 0;

  /** @param {AbortSignal} over */
  constructor(over) {
    const looks = setInterval(() => document.querySelector("[data-awaits]") && refresh(), LOOKS_EVERY);
    over.addEventListener("abort", () => clearInterval(looks), { once: true });
  }

  /** @param {readonly Person[]} people */
  update(people) {
    const now = whoIsIn(people);
    if (now === this.#shown || !document.querySelector("[data-lists]")) return;
    this.#shown = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(refresh, SETTLES);
  }
}

// Loaded only for a page with such lists: whoever embeds the voice button has none, and no page.js either.
async function refresh() {
  const load = () => Promise.all([import("../../partial-update.js"), import("../../page.js")]);
  const [update, page] = await load().catch(() => []);
  if (update && page) await update.refreshParts("[data-lists]", page);
}
