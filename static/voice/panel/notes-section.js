// @ts-check
// The settings' switch for notes.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";

/** @type {import("./sections.js").MakeSection} */
export function notesSection(_room, store) {
  const on = make("input", { type: "checkbox", checked: store.get("notes", true) });
  on.onchange = () => store.set("notes", on.checked);
  return make("section", {}, make("h3", { textContent: phrase("notes") }),
    make("label", { className: "check" }, on, ` ${phrase("notes.take")}`),
    make("p", { className: "quiet", textContent: phrase("notes.take-says") }));
}
