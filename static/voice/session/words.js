// @ts-check
// The plain words for everything that may happen, each trouble with its next step; pure.

import { LANGUAGE, list, phrase } from "../phrase.js";
import {
  ANOTHER_TAB, NETWORK, NOT_UNDERSTOOD, NOT_YOURS, REMOVED, ROOM_CLOSED, ROOM_FULL, SIGNED_OUT, TOO_FAST,
} from "../signaling/codes.js";

/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("../signaling/messages.js").LinkTold} LinkTold */
/** @typedef {import("./roster.js").News} News */
/** @typedef {{code: string|number, words: string}} Said  a number is a close code of the protocol */

/** A failure to join, with words that a person can act on. */
export class VoiceError extends Error {
  /** @param {Said} said */
  constructor({ code, words }) {
    super(words);
    this.name = "VoiceError";
    this.code = code;
  }
}

export const NO_WEBRTC = {
  code: "no-webrtc", words: phrase("no-webrtc"),
};

/** The browser plays nothing before a click. */
export const BLOCKED = phrase("panel.blocked");

/** The five words for a person. @type {Record<import("./roster.js").Person["word"], string>} */
export const PERSON = {
  connecting: phrase("person.connecting"), here: phrase("person.here"), muted: phrase("person.muted"),
  unheard: phrase("person.unheard"), gone: phrase("person.gone"),
};

/** @type {Record<number, string>} */
const CLOSED = {
  [NOT_UNDERSTOOD]: phrase("closed.not-understood"),
  [SIGNED_OUT]: phrase("closed.signed-out"),
  [REMOVED]: phrase("closed.removed"),
  [NOT_YOURS]: phrase("closed.not-yours"),
  [ANOTHER_TAB]: phrase("closed.another-tab"),
  [ROOM_CLOSED]: phrase("closed.room-closed"),
  [ROOM_FULL]: phrase("closed.room-full"),
  [TOO_FAST]: phrase("closed.too-fast"),
};

/** A refusal over HTTP is the same as this close of the socket. @type {Record<string, number>} */
const AS_CLOSED = {
  "signed-out": SIGNED_OUT, removed: REMOVED, "sea-closed": ROOM_CLOSED, 401: SIGNED_OUT, 403: NOT_YOURS, 404: NOT_YOURS,
};

/** @type {Record<number, [string, string]>} */
const TROUBLE = {
  0: ["unreachable", phrase("trouble.unreachable")],
  101: ["no-websocket", phrase("trouble.no-websocket")],
  429: ["too-many", phrase("trouble.too-many")],
};

/**
 * Why the seat is over, by close code or by the code and status of the refusal over HTTP.
 * @param {import("../signaling/signaling-state.js").Ending} why
 * @returns {Said} its code is the close code
 */
export function over({ close, status = 0, code: refusal = "" }) {
  const code = close ?? AS_CLOSED[refusal] ?? AS_CLOSED[status] ?? NETWORK;
  return { code, words: CLOSED[code] ?? phrase("closed.unknown") };
}

/**
 * Why the server isn't there yet.
 * @param {number} status  0: no answer; 101: it answers, but the socket doesn't open
 * @returns {Said}
 */
export function trouble(status) {
  const [code, words] = TROUBLE[status] ?? ["server-trouble", phrase("trouble.server")];
  return { code, words };
}

/** What a person's own act was answered with, for which the wire has English words. @type {Readonly<Record<string, string>>} */
export const ANSWERED = { "not-allowed": phrase("error.not-allowed"), "too-fast": phrase("error.too-fast") };

export const LEFT = phrase("left");
export const JOINING = phrase("joining");
export const JOINED = phrase("joined");
/**
 * @param {string[]} names  of the others
 * @param {{muted: boolean, deafened: boolean}} me  as it was remembered
 */
export function youAreIn(names, { muted, deafened }) {
  const own = deafened ? [phrase("bar.deafened")] : muted ? [phrase("bar.vain")] : [];
  return [names.length > 0 ? phrase("joined.with", { names: some(names) }) : phrase("joined.alone"), ...own].join(" ");
}
export const LEFT_EARLY = phrase("left-early");
export const SERVER_LOST = phrase("server-lost");
export const SERVER_BACK = phrase("server-back");
export const STILL_MUTED = phrase("still-muted");
export const NO_VOICE_ACTIVATION = {
  code: "no-voice-activation",
  words: phrase("no-voice-activation"),
};
export const BACK_MUTED = { code: "back-muted", words: phrase("back-muted") };

export const HELD = phrase("doing.held");
export const UNMADE = phrase("doing.unmade");
export const REFUSED = phrase("doing.refused");
export const UNFIT = phrase("doing.unfit");
/** After a first attempt that came to nothing. */
export const STILL_CONNECTING = phrase("doing.still-connecting");

/**
 * What became of a note, "" where all is well.
 * @param {string[]} missing  names of those whom it didn't reach
 * @param {string[]} off  names of those who have notes switched off
 */
export function noteTrouble(missing, off) {
  return [
    ...(missing.length > 0 ? [phrase("note.missed", { names: some(missing) })] : []),
    ...(off.length > 0 ? [phrase("note.off", { names: some(off), count: off.length })] : []),
  ].join("; ");
}

/** @param {string} name @param {string} text */
export const noteFrom = (name, text) => phrase("note.by", { name, text });
/** @param {string} name */
export const noteCrowd = (name) => phrase("note.crowd", { name });

/** @param {string} name */
export const keyChanged = (name) => phrase("alarm.key-changed", { name });
/** @param {string} name */
export const anotherKey = (name) => phrase("notice.another-key", { name });
/** @param {string} name */
export const notTheirKey = (name) => phrase("alarm.not-their-key", { name });
/** @param {string} name */
export const otherWords = (name) => phrase("alarm.other-words", { name });

/** Why one is not heard oneself. @param {string[]} names  of those who say so, at least one */
export const unheardBy = (names) => phrase("unheard-by", { names: some(names), count: names.length });

/** Of whom nobody here knows who they are. */
export const SOMEBODY = phrase("somebody");
/** Of somebody whom this page has lost. @param {string[]} names  of those who say so, at least one */
export const heardBy = (names) => phrase("doing.heard-by", { names: some(names), count: names.length });

/** @param {string} name @param {string} does */
export const unheard = (name, does) => phrase("unheard", { name, does });

const AHEAD = new Intl.RelativeTimeFormat(LANGUAGE.locale, { numeric: "auto" });

/** @param {number} at seconds since 1970 @param {number} now milliseconds */
export function closing(at, now) {
  const left = Math.max(0, at - now / 1000);
  // By tens: a word that changes each second draws the eye.
  const when = left > 50 ? AHEAD.format(Math.max(1, Math.round(left / 60)), "minute") : AHEAD.format(Math.ceil(left / 10) * 10, "second");
  return phrase("closing", { when });
}

/** Who has come to the page, and not to voice. @param {string[]} names  at least one */
export const atTheDoor = (names) => phrase("door", { names: some(names), count: names.length });

/**
 * What is done about one link, "" when nothing is wrong.
 * @param {LinkReport|undefined} report
 * @param {boolean} away  its end has lost the server
 */
export function doing(report, away) {
  if (report?.held && !away) return HELD;
  if (report?.refused && !away) return REFUSED;
  if (report?.unmade && report.state !== "up" && !away) return UNMADE;
  if (report?.unfit && report.state !== "up" && !away) return UNFIT;
  if (report?.state === "up") return away ? phrase("doing.still-heard") : "";
  if (away) return phrase("doing.waiting");
  if (!report || report.state === "connecting") return report && report.attempt > 1 ? STILL_CONNECTING : phrase("doing.connecting");
  return trying(report.state, report.relayOnly);
}

/**
 * @param {string} a
 * @param {string} b
 * @param {LinkTold[]} troubles  what either end says, at least one
 */
export function pairWords(a, b, troubles) {
  const found = (/** @type {string} */ wanted) => troubles.find(({ state }) => state === wanted);
  const worst = found("repairing") ?? found("stalled") ?? troubles[0];
  const does = worst.state === "connecting" ? phrase("doing.connecting") : trying(worst.state, worst.path === "relay");
  return phrase("pair", { one: a, other: b, does });
}

/**
 * What one end says, against what the other says or what is heard here: an opinion, and told as one.
 * @param {string} name
 * @param {string|null} other  null: oneself
 */
export function opinion(name, other) {
  return other === null ? phrase("opinion.you", { name }) : phrase("opinion.other", { name, other });
}

/** @param {string} name of somebody whom all the others hear, and who says to hear nobody */
export const opinionOfAll = (name) => phrase("opinion.all", { name });

/** @param {LinkReport["state"]} state @param {boolean} relay */
function trying(state, relay) {
  if (state === "stalled") return phrase("doing.stalled");
  return relay ? phrase("doing.relay") : phrase("doing.reconnecting");
}

/**
 * The news of one kind that stand first, in one sentence, and the rest.
 * @param {News[]} news  at least one
 * @returns {{sentence: string, rest: News[]}}
 */
export function announce(news) {
  const { type } = news[0];
  const names = news.filter((one) => one.type === type).map(({ name }) => name);
  const sentence = NEWS[type]({ names: some(names), count: names.length });
  return { sentence, rest: news.filter((one) => one.type !== type) };
}

/** @type {Record<News["type"], (who: {names: string, count: number}) => string>} */
const NEWS = {
  joined: (who) => phrase("news.joined", who),
  left: (who) => phrase("news.left", who),
  removed: (who) => phrase("news.removed", who),
  lost: (who) => phrase("news.lost", who),
  overheard: (who) => phrase("news.overheard", who),
};

/** @param {string[]} names */
function some(names) {
  const count = names.length - 3;
  return names.length > 4 ? phrase("list.more", { names: names.slice(0, 3).join(", "), count }) : list(names);
}
