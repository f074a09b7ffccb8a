// @ts-check
// Owns the shortcuts of a call: hears the keys, and says on each control which one is its own.

import { SHORTCUTS, shortcutOf } from "./shortcuts.js";
import { isWriting } from "./writing.js";

/** @typedef {import("./shortcuts.js").ShortcutName} ShortcutName */

export class Keys {
  #store;
  #acts;
  #over;

  /** @param {import("../store.js").Store} store @param {Record<ShortcutName, () => void>} acts @param {AbortSignal} over */
  constructor(store, acts, over) {
    this.#store = store;
    this.#acts = acts;
    this.#over = over;
    document.addEventListener("keydown", (event) => this.hear(event), { signal: over });
  }

  /** @param {KeyboardEvent} event */
  hear(event) {
    const busy = isWriting(event.target) || event.defaultPrevented || document.querySelector("dialog[open]") !== null;
    const name = this.#store.get("shortcuts", true) && shortcutOf(event, busy);
    if (!name) return;
    event.preventDefault();
    this.#acts[name]();
  }

  /** @param {Partial<Record<ShortcutName, (Element|null)[]>>} controls */
  label(controls) {
    const say = () => {
      for (const { key, name } of SHORTCUTS) {
        for (const control of controls[name] ?? []) {
          if (this.#store.get("shortcuts", true)) control?.setAttribute("aria-keyshortcuts", key);
          else control?.removeAttribute("aria-keyshortcuts");
        }
      }
    };
    say();
    this.#store.addEventListener("change", say, { signal: this.#over });
  }
}
