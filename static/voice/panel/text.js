// @ts-check
// Writing into a page only what reads differently.

import { make } from "../../dom.js";

/** Writing the same words again would still make screen readers and layout work. @param {Element} element @param {string} words */
export function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** @param {string} words @param {string} className */
export function tagOf(words, className) {
  return make("span", { className, textContent: words });
}
