// @ts-check
// What goes on while the server is away: muting, leaving and being told of both, in the data channels of the links.
import assert from "node:assert/strict";
import { test } from "node:test";

import { CALM, LOOK } from "../../static/voice/call/afterwards.js";
import { VoiceRoom } from "../../static/voice-mesh.js";
import { FakePlatform, present, settle, welcome } from "./fake-platform.js";

/** Ana, with Bo and Cleo, to whom links are being made. */
async function seated() {
  const platform = new FakePlatform();
  const room = new VoiceRoom("mysea-ua", { name: "Ana", platform });
  const joining = room.join();
  await settle();
  greet(platform);
  await joining;
  return { platform, room };
}

/** The same, with links that are up and have channels. */
async function together() {
  const { platform, room } = await seated();
  /** @type {string[]} */
  const announced = [];
  room.addEventListener("announce", (event) => void announced.push(/** @type {CustomEvent} */ (event).detail));
  for (const peer of ["b", "c"]) {
    platform.links.report(peer, {});
    platform.links.channel(peer);
  }
  // Nothing is said there until the links are made.
  await platform.advance(CALM + LOOK);
  const row = (/** @type {string} */ name) => room.people.find((person) => person.name === name);
  return { platform, links: platform.links, room, row, announced };
}

/** @param {FakePlatform} platform @param {{bo?: object}} [more] */
function greet({ socket }, { bo = {} } = {}) {
  socket.accept();
  socket.say(welcome());
  socket.say({ ...present("b", "Bo", 10), ...bo });
  socket.say(present("c", "Cleo", 20));
  socket.say({ type: "pong", t: socket.all("ping")[0].t });
}

/** @param {FakePlatform} platform */
async function loseServer(platform) {
  platform.answer = { status: 0, body: null };
  platform.socket.end(1006);
  await settle();
}

test("each channel begins with one's own state, and what changes is told on it at once, with the server or without", async () => {
  const { platform, links, room } = await together();
  const states = () => links.said.filter(({ type }) => type === "state");
  assert.deepEqual(states(), ["b", "c"].map((peer, at) => ({ peer, type: "state", muted: false, deafened: false, n: 2 * at + 1 })));
  await loseServer(platform);
  room.mute();
  assert.deepEqual(states().slice(2).map(({ peer, muted }) => [peer, muted]), [["b", true], ["c", true]]);
});

test("until the links are made nothing is said on them nor told of them, and nothing at all on one that closed meanwhile", async () => {
  const { platform, room } = await seated();
  const { links, socket } = platform;
  for (const peer of ["b", "c"]) {
    links.report(peer, {});
    links.channel(peer);
  }
  links.word("c", { type: "state", n: 1, muted: true, deafened: false });
  links.channel("c", false);
  await platform.advance(LOOK);
  assert.deepEqual([links.said, socket.all("links")], [[], []]);
  await platform.advance(CALM);
  assert.deepEqual(new Set(links.said.map(({ peer }) => peer)), new Set(["b"]));
  assert.deepEqual(socket.all("links").map(({ links: told }) => Object.keys(told)), [["b", "c"]]);
  assert.equal(room.people.find(({ name }) => name === "Cleo")?.muted, false);
});

test("who leaves before the links are made says so on those that are", async () => {
  const { platform, room } = await seated();
  const { links } = platform;
  links.channel("b");
  links.say = (peer, text) => links.opens(peer) && links.said.push({ peer, ...JSON.parse(text) }) > 0;
  room.leave();
  assert.deepEqual(links.said.map(({ peer, type }) => [peer, type]), [["b", "bye"]]);
});

test("who mutes while the server is away reads muted, and what the server said before counts no more", async () => {
  const { platform, links, row } = await together();
  await loseServer(platform);
  links.word("b", { type: "state", n: 5, muted: true, deafened: true });
  assert.deepEqual([row("Bo")?.muted, row("Bo")?.deafened, row("Bo")?.word], [true, true, "muted"]);
  platform.answer = { status: 200, body: { ttl: 3600, iceServers: [] } };
  platform.window.dispatchEvent(new Event("online"));
  await platform.advance(5000);
  greet(platform, { bo: { muted: false, away: true } });
  await settle();
  assert.equal(row("Bo")?.muted, true);
});

test("where the channel closes the server's word counts again", async () => {
  const { platform, links, row } = await together();
  links.word("b", { type: "state", n: 1, muted: true, deafened: false });
  assert.equal(row("Bo")?.muted, true);
  links.channel("b", false);
  assert.equal(row("Bo")?.muted, false);
  platform.socket.say({ type: "state", source: "b", muted: true, deafened: false });
  assert.equal(row("Bo")?.muted, true);
});

test("who leaves while the server is away is gone at once, and stays gone where the server still keeps the seat", async () => {
  const { platform, links, row, announced } = await together();
  await loseServer(platform);
  links.word("b", { type: "bye", n: 9 });
  assert.deepEqual([row("Bo"), links.named("left")], [undefined, [["b", "left"]]]);
  await platform.advance(3000);
  assert.deepEqual(announced.filter((said) => said.startsWith("Bo")), ["Bo left"]);
  platform.answer = { status: 200, body: { ttl: 3600, iceServers: [] } };
  platform.window.dispatchEvent(new Event("online"));
  await platform.advance(5000);
  const before = links.named("present").length;
  greet(platform, { bo: { away: true } });
  await settle();
  assert.deepEqual([row("Bo"), links.named("present").slice(before).map(([{ peer }]) => peer)], [undefined, ["c"]]);
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  platform.socket.say({ ...present("d", "Bo", 40), type: "hello", user: "ub" });
  await platform.advance(3000);
  assert.deepEqual([row("Bo")?.peer, announced.filter((said) => said.startsWith("Bo")).length], ["d", 2]);
});

test("who says goodbye on a link and stays is shown again, can be removed, and is not believed a second time", async () => {
  const { platform, links, room, row } = await together();
  platform.socket.lively = true;
  links.word("b", { type: "bye", n: 9 });
  assert.equal(row("Bo"), undefined);
  await platform.advance(80_000);
  platform.socket.say({ type: "state", source: "b", muted: false, deafened: false });
  assert.equal(row("Bo"), undefined);
  const before = links.named("present").length;
  await platform.advance(20_000);
  assert.deepEqual([row("Bo")?.peer, links.named("present").slice(before).map(([{ peer }]) => peer)], ["b", ["b"]]);
  room.remove("b");
  assert.equal(platform.socket.all("remove").length, 1);
  links.report("b", {});
  links.channel("b");
  links.word("b", { type: "bye", n: 10 });
  assert.equal(row("Bo")?.peer, "b");
  platform.socket.say({ type: "left", source: "b", reason: "left" });
  assert.equal(row("Bo"), undefined);
});

test("nobody is heard who is in no list: the link ends with the row", async () => {
  const { platform, links, row } = await together();
  platform.socket.lively = true;
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  await platform.advance(15_000);
  assert.deepEqual([row("Bo")?.peer, links.named("left")], ["b", [["b", "lost"]]]);
  links.report("b", { state: "stalled" });
  await platform.advance(60_000);
  assert.deepEqual([row("Bo")?.word, links.named("left")], ["gone", [["b", "lost"]]], "who pauses is heard again");
  links.links.delete("b");
  await platform.advance(10_000);
  assert.deepEqual([row("Bo"), links.named("left")], [undefined, [["b", "lost"], ["b", "left"]]]);
});

test("whoever was lost and comes as another peer is heard once", async () => {
  const { platform, links, row } = await together();
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  platform.socket.say({ ...present("d", "Bo", 40), type: "hello", user: "ub" });
  assert.deepEqual([row("Bo")?.peer, links.named("left")], ["d", [["b", "lost"], ["b", "left"]]]);
});

test("the goodbye of somebody whom the server lost is one, and brings nobody back", async () => {
  const { platform, links, row, announced } = await together();
  platform.socket.lively = true;
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  links.word("b", { type: "bye", n: 9 });
  const before = links.named("present").length;
  await platform.advance(100_000);
  assert.deepEqual([row("Bo"), links.named("present").length - before], [undefined, 0]);
  assert.deepEqual(announced.filter((said) => said.startsWith("Bo")), ["Bo left"]);
});

test("who says goodbye on links, leaves the server long after, and does so again, is not believed", async () => {
  const { platform, links, row } = await together();
  platform.socket.lively = true;
  const says = (/** @type {string} */ peer) => {
    links.report(peer, {});
    links.channel(peer);
    links.word(peer, { type: "bye", n: 9 });
  };
  const leaves = async (/** @type {string} */ source) => {
    await platform.advance(80_000);
    platform.socket.say({ type: "left", source, reason: "left" });
  };
  says("b");
  await leaves("b");
  for (const [peer, shown] of /** @type {[string, boolean][]} */ ([["d", false], ["e", true]])) {
    platform.socket.say({ ...present(peer, "Bo", 40), type: "hello", user: "ub" });
    says(peer);
    assert.equal(row("Bo") !== undefined, shown, `as ${peer}`);
    await leaves(peer);
  }
});

test("whom the server lost and whose link is up gets notes, writes them, and is named by the safety code", async () => {
  const { platform, links, room, row } = await together();
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  await settle();
  assert.equal(row("Bo")?.word, "here");
  room.sendNote("hello");
  assert.deepEqual(links.said.filter(({ type }) => type === "note").map(({ peer }) => peer), ["b", "c"]);
  links.word("b", { type: "note", n: 9, text: "hi" });
  assert.deepEqual(room.notes.map(({ name, text }) => [name, text]), [["Ana", "hello"], ["Bo", "hi"]]);
  assert.deepEqual(room.safety?.missing, ["Bo", "Cleo"]);
  links.channel("b", false);
  room.sendNote("again");
  assert.deepEqual(links.said.filter(({ type }) => type === "note").map(({ peer }) => peer), ["b", "c", "c"]);
  assert.deepEqual(room.safety?.missing, ["Cleo"]);
});

test("who is lost for good is waited for by no note", async () => {
  const { platform, links, room } = await together();
  platform.socket.lively = true;
  room.sendNote("hello");
  links.word("c", { type: "got", n: 9, of: links.said.findLast(({ type }) => type === "note").n, taken: true });
  await platform.advance(9000);
  assert.equal(room.notes[0].trouble, "didn't reach Bo");
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  links.report("b", { state: "stalled" });
  links.links.delete("b");
  await platform.advance(20_000);
  assert.equal(room.notes[0].trouble, "");
});

const HEARD_BY_CLEO = "not heard here; Cleo says that they can still be heard";

test("who says goodbye to one alone, and is lost, is in the list there for as long as others hear them, and can be removed", async () => {
  const { platform, links, room, row } = await together();
  platform.socket.lively = true;
  links.word("b", { type: "bye", n: 9 });
  await platform.advance(50_000);
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  assert.equal(row("Bo"), undefined);
  links.word("c", { type: "heard", n: 9, peers: ["b"] });
  assert.deepEqual([row("Bo")?.peer, row("Bo")?.user, row("Bo")?.word, row("Bo")?.doing], ["b", "ub", "gone", HEARD_BY_CLEO]);
  room.remove("b");
  assert.equal(platform.socket.all("remove")[0].target, "b");
  platform.socket.say({ type: "left", source: "b", reason: "removed" });
  assert.equal(row("Bo"), undefined);
});

test("who is silent to one alone, and is lost, is in the list there for as long as others hear them", async () => {
  const { platform, links, row } = await together();
  platform.socket.lively = true;
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  links.word("c", { type: "heard", n: 9, peers: ["b"] });
  assert.equal(row("Bo")?.word, "here");
  links.links.delete("b");
  await platform.advance(20_000);
  assert.deepEqual([row("Bo")?.word, row("Bo")?.doing], ["gone", HEARD_BY_CLEO]);
  links.word("c", { type: "heard", n: 10, peers: [] });
  assert.equal(row("Bo"), undefined);
  links.word("c", { type: "heard", n: 11, peers: ["b"] });
  links.channel("c", false);
  assert.equal(row("Bo"), undefined);
});

test("who was lost before one came is in the list, without a name; of such ones two are believed of each who names them", async () => {
  const { links, room } = await together();
  links.word("c", { type: "heard", n: 9, peers: ["a", "b", "w", "x", "y", "z"] });
  links.word("b", { type: "heard", n: 9, peers: ["w"] });
  const shown = room.people.filter(({ word }) => word === "gone").map(({ peer, user, name, doing }) => [peer, user, name, doing]);
  assert.deepEqual(shown, [
    ["w", "", "Somebody", "not heard here; Bo and Cleo say that they can still be heard"], ["x", "", "Somebody", HEARD_BY_CLEO],
  ]);
});

test("nobody is shown of whom the server said a moment ago that they left, nor on the word of somebody lost", async () => {
  const { platform, links, row, room } = await together();
  const names = () => room.people.filter(({ self }) => !self).map(({ name }) => name);
  platform.socket.say({ type: "left", source: "b", reason: "left" });
  platform.socket.say({ type: "left", source: "d", reason: "left" });
  links.word("c", { type: "heard", n: 9, peers: ["b", "d"] });
  assert.deepEqual(names(), ["Cleo"]);
  platform.socket.say({ ...present("e", "Eve", 40), type: "hello" });
  platform.socket.say({ type: "left", source: "e", reason: "lost" });
  platform.socket.say({ ...present("f", "Eve", 50), type: "hello", user: "ue" });
  links.word("c", { type: "heard", n: 10, peers: ["e"] });
  assert.deepEqual(names(), ["Cleo", "Eve"], "who came back as another peer is one person");
  links.word("c", { type: "heard", n: 10, peers: ["b", "d", "e"] });
  platform.socket.lively = true;
  await platform.advance(9000);
  assert.deepEqual(names(), ["Cleo", "Eve"]);
  await platform.advance(2000);
  assert.deepEqual(names(), ["Cleo", "Eve", "Bo", "Somebody", "Eve"], "whoever is heard for so long has stayed with that page");
  links.word("c", { type: "heard", n: 11, peers: ["x"] });
  assert.equal(row("Somebody")?.peer, "x");
  platform.socket.say({ type: "left", source: "c", reason: "lost" });
  assert.equal(row("Somebody"), undefined);
});

test("whom the server lost and one hears is told to the others, when that changes and on each new channel", async () => {
  const { platform, links } = await together();
  platform.socket.lively = true;
  const told = () => links.said.filter(({ type }) => type === "heard").map(({ peer, peers }) => [peer, peers]);
  links.channel("c");
  assert.deepEqual(told(), []);
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  assert.deepEqual(told(), [["b", ["b"]], ["c", ["b"]]]);
  links.report("b", { state: "stalled" });
  links.channel("c");
  assert.deepEqual(told().slice(2), [["c", ["b"]]]);
  links.links.delete("b");
  links.channel("b", false);
  await platform.advance(20_000);
  assert.deepEqual(told().slice(3), [["c", []]]);
});

test("who said goodbye to one alone is in the list there as soon as others' reports tell of them as heard", async () => {
  const { platform, links, room, row } = await together();
  platform.socket.lively = true;
  const reports = (/** @type {object} */ told) => platform.socket.say({ type: "links", source: "c", links: told });
  const up = { state: "up", path: "direct", rtt: 9, loss: 0 };
  let shown = 0;
  room.addEventListener("people", () => { shown += 1; });
  reports({ a: up, b: up });
  links.word("b", { type: "bye", n: 9 });
  await platform.advance(9000);
  assert.equal(row("Bo"), undefined, "honest ones are out of all reports by then");
  const before = shown;
  await platform.advance(6000);
  assert.deepEqual([row("Bo")?.word, row("Bo")?.doing, shown - before], ["gone", HEARD_BY_CLEO, 1]);
  platform.socket.say({ type: "away", source: "c" });
  assert.equal(row("Bo"), undefined, "what an absent one said before tells nothing");
  platform.socket.say({ type: "back", source: "c" });
  reports({ a: up });
  assert.equal(row("Bo"), undefined);
});

test("who was removed, and of whom the server knows no peer, is let go of by their user", async () => {
  const { platform, links, room, row, announced } = await together();
  platform.socket.lively = true;
  platform.socket.say({ type: "removed", user: "ub" });
  assert.equal(row("Bo")?.word, "here", "whom the server has not lost");
  platform.socket.say({ type: "left", source: "b", reason: "lost" });
  platform.socket.say({ type: "removed", user: "ux" });
  assert.equal(row("Bo")?.word, "here");
  platform.socket.say({ type: "removed", user: "ub" });
  links.word("c", { type: "heard", n: 9, peers: ["b"] });
  await platform.advance(3000);
  assert.deepEqual([row("Bo"), links.named("left").at(-1)], [undefined, ["b", "left"]]);
  assert.deepEqual([announced.filter((said) => said.startsWith("Bo")).length, room.people.length], [1, 2]);
});

test("who was removed while one was away for long is heard by them no longer either", async () => {
  const { platform, links, row, announced } = await together();
  await loseServer(platform);
  platform.answer = { status: 200, body: { ttl: 3600, iceServers: [] } };
  platform.window.dispatchEvent(new Event("online"));
  await platform.advance(5000);
  const { socket } = platform;
  socket.accept();
  socket.say(welcome());
  socket.say(present("c", "Cleo", 20));
  for (const user of ["ub", "uc"]) socket.say({ type: "removed", user });
  socket.say({ type: "pong", t: socket.all("ping")[0].t });
  await platform.advance(3000);
  assert.deepEqual([row("Bo"), row("Cleo")?.word, links.named("left")], [undefined, "here", [["b", "left"]]]);
  assert.deepEqual(announced.filter((said) => said.startsWith("Bo")), ["Bo left"]);
});

test("who was removed while others heard them alone is shown no longer", async () => {
  const { platform, links, row } = await together();
  links.word("b", { type: "bye", n: 9 });
  links.word("c", { type: "heard", n: 9, peers: ["b"] });
  assert.equal(row("Bo")?.word, "gone");
  platform.socket.say({ type: "removed", user: "ub" });
  assert.equal(row("Bo"), undefined);
});

test("whoever left while the server is away stays gone however long it is", async () => {
  const { platform, links, row } = await together();
  await loseServer(platform);
  links.word("b", { type: "bye", n: 9 });
  await platform.advance(300_000);
  assert.equal(row("Bo"), undefined);
});

test("a removal that a server may never have heard of is asked for again where the removed one is still there", async () => {
  for (const [resumed, again] of /** @type {const} */ ([[true, []], [false, [["b", false]]]])) {
    const { platform, room } = await together();
    const { seq } = platform.socket;
    await loseServer(platform);
    room.remove("b", { links: false });
    platform.answer = { status: 200, body: { ttl: 3600, iceServers: [] } };
    platform.window.dispatchEvent(new Event("online"));
    await platform.advance(5000);
    const { socket } = platform;
    socket.accept();
    Object.assign(socket, { seq });
    socket.say(welcome({ got: 99, resumed }));
    for (const peer of ["b", "c"]) socket.say(present(peer, peer, 10));
    socket.say({ ...present("b", "Bo", 10), type: "hello", role: "seated" });
    assert.deepEqual(socket.all("remove").map(({ target, links }) => [target, links]), again);
  }
});

test("who may not remove asks for it once", async () => {
  const { platform, room } = await together();
  room.remove("b");
  platform.socket.say({ type: "error", code: "not-allowed", message: "not yours to do", about: "remove" });
  await loseServer(platform);
  platform.answer = { status: 200, body: { ttl: 3600, iceServers: [] } };
  platform.window.dispatchEvent(new Event("online"));
  await platform.advance(5000);
  greet(platform);
  assert.deepEqual(platform.socket.all("remove"), []);
});

test("who leaves without a server says so on every link", async () => {
  const { platform, links, room } = await together();
  await loseServer(platform);
  room.leave();
  assert.deepEqual(links.said.slice(-2).map(({ peer, type }) => [peer, type]), [["b", "bye"], ["c", "bye"]]);
  assert.equal(links.closed, true);
});

test("names and roles are the server's alone, and a stranger's word is nobody's", async () => {
  const { links, room, row } = await together();
  const before = JSON.stringify(room.people);
  links.word("b", { type: "hello", n: 1, name: "Cleo", role: "owner", order: 1 });
  links.word("x", { type: "state", n: 1, muted: true, deafened: true });
  links.word("x", { type: "bye", n: 2 });
  links.emit("word", { peer: "b", text: '{"type":"state","n":2,"muted":false,"deafened":false,"name":"Cleo","role":"owner"}' });
  assert.equal(JSON.stringify(room.people), before);
  assert.equal(row("Bo")?.role, "guest");
});
