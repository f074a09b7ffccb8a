// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  STEPS, conclude, find, loopLine, report, roundTripLine, serverLine, siteLine, stunLine,
} from "../../static/voice/check/check-verdicts.js";
import { translate } from "../../static/voice/check/check-words.js";
import { Check } from "../../static/voice/check/check.js";
import { readSiteWord } from "../../static/voice/check/site-word.js";
import { isSpecial } from "../../static/voice/check/relay-probe.js";
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
  status: 200, code: "", socket: true, lan: false, stun: { seen: true, codes: [] },
  udp: works(), tcp: works(), tls: works(), oneSided: works(), site: { age: 60, failed: [] }, ...change,
});
/** @param {...[check: string, leg?: string, ip?: number, code?: number]} failed */
const site = (...failed) => ({
  age: 60, failed: failed.map(([check, leg = "", ip = 0, code = 0]) => ({ check, leg, ip, code })),
});
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
  ["coturn is down", { ...unseen, udp: silent, tcp: refused(701), tls: refused(701) }, ["turn"], /by any way/, /systemctl status coturn/],
  ["no answer to anything", { ...unseen, udp: silent, tcp: silent, tls: null }, ["turn"], /by any way/, /firewalls/],
  ["UDP is blocked", { ...unseen, udp: silent }, ["(turn-udp)"], /UDP is blocked .* through TCP/, /COTURN_PORT\/udp/],
  ["UDP is blocked, and the browser says so", { ...unseen, udp: { ...silent, codes: [701] } }, ["(turn-udp)"], /through TCP/, /COTURN_PORT\/udp/],
  ["only TLS gets out", { ...unseen, udp: silent, tcp: silent }, ["(turn-udp)", "(turn-tcp)"], /through TLS/, /COTURN_PORT\/udp/],
  ["TCP is shut", { tcp: refused(701) }, ["(turn-tcp)"], /not answer by TCP; voice will go through UDP/, /COTURN_PORT\/tcp/],
  ["the certificate is refused", { tls: refused(701) }, ["(turn-tls)"], /certificate/, /expired, self-signed/],
  ["the certificate is refused, without a code (Firefox)", { tls: refused() }, ["(turn-tls)"], /certificate/, /expired, self-signed/],
  ["the TLS port is shut", { tls: silent }, ["(turn-tls)"], /not answer by TLS/, /COTURN_TLS_PORT\/tcp/],
  ["the relay range is closed", { oneSided: lost }, ["relay-range"], /ports are shut/, /COTURN_MIN_PORT/],
  ["external-ip is missing", { udp: works({ special: true }), oneSided: works({ special: true, rtt: null }) }, ["external-ip"],
    /nobody outside can reach/, /COTURN_PRIVATE_IP/],
  ["external-ip is missing, and the private address denied",
    { udp: works({ special: true, rtt: null }), tcp: lost, tls: null, oneSided: works({ special: true, rtt: null }) }, ["external-ip"],
    /nobody outside can reach/, /COTURN_PUBLIC_IP/],
  ["external-ip without its private half", { udp: lost, tcp: lost, tls: lost }, ["relay-loop"], /both need it/, /PUBLIC\/PRIVATE/],
  ["an IPv6 relay alone that gives IPv4", { udp: refused(440), tcp: refused(440), tls: null, oneSided: null }, ["relay-family"],
    /kind that browsers ask for/, /allocation-default-address-family/],
  ["the quota of all", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null, site: site(["credential", "udp", 4, 486]) },
    ["relay-limit"], /nobody/, /total-quota/],
  ["the quota of one", { udp: refused(486), tcp: refused(486), tls: null, oneSided: null }, ["relay-limit"], /Your share/, /user-quota/],
  ["the clock", { udp: refused(401), tcp: refused(401), tls: null, oneSided: null, site: site(["credential", "udp", 4, 401], ["clock"]) },
    ["clock"], /clock is wrong/, /NTP/],
  ["the clock, and one talks all the same", { site: site(["clock"]) }, ["(clock)"], /You can talk/, /NTP/],
  ["another realm", { site: site(["realm"]) }, ["(realm)"], /You can talk/, /COTURN_REALM/],
  ["no deny list", { site: site(["denied-ipv4"], ["denied-ipv6"]) }, ["(deny-list)"], /something to mend/, /kernel guard/],
  ["a deny list that denies everyone", { udp: lost, tcp: lost, tls: null, oneSided: lost, site: site(["two-relays"], ["granted-ipv4"]) }, ["deny-list"],
    /sends to nobody/, /shuts everybody out/],
  ["TCP relays", { site: site(["tcp-relay"]) }, ["(tcp-relay)"], /You can talk/, /no-tcp-relay/],
  ["no-auth, which no browser takes", { udp: silent, tcp: silent, tls: null, oneSided: null, site: site(["wrong-credential"]) },
    ["open-relay"], /asks nobody/, /no-auth/],
  ["no-auth, and a browser that takes it", { site: site(["wrong-credential"]) }, ["(open-relay)"], /You can talk/, /no-auth/],
  ["credentials that never end", { site: site(["expired-credential"]) }, ["(expired-credential)"], /You can talk/, /use-auth-secret/],
  ["an AAAA record without a relay", { site: site(["stun", "udp", 6], ["stun", "tcp", 6]) }, ["(relay-ipv6)"], /You can talk/, /AAAA/],
  ["the IPv6 relay range closed", { site: site(["one-relay", "", 6], ["relay-range", "", 6]) }, ["(relay-ipv6)"], /You can talk/, /COTURN_PUBLIC_IP6/],
  ["a name that leads elsewhere", { site: site(["name"]) }, ["(name)"], /You can talk/, /COTURN_TURN_HOST/],
  ["two things at once", { oneSided: lost, tls: refused(701) }, ["relay-range", "(turn-tls)"], /ports are shut/, /COTURN_MAX_PORT/],
];

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

/** @type {[string, Partial<Symptoms>][]} */
const WELL = [
  ["a healthy deployment", {}],
  ["one without TLS", { tls: null }],
  ["one on a LAN, whose relay address is private", { lan: true, udp: works({ special: true }), oneSided: null }],
  ["one that the site itself has not examined yet", { site: { age: null, failed: [] } }],
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

test("a line says whether its step works, answers in vain, fails or is not there", () => {
  assert.match(loopLine("turn-tls", refused()).words, /no connection/);
  assert.match(loopLine("turn-tls", silent).words, /no answer/);
  assert.deepEqual([works(), lost, silent, null].map((loop) => loopLine("turn-udp", loop).status), ["ok", "failed", "failed", "skipped"]);
  assert.equal(stunLine(symptoms()).status, "ok");
  assert.equal(stunLine(symptoms(unseen)).status, "notice");
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
  assert.equal(siteLine(symptoms({ site: { age: 2, failed: [] } })).words, "All is well there.");
  assert.equal(siteLine(symptoms({ site: null })).status, "skipped");
  assert.equal(siteLine(symptoms({ site: { age: null, failed: [] } })).status, "skipped");
  assert.equal(siteLine(symptoms(no)).status, "skipped");
  const trouble = siteLine(symptoms({ site: site(["stun", "udp", 4], ["stun", "udp", 6], ["clock"]) }));
  assert.equal(trouble.status, "notice");
  assert.match(trouble.words, /: stun\/udp, clock\.$/);
});

test("what the site answers is read strictly", () => {
  assert.equal(readSiteWord("no"), null);
  assert.equal(readSiteWord({ age: 3 }), null);
  assert.deepEqual(readSiteWord({ age: "3", failed: [1, { leg: "udp" }, { check: "clock", ip: "6" }] }),
    { age: null, failed: [{ check: "clock", leg: "", ip: 0, code: 0 }] });
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
