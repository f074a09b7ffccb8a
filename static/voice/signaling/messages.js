// @ts-check
// The frames of PROTOCOL.md as types, and the reading of a server's frame: built anew from the fields that are used.

import { flag, listOf, number, oneOf, or, orNull, record, shape, text } from "./reading.js";

/**
 * @typedef {{candidate: string, sdpMid: string|null, sdpMLineIndex: number|null, usernameFragment: string|null}} Candidate
 * @typedef {readonly (Candidate|null)[]} Candidates  null is the end of them
 * @typedef {{state: "connecting"|"up"|"stalled"|"repairing", path: "direct"|"relay"|null, rtt: number|null,
 *   loss: number|null}} LinkTold  how a link fares, as one of its ends tells the room
 * @typedef {{ttl: number, iceServers: RTCIceServer[], iceTransportPolicy?: RTCIceTransportPolicy}} Credentials
 */
/**
 * @typedef {{seq?: number}} Counted  0 or missing on a frame to a socket without a seat
 * @typedef {{source: string, user: string, order: number, role: string, ticket: string, resumed: boolean, got: number,
 *   ping: number, counts: boolean, keeps: boolean}} Seat  one's own; counts: whether the server takes those of a report; keeps: and
 *   a remove's links
 * @typedef {{source: string, user: string, order: number, name: string, role: string, muted: boolean, deafened: boolean,
 *   away: boolean, alike?: boolean}} Introduction  alike: its name looks like that of somebody who came before
 * @typedef {{source: string, gen: number, sdp: string}} Description
 * @typedef {{source: string, gen: number}} OfGeneration
 *
 * @typedef {{type: "welcome"} & Seat & Counted} Welcome
 * @typedef {({type: "hello"}|{type: "present"}) & Introduction & Counted} Seated
 * @typedef {(({type: "offer"}|{type: "answer"}) & Description
 *   | {type: "ice", candidates: Candidates} & OfGeneration
 *   | ({type: "repair"}|{type: "abort"}) & OfGeneration) & Counted} LinkMessage  for the link to its source
 * @typedef {({type: "state", source: string, muted: boolean, deafened: boolean}
 *   | {type: "links", source: string, links: Readonly<Record<string, LinkTold>>}
 *   | {type: "away", source: string} | {type: "back", source: string}
 *   | {type: "left", source: string, reason: "left"|"lost"|"removed"|"replaced"}) & Counted} PeerMessage
 * @typedef {{type: "removed", user: string} & Counted} UserMessage  of somebody of whom the server knows no peer
 * @typedef {({type: "credentials"} & Credentials
 *   | {type: "notice", code: string, at: number}
 *   | {type: "knock", user: string, name: string, alike?: boolean}
 *   | {type: "error", code: string, message: string, about: string}) & Counted} RoomMessage
 * @typedef {{type: "pong", t: number} & Counted} Pong
 * @typedef {{type: "skipped"} & Counted} Skipped  not understood, but counted: a gap would mean a lost frame
 *
 * @typedef {Seated|LinkMessage|PeerMessage|UserMessage|RoomMessage} SeatMessage  what a seat is told after its welcome
 * @typedef {Welcome|SeatMessage|Pong|Skipped} ServerMessage
 */
/**
 * What the client says. Behind the hello each but bye and ping is numbered by `n`, which replay.js adds.
 * @typedef {{type: "hello", name: string, muted: boolean, deafened: boolean, ticket?: string, seen?: number}
 *   | {type: "offer"|"answer", target: string, gen: number, sdp: string}
 *   | {type: "ice", target: string, gen: number, candidates: Candidates}
 *   | {type: "repair", target: string, gen: number, why: string}
 *   | {type: "abort", target: string, gen: number}
 *   | {type: "state", muted: boolean, deafened: boolean}
 *   | {type: "links", links: Readonly<Record<string, LinkTold>>} & import("../session/tally.js").Counts
 *   | {type: "ping", t: number}
 *   | {type: "remove", target: string, links?: boolean}
 *   | {type: "bye"}} ClientMessage
 */
/**
 * @template Value
 * @typedef {import("./reading.js").Read<Value>} Read
 */

/** @type {Read<Candidate>} */
const candidate = shape({
  candidate: text, sdpMid: orNull(text), sdpMLineIndex: orNull(number), usernameFragment: orNull(text),
});
/** The end of candidates may be an empty string, too. @type {Read<Candidates>} */
const candidates = listOf((raw) => (raw === null || raw === "" ? null : candidate(raw)));

/** @type {Read<LinkTold>} */
const told = shape({
  state: oneOf(/** @type {const} */ (["connecting", "up", "stalled", "repairing"])),
  path: orNull(oneOf(/** @type {const} */ (["direct", "relay"]))),
  rtt: orNull(number), loss: orNull(number),
});

/** A link in a state that a newer client knows is left out. @type {Read<Record<string, LinkTold>>} */
const links = (raw) => {
  const given = record(raw);
  return given && Object.fromEntries(Object.entries(given).flatMap(([peer, each]) => {
    const known = told(each);
    return known ? [[peer, known]] : [];
  }));
};

/** Why somebody left; a reason that a newer server knows is a leaving, too. @type {Read<"left"|"lost"|"removed"|"replaced">} */
const reason = (raw) => oneOf(/** @type {const} */ (["lost", "removed", "replaced"]))(raw) ?? (text(raw) === undefined ? undefined : "left");

/** @type {Read<RTCIceServer>} */
const iceServer = (raw) => {
  const given = record(raw);
  const urls = text(given?.urls) ?? listOf(text)(given?.urls);
  if (!given || urls === undefined) return undefined;
  const [username, credential] = [text(given.username), text(given.credential)];
  return { urls, ...(username !== undefined && { username }), ...(credential !== undefined && { credential }) };
};

/** @type {Read<Credentials>} */
const credentials = (raw) => {
  const read = shape({ ttl: number, iceServers: listOf(iceServer) })(raw);
  return read && { ...read, ...(record(raw)?.iceTransportPolicy === "relay" && { iceTransportPolicy: "relay" }) };
};

/** @type {{Introduction: Read<Introduction>, Description: Read<Description>, OfGeneration: Read<OfGeneration>, Away: Read<{source: string}>}} */
const SHARED = {
  Introduction: shape({
    source: text, user: text, order: number, name: text, role: text, muted: flag, deafened: or(flag, false), away: or(flag, false),
    alike: or(flag, false),
  }),
  Description: shape({ source: text, gen: number, sdp: text }),
  OfGeneration: shape({ source: text, gen: number }),
  Away: shape({ source: text }),
};

/** @type {{[Type in Exclude<ServerMessage["type"], "skipped">]: Read<Omit<Extract<ServerMessage, {type: Type}>, "type"|"seq">>}} */
const BY_TYPE = {
  welcome: shape({
    source: text, user: text, order: number, role: text, ticket: text, resumed: flag, got: or(number, 0), ping: or(number, 10),
    counts: or(flag, false), keeps: or(flag, false),
  }),
  hello: SHARED.Introduction,
  present: SHARED.Introduction,
  offer: SHARED.Description,
  answer: SHARED.Description,
  ice: shape({ source: text, gen: number, candidates }),
  repair: SHARED.OfGeneration,
  abort: SHARED.OfGeneration,
  state: shape({ source: text, muted: flag, deafened: or(flag, false) }),
  links: shape({ source: text, links }),
  away: SHARED.Away,
  back: SHARED.Away,
  left: shape({ source: text, reason }),
  removed: shape({ user: text }),
  credentials,
  pong: shape({ t: number }),
  notice: shape({ code: text, at: number }),
  knock: shape({ user: text, name: text, alike: or(flag, false) }),
  error: shape({ code: text, message: text, about: or(text, "") }),
};

/**
 * Read one frame of the server. Fields that aren't named above are ignored, and so is a type that isn't: both may be a
 * newer server's. A known type with a field that can't be used is a fault, which is told and never thrown.
 * @param {unknown} data of a WebSocket message
 * @returns {{message: ServerMessage|null, fault: string}} no message where there is not even a count; "" is no fault
 */
export function readServerMessage(data) {
  const raw = record(parse(data));
  const type = text(raw?.type);
  if (!raw || type === undefined) return { message: null, fault: "no-message" };
  const seq = number(raw.seq);
  const count = seq === undefined ? {} : { seq };
  if (!Object.hasOwn(BY_TYPE, type)) return { message: { type: "skipped", ...count }, fault: "" };
  const known = /** @type {keyof typeof BY_TYPE} */ (type);
  const fields = BY_TYPE[known](raw);
  if (!fields) return { message: { type: "skipped", ...count }, fault: known };
  return { message: /** @type {ServerMessage} */ ({ type: known, ...fields, ...count }), fault: "" };
}

/** Read what the credentials endpoint answers. @param {unknown} body @returns {Credentials|null} */
export function readCredentials(body) {
  return credentials(body) ?? null;
}

/** @param {unknown} data */
function parse(data) {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}
