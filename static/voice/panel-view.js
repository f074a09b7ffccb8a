// @ts-check
// What the panel shows of a person, and which key is meant for it; pure.

import { PERSON } from "./words.js";

/** @typedef {import("./roster.js").Person} Person */
/** @typedef {import("./roster.js").Pair} Pair */
/**
 * What the panel and the button need of a VoiceRoom.
 * @typedef {EventTarget & {state: string, muted: boolean, people: Person[], pairs: Pair[], join(): Promise<void>, leave(): void,
 *   toggleMute(): void, unlock(): void, retryMicrophone(): void, remove(peer: string): void}} Room
 */

/** The paths of a 24 by 24 grid, stroked. */
export const ICONS = Object.freeze({
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4",
  muted: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4M4 3l16 18",
  here: "M5 13l4 4L19 7",
  speaking: "M4 11v2M8 8v8M12 5v14M16 8v8M20 11v2",
  connecting: "M5 12h.01M12 12h.01M19 12h.01",
  unheard: "M12 4 3 20h18ZM12 10v4M12 17h.01",
  gone: "M13 4h6v16h-6M10 8l-4 4 4 4M6 12h9",
});

/**
 * @param {Person} person
 * @returns {{icon: keyof typeof ICONS, word: string, tags: string[], doing: string, initial: string, hue: number, speaking: boolean}}
 */
export function rowOf({ name, user, self, role, word, speaking, deafened, path, doing }) {
  const heard = word === "here" && speaking;
  const tags = [self && "you", role === "owner" && "owner", deafened && "sound off", path === "relay" && "relay"];
  return {
    icon: heard ? "speaking" : word,
    word: PERSON[word],
    tags: tags.filter((tag) => tag !== false),
    doing: doing === PERSON[word] ? "" : doing,
    initial: (Array.from(name.trim())[0] ?? "?").toUpperCase(),
    hue: hueOf(user),
    speaking: heard,
  };
}

/** One of six tones, the same for a person in every visit. @param {string} user */
export function hueOf(user) {
  let sum = 0;
  for (const letter of user) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return sum % 6;
}

/** Whether somebody isn't heard for a reason that a check of one's own connection may find. @param {Person[]} people */
export function isWorthACheck(people) {
  return people.some(({ self, word, doing }) => !self && (word === "unheard" || doing === "still connecting"));
}

/** Whether M is meant for us: not where one writes, nor as part of a shortcut, nor held down.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat: boolean}} event @param {boolean} writing */
export function isMuteKey({ key, ctrlKey, metaKey, altKey, repeat }, writing) {
  return key.toLowerCase() === "m" && !ctrlKey && !metaKey && !altKey && !repeat && !writing;
}
