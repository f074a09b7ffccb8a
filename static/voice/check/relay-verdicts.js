// @ts-check
// What is wrong with a relay, by what this browser and this site saw of it: the leg at fault, and no other; pure.

import { THEIRS, TLS, WRONG } from "./check-words.js";
import { current, failsThere, met, noTurnByTcp, ofNow, tlsCause, unseen } from "./site-word.js";

/** @typedef {import("./relay-probe.js").Loop} Loop */
/** @typedef {import("./check-verdicts.js").Symptoms} Symptoms */
/** @typedef {import("./check-verdicts.js").Finding} Finding */
/** @typedef {import("./site-word.js").Unseen} Unseen */
/** @typedef {import("./check-words.js").About} About */

/** @typedef {Finding & {theirs: string}} Found with what to do where the relay is somebody else's; "": the same */

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
  const others = symptoms.fixed || (symptoms.site?.others ?? false);
  return allTrouble(symptoms).map(({ theirs, ...finding }) => (others && theirs ? { ...finding, fix: theirs } : finding));
}

/** @param {Symptoms} symptoms @returns {Found[]} */
function allTrouble(symptoms) {
  const { udp, tcp, tls } = symptoms;
  const loops = [udp, tcp, tls].flatMap((loop) => loop ?? []);
  if (!loops.length) return [found("turn", "noTurn")];
  const codes = loops.flatMap((loop) => (loop.allocated ? [] : loop.codes));
  const site = current(symptoms.site);
  const hidden = unseen(site);
  const seen = { ...symptoms, site };
  if (codes.includes(401)) return [credentialTrouble(seen, hidden)];
  const code = LIMITS.find((limit) => codes.includes(limit));
  if (code) return [limitTrouble(seen, code)];
  if (!loops.some(({ allocated }) => allocated)) return [reachTrouble(seen, hidden)];
  const lost = lossTrouble(seen, loops, hidden);
  const before = [...lost, ...wayTrouble(seen), ...stunTrouble(seen)];
  return [...before, ...unseenTrouble(seen, before, hidden, lost.length > 0)];
}

/** @param {Symptoms} symptoms @param {Unseen[]} hidden @returns {Found} */
function credentialTrouble({ site, fixed }, hidden) {
  if (hidden.includes("clock")) return found("clock", "clock");
  if (fixed) return found("credential", "fixedUser");
  return found("credential", site?.failed.some(({ check }) => check === "secret") ? "secret" : "credential");
}

/** @param {Symptoms} symptoms @param {number} code @returns {Found} */
function limitTrouble({ site, fixed }, code) {
  if (code === FAMILY) return found("relay-family", "family");
  if (code === PORTS) return found("relay-limit", "portsTaken");
  if (code !== QUOTA) return found("relay-limit", "limit", { code });
  if (fixed) return found("relay-limit", "fixedQuota");
  // The site asks in another name than this person's: what is refused to both is refused to all.
  const now = ofNow(site);
  if (met(now, QUOTA)) return found("relay-limit", "quotaOfAll");
  return now ? found("relay-limit", "ownQuota") : found("relay-limit", "limit", { code });
}

/** No way leads to an address. @param {Symptoms} symptoms @param {Unseen[]} hidden @returns {Found} */
function reachTrouble({ site }, hidden) {
  // A browser takes no address from a relay that asks for no credentials.
  if (hidden.includes("openRelay")) return found("open-relay", "openRelay");
  if (hidden.includes("hostName")) return found("name", "hostName");
  return found("turn", "noRelay", { there: failsThere(site, ["udp", "tcp", "tls"]) });
}

/**
 * Addresses are given, and what goes to them is lost.
 * @param {Symptoms} symptoms @param {Loop[]} loops @param {Unseen[]} hidden
 * @returns {Found[]}
 */
function lossTrouble({ lan, oneSided, site }, loops, hidden) {
  const lost = loops.some((loop) => loop.allocated && !works(loop));
  const shut = oneSided !== null && oneSided.allocated && !works(oneSided);
  // Which port one gets is chance, so one that is open tells nothing.
  if (!lost && hidden.includes("partialRange")) return [found("relay-range", "partialRange")];
  if (!lost && !shut) return [];
  if (hidden.includes("grantList")) return [found("deny-list", "grantList")];
  const failed = (/** @type {string} */ check) => site?.failed.some((each) => each.check === check) ?? false;
  const special = loops.some((loop) => loop.special);
  // The site knows which address is meant to be given.
  const meant = lan || (special && failed("two-relays") && !failed("relay-address"));
  if (!meant && special) {
    const byIpv4 = site?.failed.some(({ check, ip }) => check === "relay-address" && ip === 4) ?? false;
    return [hidden.includes("homeIpv6") && !byIpv4 ? found("relay-ipv6", "homeIpv6") : found("external-ip", "externalIp")];
  }
  const tried = site?.failed.filter(({ check }) => check === "two-relays") ?? [];
  // IPv6 has no NAT of which the relay had to be told.
  const loop = tried.length && tried.every(({ ip }) => ip === 6) ? "relayLoopIpv6" : "relayLoop";
  if (lost) return [found("relay-loop", meant ? "relayLoopLan" : loop)];
  return [hidden.includes("sendsNothing") ? found("one-sided", "sendsNothing") : found("relay-range", "relayRange")];
}

/** One way works, another does not: one talks all the same. @param {Symptoms} symptoms @returns {Found[]} */
function wayTrouble({ udp, tcp, tls, site }) {
  const by = works(udp) ? "UDP" : works(tcp) ? "TCP" : works(tls) ? "TLS" : "";
  if (!by) return [];
  /** @type {Found[]} */
  const ways = [];
  const there = (/** @type {string} */ leg) => ({ by, there: failsThere(site, [leg]) });
  if (udp && !udp.allocated) ways.push(found("turn-udp", "noUdp", there("udp")));
  if (tcp && !tcp.allocated) ways.push(found("turn-tcp", noTurnByTcp(site) ? "otherTcp" : "noTcp", there("tcp")));
  if (tls && !tls.allocated) ways.push(tlsTrouble(tls, { ...there("tls"), cause: tlsCause(site) }));
  return ways;
}

/** @param {Loop} loop @param {Partial<About>} about @returns {Found} */
function tlsTrouble({ refused }, about) {
  // A browser is told nothing of why, and when it gives up may be chance.
  if (TLS[about.cause ?? ""]) return found("turn-tls", "tls", about);
  return found("turn-tls", refused ? "certificate" : "noTls", about);
}

/** @param {Symptoms} symptoms @returns {Found[]} */
function stunTrouble({ stun }) {
  const code = stun?.codes.find((each) => each !== NO_CONNECTION);
  return refuses(stun) && code ? [found("stun", "stunRefused", { by: "all", code })] : [];
}

/**
 * One talks all the same; where that is the trouble, it was said before.
 * @param {Symptoms} symptoms @param {Found[]} before @param {Unseen[]} hidden @param {boolean} lost
 * @returns {Found[]}
 */
function unseenTrouble({ tls, oneSided, site }, before, hidden, lost) {
  const counts = (/** @type {Unseen} */ what) => {
    if (before.some(({ step }) => step === UNSEEN_STEPS[what])) return false;
    if (lost && OF_LOSS.includes(what)) return false;
    // Where the settings name another address than the host's name, they do so for what is given out, too.
    // Nor where it is the IPv6 half that is wrong: what is to be done about that is to be done about the file.
    if (what === "otherFile") return !hidden.includes("hostName") && !hidden.includes("halfIpv6");
    if (what === "badCertificate") return tls !== null;
    // What it may be, found here to be in order: it is the site's own network.
    if (what === "shutRange" || what === "sendsNothing") return oneSided === null;
    return what !== "halfIpv6" || !(before.length || hidden.includes("homeIpv6"));
  };
  const about = { by: "all", cause: tlsCause(site) };
  return hidden.filter(counts).map((what) => found(UNSEEN_STEPS[what], what, about));
}

/**
 * @param {Finding["step"]} step @param {keyof typeof WRONG} what @param {Partial<About>} [about]
 * @returns {Finding}
 */
export function wrong(step, what, about = {}) {
  const { theirs: _, ...finding } = found(step, what, about);
  return finding;
}

/**
 * @param {Finding["step"]} step @param {keyof typeof WRONG} what @param {Partial<About>} [about]
 * @returns {Found}
 */
function found(step, what, { by = "", code = 0, there = null, cause = "" } = {}) {
  const about = { by, code, there, cause };
  /** @type {[string, string, string?]} */
  const [words, fix, alone = words] = WRONG[what](about);
  return { step, harmless: by !== "", words, alone, fix, theirs: THEIRS[what]?.(about) ?? "" };
}
