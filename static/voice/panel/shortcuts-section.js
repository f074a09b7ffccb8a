// @ts-check
// The settings' section about shortcuts: which there are, and the switch that turns them off.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { talkKey } from "./push-to-talk.js";
import { SHORTCUTS } from "./shortcuts.js";
import { keyName } from "./talk-key.js";

/** @type {import("./sections.js").MakeSection} */
export function shortcutsSection(room, store) {
  const on = make("input", { type: "checkbox", checked: store.get("shortcuts", true) });
  on.onchange = () => store.set("shortcuts", on.checked);
  return make("section", { className: "keys" }, make("h3", { textContent: phrase("shortcuts") }),
    make("label", { className: "check" }, on, ` ${phrase("shortcuts.on")}`),
    make("dl", { className: "shortcuts" }, ...SHORTCUTS.map(({ key, does }) => row(key.toUpperCase(), does)), ...talkRow(room, store)));
}

/** The key of push-to-talk has no part in the switch. @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store */
function talkRow({ talk }, store) {
  if (talk.mode !== "push") return [];
  return [row(keyName(talkKey(store).label), talk.toggles ? phrase("push.press") : phrase("push.hold"))];
}

/** @param {string} key @param {string} does */
function row(key, does) {
  return make("div", {}, make("dt", {}, make("kbd", { textContent: key })), make("dd", { textContent: does }));
}
