// @ts-check
// Owns the list of those who can't hear each other.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { setText } from "./text.js";

export class PairsList {
  #list = make("ul");
  element = make("div", { className: "pairs", hidden: true }, make("h3", { textContent: phrase("panel.pairs") }), this.#list);

  /** @param {readonly import("../session/pairs.js").Pair[]} pairs */
  update(pairs) {
    const said = new Map(pairs.map(({ peers, words }) => [peers.join(), words]));
    const kept = new Map([...this.#list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.peers ?? "", item]));
    for (const [peers, item] of kept) if (!said.has(peers)) item.remove();
    for (const [peers, words] of said) {
      const item = /** @type {HTMLElement} */ (kept.get(peers) ?? this.#list.appendChild(make("li")));
      item.dataset.peers = peers;
      setText(item, words);
    }
    this.element.hidden = pairs.length === 0;
  }
}
