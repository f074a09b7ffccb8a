// @ts-check
// Owns the notices above the people: a place for each kind, kept in the page so that a change moves nothing else.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { setText } from "./text.js";

/** In the order in which they stand; the calm ones ask for nothing, and an alarm gives way to nothing.
 *  @typedef {"alarm"|"playback"|"state"|"server"|"microphone"|"sheet"|"closing"|"door"|"notice"} NoticeKind */
/** @type {readonly NoticeKind[]} */
const KINDS = ["alarm", "playback", "state", "server", "microphone", "sheet", "closing", "door", "notice"];
/** @type {Partial<Record<NoticeKind, string>>} */
const MANNERS = { alarm: " bad", state: " calm", server: " calm", door: " calm", notice: " calm" };

/** Of what was told and isn't read, so much stays. */
const UNREAD = 3;

/** @typedef {[words: string, act: () => void]} NoticeAction */

export class Notices {
  element = make("div", { className: "notices" });
  /** @type {Map<NoticeKind, HTMLElement>} */
  #slots = new Map();
  #elsewhere;
  /** What nobody read yet, by what it is about; oldest first. @type {Map<string, string>} */
  #told = new Map();

  /** @param {HTMLElement} elsewhere takes the focus of a notice that vanishes, or whose button does */
  constructor(elsewhere) {
    this.#elsewhere = elsewhere;
    for (const kind of KINDS) {
      const slot = make("div", { className: `note${MANNERS[kind] ?? ""}`, hidden: true }, make("p"), make("button", { type: "button" }));
      this.#slots.set(kind, slot);
      this.element.append(slot);
    }
  }

  /** @param {NoticeKind} kind @param {string} words none hides it @param {NoticeAction|null} [action] */
  show(kind, words, action = null) {
    const slot = /** @type {HTMLElement} */ (this.#slots.get(kind));
    const [line, button] = /** @type {[HTMLElement, HTMLButtonElement]} */ (/** @type {unknown} */ (slot.children));
    if (!(words && action) && slot.contains(document.activeElement)) this.#elsewhere.focus({ preventScroll: true });
    setText(line, words);
    slot.hidden = !words;
    button.hidden = !action;
    if (action) {
      setText(button, action[0]);
      button.onclick = action[1];
    }
  }

  /** Stays until it is read. @param {string} words @param {NoticeKind} kind @param {() => void} [read] */
  note(words, kind, read = () => this.show(kind, "")) {
    this.show(kind, words, [phrase("panel.noted"), read]);
  }

  /**
   * A calm one; what was told before, unless of the same thing, stands above it until both are read.
   * @param {string} words @param {string} [about]
   */
  tell(words, about = words) {
    this.#told.delete(about);
    this.#told = new Map([...this.#told, /** @type {const} */ ([about, words])].slice(-UNREAD));
    this.note([...this.#told.values()].join("\n\n"), "notice", () => {
      this.#told.clear();
      this.show("notice", "");
    });
  }

  /** What there is to do about it is under the next press. @param {NoticeKind} kind */
  offer(kind) {
    this.#slots.get(kind)?.querySelector("button")?.focus();
  }

  /** @param {NoticeKind} kind */
  shows(kind) {
    return this.#slots.get(kind)?.hidden === false;
  }

  /** Of a call that is over, only how it ended is worth a word. */
  end() {
    this.#told.clear();
    for (const kind of KINDS) if (kind !== "state") this.show(kind, "");
  }
}
