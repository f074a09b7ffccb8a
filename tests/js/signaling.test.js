// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { steady } from "../../static/voice/browser/platform.js";
import { askCredentials } from "../../static/voice/signaling/credentials.js";
import { Signaling } from "../../static/voice/signaling/signaling.js";
import { FakePlatform, settle, welcome } from "./fake-platform.js";

function signaling(platform = new FakePlatform()) {
  const it = new Signaling({ roomId: "mysea-u 1", hello: () => ({ name: "Ana", muted: false, deafened: false }), platform });
  /** @type {[string, any][]} */
  const events = [];
  for (const name of ["credentials", "welcome", "message", "roster", "lost", "trouble", "wake", "over"]) {
    it.addEventListener(name, (event) => events.push([name, /** @type {CustomEvent} */ (event).detail]));
  }
  return { it, platform, events, names: () => events.map(([name]) => name) };
}

async function joined() {
  const all = signaling();
  all.it.start();
  await settle();
  all.platform.socket.accept();
  all.platform.socket.say(welcome());
  all.platform.socket.say({ type: "pong", t: 1 });
  return all;
}

test("it asks the credentials endpoint, then dials the room's socket with the subprotocol", async () => {
  const { it, platform, names } = signaling();
  it.start();
  assert.deepEqual(platform.asked, ["https://voice.example/api/voice/turn-credentials/?room=mysea-u%201"]);
  await settle();
  assert.deepEqual(names(), ["credentials"]);
  assert.equal(platform.socket.url, "wss://voice.example/ws/voice/mysea-u%201/");
  assert.equal(platform.socket.protocol, "meshvoice.v1");
});

test("nothing is sent on a socket that is closing, and what was said goes out when the seat is resumed", async () => {
  const { it, platform } = await joined();
  const closing = platform.socket;
  closing.readyState = 2;
  it.send({ type: "state", muted: true, deafened: false });
  assert.deepEqual(closing.sent.filter(({ type }) => type === "state"), []);
  closing.onclose({ code: 1006 });
  await settle();
  platform.socket.accept();
  platform.socket.say({ ...welcome(), resumed: true, got: 0 });
  assert.deepEqual(platform.socket.sent.filter(({ type }) => type === "state").map(({ muted }) => muted), [true]);
});

test("the welcome and the end of the list are told in order", async () => {
  const { names, it } = await joined();
  assert.deepEqual(names(), ["credentials", "welcome", "roster"]);
  assert.equal(it.joined, true);
});

test("what a listener of the welcome sends goes behind what was kept", async () => {
  const { it, platform } = await joined();
  it.send({ type: "state", muted: true, deafened: false });
  platform.socket.end(1006);
  it.addEventListener("welcome", () => it.send({ type: "state", muted: false, deafened: false }));
  platform.socket.accept();
  platform.socket.say(welcome({ resumed: true }));
  assert.deepEqual(platform.socket.all("state").map(({ n, muted }) => [n, muted]), [[1, true], [2, false]]);
});

test("a listener that leaves when the socket is lost gives the seat back by a new one, and leaves nothing", async () => {
  const { it, platform } = await joined();
  it.addEventListener("lost", () => it.bye());
  platform.socket.end(1006);
  platform.socket.accept();
  assert.deepEqual(platform.socket.sent.map(({ type }) => type), ["hello", "bye"]);
  assert.equal(platform.socket.closed, true);
  assert.equal(platform.timers.size, 0);
});

test("a dead socket is forgotten at once and what it says later is not heard", async () => {
  const { platform, names } = await joined();
  const dead = platform.socket;
  await platform.advance(15_000);
  assert.equal(platform.sockets.length, 2);
  assert.equal(dead.closed, true);
  assert.equal(dead.onmessage, null);
  assert.deepEqual(names().slice(-1), ["lost"]);
});

test("a refused dial asks why, and a refusal ends it", async () => {
  const { platform, events } = await joined();
  platform.answer = { status: 401, body: { error: { code: "signed-out", message: "" } } };
  platform.socket.end(1006);
  platform.socket.end(1006);
  await settle();
  assert.deepEqual(events.slice(-1), [["over", { status: 401, code: "signed-out" }]]);
  assert.equal(platform.timers.size, 0);
});

test("bye leaves no timer and no listener", async () => {
  const { it, platform } = await joined();
  it.bye();
  assert.deepEqual(platform.socket.sent.slice(-1), [{ type: "bye" }]);
  assert.equal(platform.socket.onclose, null);
  assert.equal(platform.timers.size, 0);
});

test("a proxy's page is not taken for the server's answer", async () => {
  /** @param {number} status */
  const asked = (status) => askCredentials("r", {
    origin: "https://voice.example",
    fetch: async () => /** @type {any} */ ({ status, json: async () => JSON.parse("<html>") }),
  });
  assert.deepEqual(await asked(200), { status: 0, code: "", credentials: null });
  assert.deepEqual(await asked(502), { status: 502, code: "", credentials: null });
});

test("the clock never goes back, and goes on from where it was", () => {
  const wall = [1000, 2000, 500, 600];
  const now = steady(() => wall.shift() ?? 0);
  assert.deepEqual([now(), now(), now()], [2000, 2000, 2100]);
});
