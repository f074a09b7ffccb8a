// @ts-check
// For whoever is asked why a call went wrong: a report to copy, and the way to the check.

import { copy, make } from "../../dom.js";
import { BASE } from "../base.js";
import { phrase } from "../phrase.js";
import { keepReport } from "../session/last-report.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

/** In a tab of its own: leaving this page would leave the room. @param {VoiceRoomInterface} room */
export function checkLink(room) {
  return make("a", {
    href: `${BASE}/check/`, target: "_blank", textContent: phrase("panel.check"),
    // With an opener the new tab begins with what this one kept: the report.
    rel: "opener", onclick: () => keepReport(room.report()),
  });
}

/** @param {VoiceRoomInterface} room */
export function copyReport(room) {
  const report = make("textarea", { className: "report", rows: 8, readOnly: true, hidden: true, ariaLabel: phrase("help.report") });
  const said = make("p", { className: "small" });
  said.setAttribute("role", "status");
  const button = make("button", { type: "button", textContent: phrase("help.copy") });
  button.onclick = async () => {
    report.value = `${navigator.userAgent}\n${room.report()}`;
    // Only what is shown can be selected.
    report.hidden = false;
    const { copied, words } = await copy(report, { copied: phrase("help.copied"), selected: phrase("help.selected") });
    report.hidden = copied;
    said.textContent = words;
  };
  return make("div", { className: "help" }, button, said, report);
}
