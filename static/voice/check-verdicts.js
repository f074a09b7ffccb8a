// @ts-check
// What the probes of a connection mean: a line for each leg, what is wrong and where, and the report; pure.

import { LABELS, WRONG, translate } from "./check-words.js";

/** @typedef {import("./relay-probe.js").Loop} Loop */
/** @typedef {import("./relay-probe.js").Reflection} Reflection */
/**
 * @typedef {"microphone"|"server"|"stun"|"turn-udp"|"turn-tcp"|"turn-tls"|"one-sided"|"round-trip"} Leg
 * @typedef {"waiting"|"running"|"ok"|"notice"|"failed"|"skipped"} Status
 * @typedef {{leg: Leg, status: Status, words: string}} Line
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
 */
/**
 * @typedef {object} Finding something wrong
 * @property {Leg|"turn"|"credential"|"relay-limit"|"relay-loop"|"relay-range"|"external-ip"} leg where
 * @property {boolean} harmless one talks all the same
 * @property {string} words     for the person
 * @property {string} fix       for whoever runs the server
 */

export const LEGS = /** @type {Leg[]} */ (Object.keys(LABELS));

/** Those answers by which a relay that works says no for now. */
const LIMITS = [403, 437, 486, 508];
const NO_CONNECTION = 701;
const SLOW = 300;

/** Whether the rest can be tested, be it that there is nothing to test. @param {Symptoms} symptoms */
export const mayTest = ({ status, code }) => status === 200 || code === "no-turn-secret";

/** @param {Loop|null} loop */
const works = (loop) => loop !== null && loop.rtt !== null;

/** @param {Symptoms} symptoms @returns {Line} */
export function serverLine(symptoms) {
  const leg = "server";
  const wrong = serverTrouble(symptoms);
  if (wrong) return { leg, status: "failed", words: wrong.words };
  if (mayTest(symptoms)) return { leg, status: "ok", words: "It answers, and holds a connection open." };
  return { leg, status: "skipped", words: "It answers. The rest can be tested once you may enter a room." };
}

/** @param {Symptoms} symptoms @returns {Line} */
export function stunLine({ stun }) {
  const leg = "stun";
  if (!stun) return { leg, status: "skipped", words: "Not tested." };
  if (stun.seen) return { leg, status: "ok", words: "Found, so UDP works." };
  return { leg, status: "notice", words: `Not found by UDP: ${translate(stun.codes)}.` };
}

/** @param {"turn-udp"|"turn-tcp"|"turn-tls"|"one-sided"} leg @param {Loop|null} loop @returns {Line} */
export function loopLine(leg, loop) {
  const absent = leg === "one-sided" ? "Not tested." : "Not offered by this site.";
  if (!loop) return { leg, status: "skipped", words: absent };
  if (works(loop)) return { leg, status: "ok", words: "Works: a message came back." };
  const { allocated, codes, refused } = loop;
  const lost = "The relay answers, but nothing comes through it.";
  const why = translate(refused && !codes.length ? [NO_CONNECTION] : codes);
  return { leg, status: "failed", words: allocated ? lost : `Fails: ${why}.` };
}

/** @param {Symptoms} symptoms @returns {Line} */
export function roundTripLine({ udp, tcp, tls }) {
  const leg = "round-trip";
  const times = [udp, tcp, tls].flatMap((loop) => loop?.rtt ?? []);
  if (!times.length) return { leg, status: "skipped", words: "Not measured: nothing came through a relay." };
  // A message to oneself and its answer go to the relay and back twice.
  const ms = Math.round(Math.min(...times) / 2);
  const words = `${ms < 1 ? "Less than 1" : ms} ms to the relay and back.`;
  if (ms > SLOW) return { leg, status: "notice", words: `${words} Talking will feel slow.` };
  return { leg, status: "ok", words };
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
  const leg = "server";
  if (status === 0) return wrong(leg, "unreachable");
  if (status === 401) return wrong(leg, "signedOut");
  if (status === 429) return wrong(leg, "tooMany");
  if (status >= 500 && code !== "no-turn-secret") return wrong(leg, "serverTrouble");
  return socket === false ? wrong(leg, "noWebSocket") : null;
}

/** @param {Symptoms} symptoms @returns {Finding[]} */
function relayTrouble(symptoms) {
  const { udp, tcp, tls } = symptoms;
  const loops = [udp, tcp, tls].flatMap((loop) => loop ?? []);
  if (!loops.length) return [wrong("turn", "noTurn")];
  const codes = loops.flatMap((loop) => (loop.allocated ? [] : loop.codes));
  if (codes.includes(401)) return [wrong("credential", "credential")];
  const code = LIMITS.find((limit) => codes.includes(limit));
  if (code) return [wrong("relay-limit", "limit", { code })];
  if (!loops.some(({ allocated }) => allocated)) return [wrong("turn", "noRelay")];
  return [...lossTrouble(symptoms, loops), ...wayTrouble(symptoms)];
}

/**
 * Addresses are given, and what goes to them is lost.
 * @param {Symptoms} symptoms @param {Loop[]} loops
 * @returns {Finding[]}
 */
function lossTrouble({ lan, oneSided }, loops) {
  const lost = loops.some((loop) => loop.allocated && !works(loop));
  const shut = oneSided !== null && oneSided.allocated && !works(oneSided);
  if (!lost && !shut) return [];
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
 * @param {Finding["leg"]} leg @param {keyof typeof WRONG} what @param {{by?: string, code?: number}} [about]
 * @returns {Finding}
 */
function wrong(leg, what, { by = "", code = 0 } = {}) {
  const [words, fix] = WRONG[what]({ by, code });
  return { leg, harmless: by !== "", words, fix };
}

/**
 * In one sentence.
 * @param {Finding[]} found @param {Symptoms} symptoms @param {Line} microphone
 * @returns {{status: "ok"|"notice"|"failed", words: string}}
 */
export function conclude(found, symptoms, { status, words }) {
  const [worst] = found;
  if (worst) {
    // The line of the site stands under its name, which this sentence lacks.
    const said = worst.leg === "server" ? worst.words.replace(/^It /, "This site ") : worst.words;
    return { status: worst.harmless ? "notice" : "failed", words: said };
  }
  if (status === "failed" || status === "notice") return { status, words };
  if (mayTest(symptoms)) return { status: "ok", words: "All is well: you will hear and be heard." };
  const then = "Open your sea or accept an invitation, then the relay can be tested, too.";
  return { status: "notice", words: `So far, so good. ${then}` };
}

/**
 * Plain text for whoever runs the server: no credentials, no addresses.
 * @param {{lines: Line[], found: Finding[], conclusion: {words: string}, agent: string, at: string}} check
 */
export function report({ lines, found, conclusion, agent, at }) {
  const width = Math.max(...lines.map(({ status }) => status.length)) + 2;
  return [
    `Connection check, ${at}`, agent, "", conclusion.words, "",
    ...lines.map(({ leg, status, words }) => `${status.padEnd(width)}${leg}: ${words}`),
    ...found.filter(({ fix }) => fix).flatMap(({ leg, fix }) => ["", `-> ${leg}: ${fix}`]),
    "",
  ].join("\n");
}
