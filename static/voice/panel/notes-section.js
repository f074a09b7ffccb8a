// @ts-check
// The settings' switch for notes.

import { make } from "../../dom.js";

/** @type {import("./sections.js").MakeSection} */
export function notesSection(_room, store) {
  const on = make("input", { type: "checkbox", checked: store.get("notes", true) });
  on.onchange = () => store.set("notes", on.checked);
  return make("section", {}, make("h3", { textContent: "Notes" }),
    make("label", { className: "check" }, on, " Take notes from the others"),
    make("p", { className: "quiet", textContent: "Where they are off, whoever sends one is told that you have them switched off." }));
}
