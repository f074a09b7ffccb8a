// @ts-check
// Owns the shortcuts of a call: hears the keys, and says on each control which one is its own.

import { SHORTCUTS, shortcutOf } from "./shortcuts.js";

/** @typedef {import("./shortcuts.js").ShortcutName} ShortcutName */

const WRITING = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]";

export class Keys {
  #store;

  /** @param {import("../store.js").Store} store @param {Record<ShortcutName, () => void>} acts @param {AbortSignal} over */
  constructor(store, acts, over) {
    this.#store = store;
    document.addEventListener("keydown", (event) => {
      const writing = event.target instanceof Element && event.target.closest(WRITING);
      const busy = Boolean(writing || document.querySelector("dialog[open]") || event.defaultPrevented);
      const name = this.#store.get("shortcuts", true) && shortcutOf(event, busy);
      if (!name) return;
      event.preventDefault();
      acts[name]();
    }, { signal: over });
    this.#over = over;
  }

  #over;

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
