// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { changes } from "../../static/voice/link/link-history.js";
import { Journal, kindOf } from "../../static/voice/session/journal.js";
import { keepReport, lastReport } from "../../static/voice/session/last-report.js";
import { VoiceRoom } from "../../static/voice-mesh.js";
import { FakePlatform, present, settle, welcome } from "./fake-platform.js";

test("a journal keeps the last 50 events, each with its time since the first", () => {
  let now = 5000;
  const journal = new Journal(() => now);
  for (let i = 0; i < 60; i += 1) {
    journal.note("wake", { i });
    now += 1500;
  }
  assert.equal(journal.entries.length, 50);
  assert.equal(journal.lines()[0], "+   15.000 s  wake  i=10");
  assert.equal(journal.lines().at(-1), "+   88.500 s  wake  i=59");
});

test("no address, description, candidate, name with a blank or long secret gets into a line", () => {
  const journal = new Journal(() => 0);
  const bad = ["192.0.2.7", "2001:db8::1", "v=0\r\no=- 1", "candidate:1 1 udp 1 host.local 9 typ host", "Ana Lee", "a".repeat(33), "turn:relay"];
  for (const fact of bad) journal.note("fault", { fact });
  assert.deepEqual([...new Set(journal.lines())], ["+    0.000 s  fault  fact=?"]);
  journal.note("fault", { kind: "OperationError", left: undefined, empty: "" });
  assert.equal(journal.lines().at(-1), "+    0.000 s  fault  kind=OperationError");
});

test("what others can make happen at will pushes out nothing else", () => {
  let now = 0;
  const journal = new Journal(() => now);
  journal.note("room", { state: "joined" });
  for (let gen = 0; gen < 500; gen += 1, now += 20) journal.noteOften("repair wanted", { peer: "b", gen });
  journal.noteOften("repair wanted", { peer: "c", gen: 1 });
  assert.deepEqual(journal.entries.map(({ facts }) => facts.peer), [undefined, ...Array(10).fill("b"), "c"]);
});

test("of an error only its kind is kept", () => {
  assert.equal(kindOf("OperationError: Failed to parse candidate:1 1 udp 192.0.2.7"), "OperationError");
  assert.equal(kindOf("Error: the offer has no audio"), "Error");
  assert.equal(kindOf("192.0.2.7 is bad"), "Error");
});

test("a storage that throws keeps nothing and harms nothing", () => {
  const forbidden = () => {
    throw new Error("SecurityError");
  };
  keepReport("r", forbidden);
  assert.equal(lastReport(forbidden), "");
  /** @type {Record<string, string>} */
  const kept = {};
  const storage = () => ({ getItem: (/** @type {string} */ key) => kept[key] ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => void (kept[key] = value) });
  assert.equal(lastReport(storage), "");
  keepReport("r", storage);
  assert.equal(lastReport(storage), "r");
});

test("what became of generations is told by what differs between two looks", () => {
  const gen = (/** @type {number} */ number, /** @type {object} */ more) => /** @type {any} */ ({ gen: number, why: "first", failed: null, won: false, ...more });
  assert.deepEqual(changes([], [gen(1, {})]), [{ gen: 1, what: "made", why: "first" }]);
  assert.deepEqual(changes([gen(1, {})], [gen(1, { won: true })]), [{ gen: 1, what: "won", why: "first" }]);
  assert.deepEqual(changes([gen(1, {})], [gen(1, { failed: "silent" })]), [{ gen: 1, what: "failed", why: "silent" }]);
  assert.deepEqual(changes([gen(1, { won: true }), gen(2, {}), gen(3, { failed: "failed" })], []).map(({ why }) => why), ["over", "beaten", "failed"]);
  assert.deepEqual(changes([gen(1, { won: true })], [gen(1, { won: true })]), []);
});

/** Ana's call, in which all goes wrong that can. */
async function call() {
  const platform = new FakePlatform();
  platform.devices.answers.push({ name: "NotFoundError" });
  const room = new VoiceRoom("mysea-u1", { name: "Ana Lee", platform });
  const joining = room.join();
  await settle();
  const { socket } = platform;
  socket.accept();
  socket.say(welcome());
  socket.say(present("b", "Bo", 10));
  socket.say({ type: "pong", t: 1 });
  await joining;
  const { links } = platform;
  links.emit("generation", { peer: "b", gen: 1, what: "made", why: "first" });
  links.emit("fault", { peer: "b", gen: 1, reason: "OperationError: candidate:1 1 udp 1 192.0.2.7 9 typ host" });
  links.options.send({ type: "repair", target: "b", gen: 1, why: "stalled" });
  socket.say({ type: "repair", source: "b", gen: 1 });
  socket.say({ type: "offer", source: "b", gen: 2, sdp: 7 });
  socket.say({ type: "error", code: "bad-message", message: "192.0.2.9 v=0 candidate", about: "offer" });
  socket.onmessage?.({ data: "{ candidate:1 192.0.2.8" });
  platform.socket.end(1006);
  await settle();
  return { room, platform };
}

test("a peer whose candidates all fail pushes nothing else out of the journal", async () => {
  const { room, platform } = await call();
  for (let count = 0; count < 200; count += 1) platform.links.emit("fault", { peer: "b", gen: 1, reason: "OperationError: bad" });
  const lines = room.report().split("\n");
  assert.ok(lines.some((line) => line.includes("generation made")), "what came before is there");
  assert.ok(lines.filter((line) => line.includes("fault")).length <= 2);
});

test("a report says what happened, in order: sockets, generations, faults, repairs, errors, the microphone", async () => {
  const { room } = await call();
  const said = room.report().split("\n").map((line) => line.replace(/^\+ *[\d.]+ s {2}/, ""));
  assert.match(said[0], /^Voice report: joined \d{4}-\d\d-\d\dT.*Z, now reconnecting$/);
  assert.deepEqual(said.slice(1, -1), [
    "people=2  unheard=1  pairs=0", "socket  what=dialed", "room  state=joining", "microphone  code=not-found", "socket  what=opened",
    "room  state=joined", "generation made  peer=b  gen=1  why=first", "fault  peer=b  gen=1  kind=OperationError",
    "repair asked  peer=b  gen=1  why=stalled", "repair wanted  peer=b  gen=1", "frame malformed  type=offer",
    "error answered  code=bad-message  about=offer  peer=b", "frame malformed  type=no-message", "socket  what=closed  code=1006",
    "socket  what=dropped", "room  state=reconnecting", "socket  what=dialed",
  ]);
});

test("no address, description, candidate, ticket or name stands in a report", async () => {
  const { room } = await call();
  const body = room.report().split("\n").slice(1).join("\n");
  assert.doesNotMatch(body, /192\.0|candidate|v=0|Ana|Bo|\bt1\b|turn:/);
});

test("a malformed frame is counted: the next one is no gap, and the socket stays", async () => {
  const platform = new FakePlatform();
  const room = new VoiceRoom("mysea-u1", { name: "Ana", platform });
  room.join();
  await settle();
  const { socket } = platform;
  socket.accept();
  socket.say(welcome());
  socket.say({ type: "present", source: 7 });
  socket.say(present("b", "Bo", 10));
  await settle();
  assert.deepEqual(room.people.map(({ name }) => name), ["Ana", "Bo"]);
  assert.equal(platform.sockets.length, 1);
  room.leave();
  assert.match(room.report(), /now left/);
});
