// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CLOSE_CODES, ERROR_CODES, SHUT, isRefusal } from "../../static/voice/signaling/codes.js";
import { readCredentials, readServerMessage } from "../../static/voice/signaling/messages.js";
import { over } from "../../static/voice/session/words.js";

const PROTOCOL = readFileSync(new URL("../../PROTOCOL.md", import.meta.url), "utf8");
/** @param {unknown} frame */
const read = (frame) => readServerMessage(JSON.stringify(frame));

const WELCOME = {
  type: "welcome", source: "a", user: "u", order: 5, ticket: "t", resumed: false, got: 0, boot: "b", seats: 8, grace: 45, ping: 10,
  role: "owner", closes_at: null, counts: true, keeps: true, seq: 1,
};
/** One good frame of each type, as PROTOCOL.md shows it, and the fields without which it can't be used. */
const GOOD = /** @type {[Record<string, unknown>, string[]][]} */ ([
  [WELCOME, ["source", "user", "order", "role", "ticket", "resumed"]],
  [{ type: "present", source: "b", user: "u", order: 4, name: "Bo", muted: true, deafened: false, away: false, role: "guest", alike: true },
    ["source", "user", "order", "name", "muted", "role"]],
  [{ type: "hello", source: "b", user: "u", order: 4, name: "Bo", muted: true, deafened: false, away: false, role: "guest", alike: false }, ["name"]],
  [{ type: "offer", source: "b", gen: 1, sdp: "v=0" }, ["source", "gen", "sdp"]],
  [{ type: "answer", source: "b", gen: 1, sdp: "v=0" }, ["source", "gen", "sdp"]],
  [{ type: "ice", source: "b", gen: 1, candidates: [{ candidate: "c", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "k" }, null] },
    ["source", "gen", "candidates"]],
  [{ type: "repair", source: "b", gen: 1 }, ["source", "gen"]],
  [{ type: "abort", source: "b", gen: 2 }, ["source", "gen"]],
  [{ type: "state", source: "b", muted: true, deafened: false }, ["source", "muted"]],
  [{ type: "links", source: "b", links: { c: { state: "up", path: "direct", rtt: 42, loss: 0.01 } } }, ["source", "links"]],
  [{ type: "away", source: "b" }, ["source"]],
  [{ type: "back", source: "b" }, ["source"]],
  [{ type: "left", source: "b", reason: "lost" }, ["source", "reason"]],
  [{ type: "credentials", ttl: 3600, iceServers: [{ urls: ["turn:t"], username: "u", credential: "c" }] }, ["ttl", "iceServers"]],
  [{ type: "pong", t: 7 }, ["t"]],
  [{ type: "notice", code: "closing", at: 17 }, ["code", "at"]],
  [{ type: "knock", user: "u", name: "Bo", alike: true }, ["user", "name"]],
  [{ type: "error", code: "unknown-target", message: "nobody", about: "offer" }, ["code", "message"]],
]);

test("each frame of the protocol is read with all that is used of it", () => {
  for (const [frame] of GOOD) {
    const { message, fault } = read({ ...frame, seq: 3 });
    assert.equal(fault, "", String(frame.type));
    const { boot, seats, grace, closes_at, ...used } = /** @type {any} */ (frame);
    assert.deepEqual(message, { ...used, seq: 3 });
  }
});

test("a field that is missing or of another type makes a frame malformed: named, counted and never thrown", () => {
  for (const [frame, needed] of GOOD) {
    for (const field of needed) {
      for (const bad of [undefined, null, {}, [[]], NaN]) {
        const { message, fault } = read({ ...frame, [field]: bad, seq: 4 });
        if (field === "links" && !Array.isArray(bad) && typeof bad === "object" && bad) continue;
        assert.deepEqual([message, fault], [{ type: "skipped", seq: 4 }, frame.type], `${frame.type}.${field}`);
      }
    }
  }
});

test("what a newer server adds does no harm: a type is counted and skipped, a field left out, a word taken plainly", () => {
  assert.deepEqual(read({ type: "weather", seq: 9 }), { message: { type: "skipped", seq: 9 }, fault: "" });
  assert.deepEqual(read({ type: "toString", seq: 9 }), { message: { type: "skipped", seq: 9 }, fault: "" });
  assert.deepEqual(read({ type: "away", source: "b", mood: "good" }), { message: { type: "away", source: "b" }, fault: "" });
  assert.deepEqual(read({ type: "left", source: "b", reason: "bored" }).message, { type: "left", source: "b", reason: "left" });
  const told = { good: { state: "up", path: null, rtt: null, loss: null }, odd: { state: "singing", path: null } };
  assert.deepEqual(read({ type: "links", source: "b", links: told }).message, { type: "links", source: "b", links: { good: told.good } });
});

test("what is no message at all is a fault, and there is nothing to count", () => {
  for (const data of ["", "{", "null", "7", "[]", "{}", '{"type":7}', undefined, new Uint8Array(3)]) {
    assert.deepEqual(readServerMessage(data), { message: null, fault: "no-message" }, String(data));
  }
});

test("an empty string ends the candidates, as null does, and what a candidate lacks is null", () => {
  const { message } = read({ type: "ice", source: "b", gen: 1, candidates: [{ candidate: "c" }, "", null] });
  const named = { candidate: "c", sdpMid: null, sdpMLineIndex: null, usernameFragment: null };
  assert.deepEqual(message, { type: "ice", source: "b", gen: 1, candidates: [named, null, null] });
});

test("reading takes time in proportion to the frame", () => {
  const candidates = Array.from({ length: 64 }, () => ({ candidate: "c".repeat(1000) }));
  const began = performance.now();
  for (let i = 0; i < 200; i += 1) read({ type: "ice", source: "b", gen: 1, candidates });
  assert.ok(performance.now() - began < 2000);
});

test("credentials are read with relay only, without a password, and not at all where they make no sense", () => {
  assert.deepEqual(readCredentials({ ttl: 60, iceServers: [{ urls: "stun:s" }], iceTransportPolicy: "relay", more: 1 }),
    { ttl: 60, iceServers: [{ urls: "stun:s" }], iceTransportPolicy: "relay" });
  for (const body of [null, "", {}, { ttl: 60 }, { ttl: "60", iceServers: [] }, { ttl: 60, iceServers: [{ urls: [7] }] }, { ttl: 60, iceServers: [null] }]) {
    assert.equal(readCredentials(body), null, JSON.stringify(body));
  }
});

test("the codes are those of PROTOCOL.md", () => {
  const closing = PROTOCOL.slice(PROTOCOL.indexOf("## Closing"));
  const rows = [...closing.matchAll(/^\| ([\d, ]+) \| (.+) \| (.+) \|$/gm)].flatMap(([, codes, , back]) =>
    codes.split(", ").map((code) => [code, back.startsWith("yes")]));
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(Object.entries(CLOSE_CODES).map(([code, { comesBack }]) => [code, comesBack])));
  const section = PROTOCOL.slice(PROTOCOL.indexOf("## 12. error"), PROTOCOL.indexOf("## Closing"));
  const errors = Object.fromEntries([...section.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, code, when]) => [code, when.replaceAll("`", "")]));
  assert.deepEqual(Object.keys(errors), Object.keys(ERROR_CODES));
});

test("a close of the protocol that nobody comes back from is a refusal, with words of its own; any other close is none", () => {
  for (const [code, { comesBack }] of Object.entries(CLOSE_CODES)) {
    const close = Number(code);
    assert.equal(isRefusal(close), !comesBack && close !== 1000, code);
    if (isRefusal(close)) assert.doesNotMatch(over({ close }).words, /unknown reason/);
  }
  assert.equal(isRefusal(4499), false);
  for (const code of SHUT) assert.ok(isRefusal(code));
});
