// @ts-check
// The settings' section about shortcuts: which there are, and the switch that turns them off.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { SHORTCUTS } from "./shortcuts.js";

/** @type {import("./sections.js").MakeSection} */
export function shortcutsSection(_room, store) {
  const on = make("input", { type: "checkbox", checked: store.get("shortcuts", true) });
  on.onchange = () => store.set("shortcuts", on.checked);
  return make("section", { className: "keys" }, make("h3", { textContent: phrase("shortcuts") }),
    make("label", { className: "check" }, on, ` ${phrase("shortcuts.on")}`), shortcutsList());
}

export function shortcutsList() {
  const rows = SHORTCUTS.map(({ key, does }) => make("div", {}, make("dt", {}, make("kbd", { textContent: key.toUpperCase() })), make("dd", { textContent: does })));
  return make("dl", { className: "shortcuts" }, ...rows);
}
