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
  "from-site": phrase("label.from-site"),
};

/** What this site says of its relay; `names` are the doctor's own. */
export const SITE = {
  none: phrase("not-offered"),
  unknown: (/** @type {import("./site-word.js").SiteWord|null} */ site) => {
    if (site?.running) return phrase("site.running");
    return site?.missed ? phrase("site.missed") : phrase("site.not-yet");
  },
  well: (/** @type {number} */ minutes) => (minutes < 1 ? phrase("site.well") : phrase("site.well-ago", { minutes })),
  trouble: (/** @type {string} */ names, /** @type {number} */ minutes) =>
    (minutes < 1 ? phrase("site.trouble", { names }) : phrase("site.trouble-ago", { names, minutes })),
  wasWell: (/** @type {number} */ minutes) => phrase("site.was-well", { minutes }),
  wasTrouble: (/** @type {string} */ names, /** @type {number} */ minutes) => phrase("site.was-trouble", { names, minutes }),
  apart: phrase("site.apart"),
};

/** Error codes of ICE gathering: STUN's (RFC 8489, 8656), and W3C's 701. @type {Record<number, string>} */
const CODES = {
  401: phrase("code.401"),
  403: phrase("code.403"),
  437: phrase("code.437"),
  440: phrase("code.440"),
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
const mend = phrase("mend");
const strict = phrase("strict");
/** Whose trouble it is, by what this site itself sees. @param {boolean|null} there */
function whose(there) {
  if (there === null) return phrase("whose");
  return there ? phrase("whose.all") : phrase("whose.one");
}

/**
 * Why TLS fails, as the site itself saw: in few words, and what to mend.
 * @type {Record<string, [why: string, fix: string]>}
 */
export const TLS = {
  refused: [phrase("tls.refused"), phrase("tls.refused.fix")],
  "no-tls": [phrase("tls.no-tls"), phrase("tls.no-tls.fix")],
  "no-handshake": [phrase("tls.no-handshake"), phrase("tls.no-handshake.fix")],
  "no-turn": [phrase("tls.no-turn"), phrase("tls.no-turn.fix")],
  "no-name": [phrase("tls.no-name"), phrase("tls.no-name.fix")],
  "old-tls": [phrase("tls.old-tls"), phrase("tls.old-tls.fix")],
  "no-pair": [phrase("tls.no-pair"), phrase("tls.no-pair.fix")],
  expired: [phrase("tls.expired"), phrase("tls.expired.fix")],
  early: [phrase("tls.early"), phrase("tls.early.fix")],
  ending: [phrase("tls.ending"), phrase("tls.ending.fix")],
  authority: [phrase("tls.authority"), phrase("tls.authority.fix")],
  "self-signed": [phrase("tls.self-signed"), phrase("tls.self-signed.fix")],
  "other-name": [phrase("tls.other-name"), phrase("tls.other-name.fix")],
};

/**
 * @typedef {object} About what words need to know
 * @property {string} by    the way that works; "" where none does
 * @property {number} code  the relay's answer
 * @property {boolean|null} there  whether it fails from this site, too; null: that isn't known
 * @property {string} cause why TLS fails from this site; "" where that isn't known
 */
/**
 * What can be wrong: first for the person, then what to mend, "" where that isn't for whoever runs the server; and for the
 * person once more where the site's name isn't beside it.
 * @satisfies {Record<string, (about: About) => [words: string, fix: string, alone?: string]>}
 */
export const WRONG = {
  unreachable: () => [phrase("unreachable"), "", phrase("unreachable.conclusion")],
  signedOut: () => [phrase("signed-out"), ""],
  tooMany: () => [phrase("too-many"), "", phrase("too-many.conclusion")],
  serverTrouble: () => [phrase("server-trouble"), phrase("server-trouble.fix"), phrase("server-trouble.conclusion")],
  noWebSocket: () => [phrase("no-websocket"), phrase("no-websocket.fix"), phrase("no-websocket.conclusion")],
  noTurn: () => [phrase("no-turn"), phrase("no-turn.fix")],
  credential: () => [phrase("credential"), phrase("credential.fix", { render })],
  secret: () => [phrase("credential"), phrase("secret.fix", { render })],
  fixedUser: () => [phrase("credential"), phrase("fixed-user.fix")],
  limit: ({ code }) => [phrase("limit", { why: translate([code]) }), phrase("limit.fix", { code })],
  portsTaken: () => [phrase("limit", { why: translate([508]) }), phrase("ports-taken.fix", { render })],
  family: () => [phrase("family"), phrase("family.fix", { render })],
  mixedFamilies: () => [mend, phrase("mixed-families.fix", { render })],
  quotaOfAll: () => [phrase("quota-of-all"), phrase("quota-of-all.fix", { render })],
  fixedQuota: () => [phrase("quota-of-all"), phrase("fixed-quota.fix")],
  ownQuota: () => [phrase("own-quota"), phrase("own-quota.fix", { render })],
  clock: ({ by }) => [by ? mend : phrase("clock"), phrase("clock.fix")],
  realm: () => [mend, phrase("realm.fix", { render })],
  hostName: ({ by }) => [by ? mend : phrase("host-name"), phrase("host-name.fix")],
  denyList: () => [mend, phrase("deny-list.fix", { render })],
  grantList: () => [phrase("grant-list"), phrase("grant-list.fix", { render })],
  tcpRelay: () => [mend, phrase("tcp-relay.fix", { render })],
  openRelay: ({ by }) => [by ? mend : phrase("open-relay"), phrase("open-relay.fix", { render })],
  endless: () => [mend, phrase("endless.fix", { render })],
  halfIpv6: () => [mend, phrase("half-ipv6.fix")],
  homeIpv6: ({ by }) => [by ? mend : phrase("external-ip"), phrase("home-ipv6.fix", { render })],
  otherFile: () => [mend, phrase("other-file.fix", { render })],
  otherHost: () => [mend, phrase("other-host.fix")],
  noRelay: ({ there }) => {
    if (there === null) return [phrase("no-relay"), phrase("no-relay.fix")];
    return [phrase("no-relay"), there ? phrase("no-relay.all.fix") : phrase("no-relay.one.fix")];
  },
  noUdp: ({ by, there }) => [
    there ? phrase("no-udp.all", { by }) : phrase("no-udp", { by }), phrase("no-udp.fix", { by, whose: whose(there) }),
  ],
  noTcp: ({ by, there }) => [phrase("no-tcp", { by }), phrase("no-tcp.fix", { by, whose: whose(there) })],
  otherTcp: ({ by }) => [phrase("no-tcp", { by }), phrase("other-tcp.fix")],
  stunRefused: ({ code }) => [phrase("stun-refused"), phrase("stun-refused.fix", { code, render })],
  certificate: ({ by }) => [phrase("certificate", { strict }), phrase("certificate.fix", { by })],
  badCertificate: ({ cause }) => [mend, TLS[cause]?.[1] ?? phrase("bad-certificate.fix")],
  tls: ({ cause }) => [phrase("tls-fails", { why: TLS[cause][0], strict }), TLS[cause][1]],
  noTls: ({ there }) => [phrase("no-tls", { strict }), phrase("no-tls.fix", { whose: whose(there) })],
  externalIp: () => [phrase("external-ip"), phrase("external-ip.fix", { render })],
  relayLoop: () => [phrase("relay-loop"), phrase("relay-loop.fix", { render })],
  relayLoopIpv6: () => [phrase("relay-loop"), phrase("relay-loop-ipv6.fix", { render })],
  relayLoopLan: () => [phrase("relay-loop"), phrase("relay-loop-lan.fix", { render })],
  relayRange: () => [phrase("relay-range"), phrase("relay-range.fix")],
  shutRange: () => [mend, phrase("relay-range.fix")],
  partialRange: () => [phrase("partial-range"), phrase("partial-range.fix")],
  userQuota: () => [mend, phrase("user-quota.fix", { render })],
  mapped: () => [mend, phrase("mapped.fix", { render })],
  sendsNothing: ({ by }) => [by ? mend : phrase("sends-nothing"), phrase("sends-nothing.fix")],
};

/** @param {string} what said of the relay */
const tell = (what) => phrase("theirs", { what });
/**
 * What to do where the relay is somebody else's, whose host and files nobody here can change; what isn't named here is the
 * site's own to mend.
 * @type {Partial<Record<keyof typeof WRONG, (about: About) => string>>}
 */
export const THEIRS = {
  credential: () => phrase("theirs.credential"),
  secret: () => phrase("theirs.credential"),
  fixedUser: () => phrase("theirs.fixed-user"),
  limit: ({ code }) => tell(phrase("theirs.code", { code })),
  portsTaken: () => tell(phrase("theirs.code", { code: 508 })),
  family: () => tell(phrase("theirs.code", { code: 440 })),
  mixedFamilies: () => tell(phrase("theirs.mixed-families")),
  quotaOfAll: () => tell(phrase("theirs.code", { code: 486 })),
  fixedQuota: () => tell(phrase("theirs.fixed-quota")),
  ownQuota: () => tell(phrase("theirs.code", { code: 486 })),
  userQuota: () => tell(phrase("theirs.user-quota")),
  mapped: () => tell(phrase("theirs.mapped")),
  clock: () => phrase("theirs.clock"),
  realm: () => tell(phrase("theirs.realm")),
  hostName: () => phrase("theirs.host-name"),
  denyList: () => tell(phrase("theirs.deny-list")),
  grantList: () => tell(phrase("theirs.grant-list")),
  tcpRelay: () => tell(phrase("theirs.tcp-relay")),
  openRelay: () => tell(phrase("theirs.open-relay")),
  endless: () => tell(phrase("theirs.endless")),
  halfIpv6: () => tell(phrase("theirs.half-ipv6")),
  homeIpv6: () => tell(phrase("theirs.private-address")),
  otherFile: () => tell(phrase("theirs.other-address")),
  noRelay: ({ there }) => (there === false ? phrase("theirs.no-relay.one") : phrase("theirs.no-relay")),
  noUdp: ({ there }) => theirWay("UDP", there),
  noTcp: ({ there }) => theirWay("TCP", there),
  otherTcp: () => tell(phrase("theirs.other-tcp")),
  stunRefused: ({ code }) => tell(phrase("theirs.stun", { code })),
  certificate: () => tell(phrase("theirs.certificate")),
  badCertificate: ({ cause }) => tell(TLS[cause] ? phrase("theirs.tls", { why: TLS[cause][0] }) : phrase("theirs.certificate")),
  tls: ({ cause }) => tell(phrase("theirs.tls", { why: TLS[cause][0] })),
  noTls: ({ there }) => theirWay("TLS", there),
  externalIp: () => tell(phrase("theirs.private-address")),
  relayLoop: () => tell(phrase("theirs.relay-loop")),
  relayLoopIpv6: () => tell(phrase("theirs.relay-loop")),
  relayLoopLan: () => tell(phrase("theirs.relay-loop")),
  relayRange: () => tell(phrase("theirs.relay-range")),
  shutRange: () => tell(phrase("theirs.relay-range")),
  partialRange: () => tell(phrase("theirs.relay-range")),
  sendsNothing: () => tell(phrase("theirs.sends-nothing")),
};

/** @param {string} by @param {boolean|null} there */
function theirWay(by, there) {
  const told = tell(phrase("theirs.way", { by }));
  return there ? told : `${phrase("theirs.whose")} ${told}`;
}
