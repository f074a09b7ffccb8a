// @ts-check
// What the panel shows of a person; pure.

import { phrase } from "../phrase.js";
import { PERSON, STILL_CONNECTING } from "../session/words.js";

/** @typedef {import("../session/roster.js").Person} Person */
/** @typedef {import("../session/pairs.js").Pair} Pair */
/** @typedef {import("../session/safety.js").Safety} Safety */
/**
 * What the panel and the button need of a VoiceRoom.
 * @typedef {Pick<import("../../voice-mesh.js").VoiceRoom, keyof import("../../voice-mesh.js").VoiceRoom>} VoiceRoomInterface
 */

/** A person's state as a picture, beside its word. @type {Readonly<Record<Person["word"]|"speaking", import("../../dom.js").IconName>>} */
export const ICONS = Object.freeze({
  here: "check", speaking: "wave", muted: "muted", connecting: "dots", unheard: "warning", gone: "gone",
});

/**
 * @param {Person} person
 * @param {Safety|null} [safety]
 * @returns {{icon: import("../../dom.js").IconName, word: string, tags: string[], warnings: string[], doing: string, initial: string, hue: number, speaking: boolean}}
 */
export function rowOf({ peer, name, user, self, role, word, speaking, deafened, path, doing, alike, heardMuted, weak }, safety = null) {
  // The alarm is read once; this stays for as long as its reason.
  const inDoubt = safety?.inDoubt.includes(peer);
  const warnings = [inDoubt && phrase("row.in-doubt"), alike && phrase("row.alike"), heardMuted && phrase("row.heard-muted"), weak && phrase("row.weak")];
  const heard = word === "here" && speaking;
  const tags = [self && phrase("row.you"), role === "owner" && phrase("row.owner"), deafened && phrase("row.deafened"), path === "relay" && phrase("row.relay")];
  return {
    icon: ICONS[heard ? "speaking" : word],
    word: PERSON[word],
    tags: tags.filter((tag) => tag !== false),
    warnings: warnings.flatMap((warning) => warning || []),
    doing: doing === PERSON[word] ? "" : doing,
    initial: (Array.from(name.trim())[0] ?? "?").toUpperCase(),
    hue: hueOf(user),
    speaking: heard,
  };
}

/** What a person's details say of their key, "" where there is nothing to say. @param {string} peer @param {Safety|null} safety */
export function keyWords(peer, safety) {
  if (safety?.inDoubt.includes(peer)) return phrase("row.in-doubt-why");
  if (safety?.compared.includes(peer)) return phrase("row.compared");
  return safety?.anotherKey.includes(peer) ? phrase("row.another-key") : "";
}

/** One of six tones, the same for a person in every visit. @param {string} user */
export function hueOf(user) {
  let sum = 0;
  for (const letter of user) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return sum % 6;
}

/** Whether somebody isn't heard, or all are heard badly, for a reason that a check of one's own connection may find. @param {Person[]} people */
export function isWorthACheck(people) {
  return people.some(({ self, word, doing, weak }) => weak || (!self && (word === "unheard" || doing === STILL_CONNECTING)));
}
