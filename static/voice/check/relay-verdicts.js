// @ts-check
// What is wrong with a relay, by what this browser and this site saw of it: the leg at fault, and no other; pure.

import { TLS, WRONG } from "./check-words.js";
import { current, failsThere, met, noTurnByTcp, ofNow, tlsCause, unseen } from "./site-word.js";

/** @typedef {import("./relay-probe.js").Loop} Loop */
/** @typedef {import("./check-verdicts.js").Symptoms} Symptoms */
/** @typedef {import("./check-verdicts.js").Finding} Finding */
/** @typedef {import("./site-word.js").Unseen} Unseen */
/** @typedef {import("./check-words.js").About} About */

/** Those answers by which a relay that works says no for now. */
const LIMITS = [403, 437, 440, 486, 508];
const FAMILY = 440;
const QUOTA = 486;
const PORTS = 508;
const NO_CONNECTION = 701;
/** Where it is that a browser can't see. @satisfies {Record<Unseen, Finding["step"]>} */
const UNSEEN_STEPS = /** @type {const} */ ({
  clock: "clock", realm: "realm", hostName: "name", denyList: "deny-list", grantList: "deny-list", tcpRelay: "tcp-relay",
  openRelay: "open-relay", endless: "expired-credential", halfIpv6: "relay-ipv6", homeIpv6: "relay-ipv6", otherFile: "relay-address", otherHost: "turn",
  badCertificate: "turn-tls", mixedFamilies: "relay-family", partialRange: "relay-range", shutRange: "relay-range",
  sendsNothing: "one-sided", userQuota: "relay-limit", mapped: "stun",
});
/** What can't be told, or follows, where things get lost on their way through the relay. @type {Unseen[]} */
const OF_LOSS = ["grantList", "otherFile", "mixedFamilies", "partialRange", "shutRange", "sendsNothing"];

/** @param {Loop|null} loop */
export const works = (loop) => loop !== null && loop.rtt !== null;

/** Whether the relay answered at all, be it with a no. @param {Loop|null} loop */
export const answers = (loop) => loop !== null && (loop.allocated || loop.codes.some((code) => code !== NO_CONNECTION));

/** Whether STUN was answered, with a no. @param {Symptoms["stun"]} stun */
export const refuses = (stun) => stun !== null && !stun.seen && stun.codes.some((code) => code !== NO_CONNECTION);

/** @param {Symptoms} symptoms @returns {Finding[]} */
export function relayTrouble(symptoms) {
  const { udp, tcp, tls } = symptoms;
  const loops = [udp, tcp, tls].flatMap((loop) => loop ?? []);
  if (!loops.length) return [wrong("turn", "noTurn")];
  const codes = loops.flatMap((loop) => (loop.allocated ? [] : loop.codes));
  const site = current(symptoms.site);
  const hidden = unseen(site);
  const seen = { ...symptoms, site };
  if (codes.includes(401)) return [credentialTrouble(seen, hidden)];
  const code = LIMITS.find((limit) => codes.includes(limit));
  if (code) return [limitTrouble(seen, code)];
  if (!loops.some(({ allocated }) => allocated)) return [reachTrouble(seen, hidden)];
  const lost = lossTrouble(seen, loops, hidden);
  const found = [...lost, ...wayTrouble(seen), ...stunTrouble(seen)];
  return [...found, ...unseenTrouble(seen, found, hidden, lost.length > 0)];
}

/** @param {Symptoms} symptoms @param {Unseen[]} hidden @returns {Finding} */
function credentialTrouble({ site, fixed }, hidden) {
  if (hidden.includes("clock")) return wrong("clock", "clock");
  if (fixed) return wrong("credential", "fixedUser");
  return wrong("credential", site?.failed.some(({ check }) => check === "secret") ? "secret" : "credential");
}

/** @param {Symptoms} symptoms @param {number} code @returns {Finding} */
function limitTrouble({ site, fixed }, code) {
  if (code === FAMILY) return wrong("relay-family", "family");
  if (code === PORTS) return wrong("relay-limit", "portsTaken");
  if (code !== QUOTA) return wrong("relay-limit", "limit", { code });
  if (fixed) return wrong("relay-limit", "fixedQuota");
  // The site asks in another name than this person's: what is refused to both is refused to all.
  const now = ofNow(site);
  if (met(now, QUOTA)) return wrong("relay-limit", "quotaOfAll");
  return now ? wrong("relay-limit", "ownQuota") : wrong("relay-limit", "limit", { code });
}

/** No way leads to an address. @param {Symptoms} symptoms @param {Unseen[]} hidden @returns {Finding} */
function reachTrouble({ site }, hidden) {
  // A browser takes no address from a relay that asks for no credentials.
  if (hidden.includes("openRelay")) return wrong("open-relay", "openRelay");
  if (hidden.includes("hostName")) return wrong("name", "hostName");
  return wrong("turn", "noRelay", { there: failsThere(site, ["udp", "tcp", "tls"]) });
}

/**
 * Addresses are given, and what goes to them is lost.
 * @param {Symptoms} symptoms @param {Loop[]} loops @param {Unseen[]} hidden
 * @returns {Finding[]}
 */
function lossTrouble({ lan, oneSided, site }, loops, hidden) {
  const lost = loops.some((loop) => loop.allocated && !works(loop));
  const shut = oneSided !== null && oneSided.allocated && !works(oneSided);
  // Which port one gets is chance, so one that is open tells nothing.
  if (!lost && hidden.includes("partialRange")) return [wrong("relay-range", "partialRange")];
  if (!lost && !shut) return [];
  if (hidden.includes("grantList")) return [wrong("deny-list", "grantList")];
  const failed = (/** @type {string} */ check) => site?.failed.some((each) => each.check === check) ?? false;
  const special = loops.some((loop) => loop.special);
  // The site knows which address is meant to be given.
  const meant = lan || (special && failed("two-relays") && !failed("relay-address"));
  if (!meant && special) {
    const byIpv4 = site?.failed.some(({ check, ip }) => check === "relay-address" && ip === 4) ?? false;
    return [hidden.includes("homeIpv6") && !byIpv4 ? wrong("relay-ipv6", "homeIpv6") : wrong("external-ip", "externalIp")];
  }
  if (lost) return [wrong("relay-loop", meant ? "relayLoopLan" : "relayLoop")];
  return [hidden.includes("sendsNothing") ? wrong("one-sided", "sendsNothing") : wrong("relay-range", "relayRange")];
}

/** One way works, another does not: one talks all the same. @param {Symptoms} symptoms @returns {Finding[]} */
function wayTrouble({ udp, tcp, tls, site }) {
  const by = works(udp) ? "UDP" : works(tcp) ? "TCP" : works(tls) ? "TLS" : "";
  if (!by) return [];
  /** @type {Finding[]} */
  const found = [];
  const there = (/** @type {string} */ leg) => ({ by, there: failsThere(site, [leg]) });
  if (udp && !udp.allocated) found.push(wrong("turn-udp", "noUdp", there("udp")));
  if (tcp && !tcp.allocated) found.push(wrong("turn-tcp", noTurnByTcp(site) ? "otherTcp" : "noTcp", there("tcp")));
  if (tls && !tls.allocated) found.push(tlsTrouble(tls, { ...there("tls"), cause: tlsCause(site) }));
  return found;
}

/** @param {Loop} loop @param {Partial<About>} about @returns {Finding} */
function tlsTrouble({ refused }, about) {
  // A browser is told nothing of why, and when it gives up may be chance.
  if (TLS[about.cause ?? ""]) return wrong("turn-tls", "tls", about);
  return wrong("turn-tls", refused ? "certificate" : "noTls", about);
}

/** @param {Symptoms} symptoms @returns {Finding[]} */
function stunTrouble({ stun }) {
  const code = stun?.codes.find((each) => each !== NO_CONNECTION);
  return refuses(stun) && code ? [wrong("stun", "stunRefused", { by: "all", code })] : [];
}

/**
 * One talks all the same; where that is the trouble, it was said before.
 * @param {Symptoms} symptoms @param {Finding[]} found @param {Unseen[]} hidden @param {boolean} lost
 * @returns {Finding[]}
 */
function unseenTrouble({ tls, oneSided, site }, found, hidden, lost) {
  const counts = (/** @type {Unseen} */ what) => {
    if (found.some(({ step }) => step === UNSEEN_STEPS[what])) return false;
    if (lost && OF_LOSS.includes(what)) return false;
    // Where the settings name another address than the host's name, they do so for what is given out, too.
    // Nor where it is the IPv6 half that is wrong: what is to be done about that is to be done about the file.
    if (what === "otherFile") return !hidden.includes("hostName") && !hidden.includes("halfIpv6");
    if (what === "badCertificate") return tls !== null;
    // What it may be, found here to be in order: it is the site's own network.
    if (what === "shutRange" || what === "sendsNothing") return oneSided === null;
    return what !== "halfIpv6" || !(found.length || hidden.includes("homeIpv6"));
  };
  const about = { by: "all", cause: tlsCause(site) };
  return hidden.filter(counts).map((what) => wrong(UNSEEN_STEPS[what], what, about));
}

/**
 * @param {Finding["step"]} step @param {keyof typeof WRONG} what @param {Partial<About>} [about]
 * @returns {Finding}
 */
export function wrong(step, what, { by = "", code = 0, there = null, cause = "" } = {}) {
  /** @type {[string, string, string?]} */
  const [words, fix, alone = words] = WRONG[what]({ by, code, there, cause });
  return { step, harmless: by !== "", words, alone, fix };
}
