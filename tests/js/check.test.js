// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  STEPS, conclude, find, loopLine, oneSidedLine, report, roundTripLine, serverLine, siteLine, stunLine, tlsLine,
} from "../../static/voice/check/check-verdicts.js";
import { translate } from "../../static/voice/check/check-words.js";
import { Check } from "../../static/voice/check/check.js";
import { readSiteWord } from "../../static/voice/check/site-word.js";
import { isSpecial, reflect } from "../../static/voice/check/relay-probe.js";
import { FakePlatform, settle } from "./fake-platform.js";

/** @typedef {import("../../static/voice/check/check-verdicts.js").Symptoms} Symptoms */
/** @typedef {import("../../static/voice/check/relay-probe.js").Loop} Loop */

/** @param {Partial<Loop>} [change] @returns {Loop} */
const works = (change) => ({
  allocated: true, special: false, codes: [], refused: false, rtt: 40, ...change,
});
/** @param {number[]} codes */
const refused = (...codes) => works({ allocated: false, codes, refused: true, rtt: null });
const silent = works({ allocated: false, rtt: null });
const lost = works({ rtt: null });
/** @param {Partial<Symptoms>} [change] @returns {Symptoms} a healthy deployment but for the change */
const symptoms = (change) => ({
  status: 200, code: "", socket: true, fixed: false, lan: false, stun: { seen: true, codes: [] },
  udp: works(), tcp: works(), tls: works(), oneSided: works(), site: site(), ...change,
});
/** @param {...[check: string, leg?: string, ip?: number, code?: number, host?: number, cause?: string]} failed */
const site = (...failed) => ({
  age: 60, running: false, missed: false, others: false,
  failed: failed.map(([check, leg = "", ip = 0, code = 0, host = 0, cause = ""]) => ({ check, leg, ip, code, cause, host })),
});
/** @param {string} cause */
const shaken = (cause) => site(["certificate", "tls", 4, 0, 0, cause]);
const unknown = { ...site(), age: null };
const unseen = { stun: { seen: false, codes: [] }, oneSided: null };
const no = { stun: null, udp: null, tcp: null, tls: null, oneSided: null };
const heard = /** @type {const} */ ({ step: "microphone", status: "ok", words: "Your voice comes in." });

/** Symptom, what is named (harmless in brackets), a part of the person's words, a part of the fix.
 * @type {[string, Partial<Symptoms>, string[], RegExp, RegExp][]} */
const TABLE = [
  ["the server can't be reached", { ...no, status: 0, socket: null }, ["server"], /can't be reached/, /^$/],
  ["signed out", { ...no, status: 401, socket: null }, ["server"], /sign in/, /^$/],
  ["too many tries", { ...no, status: 429, socket: null }, ["server"], /in a minute/, /^$/],
  ["the server is broken", { ...no, status: 502, socket: null }, ["server"], /trouble of its own/, /its log/],
  ["a proxy that passes no WebSocket", { socket: false }, ["server"], /WebSocket/, /Upgrade/],
  ["no TURN secret", { ...no, status: 503, code: "no-turn-secret" }, ["turn"], /no relay/, /COTURN_SHARED_SECRET/],
  ["no TURN host", no, ["turn"], /no relay/, /COTURN_TURN_HOST/],
  ["wrong secret", { udp: refused(401), tcp: refused(401), tls: refused(401), oneSided: null }, ["credential"],
    /refuses this site's credentials/, /COTURN_SHARED_SECRET, or the clocks/],
  ["wrong secret where UDP is blocked", { ...unseen, udp: silent, tcp: refused(401), tls: refused(401) }, ["credential"], /refuses/, /401/],
  ["the quota", { udp: refused(486), tcp: refused(486), tls: refused(486), oneSided: null }, ["relay-limit"], /share of the relay/, /486/],
  ["no relay port left", { udp: refused(508), tcp: refused(508), tls: refused(508), oneSided: null }, ["relay-limit"], /no free address/, /508/],
  ["an allocation that isn't ours", { udp: refused(437) }, ["relay-limit"], /earlier connection/, /437/],
  ["forbidden", { udp: refused(403), tcp: refused(403), tls: null, oneSided: null }, ["relay-limit"], /forbids/, /403/],
  ["coturn is down", { ...unseen, udp: silent, tcp: refused(701), tls: refused(701), site: unknown }, ["turn"], /by any way/, /systemctl status coturn/],
  ["no answer to anything", { ...unseen, udp: silent, tcp: silent, tls: null, site: unknown }, ["turn"], /by any way/, /firewalls/],
  ["no answer to anything, nor to the site", { ...unseen, udp: silent, tcp: silent, tls: null, site: site(["stun", "udp", 4], ["stun", "tcp", 4]) },
    ["turn"], /by any way/, /to this site none either: is it running/],
  ["no answer to anything, but to the site", { ...unseen, udp: silent, tcp: silent, tls: null }, ["turn"], /by any way/, /when it last looked\. .*offer TLS on port 443/],
  ["a name that leads nowhere", { ...unseen, udp: refused(701), tcp: refused(701), tls: null, site: site(["name"]) }, ["name"], /leads nowhere/, /COTURN_TURN_HOST/],
  ["UDP is blocked, and the site knows nothing", { ...unseen, udp: silent, site: unknown }, ["(turn-udp)"], /UDP is blocked/, /If others don't see it.*COTURN_PORT\/udp/],
  ["UDP is shut for all", { ...unseen, udp: silent, site: site(["stun", "udp", 4]) }, ["(turn-udp)"], /does not answer by UDP/, /got none either: open COTURN_PORT\/udp/],
  ["UDP is blocked, and at the site by IPv6 alone", { ...unseen, udp: silent, site: site(["stun", "udp", 6]) }, ["(turn-udp)"], /UDP is blocked/, /If others don't see it/],
  ["UDP is blocked", { ...unseen, udp: silent }, ["(turn-udp)"], /UDP is blocked .* through TCP/, /may be this person's network.*COTURN_PORT\/udp/],
  ["UDP is blocked, and the browser says so", { ...unseen, udp: { ...silent, codes: [701] } }, ["(turn-udp)"], /through TCP/, /COTURN_PORT\/udp/],
  ["only TLS gets out", { ...unseen, udp: silent, tcp: silent }, ["(turn-udp)", "(turn-tcp)"], /through TLS/, /COTURN_PORT\/udp/],
  ["TCP is shut", { tcp: refused(701) }, ["(turn-tcp)"], /not answer by TCP; voice will go through UDP/, /COTURN_PORT\/tcp/],
  ["the certificate is refused", { tls: refused(701) }, ["(turn-tls)"], /certificate/, /expired, self-signed/],
  ["the certificate is refused, without a code (Firefox)", { tls: refused() }, ["(turn-tls)"], /certificate/, /expired, self-signed/],
  ["a web server on the TLS port", { tls: refused(701), site: site(["stun", "tls", 4, 0, 0, "no-turn"]) }, ["(turn-tls)"], /speaks no TURN/, /ss -lntp/],
  ["another program on the TCP port", { tcp: silent, site: site(["stun", "tcp", 4, 0, 0, "no-turn"]) }, ["(turn-tcp)"], /not answer by TCP/, /nothing there answers TURN/],
  ["a TLS port that serves other names", { tls: refused(701), site: shaken("no-name") }, ["(turn-tls)"], /for other names/, /by SNI/],
  ["TLS that browsers gave up", { tls: refused(701), site: shaken("old-tls") }, ["(turn-tls)"], /older than browsers take/, /no-tlsv1_2/],
  ["the TLS port is shut", { tls: silent }, ["(turn-tls)"], /not answer by TLS/, /COTURN_TLS_PORT\/tcp/],
  ["the relay range is closed", { oneSided: lost }, ["relay-range"], /ports are shut/, /COTURN_MIN_PORT/],
  ["what the relay sends does not get out", { oneSided: lost, site: site(["one-relay", "", 4]) }, ["one-sided"], /does not get out/, /stops what coturn sends/],
  ["half of the range is closed, and one's port is", { oneSided: lost, site: site(["relay-range", "", 4]) }, ["relay-range"], /some of the relay's ports/, /open all of/],
  ["half of the range is closed, and one's port isn't", { site: site(["relay-range", "", 4]) }, ["relay-range"], /some of the relay's ports/, /open all of/],
  ["the range is closed, and one's UDP is blocked", { ...unseen, udp: silent, site: site(["one-relay", "", 4], ["relay-range", "", 4]) },
    ["(turn-udp)", "(relay-range)"], /UDP is blocked/, /COTURN_PORT/],
  ["external-ip is missing", { udp: works({ special: true }), oneSided: works({ special: true, rtt: null }) }, ["external-ip"],
    /nobody outside can reach/, /COTURN_PRIVATE_IP/],
  ["external-ip is missing, and the private address denied",
    { udp: works({ special: true, rtt: null }), tcp: lost, tls: null, oneSided: works({ special: true, rtt: null }) }, ["external-ip"],
    /nobody outside can reach/, /COTURN_PUBLIC_IP/],
  ["external-ip is missing, and the site sees it too", { udp: works({ special: true }), oneSided: lost, site: site(["relay-address", "", 4]) },
    ["external-ip"], /nobody outside can reach/, /COTURN_PRIVATE_IP/],
  ["another relay range", { site: site(["relay-address", "", 4]) }, ["(relay-address)"], /You can talk/, /another configuration/],
  ["a LAN's relay that may not send to itself", { lan: true, udp: lost, tcp: lost, tls: null, oneSided: null, site: site(["two-relays", "", 4]) },
    ["relay-loop"], /both need it/, /allowed-peer-ip/],
  ["two who dial by two IP versions", { site: site(["two-relays"]) }, ["(relay-family)"], /You can talk/, /must not be keep/],
  ["an IPv6 relay that may not send to itself", { udp: lost, tcp: lost, tls: lost, site: site(["two-relays", "", 6]) }, ["relay-loop"], /both need it/, /no denied-peer-ip/],
  ["external-ip without its private half", { udp: lost, tcp: lost, tls: lost }, ["relay-loop"], /both need it/, /PUBLIC\/PRIVATE/],
  ["an IPv6 relay alone that gives IPv4", { udp: refused(440), tcp: refused(440), tls: null, oneSided: null }, ["relay-family"],
    /kind that browsers ask for/, /allocation-default-address-family/],
  ["the quota of all", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: site(["credential", "udp", 4, 486]) },
    ["relay-limit"], /nobody/, /total-quota/],
  ["the quota of a user that all are", { fixed: true, udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: site(["credential", "udp", 4, 486]) },
    ["relay-limit"], /nobody/, /user-quota\) must be for all/],
  ["a quota of which the site knows nothing", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: unknown }, ["relay-limit"], /share/, /486/],
  ["a quota that was free when the site looked, minutes ago", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: { ...site(), age: 61 } },
    ["relay-limit"], /your share of the relay is used up, or all of it/, /coturn answers 486: see its log/],
  ["a quota that was used up when the site looked, minutes ago",
    { udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: { ...site(["credential", "udp", 4, 486]), age: 61 } },
    ["relay-limit"], /gives no address/, /coturn answers 486: see its log/],
  ["another secret, and the site knows it", { udp: refused(401), tcp: refused(401), tls: null, oneSided: null, site: site(["credential", "udp", 4, 401], ["secret"]) },
    ["credential"], /refuses/, /knows another secret/],
  ["a fixed user's password", { fixed: true, udp: refused(401), tcp: refused(401), tls: null, oneSided: null }, ["credential"], /refuses/, /COTURN_PASSWORD/],
  ["the quota of one", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null }, ["relay-limit"], /Your share/, /user-quota/],
  ["the clock", { udp: refused(401), tcp: refused(401), tls: null, oneSided: null, site: site(["credential", "udp", 4, 401], ["clock"]) },
    ["clock"], /clock is wrong/, /NTP/],
  ["the clock, and one talks all the same", { site: site(["clock"]) }, ["(clock)"], /You can talk/, /NTP/],
  ["another realm", { site: site(["realm"]) }, ["(realm)"], /You can talk/, /COTURN_REALM/],
  ["no deny list", { site: site(["denied-ipv4"], ["denied-ipv6"]) }, ["(deny-list)"], /something to mend/, /kernel guard/],
  ["a deny list that denies everyone", { udp: lost, tcp: lost, tls: null, oneSided: lost, site: site(["two-relays"], ["granted-ipv4"]) }, ["deny-list"],
    /sends to nobody/, /shuts everybody out/],
  ["a deny list that denies everyone, as the site tells it", { udp: lost, tcp: lost, tls: null, oneSided: lost, site: site(["granted-ipv4"]) },
    ["deny-list"], /sends to nobody/, /shuts everybody out/],
  ["a user's quota that a call exceeds", { site: site(["user-quota"]) }, ["(relay-limit)"], /You can talk/, /user-quota/],
  ["a user's quota that the check exceeds", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: site(["user-quota"]) },
    ["relay-limit"], /Your share/, /user-quota/],
  ["IPv4 taken for IPv6", { site: site(["stun", "udp", 4, 0, 0, "mapped"], ["stun", "tcp", 4, 0, 0, "mapped"]) }, ["(stun)"], /You can talk/, /listening-ip/],
  ["TCP relays", { site: site(["tcp-relay"]) }, ["(tcp-relay)"], /You can talk/, /no-tcp-relay/],
  ["no-auth, which no browser takes", { udp: silent, tcp: silent, tls: null, oneSided: null, site: site(["wrong-credential"]) },
    ["open-relay"], /asks nobody/, /no-auth/],
  ["no-auth, and a browser that takes it", { site: site(["wrong-credential"]) }, ["(open-relay)"], /You can talk/, /no-auth/],
  ["credentials that never end", { site: site(["expired-credential"]) }, ["(expired-credential)"], /You can talk/, /use-auth-secret/],
  ["an AAAA record without a relay", { site: site(["stun", "udp", 6], ["stun", "tcp", 6]) }, ["(relay-ipv6)"], /You can talk/, /AAAA/],
  ["the IPv6 relay range closed", { site: site(["one-relay", "", 6], ["relay-range", "", 6]) }, ["(relay-ipv6)"], /You can talk/, /COTURN_PUBLIC_IP6/],
  ["IPv6 that is set, and not relayed", { site: site(["relay-address"], ["relay-ipv6"]) }, ["(relay-ipv6)"], /You can talk/, /COTURN_PUBLIC_IP6/],
  ["an IPv6 address of the home network's", { site: site(["relay-address", "", 6, 0, 0, "private"], ["relay-ipv6", "", 6]) }, ["(relay-ipv6)"],
    /You can talk/, /set COTURN_PUBLIC_IP6 to an address of the host's/],
  ["an IPv6 address of the home network's, by which nothing comes through",
    { udp: works({ special: true }), oneSided: works({ special: true, rtt: null }), site: site(["relay-address", "", 6, 0, 0, "private"]) }, ["relay-ipv6"],
    /nobody outside can reach/, /set COTURN_PUBLIC_IP6 to an address of the host's/],
  ["addresses of the home network's by both",
    { udp: works({ special: true }), oneSided: lost, site: site(["relay-address", "", 4, 0, 0, "private"], ["relay-address", "", 6, 0, 0, "private"]) },
    ["external-ip", "(relay-ipv6)"], /nobody outside can reach/, /COTURN_PRIVATE_IP/],
  ["a name that leads elsewhere", { site: site(["name"]) }, ["(name)"], /You can talk/, /COTURN_TURN_HOST/],
  ["a name that leads elsewhere, and so does what the relay gives", { site: site(["name"], ["relay-address", "", 4]) }, ["(name)"], /You can talk/, /COTURN_PUBLIC_IP/],
  ["STUN for those with credentials", { stun: { seen: false, codes: [401] }, oneSided: null, site: site(["stun", "udp", 4, 401], ["stun", "tcp", 4, 401]) },
    ["(stun)"], /You can talk/, /with 401.*secure-stun/],
  ["one of two hosts", { site: site(["stun", "udp", 4, 0, 2], ["stun", "tcp", 4, 0, 2]) }, ["(turn)"], /You can talk/, /COTURN_TURN_HOST/],
  ["a certificate that ends soon", { site: site(["certificate", "tls", 4]) }, ["(turn-tls)"], /You can talk/, /two weeks/],
  ["a certificate that both refuse", { tls: refused(701), site: site(["certificate", "tls", 4]) }, ["(turn-tls)"], /certificate/, /expired/],
  ["a certificate that ends soon, which the site knows", { site: shaken("ending") }, ["(turn-tls)"], /You can talk/, /two weeks, so its renewal/],
  ["plain TURN on the TLS port, where the browser is hung up on", { tls: refused(701), site: shaken("no-tls") }, ["(turn-tls)"],
    /speaks no TLS\. You can talk/, /COTURN_PUBLIC_TLS_PORT/],
  ["plain TURN on the TLS port, where the browser gives up", { tls: silent, site: shaken("no-tls") }, ["(turn-tls)"],
    /speaks no TLS\. You can talk/, /COTURN_PUBLIC_TLS_PORT/],
  ["a key that coturn can't read", { tls: refused(701), site: shaken("refused") }, ["(turn-tls)"], /nothing listens/, /can't read the key/],
  ["two things at once", { oneSided: lost, tls: refused(701) }, ["relay-range", "(turn-tls)"], /ports are shut/, /COTURN_MAX_PORT/],
];

test("a site that its own router doesn't lead back to the relay accuses no certificate", () => {
  const there = site(["stun", "udp", 4], ["stun", "tcp", 4], ["certificate", "tls", 4]);
  assert.deepEqual(find(symptoms({ site: there })), []);
});

for (const [name, change, legs, words, fix] of TABLE) {
  test(`${name}: ${legs.join(", ")}`, () => {
    const found = find(symptoms(change));
    assert.deepEqual(found.map(({ step, harmless }) => (harmless ? `(${step})` : step)), legs);
    assert.match(found[0].words, words);
    assert.match(found[0].fix, fix);
    const conclusion = conclude(found, symptoms(change), heard);
    assert.equal(conclusion.status, found[0].harmless ? "notice" : "failed");
    assert.match(conclusion.words, words);
  });
}

/** What is to be done on the relay's own host, by whoever has its files. */
const AT_THE_RELAY = /coturn-conf|restart coturn|systemctl|journalctl|ss -lntp|conf\/|host and provider|certbot|no-t|COTURN_(TLS|MIN|PUBLIC_IP|PRIVATE)/;

for (const [name, change] of TABLE) {
  const ours = symptoms(change);
  if (!(ours.udp || ours.tcp || ours.tls) || !ours.site || name === "one of two hosts") continue;
  test(`${name}, of a relay of somebody else's: whoever runs that is to be told`, () => {
    const theirs = find({ ...ours, site: ours.site && { ...ours.site, others: true } });
    const known = find(ours);
    assert.deepEqual(theirs.map(({ step, words }) => [step, words]), known.map(({ step, words }) => [step, words]));
    for (const { step, fix } of theirs) {
      if (step === "server") continue;
      assert.doesNotMatch(fix, AT_THE_RELAY);
      assert.match(fix, /whoever runs/);
    }
  });
}

test("a relay of somebody else's is known by its fixed user, before this site examined it", () => {
  const [{ fix }] = find(symptoms({ fixed: true, tls: silent, site: unknown }));
  assert.match(fix, /^If others don't see it, .* tell whoever runs that relay that it does not answer by TLS\.$/);
});

/** @type {[string, Partial<Symptoms>][]} */
const WELL = [
  ["a healthy deployment", {}],
  ["one without TLS", { tls: null }],
  ["one on a LAN, whose relay address is private", { lan: true, udp: works({ special: true }), oneSided: null }],
  ["one that the site itself has not examined yet", { site: unknown }],
  ["one in which something was wrong long ago", { site: { ...site(["realm"]), age: 3600 } }],
  ["one whose ports the site itself does not reach", { site: site(["one-relay", "", 4], ["relay-range", "", 4]) }],
  ["one whose site says nothing of it", { site: null }],
  ["one that the site itself does not reach, whose network leads nothing back", { site: site(["stun", "udp", 4], ["stun", "tcp", 4]) }],
  ["a private relay address that is reached all the same", { udp: works({ special: true }), oneSided: works({ special: true }) }],
];
for (const [name, change] of WELL) {
  test(`nothing is wrong with ${name}`, () => {
    assert.deepEqual(find(symptoms(change)), []);
    assert.equal(conclude([], symptoms(change), heard).status, "ok");
  });
}

test("without a room nothing is wrong, and what to do is said", () => {
  const asked = symptoms({ ...no, status: 403, code: "no-room", socket: null });
  assert.deepEqual(find(asked), []);
  assert.equal(serverLine(asked).status, "skipped");
  assert.match(conclude([], asked, heard).words, /Open your sea/);
});

test("a network in order and a microphone that isn't: the microphone is what is told", () => {
  for (const status of /** @type {const} */ (["failed", "notice"])) {
    const microphone = { ...heard, status, words: "No microphone found." };
    assert.deepEqual(conclude([], symptoms(), microphone), { status, words: "No microphone found." });
  }
});

test("each error code has words of its own, and an unknown one its number", () => {
  const said = [401, 403, 437, 440, 486, 508, 701, 599].map((code) => translate([code]));
  assert.equal(new Set(said).size, 8);
  assert.match(said[7], /599/);
  assert.equal(translate([]), "no answer");
  assert.equal(translate([701, 401]), "no connection; the relay refuses this site's credentials");
});

test("an answer is told alike whatever came before or beside it", () => {
  const said = [[401], [701, 401], [401, 701]].map((codes) => loopLine("turn-udp", refused(...codes)).words);
  assert.deepEqual([...new Set(said)], ["Fails: the relay refuses this site's credentials."]);
  assert.equal(loopLine("turn-udp", refused(486, 440)).words, loopLine("turn-udp", refused(440, 486)).words);
  const stun = (/** @type {number[]} */ codes) => stunLine(symptoms({ stun: { seen: false, codes } })).words;
  assert.equal(stun([701, 401]), stun([401]));
});

test("a line says whether its step works, answers in vain, fails or is not there", () => {
  assert.match(loopLine("turn-tls", refused()).words, /no connection/);
  assert.match(loopLine("turn-tls", silent).words, /no answer/);
  assert.deepEqual([works(), lost, silent, null].map((loop) => loopLine("turn-udp", loop).status), ["ok", "failed", "failed", "skipped"]);
  assert.equal(stunLine(symptoms()).status, "ok");
  assert.equal(stunLine(symptoms({ ...unseen, udp: silent })).status, "notice");
});

test("why TLS fails the site knows, where TCP leads it to the relay, and a browser that gets through knows better", () => {
  for (const tls of [refused(701), refused(), silent]) {
    assert.equal(tlsLine(symptoms({ tls, site: shaken("expired") })).words, "Fails: its certificate has expired.");
  }
  const away = { ...site(["stun", "tcp", 4]), failed: [...site(["stun", "tcp", 4]).failed, ...shaken("self-signed").failed] };
  for (const word of [away, shaken(""), shaken("of tomorrow"), { ...shaken("expired"), age: 3600 }, null]) {
    assert.equal(tlsLine(symptoms({ tls: silent, site: word })).words, "Fails: no answer.");
  }
  assert.equal(tlsLine(symptoms({ site: shaken("ending") })).status, "ok");
  assert.equal(tlsLine(symptoms({ tls: lost, site: shaken("ending") })).words, loopLine("turn-tls", lost).words);
  assert.equal(tlsLine(symptoms({ tls: null, site: shaken("expired") })).status, "skipped");
});

test("the round trip is the best one halved, for the message crossed the relay twice; a long one is noticed", () => {
  assert.equal(roundTripLine(symptoms({ tcp: works({ rtt: 30 }) })).words, "15 ms to the relay and back.");
  assert.equal(roundTripLine(symptoms({ udp: works({ rtt: 0 }) })).words, "Less than 1 ms to the relay and back.");
  const far = works({ rtt: 900 });
  assert.equal(roundTripLine(symptoms({ udp: far, tcp: far, tls: null })).status, "notice");
  assert.equal(roundTripLine(symptoms(no)).status, "skipped");
});

test("addresses that only their own network reaches are known", () => {
  const special = ["10.1.2.3", "127.0.0.1", "169.254.1.1", "172.16.0.1", "172.31.255.1", "192.168.0.9", "100.64.0.1", "100.127.0.1",
    "fd00::1", "fe80::1", "::1", "[::1]", "[fd12::3]"];
  const open = ["45.76.0.10", "172.32.0.1", "100.128.0.1", "192.0.66.1", "2606:4700::1111", "turn.example.org", "fdturn.example.org", "10.example.org", ""];
  assert.deepEqual(special.filter((address) => !isSpecial(address)), []);
  assert.deepEqual(open.filter(isSpecial), []);
});

test("the report lists each line, what is wrong and how to mend it", () => {
  const found = find(symptoms({ tls: refused(701) }));
  const text = report({ lines: [heard, loopLine("turn-tls", refused(701))], found, conclusion: found[0], agent: "Chromium 156", at: "2026" });
  assert.match(text, /^Connection check, 2026\nChromium 156\n/);
  assert.match(text, /^ok {6}microphone: Your voice comes in\.$/m);
  assert.match(text, /^failed {2}turn-tls: Fails: no connection\.$/m);
  assert.match(text, /^-> turn-tls: .*meshvoice doctor/m);
});

test("what the site sees of its relay has a line of its own, and what it can't tell is no trouble", () => {
  assert.deepEqual(siteLine(symptoms()).status, "ok");
  assert.match(siteLine(symptoms()).words, /1 min ago/);
  assert.equal(siteLine(symptoms({ site: { ...site(), age: 2 } })).words, "All is well there.");
  assert.equal(siteLine(symptoms({ site: null })).status, "skipped");
  assert.equal(siteLine(symptoms(no)).status, "skipped");
  const trouble = siteLine(symptoms({ site: site(["stun", "udp", 4], ["stun", "udp", 6], ["clock"]) }));
  assert.equal(trouble.status, "notice");
  assert.match(trouble.words, /: stun\/udp, clock\.$/);
});

test("a look that is going on, failed or is old is told as that", () => {
  const line = (/** @type {Partial<import("../../static/voice/check/site-word.js").SiteWord>} */ change) =>
    siteLine(symptoms({ site: { ...site(), ...change } }));
  assert.deepEqual(line({ age: null }), { step: "from-site", status: "skipped", words: "Not examined yet." });
  assert.match(line({ age: null, running: true }).words, /just now/);
  assert.match(line({ age: null, missed: true }).words, /could not be examined/);
  assert.equal(line({ age: 15 * 60 + 60 }).status, "ok");
  assert.deepEqual(line({ age: 1200 }), { step: "from-site", status: "notice", words: "All was well there 20 min ago; it has not been examined since." });
  assert.match(line({ age: 1200, failed: site(["realm"]).failed }).words, /20 min ago \(realm\)/);
});

test("what fails for the site and works here is its own network's, and that is all that is said", () => {
  const words = (/** @type {ReturnType<typeof site>} */ word, /** @type {Partial<Symptoms>} */ change = {}) =>
    siteLine(symptoms({ site: word, ...change })).words;
  assert.match(words(site(["stun", "udp", 4], ["stun", "tcp", 4])), /hairpin/);
  assert.match(words(site(["one-relay", "", 4], ["relay-range", "", 4])), /hairpin/);
  assert.doesNotMatch(words(site(["stun", "udp", 4], ["realm"])), /hairpin/);
  assert.doesNotMatch(words(site(["stun", "udp", 4]), { udp: silent }), /hairpin/);
  assert.doesNotMatch(words(site(["relay-range", "", 4])), /hairpin/);
  assert.doesNotMatch(words(site(["stun", "udp", 6])), /hairpin/);
  assert.doesNotMatch(words(site(["stun", "udp", 4, 0, 0, "mapped"])), /hairpin/);
  assert.doesNotMatch(words(site(["stun", "udp", 4, 0, 2])), /hairpin/);
});

test("where some of the relay's ports are open, which one was tried is chance, and isn't told", () => {
  const word = site(["relay-range", "", 4]);
  const [open, shut] = [works(), lost].map((oneSided) => oneSidedLine(symptoms({ oneSided, site: word })));
  assert.deepEqual(open, shut);
  assert.equal(open.status, "failed");
  assert.equal(oneSidedLine(symptoms()).status, "ok");
  assert.equal(oneSidedLine(symptoms({ oneSided: null, site: word })).status, "skipped");
});

test("where STUN tells nothing new, the relay tells that UDP works", () => {
  assert.equal(stunLine(symptoms({ stun: { seen: false, codes: [701] } })).status, "ok");
  assert.equal(stunLine(symptoms({ stun: { seen: false, codes: [701] }, udp: refused(701, 401) })).status, "ok");
  assert.equal(stunLine(symptoms({ stun: { seen: false, codes: [701] }, udp: refused(701) })).status, "notice");
  assert.equal(stunLine(symptoms({ stun: { seen: false, codes: [401] } })).status, "notice");
});

test("an IPv6 by which STUN fails hides nothing of an IPv4 by which it has nothing to tell", async () => {
  const platform = new FakePlatform();
  const udp = (/** @type {string} */ address) => ({ candidate: { type: "host", protocol: "udp", address } });
  const seen = (/** @type {(string|null)[]} */ ...failing) => {
    class Gathering {
      /** @type {any} */ onicecandidate;
      /** @type {any} */ onicecandidateerror;
      createDataChannel() {}
      async setLocalDescription() {
        for (const address of ["45.77.0.2", "2a01:4f9::2"]) this.onicecandidate(udp(address));
        for (const address of failing) this.onicecandidateerror({ errorCode: 701, address });
        this.onicecandidate({ candidate: null });
      }
      close() {}
    }
    return reflect([{ urls: "stun:a" }], /** @type {any} */ (Object.assign(platform, { RTCPeerConnection: Gathering })));
  };
  assert.deepEqual(await seen(), { seen: true, codes: [] });
  assert.deepEqual(await seen("[2a01:4f9:0:x:x:x:x:x]"), { seen: true, codes: [701] });
  assert.deepEqual(await seen("45.77.0.x", "[2a01:4f9:0:x:x:x:x:x]"), { seen: false, codes: [701] });
  assert.deepEqual(await seen(null), { seen: false, codes: [701] });
});

test("what the site answers is read strictly", () => {
  assert.equal(readSiteWord("no"), null);
  assert.equal(readSiteWord({ age: 3 }), null);
  assert.deepEqual(readSiteWord({ age: "3", failed: [1, { leg: "udp" }, { check: "clock", ip: "6" }] }),
    { age: null, running: false, missed: false, others: false, failed: [{ check: "clock", leg: "", ip: 0, code: 0, cause: "", host: 0 }] });
  assert.deepEqual(readSiteWord({ age: 3, others: true, failed: [] }), { age: 3, running: false, missed: false, others: true, failed: [] });
});

test("the site is asked where it offers a relay, and one that doesn't answer is no trouble", async () => {
  const platform = new FakePlatform();
  class Silent {
    createDataChannel = () => ({});
    async setLocalDescription() {}
    async setRemoteDescription() {}
    close() {}
  }
  Object.assign(platform, { RTCPeerConnection: Silent });
  const { result, last } = checking(platform);
  await settle();
  platform.socket.accept();
  await platform.advance(40_000);
  await result;
  assert.equal(last("from-site")?.status, "skipped");
  assert.ok(platform.asked.includes("https://voice.example/api/voice/relay/"));
});

test("a look that is going on is waited for, for a while", async () => {
  const platform = new FakePlatform();
  let left = 3;
  platform.fetch = async (url) => {
    platform.asked.push(url);
    const looking = url.endsWith("/relay/");
    const body = looking ? { age: null, running: --left > 0, failed: [] } : { ttl: 60, iceServers: [{ urls: "turn:a", username: "1:a", credential: "b" }] };
    return /** @type {any} */ ({ status: 200, json: async () => body });
  };
  class Silent {
    createDataChannel = () => ({});
    async setLocalDescription() {}
    async setRemoteDescription() {}
    close() {}
  }
  Object.assign(platform, { RTCPeerConnection: Silent });
  const { result } = checking(platform);
  await settle();
  platform.socket.accept();
  await platform.advance(40_000);
  await result;
  assert.equal(platform.asked.filter((url) => url.endsWith("/relay/")).length, 3);
});

/** @param {FakePlatform} platform */
function checking(platform, roomId = "mysea-u1") {
  const check = new Check({ roomId, platform: /** @type {any} */ (platform) });
  /** @type {import("../../static/voice/check/check-verdicts.js").Line[]} */
  const lines = [];
  check.addEventListener("line", (event) => lines.push(/** @type {CustomEvent} */ (event).detail));
  return { result: check.run(), last: (/** @type {string} */ step) => lines.filter((line) => line.step === step).at(-1), check };
}

test("without a room no credentials are asked for, and no socket is opened", async () => {
  const platform = new FakePlatform();
  const { result, last } = checking(platform, "");
  const { lines } = await result;
  assert.deepEqual(platform.asked, ["https://voice.example/healthz"]);
  assert.equal(platform.sockets.length, 0);
  assert.equal(last("turn-udp")?.status, "skipped");
  assert.deepEqual(lines.map(({ step }) => step), STEPS);
  assert.ok(lines.every(({ status }) => status !== "waiting" && status !== "running"));
});

test("the room's socket is opened, nothing is said there, and it is closed", async () => {
  const platform = new FakePlatform();
  platform.answer.body = { ttl: 3600, iceServers: [] };
  const { result, last } = checking(platform);
  await settle();
  assert.equal(platform.socket.url, "wss://voice.example/ws/voice/mysea-u1/");
  platform.socket.accept();
  const { found } = await result;
  assert.deepEqual(platform.socket.sent, []);
  assert.ok(platform.socket.closed);
  assert.equal(last("server")?.status, "ok");
  assert.deepEqual(found.map(({ step }) => step), ["turn"]);
});

test("a socket that neither opens nor closes is given up", async () => {
  const platform = new FakePlatform();
  platform.answer.body = { ttl: 3600, iceServers: [] };
  const { result } = checking(platform);
  await platform.advance(8000);
  assert.equal((await result).found[0].step, "server");
});

test("a question that nobody answers ends the microphone's test, and what it gives later is let go", async () => {
  const platform = new FakePlatform();
  platform.devices.answers = ["pending"];
  const { result, last } = checking(platform, "");
  await platform.advance(2000);
  assert.match(last("microphone")?.words ?? "", /asks whether/);
  await platform.advance(30_000);
  assert.equal((await result).conclusion.status, "notice");
  const { FakeTrack } = await import("./fake-platform.js");
  const track = new FakeTrack();
  platform.devices.prompts[0](track);
  await settle();
  assert.equal(track.readyState, "ended");
  assert.equal(platform.timers.size, 0);
});
