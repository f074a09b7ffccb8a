// @ts-check
/**
 * How a received description makes our Opus encoder send: FEC, DTX, mono, a bitrate, NACK, RED, no transport-cc.
 *
 * The remote description configures the local encoder in every browser, so this runs just before
 * setRemoteDescription; what we describe ourselves is never munged.
 */

/** @typedef {Record<string, string | number>} OpusSettings fmtp parameters of RFC 7587, section 6.1 */

/** @type {OpusSettings} Firefox asks for stereo=1 and would get 64 kbit/s of music without the last one. */
export const OPUS_SETTINGS = { useinbandfec: 1, usedtx: 1, maxaveragebitrate: 40000, stereo: 0 };

/**
 * What is done about lost packets.
 * @typedef {object} Redundancy
 * @property {boolean} nack  we ask for what was lost, and hide that it was: for short round trips
 * @property {boolean} red   each packet carries the one before it, too (RFC 2198): where much is lost
 */

/** @type {Redundancy} until a link has seen how its packets fare */
export const NO_LOSS = { nack: true, red: false };

/** How many ms of sound a packet carries: little while somebody speaks, as much as Opus takes while nobody does. */
export const PTIME = Object.freeze({ speech: 20, quiet: 60 });

/** Its header extension, in both of its versions. */
const TRANSPORT_CC = new Set([
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02",
]);

const OPUS = /^a=rtpmap:(\d+)[ \t]+opus\/48000/i;
const RED = /^a=rtpmap:(\d+)[ \t]+red\/48000/i;
const FMTP = /^a=fmtp:(\d+)[ \t]+(.*)/s;
const PACKET_TIME = /^a=ptime:/;
const FEEDBACK = /^a=rtcp-fb:(\*|\d+)[ \t]+(.*)/s;

/**
 * Tune what we send to the peer that described itself so. Each line is looked at a fixed number of times.
 * @param {string} sdp with CRLF or LF
 * @param {OpusSettings} [settings] over OPUS_SETTINGS
 * @param {Redundancy} [redundancy] RED only where the description offers it
 * @param {number} [ptime] ms
 * @returns {string} the same text where it names no Opus
 */
export function tuneOpus(sdp, settings = {}, redundancy = NO_LOSS, ptime = PTIME.speech) {
  const sections = sectionsOf(sdp.split(/\r?\n/)).map((lines) => ({ lines, opus: opusOf(lines) }));
  if (sections.every(({ opus }) => opus.size === 0)) return sdp;
  const wanted = { ...OPUS_SETTINGS, ...settings };
  const tuned = sections.flatMap(({ lines, opus }) => tuneSection(lines, opus, wanted, redundancy, ptime));
  return tuned.join(sdp.includes("\r\n") ? "\r\n" : "\n");
}

/**
 * What stands before the first media description, and then each of them.
 * @param {string[]} lines
 */
function sectionsOf(lines) {
  /** @type {string[][]} */
  const sections = [[]];
  for (const line of lines) {
    if (line.startsWith("m=")) sections.push([]);
    sections[sections.length - 1].push(line);
  }
  return sections;
}

/**
 * The payload types that rtpmap gives to Opus (111 in Chromium, 109 in Firefox, 96 in aiortc), with their fmtp.
 * @param {string[]} section
 */
function opusOf(section) {
  /** @type {Map<string, string[]>} */
  const opus = new Map();
  if (!section[0]?.startsWith("m=audio")) return opus;
  for (const line of section) {
    const payload = OPUS.exec(line)?.[1];
    if (payload !== undefined) opus.set(payload, []);
  }
  // An fmtp may stand before its rtpmap.
  for (const line of section) {
    const [, payload = "", parameters = ""] = FMTP.exec(line) ?? [];
    opus.get(payload)?.push(parameters);
  }
  return opus;
}

/**
 * @param {string[]} lines
 * @param {Map<string, string[]>} opus
 * @param {OpusSettings} wanted
 * @param {Redundancy} redundancy
 * @param {number} ptime
 */
function tuneSection(lines, opus, wanted, { nack, red }, ptime) {
  // What a video section says of its own sending is not ours.
  if (lines[0]?.startsWith("m=video")) return lines;
  const everyNack = lines.some((line) => feedbackOf(line).join(" ") === "* nack");
  const untold = new Map(opus);
  const [media, ...rest] = lines;
  const tuned = [opus.size ? reordered(media, redOf(lines, opus), red) : media];
  for (const line of rest) {
    if (opus.size && PACKET_TIME.test(line)) continue;
    const [to, asked] = feedbackOf(line);
    if (asked === "transport-cc" || isTransportCcExtension(line)) continue;
    if (opus.has(FMTP.exec(line)?.[1] ?? "") || (asked === "nack" && opus.has(to))) continue;
    tuned.push(line);
    const [, payload = ""] = OPUS.exec(line) ?? [];
    const given = untold.get(payload);
    if (!given) continue;
    untold.delete(payload);
    if (nack && !everyNack) tuned.push(`a=rtcp-fb:${payload} nack`);
    tuned.push(`a=fmtp:${payload} ${mergeParameters(given.join(";"), wanted)}`);
  }
  // Behind the last line, which may be the empty one after the last line end.
  if (opus.size && ptime !== PTIME.speech) tuned.splice(tuned.at(-1) === "" ? -1 : tuned.length, 0, `a=ptime:${ptime}`);
  return tuned;
}

/**
 * The payload type of RED around Opus, or "".
 * @param {string[]} section
 * @param {Map<string, unknown>} opus
 */
function redOf(section, opus) {
  const payloads = section.flatMap((line) => RED.exec(line)?.[1] ?? []);
  const wraps = section.flatMap((line) => {
    const [, payload = "", parameters = ""] = FMTP.exec(line) ?? [];
    return payloads.includes(payload) && opus.has(parameters.split("/", 1)[0].trim()) ? [payload] : [];
  });
  return wraps[0] ?? "";
}

/**
 * The payload type that comes first is what is sent.
 * @param {string} media  m=audio 9 UDP/TLS/RTP/SAVPF 111 63
 * @param {string} payload  of RED
 * @param {boolean} first  else last
 */
function reordered(media, payload, first) {
  const [name, port, protocol, ...payloads] = media.split(" ");
  if (!payloads.includes(payload)) return media;
  const others = payloads.filter((each) => each !== payload);
  const order = first ? [payload, ...others] : [others[0], payload, ...others.slice(1)];
  return [name, port, protocol, ...order].join(" ");
}

/**
 * The payload type that a line asks feedback for, or "*", and which; both "" where it asks for none.
 * @param {string} line
 */
function feedbackOf(line) {
  const [, payload = "", asked = ""] = FEEDBACK.exec(line) ?? [];
  return [payload, asked.trim().toLowerCase()];
}

/** @param {string} line such as a=extmap:3/recvonly URI */
function isTransportCcExtension(line) {
  return line.startsWith("a=extmap:") && TRANSPORT_CC.has(line.split(/[ \t]+/, 2)[1]?.toLowerCase());
}

/**
 * Whole keys are compared: stereo=1 stands inside sprop-stereo=1.
 * @param {string} given
 * @param {OpusSettings} wanted
 */
function mergeParameters(given, wanted) {
  /** @type {Map<string, string>} */
  const merged = new Map();
  for (const part of given.split(";").map((text) => text.trim()).filter(Boolean)) {
    const [key, ...value] = part.split("=");
    merged.set(key.trim(), value.length ? `=${value.join("=").trim()}` : "");
  }
  for (const [key, value] of Object.entries(wanted)) merged.set(key, `=${value}`);
  return [...merged].map(([key, value]) => key + value).join(";");
}
