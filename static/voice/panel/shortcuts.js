// @ts-check
// The keys that act wherever one is on the page, and which press is meant for them; pure.

import { phrase } from "../phrase.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/** What a key may do. @typedef {"mute"|"deafen"|"settings"|"help"} ShortcutName */

/** @type {readonly {key: string, name: ShortcutName, does: string}[]} */
export const SHORTCUTS = [
  { key: "m", name: "mute", does: phrase("shortcuts.mute") },
  { key: "d", name: "deafen", does: phrase("shortcuts.deafen") },
  { key: "s", name: "settings", does: phrase("shortcuts.settings") },
  { key: "?", name: "help", does: phrase("shortcuts.help") },
];

/**
 * Which shortcut is meant: none where one writes or a dialog is open, nor as part of another program's, nor held down.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat: boolean, isComposing?: boolean}} event
 * @param {boolean} busy
 * @returns {ShortcutName|null}
 */
export function shortcutOf({ key, ctrlKey, metaKey, altKey, repeat, isComposing }, busy) {
  if (ctrlKey || metaKey || altKey || repeat || isComposing || busy) return null;
  return SHORTCUTS.find((shortcut) => shortcut.key === key.toLowerCase())?.name ?? null;
}
