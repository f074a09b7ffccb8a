// @ts-check
/**
 * The shape of a session description: one audio section, at most one for data, and not too much of anything.
 *
 * The server has the same rules in the same words (meshvoice/signaling/sdp.py); here they guard the page
 * where the server is an older one. Time grows with the length of the SDP, and no faster.
 */

const SDP_BYTES = 32 * 1024;
const LINES = 512;
const LINE_CHARACTERS = 1024;
const PAYLOAD_TYPES = 64;

/** How many lines there may be of an attribute: in the session and two sections, with room. */
const MOST = new Map(Object.entries({
  group: 1,
  "msid-semantic": 2,
  fingerprint: 16,
  setup: 3,
  "ice-ufrag": 3,
  "ice-pwd": 3,
  "ice-options": 3,
  candidate: 384,
  extmap: 64,
  ssrc: 32,
  "ssrc-group": 16,
  "rtcp-fb": 128,
}));

/** With the separators at which some programs, but not ours, see a line's end. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const AUDIO = /^m=audio [0-9]{1,5}(?:\/[0-9]{1,5})? [A-Za-z0-9/]{1,32}((?: [0-9]{1,3})+)$/;
const DATA = /^m=application [0-9]{1,5} [A-Za-z0-9/]{1,32} webrtc-datachannel$/;
/** A section for data that isn't refused: Firefox bundles it with the port of none, as RFC 8829 has it (5.2.1). */
const DATA_WANTED = /^m=application (?:[1-9]|0 .*(?:\r?\n(?!m=).*)*?\r?\na=bundle-only\r?$)/m;
const OF_PAYLOAD = /^a=(rtpmap|fmtp|rtcp-fb):([^ ]*)/;
const ATTRIBUTE = /^a=([^:]*)/;

/**
 * What is wrong with an SDP, null where nothing is.
 * @param {string} sdp
 * @returns {string | null}
 */
export function sdpTrouble(sdp) {
  if (sdp.length > SDP_BYTES || new TextEncoder().encode(sdp).length > SDP_BYTES) {
    return `an SDP has at most ${SDP_BYTES} bytes`;
  }
  const ended = sdp.split("\n");
  const lines = ended.map((line, at) => (at < ended.length - 1 && line.endsWith("\r") ? line.slice(0, -1) : line));
  if (lines[lines.length - 1] === "") lines.pop();
  if (lines.length > LINES) return `an SDP has at most ${LINES} lines`;
  return endTrouble(ended) ?? lineTrouble(lines) ?? sessionTrouble(lines) ?? sectionTrouble(lines)
    ?? payloadTrouble(lines) ?? countTrouble(lines);
}

/** Whether who made it wants data channels. @param {string} sdp */
export function wantsData(sdp) {
  return DATA_WANTED.test(sdp);
}

/** @param {string[]} ended the last line may lack its end; any other has the one that the first has */
function endTrouble(ended) {
  const odd = ended.slice(0, -1).findIndex((line) => line.endsWith("\r") !== ended[0].endsWith("\r"));
  return odd < 0 ? null : `the lines of an SDP end all alike, with CRLF or with LF: not line ${odd + 1}`;
}

/** @param {string[]} lines */
function lineTrouble(lines) {
  for (const [at, line] of lines.entries()) {
    // Characters, not the halves of which JavaScript counts two for some.
    if (line.length > LINE_CHARACTERS && [...line].length > LINE_CHARACTERS) {
      return `a line of an SDP has at most ${LINE_CHARACTERS} characters: not line ${at + 1}`;
    }
    if (CONTROL.test(line)) return `an SDP has no control characters: not in line ${at + 1}`;
  }
  return null;
}

/** @param {string[]} lines */
function sessionTrouble(lines) {
  if (lines[0] !== "v=0") return "an SDP starts with v=0";
  const seen = new Set();
  let inSession = true;
  for (const [at, line] of lines.entries()) {
    const kind = line.slice(0, 2);
    inSession &&= kind !== "m=";
    if (["v=", "o=", "s="].includes(kind) && (seen.has(kind) || !inSession)) {
      return `an SDP describes one session: line ${at + 1} begins another`;
    }
    seen.add(kind);
  }
  return null;
}

/** @param {string[]} lines */
function sectionTrouble(lines) {
  const sections = lines.filter((line) => line.startsWith("m=")).map((line) => line.split(" ", 1)[0]);
  const audio = sections.filter((kind) => kind === "m=audio").length;
  const data = sections.filter((kind) => kind === "m=application").length;
  if (sections.length > audio + data) {
    return "an SDP has one audio section and at most one for data: this one has others";
  }
  // One without any section costs nobody anything: it describes a peer that is not there yet.
  if (audio !== 1 && audio + data > 0) return `an SDP has one audio section: this one has ${audio || "none"}`;
  if (data > 1) return `an SDP has at most one section for data: this one has ${data}`;
  const odd = lines.findIndex((line) => line.startsWith("m=application") && !DATA.test(line));
  return odd < 0 ? null : `a section for data is one of webrtc-datachannel: not line ${odd + 1}`;
}

/** @param {string[]} lines */
function payloadTrouble(lines) {
  /** @type {Set<string>} */
  let listed = new Set();
  const described = new Set();
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("m=")) {
      const trouble = line.startsWith("m=audio") ? listTrouble(line, at) : null;
      if (trouble) return trouble;
      listed = new Set(payloadTypes(line));
      continue;
    }
    const [, name, payload] = OF_PAYLOAD.exec(line) ?? [];
    if (name === undefined) continue;
    if (!listed.has(payload) && !(name === "rtcp-fb" && payload === "*" && listed.size)) {
      return `a=${name} is about a payload type of its audio section: not in line ${at + 1}`;
    }
    if (name === "rtcp-fb") continue;
    if (described.has(`${name} ${payload}`)) return `a payload type has one a=${name}: line ${at + 1} is another`;
    described.add(`${name} ${payload}`);
  }
  return null;
}

/** @param {string} line of an audio section; of any other there are none */
const payloadTypes = (line) => AUDIO.exec(line)?.[1].trim().split(" ") ?? [];

/** @param {string} line @param {number} at */
function listTrouble(line, at) {
  const listed = payloadTypes(line);
  if (listed.length === 0) {
    return `an audio section begins with m=audio, a port, a protocol and payload types: not line ${at + 1}`;
  }
  if (listed.length > PAYLOAD_TYPES) {
    return `an audio section has at most ${PAYLOAD_TYPES} payload types: this one has ${listed.length}`;
  }
  if (listed.some((payload) => Number(payload) > 127 || payload !== String(Number(payload)))) {
    return `a payload type is a number from 0 to 127: not each in line ${at + 1}`;
  }
  if (new Set(listed).size < listed.length) {
    return `a payload type stands once in its audio section: not each in line ${at + 1}`;
  }
  return null;
}

/** @param {string[]} lines */
function countTrouble(lines) {
  /** @type {Map<string, number>} */
  const counted = new Map();
  for (const line of lines) {
    const name = ATTRIBUTE.exec(line)?.[1];
    if (name !== undefined) counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  for (const [name, most] of MOST) {
    const count = counted.get(name) ?? 0;
    if (count > most) return `an SDP has at most ${most} lines of a=${name}: this one has ${count}`;
  }
  return null;
}
