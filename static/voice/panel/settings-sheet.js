// @ts-check
// Owns the one sheet with everything that isn't needed all the time.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { SECTIONS } from "./sections.js";
import { openSheet } from "./sheet.js";

/** @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store @param {AbortSignal} over */
export function openSettings(room, store, over) {
  const closed = new AbortController();
  const sections = SECTIONS.map((makeSection) => makeSection(room, store, closed.signal));
  const dialog = openSheet(phrase("sheet.settings"), phrase("sheet.settings-close"), [make("div", { className: "sections" }, ...sections)], over);
  dialog.addEventListener("close", () => closed.abort());
  return dialog;
}
