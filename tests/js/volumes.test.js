// @ts-check
// How loud each other person is: remembered, bounded, and never beyond what this browser can do.

import assert from "node:assert/strict";
import { test } from "node:test";

import EN from "../../static/lang/en.js";
import { VoiceRoom } from "../../static/voice-mesh.js";
import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { HEADROOM, ceilingCurve, under } from "../../static/voice/audio/ceiling.js";
import { Playback } from "../../static/voice/audio/playback.js";
import { AS_THEY_COME, Volumes } from "../../static/voice/audio/volumes.js";
import { Store } from "../../static/voice/store.js";
import { lend } from "./fake-audio.js";
import { FakePlatform, present, settle, welcome } from "./fake-platform.js";

/** @param {string} [kept] */
function device(kept) {
  const items = new Map(kept === undefined ? [] : [["meshvoice:volumes", kept]]);
  return new Store(() => ({ getItem: (name) => items.get(name) ?? null, setItem: (name, value) => void items.set(name, value) }));
}

test("what was chosen for somebody is there again, and whoever is as they come takes no place", () => {
  const store = device();
  const volumes = new Volumes(store);
  volumes.choose("bo", { volume: 150 });
  volumes.choose("bo", { mutedForMe: true });
  volumes.choose("cleo", { volume: 25 });
  volumes.choose("cleo", { volume: 100 });
  const again = new Volumes(store);
  assert.deepEqual([again.of("bo"), again.of("cleo")], [{ volume: 150, mutedForMe: true }, AS_THEY_COME]);
  assert.deepEqual(store.get("volumes", []), [["bo", 150, true]]);
});

test("what another tab chose for others stays, and is as loud here, too", () => {
  const items = new Map();
  const tab = () => new Volumes(new Store(() => ({ getItem: (name) => items.get(name) ?? null, setItem: (name, value) => void items.set(name, value) })));
  const [one, other] = [tab(), tab()];
  one.choose("bo", { volume: 50 });
  other.choose("cleo", { volume: 150 });
  one.choose("cleo", { mutedForMe: true });
  other.choose("bo", { volume: 100 });
  assert.deepEqual([tab().of("bo"), tab().of("cleo")], [AS_THEY_COME, { volume: 150, mutedForMe: true }]);
});

test("the newest hundred are kept", () => {
  const store = device();
  const volumes = new Volumes(store);
  for (let at = 0; at < 105; at += 1) volumes.choose(`u${at}`, { volume: 50 });
  volumes.choose("u5", { volume: 60 });
  volumes.choose("more", { volume: 60 });
  assert.deepEqual(["u4", "u5", "u6", "u7", "more"].map((user) => volumes.of(user).volume), [100, 60, 100, 50, 60]);
  assert.equal(/** @type {any[]} */ (store.get("volumes", [])).length, 100);
});

test("a volume is a whole number from 0 to 200, whatever is asked", () => {
  const volumes = new Volumes(device());
  for (const [asked, got] of [[-5, 0], [999, 200], [33.4, 33], [NaN, 100], [Infinity, 100]]) {
    volumes.choose("bo", { volume: asked });
    assert.equal(volumes.of("bo").volume, got);
  }
});

test("what somebody else wrote to this device's storage is taken for nothing", () => {
  for (const kept of ['"x"', "{}", "[1,null,[2,3],[\"bo\",\"loud\",true]]", '{"length":3}']) {
    assert.deepEqual(new Volumes(device(kept)).of("bo"), AS_THEY_COME, kept);
  }
  assert.deepEqual(new Volumes(device('[["bo",9000,1]]')).of("bo"), { volume: 200, mutedForMe: false });
});

test("the ceiling changes nothing below its knee, bends what is above, and nothing passes full scale", () => {
  assert.deepEqual([-0.7, 0, 0.3, 0.7].map(under), [-0.7, 0, 0.3, 0.7]);
  const steps = Array.from({ length: 400 }, (_, at) => under(at / 100));
  assert.ok(steps.every((x, at) => at === 0 || x >= steps[at - 1]));
  assert.ok(steps.every((x) => x < 1));
  const curve = ceilingCurve();
  assert.equal(curve[(curve.length - 1) / 2], 0);
  assert.ok(curve.every((x) => Math.abs(x) < 1));
  assert.ok(Math.abs(curve[Math.round((1 + 0.6 / HEADROOM) * (curve.length - 1) / 2)] - 0.6) < 0.002);
});

/** Bo is heard. @param {import("./fake-audio.js").Faults|null} [faults] @param {(platform: FakePlatform) => void} [prepare] */
function playing(faults = {}, prepare = () => {}) {
  const platform = new FakePlatform();
  const contexts = faults ? lend(platform, faults) : [];
  prepare(platform);
  const graph = new AudioGraph(platform);
  const volumes = new Volumes(device());
  const playback = new Playback({ platform, graph, loudness: (peer) => volumes.of(`u${peer}`) });
  volumes.on("change", () => playback.adjust());
  playback.prepare();
  const stream = /** @type {any} */ ({ of: "bo" });
  playback.play("b", stream);
  const element = () => platform.audios.find(({ srcObject }) => srcObject === stream);
  /** Elements that play anything audibly. */
  const heard = () => platform.audios.filter(({ srcObject, muted, paused }) => srcObject && !srcObject.empty && !muted && !paused);
  /** @param {number} volume @param {boolean} [mutedForMe] */
  const choose = async (volume, mutedForMe = false) => {
    volumes.choose("ub", { volume, mutedForMe });
    await settle();
    return [element()?.volume, element()?.muted, heard().length];
  };
  return { platform, playback, graph, contexts, volumes, stream, element, heard, choose };
}

test("up to 100 % the audio element does it alone", async () => {
  const { choose, contexts } = playing();
  assert.deepEqual([await choose(0), await choose(25), await choose(100)], [[0, true, 0], [0.25, false, 1], [1, false, 1]]);
  assert.deepEqual(contexts[0]?.named("source") ?? [], []);
});

test("above 100 % a gain under the ceiling does it, with the muted element still attached", async () => {
  const { choose, contexts: [context], stream, platform } = playing();
  assert.deepEqual(await choose(200), [1, true, 1]);
  const [source] = context.named("source");
  assert.equal(/** @type {any} */ (source).stream, stream);
  const [gain] = [...source.to];
  assert.equal(/** @type {any} */ (gain).gain.value, 2);
  const [entry] = [...gain.to];
  const [shaper] = [...entry.to];
  assert.deepEqual([/** @type {any} */ (entry).gain.value, shaper.kind, [...shaper.to][0].kind], [1 / HEADROOM, "shaper", "out"]);
  assert.equal(platform.audios.filter(({ srcObject }) => srcObject === /** @type {any} */ ([...shaper.to][0]).stream).length, 1);
  await choose(150);
  assert.deepEqual([/** @type {any} */ (gain).gain.value, context.named("source").length], [1.5, 1]);
  assert.deepEqual([await choose(100), source.to.size], [[1, false, 1], 0]);
});

test("a new connection of somebody who is louder is louder, too", async () => {
  const { choose, playback, contexts: [context], platform } = playing();
  await choose(200);
  const next = /** @type {any} */ ({ of: "bo again" });
  playback.play("b", next);
  const [old, now] = context.named("source");
  assert.deepEqual([old.to.size, now.to.size, /** @type {any} */ (now).stream], [0, 1, next]);
  assert.equal(platform.audios.find(({ srcObject }) => srcObject === next)?.muted, true);
});

test("muted for me and deafened are silence at any volume, and what was chosen comes back", async () => {
  const { choose, playback, element, heard } = playing();
  assert.deepEqual([await choose(200, true), await choose(50, true), await choose(200)], [[1, true, 0], [0.5, true, 0], [1, true, 1]]);
  playback.deafened = true;
  assert.deepEqual([element()?.muted, heard().length], [true, 0]);
  playback.deafened = false;
  assert.deepEqual([element()?.muted, heard().length], [true, 1]);
});

for (const faults of [null, { create: "throw" }]) {
  test(`where WebAudio is missing or refused (${JSON.stringify(faults)}), the range ends at 100 %, said so`, async () => {
    const { choose, playback } = playing(faults);
    assert.deepEqual([playback.range.max, /ends at 100 %/.test(playback.range.words)], [100, true]);
    assert.deepEqual(await choose(200), [1, false, 1]);
  });
}

for (const member of ["createMediaStreamSource", "createMediaStreamDestination", "createWaveShaper", "createGain", "connect"]) {
  test(`where ${member} throws, somebody at 200 % is heard at 100 %, said so`, async () => {
    const { choose, playback } = playing({ [member]: "throw" });
    /** @type {number[]} */
    const told = [];
    playback.on("range", ({ max }) => told.push(max));
    assert.deepEqual([await choose(200), told, playback.range.max], [[1, false, 1], [100], 100]);
  });
}

test("a context that is held back or taken away leaves everyone heard by their own element", async () => {
  const { choose, contexts: [context], graph, element, heard } = playing();
  assert.deepEqual(await choose(200), [1, true, 1]);
  await context.suspend();
  assert.deepEqual([element()?.muted, element()?.volume, heard().length], [false, 1, 1]);
  graph.resume();
  await settle();
  assert.deepEqual([element()?.muted, heard().length], [true, 1]);
});

test("while the context is asleep the range ends at 100 %, said so, and what was chosen is there when it runs", async () => {
  const { choose, contexts: [context], graph, element, playback } = playing({ resume: "throw" });
  /** @type {unknown[]} */
  const told = [];
  playback.on("range", ({ max, words }) => told.push([max, words]));
  assert.equal(context.state, "suspended");
  assert.deepEqual([await choose(90), told], [[0.9, false, 1], []], "nobody is louder: it makes no difference");
  assert.deepEqual(await choose(200), [1, false, 1]);
  assert.deepEqual(told, [[100, EN.voice["loudness.asleep"]]]);
  delete context.faults.resume;
  graph.resume();
  await settle();
  assert.deepEqual([element()?.muted, told.slice(1)], [true, [[200, ""]]]);
  await context.suspend();
  assert.deepEqual([element()?.muted, playback.range.max], [false, 100]);
  playback.play("b", null);
  assert.equal(playback.range.max, 200, "nobody is left who would be louder");
});

test("a slider that is moved wakes what is asleep", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform, {});
  const room = new VoiceRoom("mysea-ua", { name: "Ana", store: device(), platform });
  room.join().catch(() => {});
  await settle();
  await contexts[0].suspend();
  room.setVolume("ub", 150);
  await settle();
  assert.equal(contexts[0].state, "running");
  room.leave();
});

test("on a device that lets no page set a volume, only muting is offered, said so", async () => {
  const { choose, playback } = playing({}, (platform) => {
    const { createAudio } = platform;
    platform.createAudio = () => Object.defineProperty(createAudio(), "volume", { get: () => 1, set: () => {} });
  });
  assert.deepEqual([playback.range.min, playback.range.max, /own buttons/.test(playback.range.words)], [100, 100, true]);
  assert.deepEqual([await choose(200), await choose(0), await choose(30, true)], [[1, false, 1], [1, true, 0], [1, true, 0]]);
});

test("an element is lent to the next one as loud as new", async () => {
  const { choose, playback, platform, element } = playing();
  await choose(10, true);
  const used = element();
  playback.play("b", null);
  assert.deepEqual([used?.muted, used?.volume], [false, 1]);
  playback.close();
  assert.ok(platform.audios.every(({ paused, srcObject }) => paused && srcObject === null));
});

test("a room makes somebody softer by their user id, in every seat that they take, and says so", async () => {
  const platform = new FakePlatform();
  const room = new VoiceRoom("mysea-ua", { name: "Ana", store: device(), platform });
  /** @type {any[]} */
  const told = [];
  room.addEventListener("volume", (event) => told.push(/** @type {CustomEvent} */ (event).detail));
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.socket.say(welcome());
  platform.socket.say(present("b", "Bo", 10));
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  await joining;
  const [first, second] = [/** @type {any} */ ({}), /** @type {any} */ ({})];
  platform.links.stream("b", first);
  room.setVolume("ub", 50);
  const volumeOf = (/** @type {any} */ stream) => platform.audios.find(({ srcObject }) => srcObject === stream)?.volume;
  assert.deepEqual([volumeOf(first), told], [0.5, [{ user: "ub", volume: 50, mutedForMe: false }]]);
  platform.socket.say({ ...present("b2", "Bo", 70), user: "ub", type: "hello" });
  platform.links.stream("b2", second);
  assert.equal(volumeOf(second), 0.5);
  room.muteForMe("ub");
  assert.deepEqual(room.volumeOf("ub"), { volume: 50, mutedForMe: true });
  room.leave();
  room.muteForMe("ub", false);
  assert.deepEqual(told.map(({ mutedForMe }) => mutedForMe), [false, true, false]);
});
