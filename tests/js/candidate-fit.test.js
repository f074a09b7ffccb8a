// @ts-check
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { MOST, NONE, fit, fitLines } from "../../static/voice/link/candidate-fit.js";

const list = (/** @type {number} */ count, /** @type {string} */ ends) => (
  Array.from({ length: count }, (_, at) => ({ candidate: `candidate:${at} 1 ${ends}` })));
const HOST = "udp 2122 192.0.2.1 5000 typ host generation 0";
const SRFLX = "udp 1677 198.51.100.1 5000 typ srflx raddr 0.0.0.0 rport 0";
const RELAY = "udp 4155 203.0.113.1 5000 typ relay raddr 198.51.100.1 rport 5000";

test("a machine with sixty interfaces, five with IPv6, and a relay loses nothing that is of use", () => {
  const six = list(5, "udp 2122 2001:db8::1 5000 typ host");
  const useful = [...list(60, HOST), ...six, ...list(3, SRFLX), ...list(6, RELAY), null];
  const active = list(65, "tcp 1518 192.0.2.1 9 typ host tcptype active generation 0");
  assert.deepEqual(fit([...useful.slice(0, 65), ...active, ...useful.slice(65)]).candidates, useful);
});

test("what is named bit by bit is counted together, each kind for itself", () => {
  let taken = NONE;
  let many = 0;
  for (let times = 0; times < 20; times += 1) {
    const fitting = fit([...list(10, HOST), ...list(2, SRFLX), ...list(2, RELAY)], taken);
    taken = fitting.taken;
    many += fitting.candidates.length;
  }
  assert.equal(many, MOST.host + MOST.srflx + MOST.relay);
  assert.equal(fit(list(1, HOST), taken).candidates.length, 0);
});

test("a name that only whoever chose it can answer for is not looked up, and of those of the network around us a few", () => {
  assert.deepEqual(fit(list(3, "udp 1 who-asks.attacker.example 9 typ host")).candidates, []);
  assert.deepEqual(fit(list(3, "udp 1 who:asks.attacker.example 9 typ host")).candidates, []);
  assert.equal(fit(list(99, "udp 1 929f1b16-bb71-4818-8b15-7b478b3e8631.local 9 typ host")).candidates.length, MOST.named);
});

test("an address of either family is one, however it is written", () => {
  for (const address of ["192.0.2.1", "2001:db8::1", "::", "FE80::1", "::ffff:192.0.2.1"]) {
    assert.equal(fit(list(1, `udp 1 ${address} 9 typ host`)).taken.host, 1, address);
  }
});

test("what no browser reads is refused by the browser, a few times", () => {
  assert.equal(fit(Array.from({ length: 99 }, () => ({ candidate: "candidate:bad" }))).candidates.length, MOST.other);
  assert.equal(fit(list(99, "udp 1 192.0.2.1 9 typ prflx")).candidates.length, MOST.other);
});

test("candidates in a description count with those that come behind it", () => {
  const lines = list(300, HOST).map(({ candidate }) => `a=${candidate}`);
  const sdp = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", ...lines, "a=rtpmap:111 opus/48000/2", ""].join("\r\n");
  const fitting = fitLines(sdp, NONE);
  assert.deepEqual(fitting.sdp.split("\r\n"), ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", ...lines.slice(0, MOST.host), "a=rtpmap:111 opus/48000/2", ""]);
  assert.equal(fit(list(5, HOST), fitting.taken).candidates.length, 0);
  assert.equal(fit(list(5, RELAY), fitting.taken).candidates.length, 5);
});

test("what browsers describe goes through as it is, but for calls by TCP that nobody takes", () => {
  const folder = new URL("../signaling/sdp/", import.meta.url);
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".sdp"))) {
    const sdp = readFileSync(new URL(name, folder), "utf8");
    const without = sdp.split("\n").filter((line) => !line.includes("tcptype active")).join("\n");
    assert.equal(fitLines(sdp, NONE).sdp, without, name);
  }
});
