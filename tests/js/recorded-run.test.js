// @ts-check
// One long run of the real client, played by a script: what it sends and what it shows is compared with a recording.
//
// Two rooms with real links stand on one clock, between them a server that does what PROTOCOL.md says, and no more.
// A change that means to send or show something else records anew: RECORD=1 node --test tests/js/recorded-run.test.js
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { Links } from "../../static/voice/link/links.js";
import { VoiceRoom } from "../../static/voice-mesh.js";
import { FakeNetwork, sdpOf } from "./fake-connections.js";
import { FakePlatform, FakeSocket, settle } from "./fake-platform.js";
import { randomOf } from "./virtual-clock.js";

const GOLDEN = new URL("golden/recorded-run.txt", import.meta.url);
const SHOWN = ["people", "pairs", "state", "muted", "microphone", "playback", "closing", "server", "announce", "notice", "note", "safety"];
const STEP = 20;
const FOR_ONE = new Set(["offer", "answer", "ice", "repair", "abort"]);

/** The clock that all share, what is written down, and the server's memory. */
class Stage {
  clock = new FakePlatform();
  network = new FakeNetwork();
  begun = this.clock.now();
  /** @type {string[]} */ lines = [];
  /** @type {Map<string, any>} by peer id */ seats = new Map();
  /** @type {Record<string, any>} by name */ people = {};

  constructor() {
    const { clock } = this;
    this.network.clock = /** @type {any} */ ({
      get now() {
        return clock.now();
      },
      setTimeout: clock.setTimeout,
      clearTimeout: clock.clearTimeout,
    });
  }

  /** @param {string} who @param {string} what */
  write(who, what) {
    this.lines.push(`${String(this.clock.now() - this.begun).padStart(7)} ${who.padEnd(4)} ${what}`);
  }

  /** @param {string} note */
  act(note) {
    this.write("", `# ${note}`);
  }

  /** @param {number} ms */
  async pass(ms) {
    for (let gone = 0; gone < ms; gone += STEP) {
      await this.clock.advance(STEP);
      for (let i = 0; i < 4; i += 1) await settle();
    }
  }

  /** @param {string} name @param {number} order @param {number} seed */
  add(name, order, seed) {
    const platform = new FakePlatform();
    const { now, setTimeout, clearTimeout } = this.clock;
    const { RTCPeerConnection, emptyStream } = this.network.platform(name);
    Object.assign(platform, {
      now, setTimeout, clearTimeout, emptyStream, RTCPeerConnection, random: randomOf(seed),
      makeLinks: (/** @type {any} */ options) => new Links(options),
      openSocket: (/** @type {string} */ url, /** @type {string} */ protocol) => this.dialed(name, url, protocol),
    });
    const room = new VoiceRoom("mysea-u1", { name, platform });
    for (const shown of SHOWN) {
      room.addEventListener(shown, (event) => this.write(name, `${shown} ${JSON.stringify(/** @type {CustomEvent} */ (event).detail)}`));
    }
    this.people[name] = { name, peer: name.toLowerCase(), order, platform, room, socket: null };
    return this.people[name];
  }

  /** @param {string} name @param {string} url @param {string} protocol */
  dialed(name, url, protocol) {
    const person = this.people[name];
    const socket = new FakeSocket(url, protocol);
    person.socket = socket;
    this.write(name, `dials ${url} ${protocol}`);
    socket.send = (text) => {
      this.write(name, `sends ${text}`);
      if (person.socket === socket) this.clock.setTimeout(() => this.take(person, JSON.parse(text)), 10);
    };
    socket.close = () => {
      socket.closed = true;
      this.write(name, "closes");
    };
    if (person.refused) this.clock.setTimeout(() => socket.end(1006), 10);
    else this.clock.setTimeout(() => socket.accept(), 10);
    return socket;
  }

  /** What the server says to one. @param {any} seat @param {object} message */
  say(seat, message) {
    const frame = { ...message, seq: ++seat.seq };
    if (seat.up) seat.person.socket.onmessage?.({ data: JSON.stringify(frame) });
    else seat.missed.push(frame);
  }

  /** @param {string} peer @param {object} message */
  sayToOthers(peer, message) {
    for (const [other, seat] of this.seats) if (other !== peer && seat.person) this.say(seat, message);
  }

  /** @param {any} person @param {any} message */
  take(person, message) {
    const { type, n, target, ...rest } = message;
    const seat = this.seats.get(person.peer);
    if (type === "hello") return this.greet(person, message);
    if (!seat) return;
    if (n) seat.got = n;
    if (type === "ping") this.say(seat, { type: "pong", t: message.t });
    else if (type === "bye") this.leave(person.peer, "left");
    else if (type === "state" || type === "links") this.sayToOthers(person.peer, { type, ...rest, source: person.peer });
    else if (FOR_ONE.has(type)) {
      const other = this.seats.get(target);
      if (other?.person) this.say(other, { type, ...rest, source: person.peer });
    }
  }

  /** @param {any} person @param {any} hello */
  greet(person, { ticket, muted, deafened }) {
    const { peer, order, name } = person;
    const known = this.seats.get(peer);
    const basics = { source: peer, user: `u${peer}`, order };
    const own = { type: "welcome", ...basics, ticket: `t-${peer}`, boot: "b", seats: 8, grace: 45, ping: 10, role: "guest", closes_at: null };
    if (known && ticket) {
      known.up = true;
      person.socket.onmessage?.({ data: JSON.stringify({ ...own, resumed: true, got: known.got, seq: known.resumeAt + 1 }) });
      // Its own number stands before what was missed.
      for (const frame of known.missed.splice(0)) person.socket.onmessage?.({ data: JSON.stringify({ ...frame, seq: frame.seq + 1 }) });
      known.seq += 1;
      this.sayToOthers(peer, { type: "back", source: peer });
      return;
    }
    const seat = { person, name, order, muted, deafened, seq: 0, got: 0, up: true, missed: [], resumeAt: 0 };
    this.seats.set(peer, seat);
    this.say(seat, { ...own, resumed: false, got: 0 });
    for (const [other, there] of this.seats) {
      if (other === peer) continue;
      this.say(seat, {
        type: "present", source: other, user: `u${other}`, order: there.order, name: there.name, muted: there.muted,
        deafened: false, away: false, role: "guest",
      });
    }
    this.sayToOthers(peer, { type: "hello", ...basics, name, muted, deafened, role: "guest" });
  }

  /** @param {string} peer @param {string} reason */
  leave(peer, reason) {
    this.seats.delete(peer);
    this.sayToOthers(peer, { type: "left", source: peer, reason });
  }

  /** The socket drops, and the seat is kept. @param {any} person @param {number} code */
  drop({ peer, socket }, code) {
    const seat = this.seats.get(peer);
    seat.up = false;
    seat.resumeAt = seat.seq;
    socket.end(code);
    this.sayToOthers(peer, { type: "away", source: peer });
  }

  /** The server starts anew, and knows nobody. @param {any[]} people */
  restart(people) {
    this.seats.clear();
    for (const { socket } of people) socket.end(1012);
  }
}

async function play() {
  const stage = new Stage();
  const ana = stage.add("Ana", 10, 7);
  const bo = stage.add("Bo", 20, 11);
  const toAna = (/** @type {object} */ message) => stage.say(stage.seats.get("ana"), message);

  stage.act("Ana joins, while the first dial is refused");
  ana.refused = true;
  ana.room.join();
  await stage.pass(200);
  ana.refused = false;
  await stage.pass(3000);

  stage.act("Bo joins: the newcomer offers");
  bo.room.join();
  await stage.pass(6000);

  stage.act("Cleo is there by a script: her offer, her candidates, a hello that changes her role");
  stage.seats.set("cleo", { name: "Cleo", order: 30, muted: true });
  const cleo = { source: "cleo", user: "ucleo", order: 30, name: "Cleo", muted: true, deafened: false, role: "guest" };
  toAna({ type: "hello", ...cleo });
  await stage.pass(100);
  toAna({ type: "ice", source: "cleo", gen: 1, candidates: [{ candidate: "candidate:9 1 udp 1 192.0.2.7 9 typ host", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "c" }] });
  toAna({ type: "offer", source: "cleo", gen: 1, sdp: sdpOf("cleo/1") });
  await stage.pass(400);
  toAna({ type: "ice", source: "cleo", gen: 1, candidates: [null] });
  toAna({ type: "hello", ...cleo, role: "owner" });
  toAna({ type: "links", source: "cleo", links: { ana: { state: "stalled", path: "relay", rtt: 80, loss: 0.2 } } });
  await stage.pass(12_000);
  toAna({ type: "offer", source: "cleo", gen: 3, sdp: sdpOf("cleo/3") });
  await stage.pass(1000);
  toAna({ type: "abort", source: "cleo", gen: 3 });
  toAna({ type: "repair", source: "bo", gen: 1 });
  await stage.pass(3000);

  stage.act("muted, unmuted, and somebody removed without the right to");
  ana.room.mute();
  bo.room.toggleMute();
  await stage.pass(500);
  ana.room.unmute();
  ana.room.remove("bo");
  toAna({ type: "error", code: "not-allowed", message: "not yours to do", about: "remove" });
  toAna({ type: "error", code: "unknown-target", message: "nobody", about: "ice" });
  toAna({ type: "notice", code: "closing", at: Math.floor(stage.clock.now() / 1000) + 600 });
  toAna({ type: "credentials", ttl: 600, iceServers: [{ urls: ["turn:fresh.example"], username: "u", credential: "c" }] });
  toAna({ type: "something-new", source: "bo", more: [1] });
  await stage.pass(2000);

  stage.act("nothing passes between Ana and Bo for 9 s");
  stage.network.change(() => false);
  await stage.pass(9000);
  stage.network.change(() => true);
  await stage.pass(15_000);

  stage.act("Ana's socket drops, Bo talks on, and she resumes");
  stage.drop(ana, 1006);
  ana.room.mute();
  stage.sayToOthers("bo", { type: "state", source: "bo", muted: true, deafened: false });
  await stage.pass(4000);

  stage.act("Ana's socket drops, and the server can't be reached for 5 s");
  ana.platform.answer = { status: 0, body: null };
  ana.refused = true;
  stage.drop(ana, 1006);
  ana.room.unmute();
  await stage.pass(5000);
  ana.refused = false;
  ana.platform.answer = { status: 200, body: { ttl: 3600, iceServers: [{ urls: ["turn:relay.example"] }] } };
  ana.platform.window.dispatchEvent(new Event("online"));
  await stage.pass(6000);

  stage.act("the server starts anew: nothing is resumed, and Cleo is not there any more");
  stage.restart([ana, bo]);
  await stage.pass(15_000);

  stage.act("the page slept for a minute");
  stage.clock.time += 60_000;
  await stage.pass(8000);

  stage.act("Bo is lost, comes again and is replaced");
  toAna({ type: "left", source: "bo", reason: "lost" });
  await stage.pass(1000);
  toAna({ type: "hello", source: "bo", user: "ubo", order: 20, name: "Bo", muted: false, deafened: false, role: "seated" });
  await stage.pass(3000);

  stage.act("Bo leaves, then Ana is taken for another tab");
  bo.room.leave();
  await stage.pass(3000);
  ana.socket.end(4409);
  await stage.pass(1000);

  stage.act("Ana joins again, muted, and leaves");
  stage.seats.clear();
  const joining = ana.room.join();
  await stage.pass(2000);
  await joining;
  ana.room.leave();
  await stage.pass(1000);
  assert.deepEqual([...stage.clock.timers.values()], [], "nothing is left");
  return `${stage.lines.join("\n")}\n`;
}

test("the client sends and shows what was recorded, byte for byte", async () => {
  const run = await play();
  if (process.env.RECORD) writeFileSync(GOLDEN, run);
  assert.deepEqual(run.split("\n"), readFileSync(GOLDEN, "utf8").split("\n"));
});
