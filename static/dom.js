// @ts-check
// What every part of a page is made with: elements, icons, and the clipboard.

import { PATHS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Partial<HTMLElementTagNameMap[T]>} [properties] @param {(Node|string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name */
export function picture(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  redraw(svg, name);
  return svg;
}

/** @param {SVGElement} svg of picture() @param {IconName} name */
export function redraw(svg, name) {
  const path = svg.firstElementChild;
  if (path && path.getAttribute("d") !== PATHS[name]) path.setAttribute("d", PATHS[name]);
}

/**
 * Copy what a field holds, or select it; call it from a click.
 * @param {HTMLInputElement|HTMLTextAreaElement} field @param {Readonly<Record<string, string>>} words  what to say: "copied" or "selected"
 * @returns {Promise<{copied: boolean, words: string}>} what to say of it
 */
export async function copy(field, { copied: done, selected }) {
  // The clipboard is missing on plain http outside localhost, and may be refused.
  const copied = Boolean(await navigator.clipboard?.writeText(field.value).then(() => true, () => false));
  if (copied) return { copied, words: done };
  field.select();
  return { copied, words: selected };
}
