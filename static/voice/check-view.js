// @ts-check
// Owns what the check page shows: a row for each leg, the microphone's level, the conclusion and the report.

import { LEGS, report } from "./check-verdicts.js";
import { LABELS } from "./check-words.js";

/** @typedef {import("./check.js").Check} Check */
/** @typedef {import("./check-verdicts.js").Leg} Leg */
/** @typedef {import("./check-verdicts.js").Line} Line */
/** @typedef {import("./check-verdicts.js").Status} Status */

/** A path of a 24 by 24 grid, and a word: never by colour alone. @type {Record<Status, [string, string]>} */
const STATES = {
  waiting: ["M5 12h.01M12 12h.01M19 12h.01", "waiting"],
  running: ["M5 12h.01M12 12h.01M19 12h.01", "testing"],
  ok: ["M5 13l4 4L19 7", "good"],
  notice: ["M12 4 3 20h18ZM12 10v4M12 17h.01", "take note"],
  failed: ["M6 6l12 12M18 6 6 18", "fails"],
  skipped: ["M6 12h12", "left out"],
};
const TONES = { ok: "note fine", notice: "note", failed: "note bad" };

export class CheckView {
  /** @type {Map<Leg, {row: HTMLElement, words: HTMLElement, word: HTMLElement, path: SVGElement}>} */
  #rows = new Map();
  #document;
  #level;

  /** @param {Document} document */
  constructor(document) {
    this.#document = document;
    this.#level = this.#make("meter", { className: "level", max: 1, ariaLabel: "Level of your microphone" });
  }

  /** Run a check and show it. @param {Check} check */
  async show(check) {
    const conclusion = this.#find("id_check_conclusion");
    const help = this.#find("id_check_help");
    conclusion.className = "";
    conclusion.replaceChildren();
    help.hidden = true;
    this.#find("id_check_lines").replaceChildren(...LEGS.map((leg) => this.#addRow(leg)));
    check.addEventListener("line", (event) => this.#fill(/** @type {CustomEvent<Line>} */ (event).detail));
    check.addEventListener("level", (event) => {
      // Speech lies low on a linear scale.
      this.#level.value = Math.min(1, Math.sqrt(/** @type {CustomEvent<number>} */ (event).detail) * 1.5);
    });
    const result = await check.run();
    this.#level.remove();
    conclusion.className = TONES[result.conclusion.status];
    const others = result.found.slice(1).map(({ words }) => this.#make("li", { textContent: words }));
    conclusion.replaceChildren(this.#make("p", { textContent: result.conclusion.words }));
    if (others.length) conclusion.append(this.#make("ul", {}, ...others));
    const field = /** @type {HTMLTextAreaElement} */ (this.#find("id_check_report"));
    const at = `${new Date().toISOString().slice(0, 16)}Z`;
    field.value = report({ ...result, agent: navigator.userAgent, at });
    help.hidden = false;
    help.toggleAttribute("open", result.conclusion.status !== "ok");
  }

  /** @param {Leg} leg */
  #addRow(leg) {
    const svg = this.#document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = this.#document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    svg.append(path);
    const words = this.#make("p", { className: "quiet" });
    const word = this.#make("span");
    const state = this.#make("span", { className: "state" }, svg, word);
    const name = this.#make("span", { className: "name", textContent: LABELS[leg] });
    const row = this.#make("li", {}, name, state, words);
    if (leg === "microphone") row.append(this.#level);
    this.#rows.set(leg, { row, words, word, path });
    this.#fill({ leg, status: "waiting", words: "" });
    return row;
  }

  /** @param {Line} line */
  #fill({ leg, status, words }) {
    const parts = this.#rows.get(leg);
    if (!parts) return;
    const [path, word] = STATES[status];
    Object.assign(parts.row.dataset, { leg, status });
    parts.path.setAttribute("d", path);
    parts.word.textContent = word;
    parts.words.textContent = words;
  }

  /** @param {string} id */
  #find(id) {
    return /** @type {HTMLElement} */ (this.#document.getElementById(id));
  }

  /**
   * @template {keyof HTMLElementTagNameMap} T
   * @param {T} tag @param {Partial<HTMLElementTagNameMap[T]>} [properties] @param {Node[]} children
   */
  #make(tag, properties = {}, ...children) {
    const element = Object.assign(this.#document.createElement(tag), properties);
    element.append(...children);
    return element;
  }
}
