// @ts-check
// Owns the list of shortcuts that "?" shows.

import { openSheet } from "./sheet.js";
import { shortcutsSection } from "./shortcuts-section.js";

/** @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store @param {AbortSignal} over */
export function openShortcuts(room, store, over) {
  return openSheet("Shortcuts", [shortcutsSection(room, store, over)], over);
}
