// @ts-check
// What this site saw when it examined its relay itself: that of it which no browser can see; pure.

import { flag, number, record, text } from "../signaling/reading.js";

/**
 * @typedef {object} SiteFinding one of the doctor's that failed
 * @property {string} check
 * @property {string} leg
 * @property {number} ip
 * @property {number} code
 * @property {string} cause  what lies behind it, where a browser can't tell
 * @property {number} host
 */
/**
 * @typedef {object} SiteWord
 * @property {number|null} age  seconds since it last learned something; null: it never did
 * @property {boolean} running  it looks just now
 * @property {boolean} missed   the last look was in vain
 * @property {boolean} others   the relay is somebody else's, who has other files than ours
 * @property {SiteFinding[]} failed
 */
/**
 * @typedef {"clock"|"realm"|"hostName"|"denyList"|"grantList"|"tcpRelay"|"openRelay"|"endless"|"halfIpv6"|"otherFile"
 *   |"homeIpv6"|"otherHost"|"badCertificate"|"mixedFamilies"|"partialRange"|"shutRange"|"sendsNothing"|"userQuota"|"mapped"} Unseen
 */

/** It looks every quarter of an hour, for two minutes at most: what is older is no news. */
const OLD = 17 * 60;
/** A quota is used up from one moment to the next, so of one only what is younger tells something. */
const OF_NOW = 60;
/** @type {Record<string, Unseen>} */
const BY_CHECK = {
  clock: "clock", realm: "realm", name: "hostName", "public-ip": "hostName",
  "denied-ipv4": "denyList", "denied-ipv6": "denyList", "granted-ipv4": "grantList", "granted-ipv6": "grantList",
  "tcp-relay": "tcpRelay", "wrong-credential": "openRelay", "expired-credential": "endless", "relay-ipv6": "halfIpv6",
  "user-quota": "userQuota",
};
/** By which it is told whether a host can be used at all. */
const REACH = ["name", "stun", "certificate", "credential", "secret"];

/** @param {unknown} raw @returns {SiteWord|null} */
export function readSiteWord(raw) {
  const word = record(raw);
  if (!word || !Array.isArray(word.failed)) return null;
  const failed = word.failed.flatMap((each) => {
    const { check, leg, ip, code, cause, host } = record(each) ?? {};
    const name = text(check);
    if (!name) return [];
    return [{
      check: name, leg: text(leg) ?? "", ip: number(ip) ?? 0, code: number(code) ?? 0, cause: text(cause) ?? "",
      host: number(host) ?? 0,
    }];
  });
  const said = (/** @type {unknown} */ each) => flag(each) ?? false;
  return { age: number(word.age) ?? null, running: said(word.running), missed: said(word.missed), others: said(word.others), failed };
}

/** @param {SiteWord|null} word */
export const old = (word) => word !== null && word.age !== null && word.age > OLD;

/** What counts now: nothing of one that is old, or was never said. @param {SiteWord|null} word */
export const current = (word) => (word === null || word.age === null || old(word) ? null : word);

/** What counts of what changes by the minute. @param {SiteWord|null} word */
export const ofNow = (word) => (word === null || word.age === null || word.age > OF_NOW ? null : word);

/** What a browser can't see, each once. @param {SiteWord|null} word @returns {Unseen[]} */
export function unseen(word) {
  const failed = word?.failed ?? [];
  const wrong = (/** @type {string} */ check) => failed.some((each) => each.check === check && each.ip !== 6);
  return [...new Set(failed.flatMap(({ check, leg, ip, cause, host }) => {
    if (host && REACH.includes(check)) return "otherHost";
    if (check === "stun" && cause === "mapped") return "mapped";
    if (check === "relay-address" && ip === 6 && cause === "private") return "homeIpv6";
    // By IPv6 alone: most browsers have none, and so don't see it.
    const alone = ip === 6 && !failed.some((other) => other.check === check && other.leg === leg && other.ip === 4);
    if (alone && !BY_CHECK[check]) return "halfIpv6";
    // Where it reaches nothing by its public address, as behind a router that doesn't lead back, TLS tells no more.
    if (check === "certificate") return wrong("stun") ? [] : "badCertificate";
    if (check === "relay-address") return "otherFile";
    // Between two by one IP version all arrives, or that would be named with it.
    if (check === "two-relays") return ip === 0 && !failed.some((other) => other.check === check && other.ip) ? "mixedFamilies" : [];
    if (check === "one-relay") return wrong("relay-range") ? "shutRange" : "sendsNothing";
    if (check === "relay-range") return wrong("one-relay") ? "shutRange" : "partialRange";
    return BY_CHECK[check] ?? [];
  }))];
}

/** Why TLS fails there, in the doctor's word for it; "" where that isn't known. @param {SiteWord|null} word */
export function tlsCause(word) {
  const failed = word?.failed.filter(({ host }) => !host) ?? [];
  // Where TCP leads nowhere from there, neither does TLS, or to another than the relay.
  if (failed.some(({ check, leg, ip }) => check === "stun" && leg === "tcp" && ip !== 6)) return "";
  const shaken = failed.filter(({ check, leg, cause }) => check === "certificate" || (check === "stun" && leg === "tls" && cause));
  return (shaken.find(({ ip }) => ip !== 6) ?? shaken[0])?.cause ?? "";
}

/** Whether the port for TCP opens there, and nothing on it is TURN. @param {SiteWord|null} word */
export const noTurnByTcp = (word) =>
  word?.failed.some(({ check, leg, cause, host }) => check === "stun" && leg === "tcp" && cause === "no-turn" && !host) ?? false;

/** @param {SiteWord|null} word @param {number} code STUN's */
export const met = (word, code) => word?.failed.some((each) => each.code === code) ?? false;

/**
 * Whether a leg fails there too; null: that isn't known, or by IPv6 alone, which most browsers lack.
 * @param {SiteWord|null} word @param {string[]} legs
 */
export function failsThere(word, legs) {
  if (!word) return null;
  const failed = word.failed.filter(({ check, leg }) => REACH.includes(check) && legs.includes(leg));
  if (failed.some(({ ip }) => ip !== 6)) return true;
  return failed.length ? null : false;
}
