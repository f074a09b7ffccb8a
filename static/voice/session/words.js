// @ts-check
// The plain words for everything that may happen, each trouble with its next step; pure.

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
  code: "no-webrtc", words: "This browser lacks WebRTC, or has it switched off: allow it, or open this page in another browser.",
};

/** The five words for a person. @type {Record<import("./roster.js").Person["word"], string>} */
export const PERSON = { connecting: "connecting", here: "here", muted: "muted", unheard: "can't be heard", gone: "gone" };

/** @type {Record<number, string>} */
const CLOSED = {
  [NOT_UNDERSTOOD]: "The server didn't understand this page: reload it, then join again.",
  [SIGNED_OUT]: "You are signed out: sign in, then join again.",
  [REMOVED]: "You were removed from this room. Ask its owner to invite you anew.",
  [NOT_YOURS]: "There is no such room, or it isn't open to you. Ask its owner to invite you.",
  [ANOTHER_TAB]: "You are talking in another tab. To talk here instead, click the voice button on this page.",
  [ROOM_CLOSED]: "The room was closed. Once it is open again, ask its owner for a new invitation.",
  [ROOM_FULL]: "The room is full: every seat is taken. Try again when somebody has left.",
  [TOO_FAST]: "This page sent too much to the server and was stopped: wait a minute, then join again.",
};

/** A refusal over HTTP is the same as this close of the socket. @type {Record<string, number>} */
const AS_CLOSED = {
  "signed-out": SIGNED_OUT, removed: REMOVED, "sea-closed": ROOM_CLOSED, 401: SIGNED_OUT, 403: NOT_YOURS, 404: NOT_YOURS,
};

/** @type {Record<number, [string, string]>} */
const TROUBLE = {
  0: ["unreachable", "The server can't be reached: check your connection. Trying again."],
  101: ["no-websocket", "The server answers, but opens no WebSocket; a proxy in between may block it. Trying again."],
  429: ["too-many", "The server asks for a pause: too many tries from here. Trying again in a moment."],
};

/**
 * Why the seat is over, by close code or by the code and status of the refusal over HTTP.
 * @param {import("../signaling/signaling-state.js").Ending} why
 * @returns {Said} its code is the close code
 */
export function over({ close, status = 0, code: refusal = "" }) {
  const code = close ?? AS_CLOSED[refusal] ?? AS_CLOSED[status] ?? NETWORK;
  return { code, words: CLOSED[code] ?? "Voice ended for an unknown reason: join again." };
}

/**
 * Why the server isn't there yet.
 * @param {number} status  0: no answer; 101: it answers, but the socket doesn't open
 * @returns {Said}
 */
export function trouble(status) {
  const [code, words] = TROUBLE[status] ?? ["server-trouble", "The server has trouble of its own. Trying again."];
  return { code, words };
}

export const LEFT = "You left.";
export const JOINING = "Joining.";
export const JOINED = "You are in.";
export const LEFT_EARLY = "Voice was left before it had begun.";
export const SERVER_LOST = "Reconnecting to the server; you can go on talking.";
export const SERVER_BACK = "Connected to the server again.";
export const STILL_MUTED = "You are muted, so nobody hears you.";
export const NO_VOICE_ACTIVATION = {
  code: "no-voice-activation",
  words: "Voice activation isn't available in this browser: your microphone stays open. Mute yourself, or use push-to-talk.",
};
export const BACK_MUTED = { code: "back-muted", words: "You are back in voice, muted: unmute to be heard." };

export const HELD = "this person's browser keeps starting over and was asked to wait";
export const UNMADE = "this browser opens no connection to them; trying again. If it lasts, reload the page or restart the browser";
export const REFUSED = "sent a description that this page refused";

/**
 * What became of a note, "" where all is well.
 * @param {string[]} missing  names of those whom it didn't reach
 * @param {string[]} off  names of those who have notes switched off
 */
export function noteTrouble(missing, off) {
  return [
    ...(missing.length > 0 ? [`didn't reach ${list(missing)}`] : []),
    ...(off.length > 0 ? [`${list(off)} ${off.length > 1 ? "have" : "has"} notes switched off`] : []),
  ].join("; ");
}

/** @param {string} name @param {string} text */
export const noteFrom = (name, text) => `Note from ${name}: ${text}`;
/** @param {string} name */
export const noteCrowd = (name) => `${name} sends more notes than are shown`;

/** @param {string} name */
export const keyChanged = (name) => `The key of the connection with ${name} changed: somebody may be in between. Compare the safety code again.`;
/** @param {string} name */
export const notTheirKey = (name) => `${name} was seen here with another key than their own: somebody is in between. Say nothing here that is for their ears only.`;
/** @param {string} name */
export const otherWords = (name) => `The safety code that ${name} has is another: somebody may be in between. Compare it by voice, and say nothing here that is for their ears only.`;

/** Why one is not heard oneself. @param {string[]} names  of those who say so, at least one */
export const unheardBy = (names) => `${list(names)} ${names.length > 1 ? "say" : "says"} that they can't hear you; reconnecting`;

/** @param {string} name @param {string} does */
export const unheard = (name, does) => `${name} can't be heard: ${does}`;

/** @param {number} at seconds since 1970 @param {number} now milliseconds */
export function closing(at, now) {
  const minutes = Math.max(1, Math.round((at - now / 1000) / 60));
  return `This room closes in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
}

/**
 * What is done about one link, "" when nothing is wrong.
 * @param {LinkReport|undefined} report
 * @param {boolean} away  its end has lost the server
 */
export function doing(report, away) {
  if (report?.held && !away) return HELD;
  if (report?.refused && !away) return REFUSED;
  if (report?.unmade && report.state !== "up" && !away) return UNMADE;
  if (report?.state === "up") return away ? "reconnecting to the server; still heard" : "";
  if (away) return "their connection is down; waiting for them";
  if (!report || report.state === "connecting") return report && report.attempt > 1 ? "still connecting" : "connecting";
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
  return `${a} and ${b}: ${worst.state === "connecting" ? "connecting" : trying(worst.state, worst.path === "relay")}`;
}

/**
 * What one end says, against what the other says or what is heard here: an opinion, and told as one.
 * @param {string} name
 * @param {string|null} other  null: oneself
 */
export function opinion(name, other) {
  return other === null ? `${name} says that they can't hear you` : `${name} says: can't hear ${other}`;
}

/** @param {string} name of somebody whom all the others hear, and who says to hear nobody */
export const opinionOfAll = (name) => `${name} says: can't hear anyone, but the others say that all is well`;

/** @param {LinkReport["state"]} state @param {boolean} relay */
function trying(state, relay) {
  if (state === "stalled") return "nothing heard; waiting a moment before reconnecting";
  return relay ? "reconnecting through the relay" : "reconnecting";
}

/** @type {Record<News["type"], string>} */
const NEWS = {
  joined: "joined", left: "left", removed: "removed by the owner", lost: "lost the connection and left",
  overheard: "they are muted, but you hear them",
};

/** What stands between the names and the rest, for one and for several. @type {Partial<Record<News["type"], [string, string]>>} */
const VERBS = { removed: ["was ", "were "], overheard: ["says ", "say "] };

/**
 * The news of one kind that stand first, in one sentence, and the rest.
 * @param {News[]} news  at least one
 * @returns {{sentence: string, rest: News[]}}
 */
export function announce(news) {
  const { type } = news[0];
  const names = news.filter((one) => one.type === type).map(({ name }) => name);
  const verb = VERBS[type]?.[names.length > 1 ? 1 : 0] ?? "";
  return { sentence: `${list(names)} ${verb}${NEWS[type]}`, rest: news.filter((one) => one.type !== type) };
}

/** @param {string[]} names */
function list(names) {
  if (names.length > 4) return `${names.slice(0, 3).join(", ")} and ${names.length - 3} others`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : names[0];
}
