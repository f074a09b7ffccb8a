// @ts-check
// What the probes of a connection mean: a line for each step, what is wrong and where, and the report; pure.

import { LABELS, SITE, WRONG, translate } from "./check-words.js";
import { phrase } from "./phrase.js";
import { met, unseen } from "./site-word.js";

/** @typedef {import("./relay-probe.js").Loop} Loop */
/** @typedef {import("./relay-probe.js").Reflection} Reflection */
/**
 * @typedef {"microphone"|"server"|"stun"|"turn-udp"|"turn-tcp"|"turn-tls"|"one-sided"|"round-trip"|"from-site"} Step
 * @typedef {"waiting"|"running"|"ok"|"notice"|"failed"|"skipped"} Status
 * @typedef {{step: Step, status: Status, words: string}} Line
 */
/**
 * @typedef {object} Symptoms
 * @property {number} status  of the answer to the question for credentials; 0: none came
 * @property {string} code    of its refusal
 * @property {boolean|null} socket  whether the WebSocket opened; null: not tried
 * @property {boolean} lan    the relay has an address that only its own network reaches, and is meant to
 * @property {Reflection|null} stun  null, as below: not offered, or not tried
 * @property {Loop|null} udp
 * @property {Loop|null} tcp
 * @property {Loop|null} tls
 * @property {Loop|null} oneSided  one end through the relay, the other directly
 * @property {import("./site-word.js").SiteWord|null} site  what this site saw of the relay itself
 */
/**
 * @typedef {object} Finding something wrong
 * @property {Step|"turn"|"credential"|"relay-limit"|"relay-family"|"relay-loop"|"relay-range"|"external-ip"
 *   |"clock"|"realm"|"name"|"deny-list"|"tcp-relay"|"open-relay"|"expired-credential"|"relay-ipv6"} step where
 * @property {boolean} harmless one talks all the same
 * @property {string} words     for the person, beside the name of the step
 * @property {string} alone     the same, where that name isn't beside it
 * @property {string} fix       for whoever runs the server
 */

export const STEPS = /** @type {Step[]} */ (Object.keys(LABELS));

/** Those answers by which a relay that works says no for now. */
const LIMITS = [403, 437, 440, 486, 508];
const FAMILY = 440;
const QUOTA = 486;
/** Where it is that a browser can't see. @satisfies {Record<import("./site-word.js").Unseen, Finding["step"]>} */
const UNSEEN_STEPS = /** @type {const} */ ({
  clock: "clock", realm: "realm", hostName: "name", denyList: "deny-list", grantList: "deny-list", tcpRelay: "tcp-relay",
  openRelay: "open-relay", endless: "expired-credential", halfIpv6: "relay-ipv6",
});
const NO_CONNECTION = 701;
const SLOW = 300;

/** Whether the rest can be tested, be it that there is nothing to test. @param {Symptoms} symptoms */
export const mayTest = ({ status, code }) => status === 200 || code === "no-turn-secret";

/** @param {Loop|null} loop */
const works = (loop) => loop !== null && loop.rtt !== null;

/** @param {Symptoms} symptoms @returns {Line} */
export function serverLine(symptoms) {
  const step = "server";
  const wrong = serverTrouble(symptoms);
  if (wrong) return { step, status: "failed", words: wrong.words };
  if (mayTest(symptoms)) return { step, status: "ok", words: phrase("server.ok") };
  return { step, status: "skipped", words: phrase("server.no-room") };
}

/** @param {Symptoms} symptoms @returns {Line} */
export function stunLine({ stun }) {
  const step = "stun";
  if (!stun) return { step, status: "skipped", words: phrase("not-tested") };
  if (stun.seen) return { step, status: "ok", words: phrase("stun.ok") };
  return { step, status: "notice", words: phrase("stun.none", { why: translate(stun.codes) }) };
}

/** @param {"turn-udp"|"turn-tcp"|"turn-tls"|"one-sided"} step @param {Loop|null} loop @returns {Line} */
export function loopLine(step, loop) {
  const absent = step === "one-sided" ? phrase("not-tested") : phrase("not-offered");
  if (!loop) return { step, status: "skipped", words: absent };
  if (works(loop)) return { step, status: "ok", words: phrase("relay.ok") };
  const { allocated, codes, refused } = loop;
  const lost = phrase("relay.lost");
  const why = translate(refused && !codes.length ? [NO_CONNECTION] : codes);
  return { step, status: "failed", words: allocated ? lost : phrase("relay.failed", { why }) };
}

/** @param {Symptoms} symptoms @returns {Line} */
export function roundTripLine({ udp, tcp, tls }) {
  const step = "round-trip";
  const times = [udp, tcp, tls].flatMap((loop) => loop?.rtt ?? []);
  if (!times.length) return { step, status: "skipped", words: phrase("round-trip.none") };
  // A message to oneself and its answer go to the relay and back twice.
  const ms = Math.round(Math.min(...times) / 2);
  if (ms > SLOW) return { step, status: "notice", words: phrase("round-trip.slow", { ms }) };
  return { step, status: "ok", words: ms < 1 ? phrase("round-trip.short") : phrase("round-trip", { ms }) };
}

/** @param {Symptoms} symptoms @returns {Line} */
export function siteLine({ site, udp, tcp, tls }) {
  const step = "from-site";
  if (!udp && !tcp && !tls) return { step, status: "skipped", words: SITE.none };
  if (!site || site.age === null) return { step, status: "skipped", words: SITE.notYet };
  if (!site.failed.length) return { step, status: "ok", words: SITE.well(Math.round(site.age / 60)) };
  const names = site.failed.map(({ check, leg }) => (leg ? `${check}/${leg}` : check));
  return { step, status: "notice", words: SITE.trouble([...new Set(names)].join(", ")) };
}

/**
 * What is wrong, the worst first. What can't be told after a failure is not guessed.
 * @param {Symptoms} symptoms
 * @returns {Finding[]}
 */
export function find(symptoms) {
  const server = serverTrouble(symptoms);
  const found = server ? [server] : [];
  return mayTest(symptoms) ? [...found, ...relayTrouble(symptoms)] : found;
}

/** @param {Symptoms} symptoms @returns {Finding|null} */
function serverTrouble({ status, code, socket }) {
  const step = "server";
  if (status === 0) return wrong(step, "unreachable");
  if (status === 401) return wrong(step, "signedOut");
  if (status === 429) return wrong(step, "tooMany");
  if (status >= 500 && code !== "no-turn-secret") return wrong(step, "serverTrouble");
  return socket === false ? wrong(step, "noWebSocket") : null;
}

/** @param {Symptoms} symptoms @returns {Finding[]} */
function relayTrouble(symptoms) {
  const { udp, tcp, tls } = symptoms;
  const loops = [udp, tcp, tls].flatMap((loop) => loop ?? []);
  if (!loops.length) return [wrong("turn", "noTurn")];
  const codes = loops.flatMap((loop) => (loop.allocated ? [] : loop.codes));
  const hidden = unseen(symptoms.site);
  if (codes.includes(401)) return [hidden.includes("clock") ? wrong("clock", "clock") : wrong("credential", "credential")];
  const code = LIMITS.find((limit) => codes.includes(limit));
  if (code) return [limitTrouble(symptoms, code)];
  if (!loops.some(({ allocated }) => allocated)) {
    // A browser takes no address from a relay that asks for no credentials.
    return [hidden.includes("openRelay") ? wrong("open-relay", "openRelay") : wrong("turn", "noRelay")];
  }
  const found = [...lossTrouble(symptoms, loops), ...wayTrouble(symptoms)];
  // One talks all the same; where that is the trouble, it was said above.
  const others = hidden.filter((what) => !found.some(({ step }) => step === UNSEEN_STEPS[what]));
  return [...found, ...others.map((what) => wrong(UNSEEN_STEPS[what], what, { by: "all" }))];
}

/** @param {Symptoms} symptoms @param {number} code @returns {Finding} */
function limitTrouble({ site }, code) {
  if (code === FAMILY) return wrong("relay-family", "family");
  // The site asks in another name than this person's: what is refused to both is refused to all.
  if (code === QUOTA && met(site, QUOTA)) return wrong("relay-limit", "quotaOfAll");
  if (code === QUOTA && site?.age != null) return wrong("relay-limit", "ownQuota");
  return wrong("relay-limit", "limit", { code });
}

/**
 * Addresses are given, and what goes to them is lost.
 * @param {Symptoms} symptoms @param {Loop[]} loops
 * @returns {Finding[]}
 */
function lossTrouble({ lan, oneSided, site }, loops) {
  const lost = loops.some((loop) => loop.allocated && !works(loop));
  const shut = oneSided !== null && oneSided.allocated && !works(oneSided);
  if (!lost && !shut) return [];
  if (unseen(site).includes("grantList")) return [wrong("deny-list", "grantList")];
  if (!lan && loops.some(({ special }) => special)) return [wrong("external-ip", "externalIp")];
  return [lost ? wrong("relay-loop", "relayLoop") : wrong("relay-range", "relayRange")];
}

/** One way works, another does not: one talks all the same. @param {Symptoms} symptoms @returns {Finding[]} */
function wayTrouble({ udp, tcp, tls }) {
  const by = works(udp) ? "UDP" : works(tcp) ? "TCP" : works(tls) ? "TLS" : "";
  if (!by) return [];
  /** @type {Finding[]} */
  const found = [];
  if (udp && !udp.allocated) found.push(wrong("turn-udp", "noUdp", { by }));
  if (tcp && !tcp.allocated) found.push(wrong("turn-tcp", "noTcp", { by }));
  if (tls && !tls.allocated) found.push(wrong("turn-tls", tls.refused ? "certificate" : "noTls", { by }));
  return found;
}

/**
 * @param {Finding["step"]} step @param {keyof typeof WRONG} what @param {{by?: string, code?: number}} [about]
 * @returns {Finding}
 */
function wrong(step, what, { by = "", code = 0 } = {}) {
  /** @type {[string, string, string?]} */
  const [words, fix, alone = words] = WRONG[what]({ by, code });
  return { step, harmless: by !== "", words, alone, fix };
}

/**
 * In one sentence.
 * @param {Finding[]} found @param {Symptoms} symptoms @param {Line} microphone
 * @returns {{status: "ok"|"notice"|"failed", words: string}}
 */
export function conclude(found, symptoms, { status, words }) {
  const [worst] = found;
  if (worst) return { status: worst.harmless ? "notice" : "failed", words: worst.alone };
  if (status === "failed" || status === "notice") return { status, words };
  if (mayTest(symptoms)) return { status: "ok", words: phrase("conclusion.ok") };
  return { status: "notice", words: phrase("conclusion.no-room") };
}

/**
 * Plain text for whoever runs the server: no credentials, no addresses.
 * @param {{lines: Line[], found: Finding[], conclusion: {words: string}, agent: string, at: string, call?: string}} check
 *   call: the report of the last call in this tab
 */
export function report({ lines, found, conclusion, agent, at, call = "" }) {
  const width = Math.max(...lines.map(({ status }) => status.length)) + 2;
  return [
    phrase("report.title", { at }), agent, "", conclusion.words, "",
    ...lines.map(({ step, status, words }) => `${status.padEnd(width)}${step}: ${words}`),
    ...found.filter(({ fix }) => fix).flatMap(({ step, fix }) => ["", `-> ${step}: ${fix}`]),
    ...(call ? ["", phrase("report.call"), "", call.trimEnd()] : []),
    "",
  ].join("\n");
}
