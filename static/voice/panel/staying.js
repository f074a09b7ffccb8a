// @ts-check
// Keeps a call that a click in the page's head would end: what its links lead to opens beside it.

import { phrase } from "../phrase.js";

/** @param {AbortSignal} over */
export function stayHere(over) {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("header.bar a[href]:not([target])"));
  for (const link of links) Object.assign(link, { target: "_blank", title: phrase("panel.beside") });
  over.addEventListener("abort", () => {
    for (const link of links) for (const name of ["target", "title"]) link.removeAttribute(name);
  }, { once: true });
}
