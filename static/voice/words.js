// @ts-check
// The plain words for everything that may happen, each trouble with its next step; pure.

/** @typedef {import("./links.js").LinkReport} LinkReport */
/** @typedef {import("./roster.js").Told} Told */
/** @typedef {import("./roster.js").News} News */
/** @typedef {{code: string|number, words: string}} Said  a number is a close code of the protocol */

/** The close code after which this person talks in another tab. */
export const ANOTHER_TAB = 4409;

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

/** @type {Record<string, string>} */
export const MICROPHONE = {
  ok: "Your microphone is on.",
  asking: "Your browser asks whether this page may use the microphone: allow it there.",
  insecure: "There is no microphone on an insecure page: open this page with https:// in front.",
  unsupported: "This browser gives no microphone to web pages: use a current Firefox, Chromium or Safari.",
  denied: "This page may not use the microphone: allow it beside the address bar, then try again.",
  "denied-by-system":
    "The system keeps the microphone from this browser: allow it in the system's privacy settings, then try again.",
  "not-found": "No microphone found: plug one in, and it is used at once.",
  busy: "Another program holds the microphone: close it, then try again.",
  "device-gone": "The microphone you used before isn't there: the default one is used now.",
  switched: "Your microphone is gone: the default one is used now.",
  "default-changed": "The system's default microphone changed: the new one is used now.",
  interrupted: "The system took the microphone, for a call perhaps: it is used again after that, or try again.",
  aborted: "The microphone could not be started: try again.",
  "not-allowed-here":
    "The page around this one keeps the microphone from it: it must embed it with allow=\"microphone\".",
  failed: "The microphone doesn't work, and the browser doesn't say why: try again.",
};

/** Those with which one sends; with all others one still listens. */
const ON = new Set(["ok", "device-gone", "switched", "default-changed"]);

/** Those after which asking again can help. */
const RETRY = new Set(["denied", "denied-by-system", "not-found", "busy", "aborted", "failed", "asking", "interrupted"]);

/**
 * @param {string} code
 * @returns {{code: string, words: string, retry: boolean}}
 */
export function microphone(code) {
  const said = MICROPHONE[code] ?? MICROPHONE.failed;
  return { code, words: ON.has(code) ? said : `${said} You can hear the others.`, retry: RETRY.has(code) };
}

/** @type {Record<number, string>} */
const CLOSED = {
  4400: "The server didn't understand this page: reload it, then join again.",
  4401: "You are signed out: sign in, then join again.",
  4403: "You were removed from this room. Ask its owner to invite you anew.",
  4404: "There is no such room, or it isn't open to you. Ask its owner to invite you.",
  4409: "You are talking in another tab. To talk here instead, click the voice button on this page.",
  4410: "The room was closed. Once it is open again, ask its owner for a new invitation.",
  4413: "The room is full: every seat is taken. Try again when somebody has left.",
  4429: "This page sent too much to the server and was stopped: wait a minute, then join again.",
};

/** A refusal over HTTP is the same as this close of the socket. @type {Record<string, number>} */
const AS_CLOSED = { "signed-out": 4401, removed: 4403, "sea-closed": 4410, 401: 4401, 403: 4404, 404: 4404 };

/** @type {Record<number, [string, string]>} */
const TROUBLE = {
  0: ["unreachable", "The server can't be reached: check your connection. Trying again."],
  101: ["no-websocket", "The server answers, but opens no WebSocket; a proxy in between may block it. Trying again."],
  429: ["too-many", "The server asks for a pause: too many tries from here. Trying again in a moment."],
};

/**
 * Why the seat is over, by close code or by the code and status of the refusal over HTTP.
 * @param {{close?: number, status?: number, code?: string}} why
 * @returns {Said} its code is the close code
 */
export function over({ close, status = 0, code: refusal = "" }) {
  const code = close ?? AS_CLOSED[refusal] ?? AS_CLOSED[status] ?? 1006;
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
export const BACK_MUTED = { code: "back-muted", words: "You are back in voice, muted: unmute to be heard." };

/** @type {Record<string, string>} */
const SILENT = { asking: "waiting for the microphone", interrupted: "the system holds the microphone" };

/** Why nothing of oneself is heard. @param {string} trouble of the microphone, or "" */
export const silent = (trouble) => trouble && `listening only: ${SILENT[trouble] ?? "no microphone"}`;

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
  if (report?.state === "up") return away ? "reconnecting to the server; still heard" : "";
  if (away) return "their connection is down; waiting for them";
  if (!report || report.state === "connecting") return report && report.attempt > 1 ? "still connecting" : "connecting";
  return trying(report.state, report.relayOnly);
}

/**
 * @param {string} a
 * @param {string} b
 * @param {Told[]} troubles  what either end says, at least one
 */
export function pairWords(a, b, troubles) {
  const found = (/** @type {string} */ wanted) => troubles.find(({ state }) => state === wanted);
  const worst = found("repairing") ?? found("stalled") ?? troubles[0];
  return `${a} and ${b}: ${worst.state === "connecting" ? "connecting" : trying(worst.state, worst.path === "relay")}`;
}

/** @param {LinkReport["state"]} state @param {boolean} relay */
function trying(state, relay) {
  if (state === "stalled") return "nothing heard; waiting a moment before reconnecting";
  return relay ? "reconnecting through the relay" : "reconnecting";
}

/** @type {Record<News["type"], string>} */
const NEWS = { joined: "joined", left: "left", removed: "removed by the owner", lost: "lost the connection and left" };

/**
 * The news of one kind that stand first, in one sentence, and the rest.
 * @param {News[]} news  at least one
 * @returns {{sentence: string, rest: News[]}}
 */
export function announce(news) {
  const { type } = news[0];
  const names = news.filter((one) => one.type === type).map(({ name }) => name);
  const verb = type === "removed" ? `${names.length > 1 ? "were" : "was"} ${NEWS[type]}` : NEWS[type];
  return { sentence: `${list(names)} ${verb}`, rest: news.filter((one) => one.type !== type) };
}

/** @param {string[]} names */
function list(names) {
  if (names.length > 4) return `${names.slice(0, 3).join(", ")} and ${names.length - 3} others`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : names[0];
}
