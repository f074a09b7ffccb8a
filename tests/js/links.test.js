import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { CandidateBatch } from "../../static/voice/link/candidate-batch.js";
import { Links } from "../../static/voice/link/links.js";
import { FakeNetwork, sdpOf, settled } from "./fake-connections.js";

const SERVERS = [{ urls: ["turn:relay.example.org"], username: "u", credential: "c" }];

/** Some people in one room, and a relay that takes 10 ms a message. */
class Room {
  network = new FakeNetwork();
  people = new Map();
  sent = [];

  /** @param {string} name @param {number} order @param {any} [options] */
  enter(name, order, { prepare = () => {}, ...options } = {}) {
    const platform = this.network.platform(name);
    prepare(platform.RTCPeerConnection);
    /** @type {any} */
    const person = { name, order, platform, streams: [], reports: [], faults: [], words: [], channels: [], floodeds: [] };
    person.links = new Links({
      self: { peer: name, order }, platform, track: { kind: "audio", of: name }, credentials: () => SERVERS,
      bitrate: (people) => (people <= 4 ? 40000 : people <= 6 ? 32000 : 24000),
      send: (message) => this.relay(name, message), ...options,
    });
    for (const type of ["stream", "report", "fault", "word", "channel", "flooded"]) {
      person.links.addEventListener(type, ({ detail }) => person[`${type}s`].push(detail));
    }
    const here = [...this.people.values()];
    this.people.set(name, person);
    person.links.sync(here.map((each) => ({ peer: each.name, order: each.order })));
    for (const each of here) each.links.present({ peer: name, order });
    return person;
  }

  relay(source, message) {
    const { target, ...rest } = message;
    this.sent.push({ source, ...message });
    const wire = JSON.stringify({ ...rest, source });
    this.network.clock.setTimeout(() => this.people.get(target)?.links.deliver(JSON.parse(wire)), 10);
  }

  advance(ms) {
    return this.network.clock.advance(ms);
  }

  of(type, source) {
    return this.sent.filter((message) => message.type === type && (!source || message.source === source));
  }
}

async function pair(options) {
  const room = new Room();
  const ana = room.enter("ana", 1, options?.ana);
  const bo = room.enter("bo", 2, options?.bo);
  await room.advance(2500);
  return { room, ana, bo };
}

const upTo = (person, peer) => person.links.reports().get(peer);

test("the newcomer offers, the other answers, and both hear each other", async () => {
  const { room, ana, bo } = await pair();
  assert.deepEqual(room.sent.filter(({ type }) => type !== "ice").map(({ type, source, gen }) => [type, source, gen]),
    [["offer", "bo", 1], ["answer", "ana", 1]]);
  assert.deepEqual(upTo(ana, "bo"),
    { state: "up", path: "direct", rtt: 42, loss: 0, attempt: 1, gen: 1, relayOnly: false, orphan: false, held: false, refused: false, unmade: false, unfit: false });
  assert.equal(upTo(bo, "ana").state, "up");
  assert.equal(bo.streams.length, 1);
  assert.equal(ana.links.receivers().get("bo").of.page, "ana");
});

test("a link moves while it is made and when something comes of it, and not by being listened to", async () => {
  const { room, ana } = await pair();
  const made = ana.links.movedAt;
  await room.advance(5000);
  assert.equal(ana.links.movedAt, made);
  ana.links.present({ peer: "cleo", order: 3 });
  assert.equal(ana.links.movedAt, room.network.clock.now);
});

test("frames have their keys in the order that the server reads fast", async () => {
  const { room } = await pair();
  room.network.change((from) => from !== "bo");
  await room.advance(6000);
  const keys = Object.fromEntries(room.sent.map((message) => [message.type, Object.keys(message).slice(1).join()]));
  assert.deepEqual(keys, {
    offer: "type,target,gen,sdp", answer: "type,target,gen,sdp", ice: "type,target,gen,candidates", repair: "type,target,gen,why",
  });
  assert.deepEqual(Object.keys(room.of("ice")[0].candidates[0]), ["candidate", "sdpMid", "sdpMLineIndex", "usernameFragment"]);
});

test("candidates go together, after the description, with one explicit end", async () => {
  const { room } = await pair();
  for (const source of ["ana", "bo"]) {
    const ice = room.of("ice", source);
    assert.deepEqual(ice.map(({ candidates }) => candidates.map((each) => each && each.candidate)), [["candidate:1", null]]);
  }
});

test("what is received is tuned, and what is sent is not", async () => {
  const { room } = await pair();
  for (const connection of room.network.connections) assert.match(connection.given[0], /stereo=0/);
  for (const { sdp } of [...room.of("offer"), ...room.of("answer")]) assert.doesNotMatch(sdp, /stereo/);
});

test("one certificate serves all links of a visit", async () => {
  const room = new Room();
  for (const [index, name] of ["ana", "bo", "cleo"].entries()) room.enter(name, index);
  await room.advance(2000);
  const names = room.network.connections.map(({ page, configuration }) => [page, configuration.certificates[0].name]);
  assert.ok(names.length === 6 && names.every(([page, name]) => name === `certificate 1 of ${page}`));
});

test("without a microphone a link is sendrecv all the same, and the track comes later by replaceTrack", async () => {
  const { room, ana, bo } = await pair({ ana: { track: null }, bo: { track: null } });
  const made = room.network.connections.map(({ transceivers }) => transceivers);
  assert.deepEqual(made.map(({ length }) => length), [1, 1]);
  assert.deepEqual(made.map(([{ direction, sender }]) => [direction, sender.track]), [["sendrecv", null], ["sendrecv", null]]);
  const microphone = { kind: "audio" };
  for (const { links } of [ana, bo]) links.setTrack(microphone);
  await settled();
  for (const each of room.network.connections) assert.equal(each.transceivers[0].sender.track, microphone);
  assert.equal(room.of("offer").length, 1);
});

test("a track that comes while the offer is made is sent", async () => {
  const room = new Room();
  room.enter("ana", 1);
  const bo = room.enter("bo", 2, { track: null });
  const microphone = { kind: "audio" };
  bo.links.setTrack(microphone);
  await room.advance(1000);
  assert.equal(room.network.open("bo")[0].transceivers[0].sender.track, microphone);
});

const UNREADABLE = sdpOf("").replace(/a=token.*/, "a=x:0");
for (const [what, sdp, reason] of [
  ["that can't be read", UNREADABLE, "SyntaxError: Failed to parse SessionDescription"],
  ["of another shape", UNREADABLE.replace("m=audio", "m=video"), "refused: an SDP has one audio section and at most one for data: this one has others"],
  ["of nothing", "", "refused: an SDP starts with v=0"],
]) test(`an offer ${what} fails its generation, is told, and the next one comes`, async () => {
  const room = new Room();
  const ana = room.enter("ana", 1);
  const clean = room.relay.bind(room);
  const spoiled = (message) => (message.type === "offer" && message.gen === 1 ? { ...message, sdp } : message);
  room.relay = (source, message) => clean(source, spoiled(message));
  room.enter("bo", 2);
  await room.advance(10000);
  assert.deepEqual(ana.faults, [{ peer: "bo", gen: 1, reason, refused: reason.startsWith("refused") }]);
  assert.equal(upTo(ana, "bo").state, "up");
});

test("an offer of another shape makes no connection, and an answer of another shape ends the one that offered", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  bo.links.present({ peer: "ana", order: 1 });
  bo.links.present({ peer: "cleo", order: 3 });
  await room.advance(100);
  const made = room.network.connections.length;
  bo.links.deliver({ type: "offer", source: "cleo", gen: 1, sdp: UNREADABLE.repeat(2) });
  bo.links.deliver({ type: "answer", source: "ana", gen: 1, sdp: `${UNREADABLE}\n` });
  await settled();
  assert.deepEqual(bo.faults, [
    { peer: "cleo", gen: 1, reason: "refused: an SDP describes one session: line 7 begins another", refused: true },
    { peer: "ana", gen: 1, reason: "refused: the lines of an SDP end all alike, with CRLF or with LF: not line 7", refused: true },
  ]);
  assert.deepEqual([room.network.connections.length, room.network.open("bo").length], [made, 0]);
});

for (const what of ["RTCPeerConnection", "certificate"]) test(`a browser that makes no ${what} is told of, not waited for, until it does`, async () => {
  let broken = true;
  const refuse = () => { throw new DOMException("forbidden here", "NotAllowedError"); };
  const { room, ana, bo } = await pair({ bo: { prepare(Connection) {
    if (what === "certificate") Connection.generateCertificate = async () => (broken ? refuse() : { name: "late" });
    else Connection.forbid = () => { if (broken) refuse(); };
  } } });
  assert.deepEqual([upTo(bo, "ana").unmade, upTo(ana, "bo").unmade], [true, false]);
  assert.match(bo.faults[0].reason, /^unmade: .*forbidden here/);
  broken = false;
  await room.advance(10000);
  assert.deepEqual([upTo(bo, "ana").state, upTo(bo, "ana").unmade], ["up", false]);
});

test("words go from page to page on the link, and its end is told", async () => {
  const { room, ana, bo } = await pair();
  assert.deepEqual([ana.channels, bo.channels], [[{ peer: "bo", open: true }], [{ peer: "ana", open: true }]]);
  assert.equal(bo.links.say("ana", "hello"), true);
  await room.advance(10);
  assert.deepEqual(ana.words, [{ peer: "bo", text: "hello" }]);
  bo.links.left("ana", "left");
  assert.deepEqual([bo.channels.at(-1), bo.links.say("ana", "x"), bo.links.say("nobody", "x")], [{ peer: "ana", open: false }, false, false]);
});

test("both fingerprints of a link are told once it is secured", async () => {
  const room = new Room();
  const ana = room.enter("ana", 1);
  room.enter("bo", 2);
  assert.equal(await ana.links.keys("bo"), null);
  await room.advance(2500);
  const key = (name) => createHash("sha256").update(name).digest("hex");
  assert.deepEqual(await ana.links.keys("bo"), { own: key("ana"), remote: key("bo") });
  assert.equal(await ana.links.keys("nobody"), null);
});

test("a word goes by the generation that is played, and each new one is told of, for what was said may be lost", async () => {
  const { room, ana, bo } = await pair();
  ana.links.deliver({ type: "repair", source: "bo", gen: 1 });
  bo.links.deliver({ type: "repair", source: "ana", gen: 1 });
  await room.advance(200);
  assert.equal(room.network.open("bo").length, 2);
  bo.links.say("ana", "during");
  await room.advance(5000);
  assert.equal(room.network.open("bo").length, 1);
  bo.links.say("ana", "after");
  await room.advance(10);
  assert.deepEqual(ana.words.map(({ text }) => text), ["during", "after"]);
  assert.deepEqual(ana.channels, Array(2).fill({ peer: "bo", open: true }));
});

test("who offers no data gets none, and the link lives", async () => {
  const room = new Room();
  const ana = room.enter("ana", 1);
  const relay = room.relay.bind(room);
  room.relay = (source, message) => relay(source, message.type === "offer" ? { ...message, sdp: message.sdp.replace(/m=application[\s\S]*/, "") } : message);
  room.enter("bo", 2);
  await room.advance(2500);
  assert.deepEqual([upTo(ana, "bo").state, ana.channels, ana.links.say("bo", "x")], ["up", [], false]);
  assert.doesNotMatch(room.of("answer")[0].sdp, /m=application/);
});

test("a flood in the data channel shuts it, also on the next generations, and what is heard goes on", async () => {
  const { room, ana, bo } = await pair();
  for (let count = 0; count < 2000; count += 1) bo.links.say("ana", "x".repeat(4000));
  await room.advance(100);
  assert.equal(ana.words.length, 40);
  assert.deepEqual([ana.floodeds, ana.channels.at(-1)], [[{ peer: "bo" }], { peer: "bo", open: false }]);
  assert.equal(upTo(ana, "bo").state, "up");
  bo.links.deliver({ type: "repair", source: "ana", gen: 1 });
  await room.advance(5000);
  assert.deepEqual([upTo(ana, "bo").gen, upTo(ana, "bo").state, ana.links.say("bo", "x")], [2, "up", false]);
});

test("a path that is gone is found by unanswered questions, and repaired within 2 s", async () => {
  const { room, ana, bo } = await pair();
  const old = room.network.open("ana")[0];
  const dead = new Set([old, room.network.other(old)]);
  room.network.change((from, to, connection) => !dead.has(connection));
  await room.advance(2000);
  assert.deepEqual([upTo(ana, "bo").gen, upTo(ana, "bo").state, upTo(bo, "ana").state], [2, "up", "up"]);
});

test("a voice that is played costs one getStats a second, a silence ten", async () => {
  const { room } = await pair();
  const [connection] = room.network.open("ana");
  let asked = 0;
  const ask = connection.getStats.bind(connection);
  connection.getStats = () => { asked += 1; return ask(); };
  connection.transceivers[0].receiver.getSynchronizationSources = () => [{ rtpTimestamp: room.network.clock.now }];
  await room.advance(5000);
  assert.ok(asked >= 4 && asked <= 6, `${asked} in 5 s`);
  connection.transceivers[0].receiver.getSynchronizationSources = () => [{ rtpTimestamp: 1 }];
  room.network.change(() => false);
  asked = 0;
  await room.advance(1000);
  assert.ok(asked >= 5, `${asked} in 1 s`);
});

test("nobody asks a connection what it heard while it is made; of one that takes longer it is asked how far it came", async () => {
  const room = new Room();
  let asked = 0;
  const count = (/** @type {any} */ Connection) => {
    const { getStats } = Connection.prototype;
    Connection.prototype.getStats = function () { asked += 1; return getStats.call(this); };
  };
  room.network.change(() => false);
  room.enter("ana", 1, { prepare: count });
  room.enter("bo", 2);
  await room.advance(1400);
  assert.deepEqual([asked, room.network.open("ana").length], [0, 1]);
  await room.advance(600);
  assert.ok(asked > 0);
});

test("while any link is being made a young one isn't asked what it heard, for 1.5 s at most", async () => {
  for (const restless of [600, 3000]) {
    const room = new Room();
    const ana = room.enter("ana", 1);
    room.enter("bo", 2);
    while (room.network.open("ana").length === 0) await room.advance(10);
    const [mine] = room.network.open("ana");
    const getStats = mine.getStats.bind(mine);
    const asked = /** @type {number[]} */ ([]);
    mine.getStats = () => {
      asked.push(room.network.clock.now);
      return getStats();
    };
    const from = room.network.clock.now;
    while (room.network.clock.now < from + restless) {
      ana.links.deliver({ type: "ice", source: "cleo", gen: 1, candidates: [] });
      await room.advance(50);
    }
    await room.advance(300);
    assert.equal(upTo(ana, "bo").state, "up");
    const first = asked[0] - from;
    assert.ok(restless < 1500 ? first >= restless && first <= restless + 200 : first >= 1300 && first <= 1700, `${first} of ${restless}`);
  }
});

test("of two young connections the one that is heard is played at once, whatever moves meanwhile", async () => {
  const room = new Room();
  room.network.change(() => false);
  const ana = room.enter("ana", 1);
  const bo = room.enter("bo", 2);
  while (room.network.open("ana").length === 0) await room.advance(10);
  room.network.change(() => true);
  bo.links.sync([{ peer: "ana", order: 1 }]);
  for (let ms = 0; ms < 400; ms += 10) {
    ana.links.deliver({ type: "ice", source: "cleo", gen: 1, candidates: [] });
    await room.advance(10);
  }
  assert.deepEqual([upTo(ana, "bo").gen, upTo(ana, "bo").state], [2, "up"]);
});

test("what a bitrate depends on and nobody tells is looked up while nothing moves", async () => {
  let most = 40000;
  const { room } = await pair({ ana: { bitrate: () => most } });
  most = 16000;
  await room.advance(2500);
  assert.equal(room.network.open("ana")[0].transceivers[0].sender.limit, 16000);
});

test("a flood of offers makes no flood of connections, and what is heard goes on", async () => {
  const { room, ana } = await pair();
  const made = room.network.connections.length;
  const sdp = sdpOf("bo");
  for (let gen = 2; gen < 300; gen += 1) {
    ana.links.deliver({ type: "offer", source: "bo", gen, sdp });
    await room.advance(20);
  }
  assert.ok(room.network.connections.length - made <= 12, `${room.network.connections.length - made} in 6 s`);
  assert.ok(room.network.open("ana").length <= 2);
  assert.deepEqual([upTo(ana, "bo").state, upTo(ana, "bo").held], ["up", true]);
});

test("whatever a peer names, one connection takes so many hosts, and what comes behind them all the same", async () => {
  const { room, ana } = await pair();
  const [mine] = room.network.open("ana");
  const before = mine.candidates.length;
  const named = (/** @type {string} */ ends, length = 64) => Array.from({ length }, (_, at) => ({ candidate: `candidate:${at} 1 ${ends}`, sdpMid: "0" }));
  const tell = (/** @type {any[]} */ candidates) => ana.links.deliver({ type: "ice", source: "bo", gen: 1, candidates });
  for (let count = 0; count < 10; count += 1) tell(named("udp 1 192.0.2.1 5000 typ host"));
  for (const type of ["srflx", "relay"]) for (let count = 0; count < 10; count += 1) tell(named(`udp 1 192.0.2.1 5000 typ ${type}`));
  for (let count = 0; count < 10; count += 1) tell(Array(64).fill(null));
  await room.advance(1400);
  const taken = mine.candidates.slice(before).map((/** @type {any} */ each) => / typ (\w+)/.exec(each?.candidate)?.[1] ?? "end");
  const count = (/** @type {string} */ type) => taken.filter((/** @type {string} */ each) => each === type).length;
  assert.deepEqual(["host", "srflx", "relay", "end"].map(count), [80, 24, 24, 7]);
});

test("what stands in a description counts as well", async () => {
  const room = new Room();
  const ana = room.enter("ana", 1);
  ana.links.present({ peer: "bo", order: 2 });
  const lines = Array.from({ length: 300 }, (_, at) => `a=candidate:${at} 1 udp 1 192.0.2.1 5000 typ host\r\n`).join("");
  ana.links.deliver({ type: "offer", source: "bo", gen: 1, sdp: sdpOf("bo/9") + lines });
  await room.advance(100);
  await settled();
  await settled();
  const [mine] = room.network.open("ana");
  assert.equal(mine.remoteDescription.sdp.match(/a=candidate/g).length, 80);
});

test("channels that a peer opens by itself are closed unheard, and too many end that connection", async () => {
  const { room, ana } = await pair();
  const [mine] = room.network.open("ana");
  let closed = 0;
  const open = () => mine.ondatachannel?.({ channel: { close() { closed += 1; } } });
  for (let count = 0; count < 16; count += 1) open();
  await settled();
  assert.deepEqual([closed, ana.faults.length, room.network.open("ana").includes(mine)], [16, 0, true]);
  for (let count = 0; count < 1000; count += 1) open();
  await settled();
  assert.deepEqual([closed < 1016, room.network.open("ana").includes(mine)], [false, false]);
  assert.match(ana.faults[0].reason, /nobody agreed on/);
});

test("an offer that the server dropped is made anew, where it is plain which one it was", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  room.relay = (source, message) => room.sent.push({ source, ...message });
  bo.links.present({ peer: "ana", order: 1 });
  await room.advance(500);
  await settled();
  bo.links.unsent();
  await room.advance(2500);
  assert.deepEqual(room.of("offer").map(({ gen }) => gen), [1, 2]);
  bo.links.present({ peer: "ada", order: 1 });
  bo.links.unsent();
  await room.advance(2500);
  assert.deepEqual(room.of("offer").map(({ target, gen }) => [target, gen]), [["ana", 1], ["ana", 2], ["ada", 1]]);
});

test("a description that the server refused is told of its link at once, of several of those that come to nothing", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  const clean = room.relay.bind(room);
  room.relay = (source, message) => {
    if (message.type !== "offer" || message.target !== "ana") clean(source, message);
  };
  room.enter("ana", 1);
  await room.advance(500);
  assert.deepEqual([bo.links.unfit("answer"), upTo(bo, "ana").unfit], [undefined, false]);
  assert.deepEqual([bo.links.unfit("offer"), upTo(bo, "ana").unfit], ["ana", true]);
  await room.advance(8000);
  room.enter("ada", 1);
  assert.deepEqual([bo.links.unfit("offer"), upTo(bo, "ada").unfit], [undefined, false]);
  await room.advance(9000);
  assert.deepEqual([upTo(bo, "ana").unfit, upTo(bo, "ada").unfit, upTo(bo, "ada").state], [true, false, "up"]);
});

test("candidates of every shape are taken, and a bad one harms no other", async () => {
  const { room, ana } = await pair();
  const [odd, bad] = ["candidate:2 2 UDP 1 c7a0.local 9 typ host", "candidate:bad"].map((candidate) => ({ candidate, sdpMid: "0" }));
  ana.links.deliver({ type: "ice", source: "bo", gen: 1, candidates: [odd, bad, { candidate: "" }, "", null] });
  await settled();
  const [mine] = room.network.open("ana");
  assert.deepEqual(mine.candidates.slice(2), [{ ...odd, sdpMLineIndex: 0 }, null, null, null]);
  assert.deepEqual(ana.faults.map(({ reason }) => reason), ["Error: OperationError: bad candidate"]);
  assert.equal(upTo(ana, "bo").state, "up");
});

test("candidates before the answer wait for it", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  bo.links.present({ peer: "ana", order: 1 });
  await room.advance(100);
  const [mine] = room.network.open("bo");
  const candidates = [{ candidate: "candidate:1", sdpMid: "0" }];
  bo.links.deliver({ type: "ice", source: "ana", gen: 1, candidates });
  await settled();
  assert.deepEqual(mine.candidates, []);
  bo.links.deliver({ type: "answer", source: "ana", gen: 1, sdp: sdpOf(`ana/9/for/${mine.local}`) });
  await room.advance(10);
  assert.equal(mine.candidates.length, 1);
});

test("candidates go to the browser one after the other, and none once their connection is over", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  bo.links.present({ peer: "ana", order: 1 });
  await room.advance(100);
  const [mine] = room.network.open("bo");
  await settled();
  bo.links.deliver({ type: "answer", source: "ana", gen: 1, sdp: sdpOf(`ana/9/for/${mine.local}`) });
  await room.advance(10);
  /** @type {(() => void)[]} */
  const asked = [];
  mine.addIceCandidate = () => new Promise((done) => asked.push(() => done(undefined)));
  const candidates = [1, 2, 3].map((n) => ({ candidate: `candidate:${n}`, sdpMid: "0" }));
  bo.links.deliver({ type: "ice", source: "ana", gen: 1, candidates });
  await settled();
  assert.equal(asked.length, 1);
  asked[0]();
  await settled();
  assert.equal(asked.length, 2);
  bo.links.left("ana", "left");
  asked[1]();
  await settled();
  assert.equal(asked.length, 2);
});

test("candidates after the answer wait for nothing: no limit is set before the link is made, and a bad one stops none", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  bo.links.present({ peer: "ana", order: 1 });
  await room.advance(100);
  const [mine] = room.network.open("bo");
  await settled();
  const { sender } = mine.transceivers[0];
  const { getParameters } = sender;
  let asked = 0;
  sender.getParameters = () => {
    asked += 1;
    return getParameters();
  };
  bo.links.deliver({ type: "answer", source: "ana", gen: 1, sdp: sdpOf(`ana/9/for/${mine.local}`) });
  const named = (/** @type {string} */ candidate) => ({ candidate, sdpMid: "0" });
  bo.links.deliver({ type: "ice", source: "ana", gen: 1, candidates: [named("candidate:bad"), named("candidate:1")] });
  await room.advance(10);
  bo.links.deliver({ type: "ice", source: "ana", gen: 1, candidates: [named("candidate:2")] });
  await room.advance(10);
  assert.deepEqual(mine.candidates.map((/** @type {any} */ each) => each.candidate), ["candidate:1", "candidate:2"]);
  bo.links.setQuiet(true);
  await room.advance(10);
  bo.links.setQuiet(false);
  await room.advance(10);
  assert.deepEqual([asked, sender.limit], [0, undefined]);
  mine.connectionState = "connected";
  mine.onconnectionstatechange?.();
  await room.advance(50);
  assert.deepEqual([asked, sender.limit], [0, undefined]);
  // A first look at it comes once no link moves.
  await room.advance(400);
  assert.deepEqual([asked, sender.limit], [1, 40000]);
});

test("many candidates go out 50 a message, and none that waits for the answer is cut off", async () => {
  const room = new Room();
  const bo = room.enter("bo", 2);
  bo.links.present({ peer: "ana", order: 1 });
  await room.advance(100);
  await settled();
  const [mine] = room.network.open("bo");
  // Sixty interfaces: each has a port for UDP, and says that it would call by TCP.
  const ways = ["udp 1 192.0.2.1 5000 typ host", "tcp 1 192.0.2.1 9 typ host tcptype active"];
  const many = Array.from({ length: 120 }, (_, at) => ({ candidate: `candidate:${at} 1 ${ways[at % 2]}`, sdpMid: "0" }));
  for (const at of [0, 50, 100]) bo.links.deliver({ type: "ice", source: "ana", gen: 1, candidates: many.slice(at, at + 50) });
  bo.links.deliver({ type: "answer", source: "ana", gen: 1, sdp: sdpOf(`ana/9/for/${mine.local}`) });
  await settled();
  await room.advance(400);
  assert.equal(mine.candidates.length, 60);

  /** @type {number[]} */
  const sizes = [];
  const batch = new CandidateBatch(room.network.platform("cleo"), (candidates) => sizes.push(candidates.length));
  for (const each of many) batch.add(/** @type {any} */ ({ ...each, toJSON: () => each }));
  batch.begin();
  await room.advance(50);
  assert.deepEqual(sizes, [50, 50, 20]);
});

test("the first candidates go at once, those that come later wait 10 ms for more", async () => {
  const room = new Room();
  /** @type {any[]} */
  const sent = [];
  const batch = new CandidateBatch(room.network.platform("cleo"), (candidates) => sent.push(candidates.map((each) => each?.candidate)));
  const add = (/** @type {string} */ candidate) => batch.add(/** @type {any} */ ({ candidate, toJSON: () => ({ candidate }) }));
  add("1");
  await room.advance(1000);
  assert.deepEqual(sent, [], "none before the description");
  batch.begin();
  await room.advance(0);
  assert.deepEqual(sent, [["1"]]);
  add("2");
  await room.advance(9);
  add("3");
  assert.equal(sent.length, 1);
  await room.advance(1);
  assert.deepEqual(sent, [["1"], ["2", "3"]]);
});

test("a path that broke is replaced while the old one runs, and the new stream is played", async () => {
  const { room, ana, bo } = await pair();
  const [broken] = room.network.open("ana");
  const first = bo.streams.at(-1).stream;
  let most = 0;
  const dead = new Set([broken, room.network.other(broken)]);
  room.network.change((_from, _to, connection) => !dead.has(connection));
  for (let at = 0; at < 9000; at += 50) {
    await room.advance(50);
    most = Math.max(most, room.network.open("ana").length, room.network.open("bo").length);
  }
  assert.equal(most, 2);
  assert.deepEqual([room.network.open("ana").length, room.network.open("bo").length], [1, 1]);
  assert.deepEqual([upTo(ana, "bo").state, upTo(bo, "ana").state, upTo(bo, "ana").gen], ["up", "up", 2]);
  assert.notEqual(bo.streams.at(-1).stream, first);
  const shown = new Set(bo.reports.map(({ report }) => report.state));
  assert.deepEqual([...shown], ["connecting", "up", "repairing"]);
});

test("a cut that heals by itself takes the new generation back", async () => {
  const { room, ana } = await pair();
  room.network.change(() => false);
  await room.advance(6000);
  assert.equal(room.network.open("bo").length, 2);
  for (const each of room.network.connections.slice(2)) each.connectionState = "checking";
  room.network.change(() => true);
  await room.advance(3000);
  assert.deepEqual(room.of("abort").map(({ source, gen }) => [source, gen]), [["bo", 2]]);
  assert.deepEqual([room.network.open("ana").length, room.network.open("bo").length], [1, 1]);
  assert.equal(upTo(ana, "bo").gen, 1);
});

test("a restarted server's roster leaves a link that is heard alone", async () => {
  const { room, ana, bo } = await pair();
  bo.links.sync([]);
  assert.equal(upTo(bo, "ana").orphan, true);
  ana.links.sync([{ peer: "bo", order: 2 }]);
  await room.advance(12000);
  bo.links.present({ peer: "ana", order: 1 });
  await room.advance(3000);
  assert.equal(room.network.connections.length, 2);
  assert.deepEqual([upTo(bo, "ana").state, upTo(bo, "ana").orphan], ["up", false]);
});

test("a roster that lists those already told of starts nothing over", async () => {
  const room = new Room();
  room.enter("ana", 1);
  const { links } = room.enter("bo", 2);
  links.setSelf({ peer: "bo", order: 2 });
  links.present({ peer: "ana", order: 1 });
  const started = room.network.connections.length + room.of("offer").length;
  links.sync([{ peer: "ana", order: 1 }]);
  await room.advance(2000);
  assert.equal(started, 0);
  assert.deepEqual(room.network.open("bo").length, 1);
  assert.deepEqual(room.of("offer").map(({ gen }) => gen), [2]);
});

test("someone who left is closed at once, someone lost when nothing is heard for 10 s", async () => {
  const { room, ana, bo } = await pair();
  ana.links.left("bo", "lost");
  await room.advance(15000);
  assert.equal(room.network.open("ana").length, 1);
  bo.links.close();
  await room.advance(12000);
  assert.equal(room.network.open("ana").length, 0);
  assert.deepEqual([ana.streams.at(-1), ana.links.reports().size], [{ peer: "bo", stream: null }, 0]);

  const other = await pair();
  other.ana.links.left("bo", "left");
  assert.equal(other.room.network.open("ana").length, 0);
});

test("after close() no connection and no timer is left, and nothing that was under way goes on", async () => {
  const room = new Room();
  const ana = room.enter("ana", 1);
  const bo = room.enter("bo", 2);
  await room.advance(12);
  for (const { links } of [ana, bo]) links.close();
  const sent = room.sent.length;
  await settled();
  await room.advance(0);
  await room.advance(10);
  assert.equal(room.sent.length, sent);
  assert.deepEqual([room.network.open("ana"), room.network.open("bo"), room.network.clock.timers], [[], [], 0]);
  assert.deepEqual([...ana.faults, ...bo.faults], []);
});

test("what was still to begin when close() came does not begin", async () => {
  const room = new Room();
  room.enter("ana", 1);
  let asked = 0;
  room.enter("bo", 2, { credentials: () => { asked += 1; return SERVERS; } }).links.close();
  await room.advance(100);
  assert.equal(asked, 0);
});

test("after close() of a running room no timer is left", async () => {
  const { room, ana, bo } = await pair();
  for (const { links } of [ana, bo]) links.close();
  assert.equal(room.network.clock.timers, 0);
});

test("fresh credentials reach each live connection", async () => {
  const { room, ana } = await pair();
  const iceServers = [{ urls: "turn:relay.example.org", username: "later", credential: "c" }];
  ana.links.setCredentials({ ttl: 3600, iceServers });
  assert.equal(room.network.open("ana")[0].configuration.iceServers, iceServers);
  assert.equal(room.network.open("ana")[0].configuration.bundlePolicy, "max-bundle");
});

test("a relayed link moves at 80 % of the ttl, without a gap", async () => {
  const room = new Room();
  room.network.path = "relay";
  for (const [name, order] of /** @type {[string, number][]} */ ([["ana", 1], ["bo", 2]])) room.enter(name, order).links.setCredentials({ ttl: 100, iceServers: SERVERS });
  await room.advance(50000);
  for (const { links } of room.people.values()) links.setCredentials({ ttl: 100, iceServers: SERVERS });
  await room.advance(28000);
  assert.equal(room.of("offer").length, 1);
  await room.advance(6000);
  assert.equal(room.of("offer").length, 2);
  const bo = room.people.get("bo");
  assert.deepEqual(bo.reports.filter(({ report }) => ["stalled", "repairing"].includes(report.state)), []);
  assert.deepEqual([upTo(bo, "ana").gen, upTo(bo, "ana").path, room.network.open("bo").length], [2, "relay", 1]);
});

test("the bitrate follows the number of people", async () => {
  const room = new Room();
  for (const [index, name] of ["ana", "bo", "cleo", "dan"].entries()) room.enter(name, index);
  await room.advance(2000);
  const limits = () => [...new Set(room.network.connections.map((each) => each.transceivers[0].sender.limit))];
  assert.deepEqual(limits(), [40000]);
  room.enter("eve", 9);
  await room.advance(2000);
  assert.deepEqual(limits(), [32000]);
});

test("relay only, where the deployment says so", async () => {
  const { room, bo } = await pair({ bo: { relayOnly: true } });
  assert.equal(room.network.open("bo")[0].configuration.iceTransportPolicy, "relay");
  assert.equal(upTo(bo, "ana").relayOnly, true);
});

test("somebody else's id closes every link", async () => {
  const { room, ana } = await pair();
  ana.links.setSelf({ peer: "ana.2", order: 3 });
  assert.equal(room.network.open("ana").length, 0);
});

test("a page whose timers stand still listens when a message comes", async () => {
  const { room, ana } = await pair();
  await room.advance(0);
  room.network.clock.skip(2000);
  ana.links.deliver({ type: "repair", source: "bo", gen: 9 });
  await settled();
  assert.equal(upTo(ana, "bo").state, "up");
  const seen = ana.reports.length;
  room.network.change(() => false);
  room.network.clock.skip(2600);
  ana.links.deliver({ type: "repair", source: "bo", gen: 9 });
  await settled();
  assert.ok(ana.reports.length > seen && upTo(ana, "bo").state === "stalled");
});

test("a certificate that failed is told, and made again for the next generation", async () => {
  const room = new Room();
  room.enter("ana", 1);
  const bo = room.enter("bo", 2, {
    prepare(connection) {
      const real = connection.generateCertificate;
      connection.generateCertificate = async () => {
        connection.generateCertificate = real;
        throw new Error("no entropy");
      };
    },
  });
  await room.advance(6000);
  assert.deepEqual(bo.faults.map(({ reason }) => reason), ["unmade: Error: no entropy"]);
  assert.equal(upTo(bo, "ana").state, "up");
});

test("a listener that leaves the room closes its links while they are being told of", async () => {
  const { room, ana } = await pair();
  ana.links.addEventListener("report", () => ana.links.close());
  room.network.change(() => false);
  await room.advance(20000);
  assert.equal(room.network.open("ana").length, 0);
});
