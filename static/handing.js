// @ts-check
// Owns handing a link on: by the clipboard, or by the system's own sheet.

import { copy } from "./dom.js";

/**
 * Call it from a click.
 * @param {HTMLElement} button with data-copy or data-share, the id of a field @param {Record<string, string>} words of a page
 * @returns {Promise<string>} what to say of it
 */
export async function handOn({ dataset: { copy: copied, share, title } }, words) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById(copied ?? share ?? ""));
  if (copied) return (await copy(field, words)).words;
  // Closing the system's sheet rejects too: that is an answer, not an error.
  return navigator.share({ title, url: field.value }).then(() => "", () => words["not-shared"]);
}
