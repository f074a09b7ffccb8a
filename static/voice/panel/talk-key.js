// @ts-check
// Whether the key or button of push-to-talk is surely held: any doubt ends it; pure.
//
// What browsers give: a keydown, then (on most systems) the same again with `repeat`, 15 to 40 times a second after half a
// second, until the keyup. The keyup never comes where the window, the system or a dialog took the keyboard in between, and
// on macOS none comes while Command is held. Another key that goes down takes over the repeats.

import { phrase } from "../phrase.js";

/** Longer than the longest wait before a system's first repeat is no question here: only what repeated once must go on. */
const REPEATS_WITHIN = 1500;
/** Some systems repeat no key: then nobody talks longer than this without pressing anew. */
const HELD_AT_MOST = 60_000;

/** By what it is held. @typedef {""|"key"|"pointer"|"button"|"click"} Holder  button: a key that presses the button; click: an assistive tool, until its next one */
/** @typedef {{by: Holder, since: number, seen: number, repeats: boolean}} Hold */
/**
 * `sure`: not where one writes, no modifier, no dialog.
 * @typedef {{type: "down", by: Exclude<Holder, "">, repeat: boolean, sure: boolean} | {type: "up"|"lost", by: Exclude<Holder, "">}
 *   | {type: "click", on: boolean} | {type: "other"} | {type: "doubt"} | {type: "tick"}} HoldEvent
 */
/** @typedef {"press"|"release"|"doubt"|null} HoldAct */

/** @type {Readonly<Hold>} */
export const FREE = Object.freeze({ by: "", since: 0, seen: 0, repeats: false });

/**
 * @param {Readonly<Hold>} hold @param {HoldEvent} event @param {number} now
 * @returns {{hold: Readonly<Hold>, act: HoldAct}}
 */
export function advanceHold(hold, event, now) {
  switch (event.type) {
    case "down":
      if (!event.sure) return hold.by ? doubt : { hold, act: null };
      // What goes on repeating after a doubt opens nothing: it has to be pressed anew.
      if (event.repeat) return { hold: hold.by === event.by ? { ...hold, seen: now, repeats: true } : hold, act: null };
      // A hand that presses where an assistive tool has opened wants it closed.
      if (hold.by === "click") return doubt;
      if (hold.by) return { hold, act: null };
      return { hold: { by: event.by, since: now, seen: now, repeats: false }, act: "press" };
    case "up":
      return hold.by === event.by ? { hold: FREE, act: "release" } : { hold, act: null };
    case "lost":
      return hold.by === event.by ? doubt : { hold, act: null };
    case "click":
      return event.on ? doubt : { hold: { by: "click", since: now, seen: now, repeats: false }, act: "press" };
    case "other":
      return { hold: hold.by === "key" ? { ...hold, repeats: false } : hold, act: null };
    case "doubt":
      return doubt;
    case "tick":
      return isStuck(hold, now) ? doubt : { hold, act: null };
  }
}

const doubt = Object.freeze({ hold: FREE, act: /** @type {HoldAct} */ ("doubt") });

/** A finger on a screen is told of in any case; a key may go up unseen, and who clicked may have gone. @param {Readonly<Hold>} hold @param {number} now */
function isStuck({ by, since, seen, repeats }, now) {
  if (by === "" || by === "pointer") return false;
  return repeats ? now - seen > REPEATS_WITHIN : now - since > HELD_AT_MOST;
}

/** label: its letter, or the name that browsers have for it; `keyName` reads it out. @typedef {{code: string, label: string}} TalkKey */

/** @type {Readonly<TalkKey>} */
export const DEFAULT_KEY = Object.freeze({ code: "KeyV", label: "V" });

const MODIFIERS = new Set(["Control", "Alt", "AltGraph", "Meta", "OS", "Shift", "Fn", "CapsLock", "Hyper", "Super"]);
const NAVIGATES = new Set(["Tab", "Enter", "NumpadEnter", "Space", "Escape", "F5", "F11", "F12"]);

/** What has no letter, as the keyboards of the page's language call it. @type {Readonly<Record<string, string>>} */
const NAMES = Object.freeze({
  ArrowLeft: phrase("key.left"),
  ArrowRight: phrase("key.right"),
  ArrowUp: phrase("key.up"),
  ArrowDown: phrase("key.down"),
  PageUp: phrase("key.page-up"),
  PageDown: phrase("key.page-down"),
  Home: phrase("key.home"),
  End: phrase("key.end"),
  Insert: phrase("key.insert"),
  Delete: phrase("key.delete"),
  Backspace: phrase("key.backspace"),
  ContextMenu: phrase("key.menu"),
  ScrollLock: phrase("key.scroll-lock"),
  NumLock: phrase("key.num-lock"),
  PrintScreen: phrase("key.print"),
  Dead: phrase("key.accent"),
});

/** @param {string} label of a key @returns {string} as people call it */
export const keyName = (label) => (Object.hasOwn(NAMES, label) ? NAMES[label] : label);

/** Keys that a system's own shortcuts are made with. @param {string} key */
export const isModifier = (key) => ["Control", "Alt", "AltGraph", "Meta", "OS"].includes(key);

/**
 * Take a key for push-to-talk, or say why not.
 * @param {{code: string, key: string}} event @param {readonly string[]} taken keys of shortcuts
 * @returns {{key: TalkKey}|{refused: string}}
 */
export function bindKey({ code, key }, taken) {
  if (!code || code === "Unidentified") return { refused: phrase("talk.key-unknown") };
  if (MODIFIERS.has(key)) return { refused: phrase("talk.key-system") };
  if (NAVIGATES.has(code)) return { refused: phrase("talk.key-page") };
  const label = key.length === 1 ? key.toUpperCase() : key;
  if (taken.includes(key.toLowerCase())) return { refused: phrase("talk.key-taken", { key: label }) };
  return { key: { code, label } };
}
