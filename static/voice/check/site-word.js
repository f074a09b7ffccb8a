// @ts-check
// What this site saw when it examined its relay itself: that of it which no browser can see; pure.

import { number, record, text } from "../signaling/reading.js";

/** @typedef {{check: string, leg: string, ip: number, code: number}} SiteFinding one of the doctor's that failed */
/** @typedef {{age: number|null, failed: SiteFinding[]}} SiteWord age: seconds since; null: not examined, or in vain */
/** @typedef {"clock"|"realm"|"hostName"|"denyList"|"grantList"|"tcpRelay"|"openRelay"|"endless"|"halfIpv6"} Unseen */

/** @type {Record<string, Unseen>} */
const BY_CHECK = {
  clock: "clock", realm: "realm", name: "hostName", "public-ip": "hostName",
  "denied-ipv4": "denyList", "denied-ipv6": "denyList", "granted-ipv4": "grantList", "granted-ipv6": "grantList",
  "tcp-relay": "tcpRelay", "wrong-credential": "openRelay", "expired-credential": "endless", "relay-ipv6": "halfIpv6",
};

/** @param {unknown} raw @returns {SiteWord|null} */
export function readSiteWord(raw) {
  const word = record(raw);
  if (!word || !Array.isArray(word.failed)) return null;
  const failed = word.failed.flatMap((each) => {
    const { check, leg, ip, code } = record(each) ?? {};
    const name = text(check);
    return name ? [{ check: name, leg: text(leg) ?? "", ip: number(ip) ?? 0, code: number(code) ?? 0 }] : [];
  });
  return { age: number(word.age) ?? null, failed };
}

/** What a browser can't see, each once. @param {SiteWord|null} word @returns {Unseen[]} */
export function unseen(word) {
  const failed = word?.failed ?? [];
  const found = failed.flatMap(({ check, leg, ip }) => {
    // By IPv6 alone: most browsers have none, and so don't see it.
    const alone = ip === 6 && !failed.some((other) => other.check === check && other.leg === leg && other.ip === 4);
    return BY_CHECK[check] ?? (alone ? "halfIpv6" : []);
  });
  return [...new Set(found)];
}

/** @param {SiteWord|null} word @param {number} code STUN's */
export const met = (word, code) => word?.failed.some((each) => each.code === code) ?? false;
