// @ts-check
// Owns the list of shortcuts that "?" shows.

import { phrase } from "../phrase.js";
import { openSheet } from "./sheet.js";
import { shortcutsSection } from "./shortcuts-section.js";

/** @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store @param {AbortSignal} over */
export function openShortcuts(room, store, over) {
  return openSheet(phrase("sheet.shortcuts"), phrase("sheet.shortcuts-close"), [shortcutsSection(room, store, over)], over);
}
