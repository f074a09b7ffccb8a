// @ts-check
// The settings' section for when something doesn't work: the check of one's connection, and the report.

import { make } from "../../dom.js";
import { checkLink, copyReport } from "./report-copy.js";

/** @type {import("./sections.js").MakeSection} */
export function helpSection(room) {
  return make("section", {}, make("h3", { textContent: "When something doesn't work" }),
    make("p", { className: "quiet small", textContent: "The report says what happened lately: no name, no address, no words of anybody." }),
    make("p", { className: "actions" }, checkLink(room)), copyReport(room));
}
