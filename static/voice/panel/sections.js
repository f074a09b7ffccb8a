// @ts-check
// The one list of what the settings hold, from top to bottom.

import { helpSection } from "./help-section.js";
import { languageSection } from "./language-section.js";
import { notesSection } from "./notes-section.js";
import { safetySection } from "./safety-section.js";
import { soundSection } from "./sound-section.js";
import { soundsSection } from "./sounds-section.js";
import { shortcutsSection } from "./shortcuts-section.js";
import { talkSection } from "./talk-section.js";

/**
 * Made anew at each opening of the sheet; `closed` aborts when it closes, and with it meters and listeners.
 * @typedef {(room: import("./panel-view.js").VoiceRoomInterface, store: import("../store.js").Store, closed: AbortSignal) => HTMLElement} MakeSection
 */

/** @type {readonly MakeSection[]} */
export const SECTIONS = [
  talkSection, soundSection, soundsSection, safetySection, notesSection, shortcutsSection, languageSection, helpSection,
];
