// @ts-check
/**
 * How a received description makes our Opus encoder send: FEC, DTX, mono, a bitrate, NACK, no transport-cc.
 *
 * The remote description configures the local encoder in every browser, so this runs just before
 * setRemoteDescription; what we describe ourselves is never munged.
 */

/** @typedef {Record<string, string | number>} OpusSettings fmtp parameters of RFC 7587, section 6.1 */

/** @type {OpusSettings} Firefox asks for stereo=1 and would get 64 kbit/s of music without the last one. */
export const OPUS_SETTINGS = { useinbandfec: 1, usedtx: 1, maxaveragebitrate: 40000, stereo: 0 };

const TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/**
 * Tune what we send to the peer that described itself so.
 * @param {string} sdp with CRLF or LF
 * @param {OpusSettings} [settings] over OPUS_SETTINGS
 * @returns {string} the same text where it names no Opus
 */
export function tuneOpus(sdp, settings = {}) {
  const wanted = { ...OPUS_SETTINGS, ...settings };
  return sdp.split(/^(?=m=)/m).map((section) => tuneSection(section, wanted)).join("");
}

/**
 * @param {string} section one media description, or what stands before the first
 * @param {OpusSettings} wanted
 */
function tuneSection(section, wanted) {
  const payloads = [...section.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map((match) => match[1]);
  if (!section.startsWith("m=audio") || payloads.length === 0) return section;
  const end = section.includes("\r\n") ? "\r\n" : "\n";
  const lines = section.split(/\r?\n/);
  const unterminated = lines[lines.length - 1] !== "";
  if (!unterminated) lines.pop();
  const tuned = payloads.reduce((seen, payload) => tunePayload(seen, payload, wanted), lines)
    .filter((line) => !(line.startsWith("a=extmap:") && line.split(" ")[1] === TRANSPORT_CC));
  return tuned.join(end) + (unterminated ? "" : end);
}

/**
 * @param {string[]} lines
 * @param {string} payload the type that rtpmap gives to Opus: 111 in Chromium, 109 in Firefox, 96 in aiortc
 * @param {OpusSettings} wanted
 */
function tunePayload(lines, payload, wanted) {
  const fmtp = `a=fmtp:${payload} `;
  const nack = `a=rtcp-fb:${payload} nack`;
  const given = lines.flatMap((line) => (line.startsWith(fmtp) ? [line.slice(fmtp.length)] : [])).join(";");
  const everyNack = lines.includes("a=rtcp-fb:* nack");
  /** @type {string[]} */
  const tuned = [];
  for (const line of lines) {
    if (line.startsWith(fmtp) || line === nack || isTransportCc(line, payload)) continue;
    tuned.push(line);
    if (line.startsWith(`a=rtpmap:${payload} `)) {
      if (!everyNack) tuned.push(nack);
      tuned.push(fmtp + mergeParameters(given, wanted));
    }
  }
  return tuned;
}

/**
 * @param {string} line
 * @param {string} payload
 */
function isTransportCc(line, payload) {
  return line === `a=rtcp-fb:${payload} transport-cc` || line === "a=rtcp-fb:* transport-cc";
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
