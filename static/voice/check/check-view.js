// @ts-check
// Owns what the check page shows: a row for each step, the microphone's level, the conclusion and the report.

import { make, picture, redraw } from "../../dom.js";
import { lastReport } from "../session/last-report.js";
import { STEPS, report } from "./check-verdicts.js";
import { LABELS } from "./check-words.js";
import { phrase } from "./phrase.js";

/** @typedef {import("./check.js").Check} Check */
/** @typedef {import("./check-verdicts.js").Step} Step */
/** @typedef {import("./check-verdicts.js").Line} Line */
/** @typedef {import("./check-verdicts.js").Status} Status */

/** An icon and a word: never by colour alone. @type {Record<Status, [import("../../dom.js").IconName, string]>} */
const STATES = {
  waiting: ["dots", phrase("waiting")],
  running: ["dots", phrase("running")],
  ok: ["check", phrase("ok")],
  notice: ["warning", phrase("notice")],
  failed: ["cross", phrase("failed")],
  skipped: ["dash", phrase("skipped")],
};
const TONES = { ok: "note fine", notice: "note", failed: "note bad" };

export class CheckView {
  /** @type {Map<Step, {row: HTMLElement, words: HTMLElement, word: HTMLElement, svg: SVGElement}>} */
  #rows = new Map();
  #document;
  #level;

  /** @param {Document} document */
  constructor(document) {
    this.#document = document;
    this.#level = make("meter", { className: "level", max: 1, ariaLabel: phrase("level") });
  }

  /** Run a check and show it. @param {Check} check */
  async show(check) {
    const conclusion = this.#find("id_check_conclusion");
    const help = this.#find("id_check_help");
    conclusion.className = "";
    conclusion.replaceChildren();
    help.hidden = true;
    this.#find("id_check_lines").replaceChildren(...STEPS.map((step) => this.#addRow(step)));
    check.addEventListener("line", (event) => this.#fill(/** @type {CustomEvent<Line>} */ (event).detail));
    check.addEventListener("level", (event) => {
      // Speech lies low on a linear scale.
      this.#level.value = Math.min(1, Math.sqrt(/** @type {CustomEvent<number>} */ (event).detail) * 1.5);
    });
    const result = await check.run();
    this.#level.remove();
    conclusion.className = TONES[result.conclusion.status];
    const others = result.found.slice(1).map(({ words }) => make("li", { textContent: words }));
    conclusion.replaceChildren(make("p", { textContent: result.conclusion.words }));
    if (others.length) conclusion.append(make("ul", {}, ...others));
    const field = /** @type {HTMLTextAreaElement} */ (this.#find("id_check_report"));
    const at = `${new Date().toISOString().slice(0, 16)}Z`;
    field.value = report({ ...result, agent: navigator.userAgent, at, call: lastReport() });
    help.hidden = false;
    help.toggleAttribute("open", result.conclusion.status !== "ok");
  }

  /** @param {Step} step */
  #addRow(step) {
    const svg = picture("dots");
    const words = make("p", { className: "quiet" });
    const word = make("span");
    const state = make("span", { className: "state" }, svg, word);
    const name = make("span", { className: "name", textContent: LABELS[step] });
    const row = make("li", {}, name, state, words);
    if (step === "microphone") row.append(this.#level);
    this.#rows.set(step, { row, words, word, svg });
    this.#fill({ step, status: "waiting", words: "" });
    return row;
  }

  /** @param {Line} line */
  #fill({ step, status, words }) {
    const parts = this.#rows.get(step);
    if (!parts) return;
    const [icon, word] = STATES[status];
    Object.assign(parts.row.dataset, { leg: step, status });
    redraw(parts.svg, icon);
    parts.word.textContent = word;
    parts.words.textContent = words;
  }

  /** @param {string} id */
  #find(id) {
    return /** @type {HTMLElement} */ (this.#document.getElementById(id));
  }
}
