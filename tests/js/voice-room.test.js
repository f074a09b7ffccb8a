// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { VoiceError, VoiceRoom } from "../../static/voice-mesh.js";
import { CALM, FIRST, LINKING, LOOK } from "../../static/voice/call/afterwards.js";
import { STILL } from "../../static/voice/session/linking.js";
import { Store } from "../../static/voice/store.js";
import { FakePlatform, FakeTrack, settle, present, welcome } from "./fake-platform.js";

const EVENTS = ["settled", "people", "pairs", "between", "state", "muted", "deafened", "talk", "microphone", "playback", "closing", "server", "announce", "notice", "knock"];

/** @param {(platform: FakePlatform) => void} [prepare] @param {object} [options] */
function voice(prepare = () => {}, options = {}) {
  const platform = new FakePlatform();
  prepare(platform);
  const room = new VoiceRoom("mysea-ua", { name: "Ana", platform, ...options });
  /** @type {[string, any][]} */
  const events = [];
  for (const name of EVENTS) room.addEventListener(name, (event) => events.push([name, /** @type {CustomEvent} */ (event).detail]));
  /** @param {string} name */
  const told = (name) => events.filter(([type]) => type === name).map(([, detail]) => detail);
  return { room, platform, told, states: () => told("state").map(({ state }) => state) };
}

/** Ana joins; Bo and Cleo are there. @param {(platform: FakePlatform) => void} [prepare] @param {object} [options] */
async function joined(prepare, options) {
  const all = await seated(prepare, options);
  await all.platform.advance(FIRST);
  return all;
}

/** The same, with links that have just begun. @param {(platform: FakePlatform) => void} [prepare] @param {object} [options] */
async function seated(prepare, options) {
  const all = voice(prepare, options);
  const joining = all.room.join();
  await settle();
  seat(all.platform);
  await joining;
  await settle();
  return all;
}

/** What is said first to whoever joined so. */
const IN = "You are in, with Bo and Cleo.";

/** @param {FakePlatform} platform @param {object} [more] */
function seat({ socket }, more) {
  socket.accept();
  socket.say(welcome(more));
  socket.say(present("b", "Bo", 10));
  socket.say(present("c", "Cleo", 20));
  socket.say({ type: "pong", t: socket.all("ping")[0].t });
}

/** @param {FakePlatform} platform @param {object} [more] */
function resume({ socket, sockets }, more) {
  socket.accept();
  socket.seq = sockets[sockets.length - 2].seq;
  socket.say(welcome({ resumed: true, ...more }));
}

test("joining unlocks the sound, dials and asks for the microphone within the click", async () => {
  const { room, platform } = voice();
  const joining = room.join();
  assert.deepEqual([platform.asked.length, platform.audios.length, platform.devices.asked.length, room.state], [1, 9, 1, "joining"]);
  await settle();
  seat(platform);
  await joining;
  assert.equal(room.state, "joined");
});

test("the certificate is asked for within the click, once for all links of the call", async () => {
  let made = 0;
  const { platform } = await joined((fresh) => {
    fresh.RTCPeerConnection = /** @type {any} */ (class { static generateCertificate = async () => ({ number: made += 1 }); });
  });
  assert.equal(made, 1);
  assert.deepEqual(await platform.links.options.certificate.get(), { number: 1 });
  assert.equal(made, 1);
});

test("that there is no microphone is told after the join has begun, to whoever came to listen meanwhile", async () => {
  for (const prepare of [
    (/** @type {FakePlatform} */ made) => Object.assign(made, { mediaDevices: undefined }),
    (/** @type {FakePlatform} */ made) => void made.devices.answers.push({ name: "NotFoundError" }),
  ]) {
    const { room, told } = voice(prepare);
    room.join().catch(() => {});
    assert.deepEqual(told("microphone"), []);
    await settle();
    assert.equal(told("microphone").length, 1);
    room.leave();
  }
  const { room, told } = voice();
  room.devices.chooseListening(true);
  room.join().catch(() => {});
  assert.deepEqual(told("microphone"), []);
  await settle();
  assert.deepEqual(told("microphone").map(({ code }) => code), ["listen-only"]);
});

test("the links are opened as those present are told, and the whole roster is synced at its end", async () => {
  const { platform: { links } } = await joined();
  assert.deepEqual(links.options.self, { peer: "a", order: 50 });
  assert.deepEqual(links.named("present"), [[{ peer: "b", order: 10 }], [{ peer: "c", order: 20 }]]);
  assert.deepEqual(links.named("sync"), [[[{ peer: "b", order: 10 }, { peer: "c", order: 20 }]]]);
  assert.equal(links.options.credentials()[0].urls[0], "turn:relay.example");
});

test("the first hello doesn't wait for the microphone, which comes by setTrack", async () => {
  const { platform } = await joined(({ devices }) => devices.answers.push("pending"));
  assert.equal(platform.links.options.track, null);
  const track = /** @type {any} */ (new FakeTrack());
  platform.devices.prompts[0](track);
  await settle();
  assert.deepEqual(platform.links.named("setTrack"), [[track]]);
});

/** @param {any[]} people */
const named = (people) => people.map(({ name }) => name);

/** @param {(name: string) => any[]} told */
const shown = (told) => [told("people").map(named), told("settled").length];
const NOBODY = [[], 0];
const ALL_THREE = [[["Ana", "Bo", "Cleo"]], 1];

test("who is there is told once for all, when everybody has been heard and no link moved for a while", async () => {
  const { platform, told } = await seated();
  const { links } = platform;
  assert.equal(links.named("present").length, 2);
  links.report("b", {});
  links.report("c", { state: "connecting" });
  await platform.advance(CALM + LOOK);
  assert.deepEqual(shown(told), NOBODY);
  links.report("c", {});
  links.movedAt = platform.now();
  await platform.advance(CALM - LOOK);
  assert.deepEqual(shown(told), NOBODY);
  await platform.advance(2 * LOOK);
  assert.deepEqual(shown(told), ALL_THREE);
});

test("whoever can't be heard yet is told of when no link moves any more, and after a while even where one does", async () => {
  const { platform, told } = await seated();
  platform.links.report("c", {});
  await platform.advance(STILL - LOOK);
  assert.deepEqual(shown(told), NOBODY);
  await platform.advance(2 * LOOK);
  assert.deepEqual(shown(told), ALL_THREE);
  const moving = await seated();
  Object.defineProperty(moving.platform.links, "movedAt", { get: () => moving.platform.now() });
  await moving.platform.advance(FIRST - LOOK);
  assert.deepEqual(shown(moving.told), NOBODY);
  await moving.platform.advance(LOOK);
  assert.deepEqual(shown(moving.told), ALL_THREE);
});

test("whoever is alone is shown so when the list has ended and nobody came at the same moment", async () => {
  const { room, platform, told } = voice();
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.socket.say(welcome());
  await joining;
  await settle();
  await platform.advance(CALM + LOOK);
  assert.deepEqual(shown(told), NOBODY);
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  await platform.advance(LOOK);
  assert.deepEqual(shown(told), [[["Ana"]], 1]);
});

test("a call that ends while its first links are made tells both", async () => {
  const { room, told, states } = await seated();
  room.leave();
  await settle();
  assert.deepEqual([told("settled").length, states()], [1, ["joining", "joined", "left"]]);
});

test("whoever leaves while what waited is shown leaves nothing running", async () => {
  const { room, platform } = await seated();
  room.addEventListener("settled", () => room.leave());
  await platform.advance(FIRST);
  await platform.advance(10_000);
  assert.deepEqual([room.state, [...platform.timers.values()]], ["left", []]);
});

test("who comes is told with their link, and is waited for once", async () => {
  const { platform, told } = await joined();
  platform.socket.say({ ...present("d", "Dan", 60), type: "hello" });
  await platform.advance(LINKING / 2);
  platform.socket.say({ ...present("e", "Eve", 61), type: "hello" });
  assert.equal(told("people").length, 1);
  await platform.advance(LINKING / 2);
  assert.equal(told("people").at(-1).length, 5, "one that begins meanwhile makes it no later still");
});

test("people are told with their words, oneself first", async () => {
  const { platform, told } = await joined();
  platform.links.report("b", {});
  platform.links.report("c", { state: "repairing" });
  await settle();
  assert.deepEqual(told("people").at(-1).map((/** @type {any} */ { name, word }) => [name, word]),
    [["Ana", "here"], ["Bo", "here"], ["Cleo", "unheard"]]);
  assert.deepEqual(told("pairs").at(-1), [{ names: ["Ana", "Cleo"], peers: ["a", "c"], words: "Ana and Cleo: reconnecting" }]);
});

test("signaling of links goes through in both directions", async () => {
  const { platform } = await joined();
  platform.links.options.send({ type: "offer", target: "b", gen: 1, sdp: "v=0" });
  assert.deepEqual(platform.socket.all("offer"), [{ type: "offer", target: "b", gen: 1, sdp: "v=0", n: 1 }]);
  platform.socket.say({ type: "answer", source: "b", gen: 1, sdp: "v=0" });
  assert.deepEqual(platform.links.named("deliver"), [[{ type: "answer", source: "b", gen: 1, sdp: "v=0", seq: 5 }]]);
});

test("a refused microphone joins listen-only: told to oneself and to the room", async () => {
  const { room, platform, told } = await joined(({ devices }) => devices.answers.push({ name: "NotAllowedError" }));
  assert.deepEqual(told("microphone").map(({ ok, code, retry }) => [ok, code, retry]), [[false, "denied", true]]);
  assert.equal(platform.socket.all("hello")[0].muted, true);
  assert.equal(room.muted, false);
  assert.deepEqual([room.people[0].word, room.people[0].doing], ["unheard", "listening only: no microphone"]);
  room.retryMicrophone();
  await settle();
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [false]);
  assert.equal(room.people[0].word, "here");
});

test("a refusal between the hello and the welcome is told to the room, too", async () => {
  const { room, platform } = voice(({ devices }) => devices.answers.push("pending"));
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.devices.prompts[0](/** @type {any} */ (null));
  await settle();
  platform.socket.say(welcome());
  await joining;
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [true]);
});

test("while the permission prompt stands nobody is shown as heard: neither oneself nor to the room", async () => {
  const { room, platform } = await seated(({ devices }) => devices.answers.push("pending"));
  assert.deepEqual([platform.socket.all("hello")[0].muted, room.people[0].word], [false, "here"]);
  await platform.advance(1000);
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [true]);
  assert.deepEqual([room.people[0].word, room.people[0].doing], ["unheard", "listening only: waiting for the microphone"]);
  platform.devices.prompts[0](new FakeTrack());
  await settle();
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [true, false]);
  assert.equal(room.people[0].word, "here");
});

test("a normal join sends no state frame, nor does a microphone that is changed at once", async () => {
  const { room, platform, told } = await joined();
  await platform.advance(5000);
  platform.devices.tracks[0].onended();
  await settle();
  assert.deepEqual(platform.socket.all("state"), []);
  assert.equal(told("people").every((/** @type {any} */ [me]) => me.word === "here"), true);
  assert.equal(room.people[0].word, "here");
});

test("a track that ends sends silence while the next one is waited for, and the room learns of it", async () => {
  const { room, platform } = await joined();
  await platform.advance(5000);
  platform.devices.answers.push("pending");
  platform.devices.tracks[0].onended();
  assert.deepEqual(platform.links.named("setTrack").at(-1), [null]);
  await platform.advance(1000);
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [true]);
  assert.equal(room.people[0].word, "unheard");
});

test("a phone call that takes the microphone is told, to oneself and to the room, and its end, too", async () => {
  const { room, platform, told } = await joined();
  platform.devices.tracks[0].onmute();
  await settle();
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [true]);
  assert.deepEqual([room.people[0].word, room.people[0].doing], ["unheard", "listening only: the system holds the microphone"]);
  platform.devices.tracks[0].onunmute();
  await settle();
  assert.deepEqual(platform.socket.all("state").map(({ muted }) => muted), [true, false]);
  assert.deepEqual(told("microphone").map(({ ok, code }) => [ok, code]), [[true, "ok"], [false, "interrupted"], [true, "ok"]]);
  assert.equal(room.people[0].word, "here");
});

test("mute silences the track, tells the room and outlives a reconnect", async () => {
  const { room, platform, told } = await joined();
  room.toggleMute();
  assert.equal(platform.devices.tracks[0].enabled, false);
  assert.deepEqual(platform.socket.all("state"), [{ type: "state", muted: true, deafened: false, n: 1 }]);
  assert.deepEqual(told("muted"), [{ muted: true }]);
  platform.socket.end(1006);
  seat(platform);
  assert.equal(platform.socket.all("hello")[0].muted, true);
  assert.equal(platform.devices.asked.length, 1);
  assert.equal(platform.devices.tracks[0].enabled, false);
});

test("who deafens hears nobody, is muted, and both are told to the room in one word", async () => {
  const { room, platform, told } = await joined();
  room.deafen();
  await settle();
  assert.ok(platform.audios.filter(({ srcObject }) => srcObject).every(({ muted }) => muted));
  assert.equal(platform.devices.tracks[0].enabled, false);
  assert.deepEqual(platform.socket.all("state"), [{ type: "state", muted: true, deafened: true, n: 1 }]);
  assert.deepEqual([told("muted"), told("deafened")], [[{ muted: true }], [{ deafened: true }]]);
  assert.deepEqual([room.people[0].muted, room.people[0].deafened], [true, true]);
  room.undeafen();
  await settle();
  assert.ok(platform.audios.every(({ muted }) => !muted));
  assert.equal(platform.devices.tracks[0].enabled, true);
  assert.deepEqual(platform.socket.all("state").at(-1), { type: "state", muted: false, deafened: false, n: 2 });
});

test("who was deafened when the call before ended joins so, and says so in the hello", async () => {
  const store = new Store();
  store.set("deafened", true);
  const { platform } = await joined(undefined, { store });
  const [{ muted, deafened }] = platform.socket.all("hello");
  assert.deepEqual([muted, deafened], [true, true]);
  assert.ok(platform.audios.filter(({ srcObject }) => srcObject).every((audio) => audio.muted));
  assert.deepEqual(platform.socket.all("state"), []);
});

test("push-to-talk opens and shuts the microphone and tells the room nothing", async () => {
  const { room, platform, told } = await joined();
  const [track] = platform.devices.tracks;
  room.talk.choose("push");
  assert.equal(track.enabled, false);
  room.talk.press();
  assert.equal(track.enabled, true);
  room.talk.release();
  await platform.advance(200);
  assert.equal(track.enabled, false);
  assert.deepEqual(platform.socket.all("state"), []);
  assert.deepEqual(told("talk").map(({ pressed, sends }) => [pressed, sends]), [[false, false], [true, true], [false, true], [false, false]]);
});

test("a microphone that comes while push-to-talk is shut is shut, too", async () => {
  const { room, platform } = await joined(({ devices }) => devices.answers.push("pending"));
  room.talk.choose("push");
  const track = new FakeTrack();
  platform.devices.prompts[0](track);
  await settle();
  assert.equal(track.enabled, false);
});

test("voice activation where WebAudio is missing leaves the microphone open, says so once, and the call goes on", async () => {
  const { room, platform, told } = await joined();
  room.talk.choose("voice");
  await settle();
  assert.equal(platform.devices.tracks[0].enabled, true);
  assert.deepEqual(told("notice").map(({ code }) => code), ["no-voice-activation"]);
  room.mute();
  assert.equal(platform.devices.tracks[0].enabled, false);
  room.unmute();
  await settle();
  assert.deepEqual([room.state, told("notice").length], ["joined", 1]);
});

test("who joins muted opens a muted microphone", async () => {
  const { platform } = await joined(undefined, { muted: true });
  assert.equal(platform.socket.all("hello")[0].muted, true);
  assert.equal(platform.devices.tracks[0].enabled, false);
});

test("a dropped socket touches no link, and a resume tells what was missed", async () => {
  const { platform, states, told } = await joined();
  const { links } = platform;
  links.report("b", {});
  platform.socket.end(1006);
  links.options.send({ type: "repair", target: "b", gen: 1, why: "stalled" });
  await settle();
  resume(platform);
  platform.socket.say({ type: "state", source: "b", muted: true, deafened: false });
  await settle();
  assert.deepEqual(states(), ["joining", "joined", "reconnecting", "joined"]);
  assert.equal(platform.allLinks.length, 1);
  assert.equal(links.closed, false);
  assert.deepEqual(links.named("reassess"), [["resume"]]);
  assert.equal(links.named("sync").length, 1);
  assert.deepEqual(platform.socket.all("repair").map(({ n }) => n), [2]);
  assert.equal(told("people").at(-1)[1].word, "muted");
});

test("a server that is back within 3 s is not worth a word; later it is, and its return, too", async () => {
  const { platform, told } = await joined();
  platform.answer = { status: 0, body: null };
  platform.socket.end(1006);
  await platform.advance(2900);
  assert.deepEqual(told("server"), []);
  await platform.advance(200);
  assert.deepEqual(told("server"), [{ lost: true, words: "Reconnecting to the server; you can go on talking." }]);
  while (platform.socket.onopen === null) await platform.advance(500);
  resume(platform);
  assert.deepEqual(told("server").at(-1), { lost: false, words: "Connected to the server again." });
});

test("after a restart of the server those who come back keep their links and are no news", async () => {
  const { platform, told } = await joined();
  platform.links.report("b", {});
  platform.links.report("c", {});
  platform.socket.end(1012);
  platform.socket.accept();
  platform.socket.say(welcome({ boot: "b2", ticket: "t2" }));
  platform.socket.say(present("b", "Bo", 10));
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  platform.socket.lively = true;
  await settle();
  assert.deepEqual(platform.links.named("setSelf"), [[{ peer: "a", order: 50 }]]);
  assert.deepEqual(platform.links.named("sync").at(-1), [[{ peer: "b", order: 10 }]]);
  assert.deepEqual(told("people").at(-1).map((/** @type {any} */ { word }) => word), ["here", "here", "here"]);
  platform.socket.say({ ...present("c", "Cleo", 20), type: "hello" });
  await platform.advance(30_000);
  assert.deepEqual(told("announce"), [IN]);
  assert.deepEqual(told("people").at(-1).map((/** @type {any} */ { name }) => name), ["Ana", "Bo", "Cleo"]);
});

test("after a restart whoever never comes back leaves by name once nothing is heard", async () => {
  const { platform, told } = await joined();
  platform.links.report("b", {});
  platform.socket.end(1012);
  platform.socket.accept();
  platform.socket.say(welcome({ boot: "b2" }));
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  platform.links.links.clear();
  platform.socket.lively = true;
  await platform.advance(16_000);
  assert.deepEqual(told("announce"), [IN, "Bo and Cleo lost the connection and left"]);
  assert.equal(told("people").at(-1).length, 1);
});

test("whoever vanished while the list was cut off by a second drop is no ghost", async () => {
  const { platform, told } = await joined();
  platform.socket.end(1012);
  platform.socket.accept();
  platform.socket.say(welcome({ boot: "b2" }));
  platform.socket.say(present("b", "Bo", 10));
  platform.socket.end(1006);
  await platform.advance(500);
  resume(platform);
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  assert.deepEqual(platform.links.named("sync").at(-1), [[{ peer: "b", order: 10 }]]);
  platform.socket.lively = true;
  await platform.advance(16_000);
  assert.deepEqual(told("people").at(-1).map((/** @type {any} */ { name }) => name), ["Ana", "Bo"]);
});

test("once a call, when the list of who is there has come, one is told who that is", async () => {
  const { room, platform, told } = voice();
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.socket.say(welcome());
  await joining;
  // A list that a drop cuts off goes on behind the next welcome.
  platform.socket.end(1006);
  await platform.advance(500);
  platform.socket.accept();
  platform.socket.say(welcome({ boot: "b2" }));
  platform.socket.say(present("b", "Bo", 10));
  platform.socket.say(present("c", "Cleo", 20));
  assert.deepEqual([room.state, told("announce")], ["joined", []]);
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  platform.socket.lively = true;
  await platform.advance(FIRST);
  assert.deepEqual(told("announce"), [IN]);
  platform.socket.end(1012);
  await platform.advance(500);
  seat(platform, { boot: "b3" });
  platform.socket.lively = true;
  await platform.advance(30_000);
  assert.deepEqual(told("announce"), [IN]);
  room.leave();
  const again = room.join();
  await settle();
  seat(platform);
  await again;
  await platform.advance(FIRST);
  assert.deepEqual(told("announce"), [IN, IN]);
});

test("whoever joins muted or deafened, as it was remembered, is told so with who is there", async () => {
  const remembered = (/** @type {object} */ kept) => {
    const store = new Store();
    for (const [key, value] of Object.entries(kept)) store.set(key, value);
    return joined(undefined, { store });
  };
  const muted = await remembered({ muted: true });
  assert.deepEqual(muted.told("announce"), [`${IN} You are muted: nobody hears you.`]);
  const deafened = await remembered({ muted: true, deafened: true });
  assert.deepEqual(deafened.told("announce"), [`${IN} You are deafened: you hear nobody, and nobody hears you.`]);
});

test("those who join and leave are announced, at most one sentence in 2 s", async () => {
  const { platform, told } = await joined();
  await platform.advance(2000);
  platform.socket.say({ ...present("d", "Dan", 60), type: "hello" });
  for (const [source, reason] of [["b", "left"], ["c", "left"], ["d", "removed"]]) platform.socket.say({ type: "left", source, reason });
  assert.deepEqual(told("announce"), [IN]);
  await platform.advance(LOOK);
  assert.deepEqual(told("announce"), [IN, "Dan joined"]);
  await platform.advance(1999);
  assert.equal(told("announce").length, 2);
  await platform.advance(2001);
  assert.deepEqual(told("announce"), [IN, "Dan joined", "Bo and Cleo left", "Dan was removed by the owner"]);
  assert.deepEqual(platform.links.named("left"), [["b", "left"], ["c", "left"], ["d", "left"]]);
});

test("links are told to the room when one changes, and at most once in 2 s", async () => {
  const { platform } = await joined();
  await platform.advance(2000);
  platform.links.report("b", { state: "connecting" });
  platform.links.report("b", { state: "stalled", rtt: null, loss: null });
  platform.links.report("b", {});
  platform.links.report("c", {});
  await platform.advance(2000);
  platform.links.report("c", { rtt: 99 });
  await platform.advance(2000);
  const up = { state: "up", path: "direct", rtt: 20, loss: 0 };
  assert.deepEqual(platform.socket.all("links").map(({ links }) => links), [
    { b: { state: "stalled", path: "direct", rtt: null, loss: null } }, { b: up, c: up },
  ]);
});

for (const counts of [true, undefined]) {
  test(`counts of the links are told to a server that ${counts ? "takes them" : "would refuse them"}`, async () => {
    const { platform, room } = voice();
    const joining = room.join();
    await settle();
    seat(platform, { counts });
    await joining;
    await platform.advance(2000);
    platform.links.report("b", { state: "connecting" });
    platform.links.dispatchEvent(new CustomEvent("generation", { detail: { peer: "b", gen: 2, what: "made", why: "stalled" } }));
    await platform.advance(300);
    platform.links.report("b", {});
    await platform.advance(2000);
    platform.links.report("b", { state: "stalled" });
    await platform.advance(2000);
    const told = platform.socket.all("links").map(({ first, repairs }) => ({ first, repairs }));
    const nothing = { first: undefined, repairs: undefined };
    assert.deepEqual(told, [counts ? { first: [300], repairs: { stalled: 1 } } : nothing, nothing]);
  });
}

test("fresh credentials go to the links and to those made later", async () => {
  const { platform } = await joined();
  assert.deepEqual(platform.links.named("setCredentials"), [[platform.answer.body]]);
  const iceServers = [{ urls: ["turn:new.example"] }];
  platform.socket.say({ type: "credentials", ttl: 600, iceServers });
  assert.deepEqual(platform.links.named("setCredentials").at(-1), [{ ttl: 600, iceServers }]);
  assert.deepEqual(platform.links.options.credentials(), iceServers);
});

test("without a relay of the server's it goes on, and nothing is called a failure", async () => {
  const { room, platform } = await joined((platform) => {
    platform.answer = { status: 503, body: { error: { code: "no-relay", message: "" } } };
  });
  assert.equal(room.state, "joined");
  assert.deepEqual(platform.links.options.credentials(), []);
});

test("refused playback asks for one tap, and the tap is heard", async () => {
  const { room, platform, told } = await joined();
  platform.autoplayRefused = true;
  platform.links.stream("b", { id: "s" });
  await settle();
  assert.deepEqual(told("playback"), [{ blocked: true }]);
  platform.autoplayRefused = false;
  room.unlock();
  await settle();
  assert.deepEqual(told("playback"), [{ blocked: true }, { blocked: false }]);
});

test("each peer is heard through one element of the pool, whatever generation it comes by", async () => {
  const { platform } = await joined();
  const [first, second] = [{ id: "1" }, { id: "2" }];
  platform.links.stream("b", first);
  platform.links.stream("b", second);
  await settle();
  assert.deepEqual(platform.audios.filter(({ srcObject }) => srcObject === first || srcObject === second).length, 1);
  platform.links.stream("b", null);
  assert.equal(platform.audios.some(({ srcObject }) => srcObject === second), false);
  assert.equal(platform.audios.length, 9);
});

test("elements go back to the pool, however many come and go", async () => {
  const { platform } = await joined();
  for (let i = 0; i < 20; i += 1) {
    platform.links.stream(`p${i}`, { id: i });
    platform.links.stream(`p${i}`, null);
  }
  assert.equal(platform.audios.length, 9);
});

test("whoever unmutes without a microphone is asked for it again", async () => {
  const { room, platform } = await joined(({ devices }) => devices.answers.push({ name: "NotReadableError" }), { muted: true });
  room.unmute();
  await settle();
  assert.equal(platform.devices.asked.length, 2);
  assert.equal(platform.devices.tracks[0].enabled, true);
});

test("being removed ends it, with what to do", async () => {
  const { room, platform, told } = await joined();
  platform.socket.end(4403);
  const { state, code, words } = told("state").at(-1);
  assert.deepEqual([state, code, words], ["refused", 4403, "You were removed from this room. Ask its owner to invite you anew."]);
  assert.equal(platform.links.closed, true);
  await platform.advance(60_000);
  assert.deepEqual([platform.sockets.length, platform.timers.size, room.people], [1, 0, []]);
});

test("a second tab ends this one as left, and a click brings it back", async () => {
  const { room, platform, told } = await joined();
  platform.socket.end(4409);
  assert.equal(told("state").at(-1).state, "left");
  assert.match(told("state").at(-1).words, /another tab.*click/);
  const joining = room.join();
  await settle();
  seat(platform);
  await joining;
  assert.equal(room.state, "joined");
});

test("a refused room rejects the join in plain words", async () => {
  const { room, states } = voice((platform) => {
    platform.answer = { status: 404, body: { error: { code: "not-found", message: "" } } };
  });
  await assert.rejects(room.join(), (error) => error instanceof VoiceError && error.code === 4404 && /Ask its owner/.test(error.message));
  assert.deepEqual(states(), ["joining", "refused"]);
});

test("a server that can't be reached is told while joining goes on", async () => {
  const { room, platform, told } = voice((platform) => {
    platform.answer = { status: 0, body: null };
  });
  const joining = room.join();
  await settle();
  assert.deepEqual([told("state").at(-1).state, told("state").at(-1).code], ["joining", "unreachable"]);
  room.leave();
  await assert.rejects(joining, { code: "left" });
  assert.equal(platform.timers.size, 0);
});

test("the owner's remove goes to the server, and its refusal is told", async () => {
  const { room, platform, told } = await joined();
  room.remove("b");
  assert.deepEqual(platform.socket.all("remove"), [{ type: "remove", target: "b", n: 1 }]);
  platform.socket.say({ type: "error", code: "not-allowed", message: "in English", about: "remove" });
  platform.socket.say({ type: "error", code: "unknown-target", message: "", about: "ice" });
  assert.deepEqual(told("notice"), [{ code: "not-allowed", words: "only the room's owner removes people" }]);
});

for (const keeps of [true, undefined]) {
  test(`that the open links are to stay is told to a server that ${keeps ? "takes it" : "would refuse it"}`, async () => {
    const { room, platform } = voice();
    assert.equal(room.keepsLinks, false);
    const joining = room.join();
    await settle();
    seat(platform, { keeps });
    await joining;
    assert.equal(room.keepsLinks, keeps === true);
    room.remove("b", { links: true });
    room.remove("b", { links: false });
    const told = platform.socket.all("remove").map(({ n, ...said }) => said);
    const usual = { type: "remove", target: "b" };
    assert.deepEqual(told, [usual, keeps ? { ...usual, links: false } : usual]);
  });
}

test("the closing hour is told", async () => {
  const { platform, told } = await joined();
  const at = Math.round(platform.time / 1000) + 600;
  platform.socket.say({ type: "notice", code: "closing", at });
  assert.deepEqual(told("closing"), [{ at, words: "This room closes in 10 minutes." }]);
});

test("who opens the room's page is told of to the page, with whether their name looks like another", async () => {
  const { platform, told } = await joined();
  platform.socket.say({ type: "knock", user: "ud", name: "Dan" });
  platform.socket.say({ type: "knock", user: "ue", name: "b0", alike: true });
  assert.deepEqual(told("knock"), [{ user: "ud", name: "Dan", alike: false }, { user: "ue", name: "b0", alike: true }]);
});

test("leaving says bye and leaves nothing", async () => {
  const { room, platform, states, told } = await joined();
  platform.links.report("b", { state: "stalled" });
  platform.links.stream("b", { id: "s" });
  platform.socket.say({ type: "left", source: "c", reason: "lost" });
  await settle();
  room.leave();
  room.leave();
  assert.deepEqual(platform.socket.sent.at(-1), { type: "bye" });
  assert.equal(platform.socket.closed, true);
  assert.equal(platform.links.closed, true);
  assert.equal(platform.devices.tracks[0].readyState, "ended");
  assert.equal(platform.devices.listeners, 0);
  assert.equal(platform.locks[0].released, true);
  assert.equal(platform.audios.every(({ srcObject, paused }) => srcObject === null && paused), true);
  assert.equal(platform.timers.size, 0);
  await settle();
  assert.deepEqual([states().at(-1), told("people").at(-1)], ["left", []]);
  platform.window.dispatchEvent(new Event("online"));
  platform.document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.deepEqual([platform.sockets.length, platform.locks.length], [1, 1]);
});

test("leaving between the hello and the welcome says bye", async () => {
  const { room, platform } = voice();
  const joining = room.join();
  await settle();
  platform.socket.accept();
  room.leave();
  await assert.rejects(joining, { code: "left" });
  assert.deepEqual(platform.socket.sent.at(-1), { type: "bye" });
});

test("whoever leaves while the socket is away gives the seat back; joining again wants that socket no more", async () => {
  const { room, platform } = await joined();
  platform.socket.end(1006);
  room.leave();
  const late = platform.socket;
  assert.equal(late.closed, false);
  const again = room.join();
  assert.equal(late.closed, true);
  assert.equal(late.onopen, null);
  await settle();
  seat(platform);
  await again;
  room.leave();
  assert.deepEqual(platform.socket.sent.at(-1), { type: "bye" });
});

for (const moment of ["joining", "joined"]) {
  test(`a listener that leaves on "${moment}" leaves nothing`, async () => {
    const { room, platform } = voice();
    room.addEventListener("state", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.state === moment) room.leave();
    });
    const joining = room.join().catch(() => {});
    await settle();
    if (moment === "joined") seat(platform);
    await joining;
    await settle();
    assert.equal(room.state, "left");
    assert.equal(platform.timers.size, 0);
    assert.equal(platform.devices.tracks.every(({ readyState }) => readyState === "ended"), true);
  });
}

test("a page that goes away says bye, and joins again when it comes back as it was", async () => {
  const { room, platform } = await joined();
  platform.window.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(platform.socket.sent.at(-1), { type: "bye" });
  assert.equal(room.state, "left");
  platform.window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await settle();
  seat(platform);
  await settle();
  assert.equal(room.state, "joined");
});

test("whoever the back button brings back is muted, and told so: no microphone opens without a click", async () => {
  const { room, platform, told } = await joined();
  platform.window.dispatchEvent(new Event("pagehide"));
  platform.window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await settle();
  seat(platform);
  await settle();
  assert.equal(platform.socket.all("hello")[0].muted, true);
  assert.equal(platform.devices.tracks[1].enabled, false);
  assert.deepEqual([room.muted, told("muted")], [true, [{ muted: true }]]);
  assert.deepEqual(told("notice"), [{ code: "back-muted", words: "You are back in voice, muted: unmute to be heard." }]);
  room.unmute();
  assert.equal(platform.devices.tracks[1].enabled, true);
});

test("online and visible are reasons to look, at the socket and at the links, never to repair", async () => {
  const { platform } = await joined();
  platform.window.dispatchEvent(new Event("online"));
  platform.document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(platform.links.named("reassess"), [["online"], ["visible"]]);
  assert.equal(platform.socket.all("ping").length, 2);
  assert.equal(platform.sockets.length, 1);
});

test("a flood of states is shown ten times a second at most, the first at once and the last for certain", async () => {
  const { platform, told } = await joined();
  await platform.advance(1000);
  const before = told("people").length;
  const say = (/** @type {boolean} */ deafened) => platform.socket.say({ type: "state", source: "b", muted: false, deafened });
  say(true);
  await settle();
  assert.equal(told("people").length, before + 1);
  for (let count = 0; count < 250; count += 1) {
    say(count % 2 === 1);
    await platform.advance(20);
  }
  assert.ok(told("people").length - before <= 56, `${told("people").length - before} in 5 s`);
  await platform.advance(100);
  assert.equal(told("people").at(-1)[1].deafened, true);
});

test("nothing of a flood waits behind the end", async () => {
  const { room, platform, told } = await joined();
  for (let count = 0; count < 20; count += 1) {
    platform.socket.say({ type: "state", source: "b", muted: false, deafened: count % 2 === 0 });
    await settle();
  }
  room.leave();
  await settle();
  assert.deepEqual([told("people").at(-1), platform.timers.size], [[], 0]);
});

/** Somebody loud; says: the level that the packets bear. @param {FakePlatform} platform @param {number} says */
const loud = (platform, says) => /** @type {any} */ ({
  getSynchronizationSources: () => [{ audioLevel: says }],
  getStats: async () => new Map([["1", { type: "inbound-rtp", totalAudioEnergy: platform.now() / 1000, totalSamplesDuration: platform.now() / 1000 }]]),
});

test("whoever says muted and is heard is announced once", async () => {
  const { room, platform, told } = await joined();
  platform.socket.lively = true;
  platform.links.report("b", {});
  const receiver = loud(platform, 0.2);
  platform.links.receivers = () => new Map([["b", receiver]]);
  platform.socket.say({ type: "state", source: "b", muted: true, deafened: false });
  await platform.advance(1000);
  assert.deepEqual([room.people[1].word, room.people[1].speaking], ["muted", false]);
  await platform.advance(1000);
  assert.deepEqual([room.people[1].word, room.people[1].speaking, room.people[1].heardMuted], ["here", true, true]);
  for (const muted of [false, true]) platform.socket.say({ type: "state", source: "b", muted, deafened: false });
  await platform.advance(10_000);
  assert.equal(room.people[1].heardMuted, true);
  assert.deepEqual(told("announce"), [IN, "Bo says they are muted, but you hear them"]);
});

test("whoever says muted, writes silence on loud packets and is heard is announced once", async () => {
  const { room, platform, told } = await joined();
  const receiver = loud(platform, 0);
  platform.socket.lively = true;
  platform.links.report("b", {});
  platform.links.receivers = () => new Map([["b", receiver]]);
  platform.socket.say({ type: "state", source: "b", muted: true, deafened: false });
  await platform.advance(10_000);
  assert.deepEqual([room.people[1].word, room.people[1].speaking, room.people[1].heardMuted], ["here", true, true]);
  assert.deepEqual(told("announce"), [IN, "Bo says they are muted, but you hear them"]);
});

test("what a notice says is announced, too: a microphone that is gone, a room that closes, an error of one's own", async () => {
  const { platform, told } = await joined();
  assert.deepEqual(told("announce"), [IN]);
  platform.devices.answers.push({ name: "NotFoundError" });
  await platform.advance(2000);
  platform.devices.tracks[0].onended?.();
  await settle();
  platform.socket.say({ type: "notice", code: "closing", at: platform.now() / 1000 + 600 });
  platform.socket.say({ type: "error", code: "not-allowed", message: "only the room's owner removes people", about: "remove" });
  await platform.advance(6000);
  assert.deepEqual(told("announce").slice(1).map((said) => said.split(":")[0]), ["No microphone found", "This room closes in 10 minutes.", "only the room's owner removes people"]);
});

test("a noise suppression that can't be had is announced, too, and the call goes on", async () => {
  const { room, platform, told } = await joined();
  room.devices.process({ strongNoiseSuppression: true });
  await platform.advance(6000);
  assert.deepEqual(told("announce"), [IN, ...told("notice").map(({ words }) => words)]);
  assert.equal(told("notice").length, 1);
  assert.equal(room.state, "joined");
});

test("an offer that the server dropped is told to the links and not to the person", async () => {
  const { platform, told } = await joined();
  platform.socket.say({ type: "error", code: "too-fast", message: "slowly", about: "repair" });
  assert.deepEqual(platform.links.named("unsent"), []);
  platform.socket.say({ type: "error", code: "too-fast", message: "slowly", about: "offer" });
  assert.deepEqual([platform.links.named("unsent"), told("notice")], [[[]], []]);
  platform.socket.say({ type: "error", code: "too-fast", message: "slowly", about: "state" });
  assert.deepEqual(told("notice"), [{ code: "too-fast", words: "slow down: this message was dropped" }]);
});

test("a description of ours that the server refused is told on that person's row and in the report", async () => {
  const { room, platform, told } = await joined();
  for (const [code, about] of [["bad-message", "offer"], ["too-large", "answer"], ["too-large", "ice"], ["unknown-target", "offer"]]) {
    platform.socket.say({ type: "error", code, message: "no", about });
  }
  assert.deepEqual(platform.links.named("unfit"), [["offer"], ["answer"]]);
  assert.match(room.report(), /error answered {2}code=bad-message {2}about=offer {2}peer=b\n/);
  platform.links.report("b", { state: "connecting", attempt: 1, unfit: true });
  await settle();
  assert.deepEqual([room.people[1].word, /^the server refused what this browser sent/.test(room.people[1].doing)], ["unheard", true]);
  assert.deepEqual(told("notice"), []);
});

test("a description that was refused is in the report, without its words", async () => {
  const { room, platform } = await joined();
  platform.links.dispatchEvent(new CustomEvent("fault", { detail: { peer: "b", gen: 3, reason: "refused: an SDP starts with v=0", refused: true } }));
  assert.match(room.report(), /description refused {2}peer=b {2}gen=3\n/);
});

test("joining twice is joining once", async () => {
  const { room, platform } = await joined();
  await room.join();
  assert.equal(platform.sockets.length, 1);
});

test("whoever leaves as soon as joining is told can join again", async () => {
  const { room, platform, states } = voice();
  room.addEventListener("state", () => room.leave(), { once: true });
  await assert.rejects(room.join(), { code: "left" });
  assert.deepEqual(states(), ["joining", "left"]);
  const again = room.join();
  await settle();
  seat(platform);
  await again;
  assert.equal(room.state, "joined");
});

test("whoever joins anew as soon as the end is told gets that join's answer, and the one before gets its own", async () => {
  const { room, platform } = voice();
  const first = room.join();
  /** @type {Promise<void>|undefined} */
  let again;
  room.addEventListener("state", () => {
    again = room.join();
  }, { once: true });
  room.leave();
  await assert.rejects(first, { code: "left" });
  await settle();
  seat(platform);
  await again;
  assert.equal(room.state, "joined");
});

test("voice-mesh.js names its whole graph, so that it is fetched in one round trip", () => {
  const statics = new URL("../../static/", import.meta.url);
  /** @param {string} path */
  const imports = (path) => [...readFileSync(new URL(path, statics), "utf8").matchAll(/^(?:import|export)\b[^;]*"(\.[^"]+)";$/gm)]
    .map(([, to]) => new URL(to, new URL(path, statics)).href.slice(statics.href.length));
  const named = imports("voice-mesh.js");
  const graph = new Set(named);
  for (const path of graph) for (const next of imports(path)) graph.add(next);
  // The server answers words/voice.js with a language's words themselves.
  graph.delete("lang/en.js");
  assert.deepEqual([...graph].sort(), [...new Set(named)].sort());
});

test("a browser without WebRTC says so, and asks for no microphone", async () => {
  const { room, platform, states, told } = voice((made) => Object.assign(made, { RTCPeerConnection: undefined }));
  await assert.rejects(room.join(), (error) => error instanceof VoiceError && /WebRTC/.test(error.message));
  assert.deepEqual([room.state, states(), told("state").map(({ code }) => code)], ["refused", ["refused"], ["no-webrtc"]]);
  assert.equal(platform.devices.asked?.length ?? 0, 0);
  assert.equal(platform.sockets.length, 0);
});
