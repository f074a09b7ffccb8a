// @ts-check
// The settings' section for when something doesn't work: the check of one's connection, and the report.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { checkLink, copyReport } from "./report-copy.js";

/** @type {import("./sections.js").MakeSection} */
export function helpSection(room) {
  return make("section", {}, make("h3", { textContent: phrase("help") }),
    make("p", { className: "quiet small", textContent: phrase("help.about") }),
    make("p", { className: "actions" }, checkLink(room)), copyReport(room));
}
