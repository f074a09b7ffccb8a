// @ts-check
// The words for what a check finds: for the person, and for whoever runs the server; pure.

import { phrase } from "./phrase.js";

/** @type {Record<import("./check-verdicts.js").Step, string>} */
export const LABELS = {
  microphone: phrase("label.microphone"),
  server: phrase("label.server"),
  stun: phrase("label.stun"),
  "turn-udp": phrase("label.turn-udp"),
  "turn-tcp": phrase("label.turn-tcp"),
  "turn-tls": phrase("label.turn-tls"),
  "one-sided": phrase("label.one-sided"),
  "round-trip": phrase("label.round-trip"),
};

/** Error codes of ICE gathering: STUN's (RFC 8489, 8656), and W3C's 701. @type {Record<number, string>} */
const CODES = {
  401: phrase("code.401"),
  403: phrase("code.403"),
  437: phrase("code.437"),
  486: phrase("code.486"),
  508: phrase("code.508"),
  701: phrase("code.701"),
};

/** @param {number[]} codes */
export function translate(codes) {
  const said = codes.map((code) => CODES[code] ?? phrase("code.other", { code }));
  return said.join("; ") || phrase("code.none");
}

const render = phrase("render");
const others = phrase("others");
const strict = phrase("strict");

/**
 * What can be wrong: first for the person, then what to mend, "" where that isn't for whoever runs the server; and for the
 * person once more where the site's name isn't beside it. `by` is the way that works, `code` the relay's answer.
 * @satisfies {Record<string, (about: {by: string, code: number}) => [words: string, fix: string, alone?: string]>}
 */
export const WRONG = {
  unreachable: () => [phrase("unreachable"), "", phrase("unreachable.conclusion")],
  signedOut: () => [phrase("signed-out"), ""],
  tooMany: () => [phrase("too-many"), "", phrase("too-many.conclusion")],
  serverTrouble: () => [phrase("server-trouble"), phrase("server-trouble.fix"), phrase("server-trouble.conclusion")],
  noWebSocket: () => [phrase("no-websocket"), phrase("no-websocket.fix"), phrase("no-websocket.conclusion")],
  noTurn: () => [phrase("no-turn"), phrase("no-turn.fix")],
  credential: () => [phrase("credential"), phrase("credential.fix", { render })],
  limit: ({ code }) => [phrase("limit", { why: translate([code]) }), phrase("limit.fix", { code })],
  noRelay: () => [phrase("no-relay"), phrase("no-relay.fix")],
  noUdp: ({ by }) => [phrase("no-udp", { by }), phrase("no-udp.fix", { by, others })],
  noTcp: ({ by }) => [phrase("no-tcp", { by }), phrase("no-tcp.fix", { by, others })],
  certificate: ({ by }) => [phrase("certificate", { strict }), phrase("certificate.fix", { by })],
  noTls: () => [phrase("no-tls", { strict }), phrase("no-tls.fix")],
  externalIp: () => [phrase("external-ip"), phrase("external-ip.fix", { render })],
  relayLoop: () => [phrase("relay-loop"), phrase("relay-loop.fix", { render })],
  relayRange: () => [phrase("relay-range"), phrase("relay-range.fix")],
};
