// @ts-check
// What the probes of a connection mean: a line for each step, what is wrong and where, and the report; pure.

import { LABELS, SITE, TLS, translate } from "./check-words.js";
import { phrase } from "./phrase.js";
import { answers, refuses, relayTrouble, works, wrong } from "./relay-verdicts.js";
import { current, old, tlsCause, unseen } from "./site-word.js";

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
 * @property {boolean} fixed  the relay has one user and password for all
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
 *   |"relay-address"|"clock"|"realm"|"name"|"deny-list"|"tcp-relay"|"open-relay"|"expired-credential"|"relay-ipv6"} step where
 * @property {boolean} harmless one talks all the same
 * @property {string} words     for the person, beside the name of the step
 * @property {string} alone     the same, where that name isn't beside it
 * @property {string} fix       for whoever runs the server
 */

export const STEPS = /** @type {Step[]} */ (Object.keys(LABELS));

const NO_CONNECTION = 701;
const SLOW = 300;

/** Whether the rest can be tested, be it that there is nothing to test. @param {Symptoms} symptoms */
export const mayTest = ({ status, code }) => status === 200 || code === "no-turn-secret";

/** @param {Symptoms} symptoms @returns {Line} */
export function serverLine(symptoms) {
  const step = "server";
  const wrong = serverTrouble(symptoms);
  if (wrong) return { step, status: "failed", words: wrong.words };
  if (mayTest(symptoms)) return { step, status: "ok", words: phrase("server.ok") };
  return { step, status: "skipped", words: phrase("server.no-room") };
}

/** @param {Symptoms} symptoms @returns {Line} */
export function stunLine({ stun, udp }) {
  const step = "stun";
  if (!stun) return { step, status: "skipped", words: phrase("not-tested") };
  if (stun.seen) return { step, status: "ok", words: phrase("stun.ok") };
  // Where no NAT is on the way nothing new is told, and an IPv6 that leads nowhere keeps the answer waiting.
  if (answers(udp) && !refuses(stun)) return { step, status: "ok", words: phrase("stun.by-relay") };
  return { step, status: "notice", words: phrase("stun.none", { why: translate(telling(stun.codes)) }) };
}

/** @param {"turn-udp"|"turn-tcp"|"turn-tls"|"one-sided"} step @param {Loop|null} loop @returns {Line} */
export function loopLine(step, loop) {
  const absent = step === "one-sided" ? phrase("not-tested") : phrase("not-offered");
  if (!loop) return { step, status: "skipped", words: absent };
  if (works(loop)) return { step, status: "ok", words: phrase("relay.ok") };
  const { allocated, codes, refused } = loop;
  const lost = phrase("relay.lost");
  const why = translate(refused && !codes.length ? [NO_CONNECTION] : telling(codes));
  return { step, status: "failed", words: allocated ? lost : phrase("relay.failed", { why }) };
}

/**
 * Codes without what is chance: their order, and whether the IP version that leads nowhere was given up in time.
 * @param {number[]} codes
 */
function telling(codes) {
  const answers = codes.filter((code) => code !== NO_CONNECTION);
  return (answers.length ? answers : [...codes]).sort((one, other) => one - other);
}

/** By TLS: why it fails the site may know. @param {Symptoms} symptoms @returns {Line} */
export function tlsLine({ tls, site }) {
  const line = loopLine("turn-tls", tls);
  const [why] = TLS[tlsCause(current(site))] ?? [];
  return tls && !tls.allocated && why ? { ...line, words: phrase("relay.failed", { why }) } : line;
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

/** From the relay to somebody without it. @param {Symptoms} symptoms @returns {Line} */
export function oneSidedLine({ oneSided, site }) {
  const step = "one-sided";
  const partial = unseen(current(site)).includes("partialRange");
  // Which port one gets is chance.
  return partial && oneSided ? { step, status: "failed", words: phrase("relay.partial") } : loopLine(step, oneSided);
}

/** @param {Symptoms} symptoms @returns {Line} */
export function siteLine(symptoms) {
  const { site, udp, tcp, tls } = symptoms;
  const step = "from-site";
  if (!udp && !tcp && !tls) return { step, status: "skipped", words: SITE.none };
  if (!site || site.age === null) return { step, status: "skipped", words: SITE.unknown(site) };
  const minutes = Math.round(site.age / 60);
  const names = [...new Set(site.failed.map(({ check, leg }) => (leg ? `${check}/${leg}` : check)))].join(", ");
  if (old(site)) return { step, status: "notice", words: names ? SITE.wasTrouble(names, minutes) : SITE.wasWell(minutes) };
  if (!names) return { step, status: "ok", words: SITE.well(minutes) };
  const words = SITE.trouble(names, minutes);
  return { step, status: "notice", words: apart(symptoms) ? `${words} ${SITE.apart}` : words };
}

/** Whether all that fails for the site works for this browser. @param {Symptoms} symptoms */
function apart({ site, oneSided, ...loops }) {
  // One that some ports let through is no proof that all do.
  if (unseen(site).includes("partialRange")) return false;
  return site !== null && site.failed.every(({ check, leg, ip, host, cause }) => {
    const loop = { udp: loops.udp, tcp: loops.tcp, tls: loops.tls }[leg] ?? null;
    if (host || ip === 6 || cause === "mapped") return false;
    return check === "stun" ? works(loop) : (check === "one-relay" || check === "relay-range") && works(oneSided);
  });
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
