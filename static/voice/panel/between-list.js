// @ts-check
// Owns what is shown of any two others: one line for all, each pair in words when opened, and figures for whoever wants them.

import { make } from "../../dom.js";
import { betweenAll, betweenFigures, BETWEEN_HEADS } from "../session/between-words.js";
import { phrase } from "../phrase.js";
import { setText } from "./text.js";

/** @typedef {import("../session/between.js").Between} Between */

export class BetweenList {
  #summary = make("summary");
  #list = make("ul");
  #table = make("table");
  #figures = make("details", { className: "figures" }, make("summary", { textContent: phrase("figures") }), this.#table);
  element = make("details", { className: "between", hidden: true }, this.#summary, this.#list, this.#figures);
  /** @type {readonly Between[]} */
  #all = [];

  constructor() {
    this.element.ontoggle = this.#figures.ontoggle = () => this.#fill();
  }

  /** @param {readonly Between[]} all */
  update(all) {
    this.#all = all;
    this.element.hidden = all.length === 0;
    setText(this.#summary, betweenAll(all));
    this.#fill();
  }

  /** Nobody looks at what is shut. */
  #fill() {
    if (!this.element.open) return;
    while (this.#list.children.length > this.#all.length) this.#list.lastElementChild?.remove();
    this.#all.forEach(({ word, words }, at) => {
      const item = /** @type {HTMLElement} */ (this.#list.children[at] ?? this.#list.appendChild(make("li")));
      item.dataset.path = word;
      setText(item, words);
    });
    if (!this.#figures.open) return;
    const head = make("tr", {}, ...BETWEEN_HEADS.map((textContent) => make("th", { scope: "col", textContent })));
    const rows = this.#all.map((each) => {
      const [names, ...cells] = betweenFigures(each);
      return make("tr", {}, make("th", { scope: "row", textContent: names }), ...cells.map((textContent) => make("td", { textContent })));
    });
    this.#table.replaceChildren(head, ...rows);
  }
}
