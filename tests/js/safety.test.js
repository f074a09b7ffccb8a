// @ts-check
import assert from "node:assert/strict";
import { createHash, createHmac, webcrypto } from "node:crypto";
import { test } from "node:test";

import { MeantWords } from "../../static/voice/panel/meant-words.js";
import { ComparedKeys } from "../../static/voice/session/compared-keys.js";
import { InBand } from "../../static/voice/session/in-band.js";
import { alike, codeOf, commitmentOf, epochOf } from "../../static/voice/session/safety-code.js";
import { EMOJI } from "../../static/voice/session/safety-emoji.js";
import { SafetyCode } from "../../static/voice/session/safety.js";
import { SafetyTrust } from "../../static/voice/session/safety-trust.js";
import { FakeClock, sha256 } from "./fake-platform.js";

/** @param {string} text */
const hex = (text) => createHash("sha256").update(text).digest("hex");

/** People whose links may go through somebody in between, each with a safety code. */
class Room {
  clock = new FakeClock();
  /** @type {Map<string, any>} */ people = new Map();
  /** What each sees of another's key; their own where nothing stands here. @type {Map<string, string>} */ seen = new Map();
  /** What each page knows of earlier, by name. @type {Map<string, ComparedKeys>} */ earlier = new Map();
  /** By name, where somebody is another peer than their name. @type {Map<string, string>} */ users = new Map();
  /** "a sees b", where that link isn't up. @type {Set<string>} */ down = new Set();
  /** Whoever has no seat yet. @type {Set<string>} */ unseated = new Set();
  /** Called where a key is asked for. */ asked = () => {};
  /** Whoever takes no part. @type {Set<string>} */ mute = new Set();
  /** What is in between: gives the text that arrives, or null. @type {(from: string, to: string, message: any) => any} */
  between = (_from, _to, message) => message;
  /** @type {any[]} */ carried = [];
  #drawn = 0;
  #said = 0;

  /** @param {string[]} names */
  constructor(...names) {
    for (const name of names) this.enter(name);
  }

  /** @param {string} name */
  enter(name) {
    const inBand = new InBand({ say: (peer, text) => this.#carry(name, peer, text), state: () => ({ muted: false, deafened: false }) });
    const compared = this.earlier.get(name) ?? new ComparedKeys();
    this.earlier.set(name, compared);
    const code = new SafetyCode({
      room: "r", self: () => this.unseated.has(name) ? null : name, inBand, compared,
      members: () => [...this.people.keys()].filter((peer) => peer !== name).map((peer) => ({ peer, user: this.users.get(peer) ?? peer, name: (this.users.get(peer) ?? peer).toUpperCase() })),
      keys: async (peer) => {
        this.asked();
        return this.down.has(`${name} sees ${peer}`) ? null : { own: hex(name), remote: this.seen.get(`${name} sees ${peer}`) ?? hex(peer) };
      },
      platform: {
        sha256, now: this.clock.now, setTimeout: this.clock.setTimeout, clearTimeout: this.clock.clearTimeout,
        randomBytes: (count) => new Uint8Array(createHash("sha512").update(`${++this.#drawn}`).digest().subarray(0, count)),
      },
    });
    /** @type {any[]} */
    const alarms = [];
    code.on("alarm", (detail) => alarms.push(detail));
    const others = [...this.people.keys()];
    /** @type {any[]} */
    const notices = [];
    /** @type {any[]} */
    const told = [];
    code.on("safety", (detail) => told.push(detail));
    code.on("notice", (detail) => notices.push(detail));
    this.people.set(name, { name, inBand, code, alarms, notices, told });
    for (const peer of others) for (const [a, b] of [[name, peer], [peer, name]]) this.people.get(a).inBand.opened(b);
    return this.people.get(name);
  }

  /** @param {string} name */
  leave(name) {
    this.people.get(name).code.close();
    this.people.delete(name);
    for (const { inBand, code } of this.people.values()) {
      inBand.forget(name);
      code.forget(name);
    }
  }

  /** @param {string} from @param {string} to @param {string} text */
  #carry(from, to, text) {
    const said = JSON.parse(text);
    if (this.mute.has(from) && said.type !== "state") return true;
    const message = this.between(from, to, said);
    if (message) this.carried.push({ from, to, ...message });
    if (message) this.people.get(to)?.inBand.take({ peer: from, text: JSON.stringify(message) });
    return true;
  }

  async settle(ms = 0) {
    for (let count = 0; count < 20; count += 1) await this.clock.advance(0);
    if (ms) await this.clock.advance(ms);
    for (let count = 0; count < 20; count += 1) await this.clock.advance(0);
  }

  /** One hears of another what a page may not have said. @param {string} to @param {string} from @param {any} message */
  async hears(to, from, message) {
    this.#said += 1;
    this.people.get(to).inBand.take({ peer: from, text: JSON.stringify({ n: 1000 + this.#said, ...message }) });
    await this.settle(10);
  }

  /** The channel of two opens anew, at one's end. @param {string} name @param {string} peer */
  async reopen(name, peer) {
    this.people.get(name).inBand.opened(peer);
    await this.settle(10);
  }

  /** What one said last of a kind to another. @param {string} type @param {string} from @param {string} to */
  last(type, from, to) {
    const { epoch, round, value, nonce, check } = this.carried.findLast((each) => each.type === type && each.from === from && each.to === to) ?? {};
    return JSON.parse(JSON.stringify({ type, epoch, round, value, nonce, check }));
  }

  /** @param {string} name */
  words(name) {
    return this.people.get(name).code.now.words?.map((/** @type {any} */ word) => word.name).join(" ") ?? null;
  }

  all() {
    return [...this.people.keys()].map((name) => this.words(name));
  }

  /** @param {string} name */
  of(name) {
    return this.people.get(name).code.now;
  }
}

test("there are 64 pictures, all different, and so are their names", () => {
  assert.deepEqual([EMOJI.length, new Set(EMOJI.map(([emoji]) => emoji)).size, new Set(EMOJI.map(([, name]) => name)).size], [64, 64, 64]);
});

test("the code is what an independent computation gives", async () => {
  const people = [{ peer: "b", fingerprint: "22", nonce: "bb" }, { peer: "a", fingerprint: "11", nonce: "aa" }];
  const label = "meshvoice safety code 1";
  const key = createHash("sha256").update(JSON.stringify([label, "nonces", "aa", "bb"])).digest();
  const hmacKey = await webcrypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const text = new TextEncoder().encode(JSON.stringify([label, "code", "r", "e", 3, "a", "11", "b", "22"]));
  const bits = [...new Uint8Array(await webcrypto.subtle.sign("HMAC", hmacKey, text))].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const expected = Array.from({ length: 6 }, (_, at) => EMOJI[parseInt(bits.slice(at * 6, at * 6 + 6), 2)][1]);
  const { words } = await codeOf(sha256, { room: "r", epoch: "e", round: 3 }, people);
  assert.deepEqual(words.map(({ name }) => name), expected);
});

test("people, commitment and check are what PROTOCOL.md says", async () => {
  const label = "meshvoice safety code 1";
  const attempt = { room: "r", epoch: "e", round: 3 };
  assert.equal(await epochOf(sha256, ["b", "a"]), hex(JSON.stringify([label, "people", "a", "b"])));
  assert.equal(await commitmentOf(sha256, attempt, { peer: "a", fingerprint: "11", nonce: "aa" }),
    hex(JSON.stringify([label, "commitment", "r", "e", 3, "a", "11", "aa"])));
  const { check } = await codeOf(sha256, attempt, [{ peer: "a", fingerprint: "11", nonce: "aa" }]);
  const key = createHash("sha256").update(JSON.stringify([label, "nonces", "aa"])).digest();
  const code = createHmac("sha256", key).update(JSON.stringify([label, "code", "r", "e", 3, "a", "11"])).digest("hex");
  assert.equal(check, hex(JSON.stringify([label, "check", code])));
});

test("words are alike only as a whole", () => {
  const [one, two, three] = ["🐶", "🐱", "🦁"].map((emoji) => ({ emoji }));
  assert.deepEqual([alike([one, two], [one, two]), alike([one], [one, two]), alike([one, two], [one]), alike([one, two], [one, three])],
    [true, false, false, false]);
});

test("all six see the same six words", async () => {
  const room = new Room("ana", "bo", "cleo", "dan", "eve", "fay");
  await room.settle(3000);
  const words = room.all();
  assert.equal(new Set(words).size, 1);
  assert.equal(words[0].split(" ").length >= 6, true);
  assert.deepEqual(room.of("ana").included, ["BO", "CLEO", "DAN", "EVE", "FAY"]);
  assert.deepEqual([...room.people.values()].flatMap(({ alarms }) => alarms), []);
});

test("nobody's nonce is said before everybody's commitment is in hand", async () => {
  const room = new Room();
  room.between = (from, to, message) => (message.type === "commit" && from === "cleo" && to === "ana" ? null : message);
  for (const name of ["ana", "bo", "cleo"]) room.enter(name);
  await room.settle(3000);
  const epoch = room.carried.findLast(({ type, to }) => type === "commit" && to === "cleo")?.epoch;
  const revealed = room.carried.filter((each) => each.type === "reveal" && each.epoch === epoch).map(({ from }) => from);
  assert.deepEqual([...new Set(revealed)].sort(), ["bo", "cleo"]);
  const { code } = room.people.get("ana");
  assert.deepEqual([room.of("ana").included, room.of("ana").missing], [[], ["BO", "CLEO"]]);
  assert.deepEqual([code.compare(null), code.compare([])], [false, false]);
});

test("whoever is not in the round commits to nothing in it: no nonce is said for theirs", async () => {
  const room = new Room();
  room.between = (from, to, message) => (message.type === "commit" && from === "bo" && to === "ana" ? null : message);
  for (const name of ["ana", "bo"]) room.enter(name);
  await room.settle(100);
  await room.reopen("ana", "mallory");
  const { epoch, round } = room.last("commit", "ana", "bo");
  assert.equal(epoch, await epochOf(sha256, ["ana", "bo"]));
  await room.hears("ana", "mallory", { type: "commit", epoch, round, value: hex("mallory's") });
  assert.equal(room.last("reveal", "ana", "bo").epoch, undefined);
});

test("a key that can't be asked for once stops nothing: what comes later is taken, and the words come about", async () => {
  const room = new Room("ana", "bo");
  room.asked = () => {
    room.asked = () => {};
    throw new Error("the connection is closed");
  };
  await room.settle(6000);
  assert.ok(room.words("ana"));
  assert.equal(room.words("ana"), room.words("bo"));
});

test("whoever has no seat yet says nothing", async () => {
  const room = new Room();
  room.unseated.add("ana");
  for (const name of ["ana", "bo"]) room.enter(name);
  await room.settle(1000);
  assert.equal(room.last("commit", "ana", "bo").epoch, undefined);
  room.unseated.clear();
  room.people.get("ana").code.look();
  await room.settle(1000);
  assert.equal(room.words("ana"), room.words("bo"));
});

for (const lost of ["commit", "reveal", "code"]) {
  test(`a ${lost} that was lost on the way is said again where the channel opens anew`, async () => {
    const room = new Room();
    room.between = (from, _to, message) => (message.type === lost && from === "ana" ? null : message);
    for (const name of ["ana", "bo"]) room.enter(name);
    await room.settle(1000);
    room.between = (_from, _to, message) => message;
    await room.reopen("ana", "bo");
    assert.ok(room.last(lost, "ana", "bo").epoch);
    assert.ok(room.words("bo"));
    assert.equal(room.words("ana"), room.words("bo"));
  });
}

test("what is said of another round is neither taken for this one nor speaks against anybody", async () => {
  const room = new Room();
  room.between = (from, _to, message) => (from === "bo" && message.type !== "state" ? null : message);
  for (const name of ["ana", "bo"]) room.enter(name);
  await room.settle(100);
  const { alarms } = room.people.get("ana");
  const now = room.last("commit", "ana", "bo");
  const others = [{ epoch: hex("of others"), round: now.round }, { epoch: now.epoch, round: now.round - 1 }];
  await room.hears("ana", "bo", { type: "commit", ...others[0], value: hex("x") });
  await room.hears("ana", "bo", { type: "reveal", epoch: now.epoch, round: now.round, nonce: hex("not committed to") });
  assert.equal(room.last("reveal", "ana", "bo").epoch, undefined);
  room.between = (from, _to, message) => (from === "bo" && ["reveal", "code"].includes(message.type) ? null : message);
  await room.reopen("bo", "ana");
  for (const other of others) await room.hears("ana", "bo", { type: "reveal", ...other, nonce: hex("x") });
  room.between = (from, _to, message) => (from === "bo" && message.type === "code" ? null : message);
  await room.reopen("bo", "ana");
  assert.ok(room.words("ana"));
  for (const other of others) await room.hears("ana", "bo", { type: "code", ...other, check: hex("x") });
  assert.deepEqual(alarms, []);
  await room.hears("ana", "bo", { type: "code", epoch: now.epoch, round: now.round, check: hex("x") });
  assert.deepEqual(alarms.map((/** @type {any} */ { code }) => code), ["other-words"]);
});

test("a check that comes before one's own words is judged when they are there", async () => {
  const room = new Room();
  room.between = (from, _to, message) => (from === "bo" && ["reveal", "code"].includes(message.type) ? null : message);
  for (const name of ["ana", "bo"]) room.enter(name);
  await room.settle(100);
  const { alarms } = room.people.get("ana");
  const { epoch, round } = room.last("commit", "ana", "bo");
  await room.hears("ana", "bo", { type: "code", epoch, round, check: hex("x") });
  assert.deepEqual([room.words("ana"), alarms], [null, []]);
  room.between = (from, _to, message) => (from === "bo" && message.type === "code" ? null : message);
  await room.reopen("bo", "ana");
  assert.deepEqual(alarms.map((/** @type {any} */ { code }) => code), ["other-words"]);
});

test("a link that is not up in 5 s is left out, and not sooner", async () => {
  const room = new Room();
  for (const pair of ["ana sees cleo", "bo sees cleo", "cleo sees ana", "cleo sees bo"]) room.down.add(pair);
  for (const name of ["ana", "bo", "cleo"]) room.enter(name);
  await room.settle(4000);
  assert.deepEqual([room.words("ana"), room.words("bo")], [null, null]);
  await room.settle(2000);
  assert.ok(room.words("ana"));
  assert.deepEqual([room.words("ana"), room.of("ana").missing], [room.words("bo"), ["CLEO"]]);
});

test("a link that is mended in less than 5 s leaves the words as they are, one that is not leaves them for those who can be reached", async () => {
  const room = new Room("ana", "bo", "cleo");
  await room.settle(10_000);
  const words = room.words("ana");
  const gone = (/** @type {boolean} */ open) => {
    for (const [one, other] of [["ana", "cleo"], ["bo", "cleo"], ["cleo", "ana"], ["cleo", "bo"]]) {
      room.people.get(one).inBand[open ? "opened" : "closed"](other);
      room.people.get(one).code.look();
    }
  };
  gone(false);
  await room.settle(4000);
  assert.equal(room.words("ana"), words);
  gone(true);
  await room.settle(10_000);
  assert.deepEqual(room.all(), [words, words, words]);
  gone(false);
  await room.settle(6000);
  assert.notEqual(room.words("ana"), words);
  assert.deepEqual([room.words("ana"), room.of("ana").missing], [room.words("bo"), ["CLEO"]]);
});

test("whoever commits and never reveals is left out", async () => {
  const room = new Room();
  room.between = (from, _to, message) => (message.type === "reveal" && from === "cleo" ? null : message);
  for (const name of ["ana", "bo", "cleo"]) room.enter(name);
  await room.settle(16_000);
  assert.ok(room.words("ana"));
  assert.deepEqual([room.words("ana"), room.of("ana").missing], [room.words("bo"), ["CLEO"]]);
});

test("whoever was left out and speaks is taken in, without a channel that opens anew", async () => {
  const room = new Room("ana", "bo");
  room.mute.add("cleo");
  room.enter("cleo");
  await room.settle(16_000);
  room.carried.length = 0;
  await room.hears("ana", "cleo", { type: "commit", epoch: hex("of hers"), round: 1, value: hex("x") });
  assert.equal(room.last("commit", "ana", "cleo").epoch, await epochOf(sha256, ["ana", "bo", "cleo"]));
});

test("whoever is behind is told again where the others are, and a call for the next round is answered within a second", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const { epoch, round } = room.last("commit", "bo", "ana");
  const before = room.carried.length;
  await room.hears("ana", "bo", { type: "commit", epoch, round: round - 1, value: hex("x") });
  assert.deepEqual(room.carried.slice(before).map(({ type, from }) => `${from} ${type}`), ["ana commit", "ana reveal", "ana code"]);
  for (const next of [1, 2]) await room.hears("ana", "bo", { type: "commit", epoch, round: round + next, value: hex("x") });
  assert.equal(room.last("commit", "ana", "bo").round, round + 1);
  await room.settle(1100);
  assert.equal(room.last("commit", "ana", "bo").round, round + 2);
});

test("what reads as before is not told again", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const { code, told } = room.people.get("ana");
  const before = told.length;
  code.look();
  await room.settle(100);
  assert.equal(told.length, before);
});

test("who comes or leaves makes new words for all, and who compared stays marked by their key", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const before = room.words("ana");
  room.people.get("ana").code.compare(room.of("ana").words);
  room.enter("cleo");
  await room.settle(3000);
  assert.equal(new Set(room.all()).size, 1);
  assert.notEqual(room.words("ana"), before);
  assert.deepEqual(room.of("ana").compared, ["bo"]);
  const words = room.words("ana");
  room.leave("cleo");
  await room.settle(3000);
  assert.equal(new Set(room.all()).size, 1);
  assert.deepEqual([room.of("ana").included, room.of("ana").compared], [["BO"], ["bo"]]);
  assert.equal(new Set([before, words, room.words("ana")]).size, 3);
  room.leave("bo");
  await room.settle(3000);
  assert.equal(room.words("ana"), null);
});

test("who doesn't answer in 5 s is left out and named, and taken in where they speak after all", async () => {
  const room = new Room("ana", "bo");
  room.mute.add("cleo");
  room.enter("cleo");
  await room.settle(16_000);
  assert.deepEqual([room.words("ana"), room.of("ana").included, room.of("ana").missing], [room.words("bo"), ["BO"], ["CLEO"]]);
  assert.equal(room.clock.timers.size, 0, "nobody is waited for any more");
  room.mute.clear();
  for (const [a, b] of [["ana", "cleo"], ["bo", "cleo"], ["cleo", "ana"], ["cleo", "bo"]]) room.people.get(a).inBand.opened(b);
  await room.settle(16_000);
  assert.equal(new Set(room.all()).size, 1);
  assert.deepEqual(room.of("ana").missing, []);
});

test("a key that changes later is told loudly, and no longer counts as compared", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  room.people.get("ana").code.compare(room.of("ana").words);
  room.seen.set("ana sees bo", hex("mallory"));
  room.people.get("ana").code.look();
  await room.settle(3000);
  const { alarms } = room.people.get("ana");
  assert.deepEqual(alarms.map((/** @type {any} */ { code }) => code), ["key-changed", "not-their-key"]);
  assert.match(alarms[0].words, /The key of the connection with BO changed/);
  assert.notEqual(room.of("ana").trouble, "");
  assert.deepEqual(room.of("ana").inDoubt, ["bo"]);
  assert.deepEqual(room.of("ana").compared, []);
  room.leave("bo");
  await room.settle(100);
  assert.deepEqual([room.of("ana").trouble, room.of("ana").inDoubt], ["", []], "it went with whom it is about");
});

test("who was compared and comes back with another key is told of calmly, once, and is compared no longer", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const { code, alarms, notices } = room.people.get("ana");
  code.compare(room.of("ana").words);
  for (const seat of ["bo2", "bo3"]) {
    room.leave([...room.people.keys()][1]);
    await room.settle(1000);
    room.users.set(seat, "bo");
    room.enter(seat);
    await room.settle(3000);
    assert.deepEqual([room.of("ana").compared, room.of("ana").anotherKey, room.of("ana").trouble], [[], [seat], ""]);
  }
  assert.deepEqual([alarms, notices.map((/** @type {any} */ notice) => notice.code)], [[], ["another-key"]]);
  assert.match(notices[0].words, /^BO is here with another key.+loads the page anew.+somebody in between would look the same/);
  code.compare(room.of("ana").words);
  assert.deepEqual([room.of("ana").compared, room.of("ana").anotherKey], [["bo3"], []]);
  room.leave("bo3");
  room.users.set("bo4", "bo");
  room.enter("bo4");
  await room.settle(3000);
  assert.equal(notices.length, 2, "they were compared anew meanwhile");
});

test("whoever was never compared may come back with any key", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  room.leave("bo");
  room.users.set("bo2", "bo");
  room.enter("bo2");
  await room.settle(3000);
  const { alarms, notices } = room.people.get("ana");
  room.leave("bo2");
  room.seen.set("ana sees bo2", hex("another key"));
  room.enter("bo2");
  await room.settle(3000);
  assert.deepEqual([alarms.filter(({ code }) => code === "key-changed"), notices, room.of("ana").anotherKey], [[], [], []]);
});

test("whoever was compared and is not linked yet has no other key", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  room.people.get("ana").code.compare(room.of("ana").words);
  room.leave("bo");
  room.users.set("bo2", "bo");
  room.down.add("ana sees bo2");
  room.enter("bo2");
  await room.settle(1000);
  assert.deepEqual([room.of("ana").compared, room.of("ana").anotherKey], [[], []]);
});

test("who joins once more in the same page still knows whom they compared, by the same key", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  room.people.get("ana").code.compare(room.of("ana").words);
  room.leave("ana");
  room.enter("ana");
  await room.settle(3000);
  assert.deepEqual(room.of("ana").compared, ["bo"]);
  room.leave("ana");
  room.seen.set("ana sees bo", hex("mallory"));
  room.enter("ana");
  await room.settle(3000);
  assert.deepEqual([room.of("ana").compared, room.of("ana").anotherKey], [[], ["bo"]]);
});

test("a key that was compared with one person is no mark of another", async () => {
  const room = new Room("ana", "bo", "cleo");
  await room.settle(3000);
  const { code } = room.people.get("ana");
  code.compare(room.of("ana").words);
  room.users.set("cleo2", "dan");
  room.seen.set("ana sees cleo2", hex("cleo"));
  room.leave("cleo");
  room.enter("cleo2");
  await room.settle(3000);
  assert.deepEqual(room.of("ana").compared, ["bo"]);
});

test("who changes keys again and again is told of once, until words are compared anew", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const { code, alarms } = room.people.get("ana");
  const changes = () => alarms.filter((/** @type {any} */ alarm) => alarm.code === "key-changed").length;
  for (let count = 0; count < 10; count += 1) {
    room.seen.set("ana sees bo", hex(`key ${count}`));
    code.look();
    await room.settle(100);
  }
  assert.equal(changes(), 1);
  room.seen.clear();
  code.look();
  await room.settle(3000);
  code.compare(room.of("ana").words);
  assert.equal(room.of("ana").trouble, "");
  room.seen.set("ana sees bo", hex("mallory"));
  code.look();
  await room.settle(100);
  assert.equal(changes(), 2);
});

/** Mallory is in between ana and bo: each sees her key for the other's. @param {string[]} names */
function attacked(...names) {
  const room = new Room();
  room.seen.set("ana sees bo", hex("mallory"));
  room.seen.set("bo sees ana", hex("mallory"));
  return { room, enter() { for (const name of names) room.enter(name); } };
}

test("somebody in between who passes everything on is found by the pages themselves: the commitment is to another key", async () => {
  const { room, enter } = attacked("ana", "bo");
  enter();
  await room.settle(16_000);
  for (const name of ["ana", "bo"]) {
    assert.equal(room.people.get(name).alarms[0].code, "not-their-key");
    assert.match(room.of(name).trouble, /with another key than their own/);
  }
});

/** Mallory, who plays each one's part towards the other, by the book. @param {Room} room */
function forge(room) {
  const nonce = hex("mallory's nonce");
  room.between = (from, to, message) => {
    if (![from, to].includes("ana") || ![from, to].includes("bo") || !["commit", "reveal", "code"].includes(message.type)) return message;
    const { epoch, round } = message;
    // What she knows of neither is worth nothing to her; she says what fits the key that is seen.
    if (message.type === "code") return null;
    if (message.type === "reveal") return { ...message, nonce };
    const fingerprint = hex("mallory");
    const value = createHash("sha256").update(JSON.stringify(["meshvoice safety code 1", "commitment", "r", epoch, round, from, fingerprint, nonce])).digest("hex");
    return { ...message, value };
  };
}

test("somebody in between who plays both parts makes the words of the two differ", async () => {
  const { room, enter } = attacked("ana", "bo");
  forge(room);
  enter();
  await room.settle(3000);
  assert.ok(room.words("ana") && room.words("bo"));
  assert.notEqual(room.words("ana"), room.words("bo"));
});

test("in a room of more she is told of by the pages: whoever is not attacked has other words than the attacked", async () => {
  const { room, enter } = attacked("ana", "bo", "cleo");
  forge(room);
  enter();
  await room.settle(3000);
  assert.equal(new Set(room.all()).size, 3);
  for (const name of ["ana", "bo", "cleo"]) {
    assert.ok(room.people.get(name).alarms.some((/** @type {any} */ { code }) => code === "other-words"), name);
    assert.match(room.of(name).trouble, /The safety code that \w+ has is another/);
  }
});

/**
 * Mallory in between two, with two pictures in place of six so that a test can wait for her: she tries nonces for her part towards
 * bo until his words are those that ana sees.
 * @param {{committed: boolean}} rules committed: she has to bind herself before she knows a nonce of theirs
 */
async function success({ committed }) {
  const attempt = { room: "r", epoch: await epochOf(sha256, ["ana", "bo"]), round: 1 };
  const [ana, bo, mallory] = ["ana", "bo", "mallory"].map((name) => ({ fingerprint: hex(name), nonce: hex(`${name}'s nonce`) }));
  const words = async (/** @type {any[]} */ people) => (await codeOf(sha256, attempt, people, 2)).words.map(({ name }) => name).join(" ");
  const ofAna = await words([{ peer: "ana", ...ana }, { peer: "bo", ...mallory }]);
  for (let tries = 0; tries < 60_000; tries += 1) {
    const nonce = hex(`try ${tries}`);
    if (await words([{ peer: "ana", fingerprint: mallory.fingerprint, nonce }, { peer: "bo", ...bo }]) === ofAna) {
      // What she was bound to before is what bo holds her to.
      const bound = await commitmentOf(sha256, attempt, { peer: "ana", fingerprint: mallory.fingerprint, nonce: mallory.nonce });
      const shown = await commitmentOf(sha256, attempt, { peer: "ana", fingerprint: mallory.fingerprint, nonce });
      return !committed || bound === shown;
    }
  }
  return false;
}

test("without commitments she finds a nonce that makes the words alike", async () => {
  assert.equal(await success({ committed: false }), true);
});

test("with them the nonce that she finds is none that she may show", async () => {
  assert.equal(await success({ committed: true }), false);
});

test("a second commitment, made with others' nonces in hand, is not taken", async () => {
  const room = new Room();
  room.between = (from, to, message) => (message.type === "reveal" && from === "bo" ? null : message);
  for (const name of ["ana", "bo"]) room.enter(name);
  await room.settle(1000);
  const { epoch, round } = room.carried.findLast(({ type, from }) => type === "commit" && from === "bo");
  const nonce = hex("chosen with ana's nonce in hand");
  const value = await commitmentOf(sha256, { room: "r", epoch, round }, { peer: "bo", fingerprint: hex("bo"), nonce });
  const { inBand } = room.people.get("ana");
  inBand.take({ peer: "bo", text: JSON.stringify({ type: "commit", n: 99, epoch, round, value }) });
  inBand.take({ peer: "bo", text: JSON.stringify({ type: "reveal", n: 100, epoch, round, nonce }) });
  await room.settle(100);
  assert.equal(room.words("ana"), null);
  assert.equal(room.people.get("ana").alarms[0].code, "not-their-key");
});

test("who calls for new rounds again and again gets one a second, and none that leaps", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const [{ epoch, round }] = room.carried.filter(({ type, from }) => type === "commit" && from === "bo").slice(-1);
  const { inBand } = room.people.get("ana");
  const said = () => room.carried.filter(({ type, from }) => type === "commit" && from === "ana").length;
  const before = said();
  for (let count = 1; count <= 30; count += 1) {
    inBand.take({ peer: "bo", text: JSON.stringify({ type: "commit", n: 100 + count, epoch, round: round + count, value: hex("x") }) });
    await room.settle(100);
  }
  assert.ok(said() - before <= 8, `${said() - before} in 3 s`);
  await room.settle(3000);
  const now = said();
  inBand.take({ peer: "bo", text: JSON.stringify({ type: "commit", n: 999, epoch, round: 2 ** 31 - 1, value: hex("x") }) });
  await room.settle(3000);
  assert.ok(said() - now <= 1, "one step");
  assert.ok(room.last("commit", "ana", "bo").round < 2000);
});

for (const epochs of [80, 1500]) {
  test(`who joins where people came and went ${epochs} times gets the words of all`, async () => {
    const room = new Room("ana", "bo");
    await room.settle(3000);
    for (let count = 0; count < epochs / 2; count += 1) {
      room.enter("cleo");
      await room.clock.advance(20);
      room.leave("cleo");
      await room.clock.advance(20);
    }
    await room.settle(3000);
    assert.ok(room.last("commit", "ana", "bo").round >= epochs);
    room.enter("dan");
    await room.settle(3000);
    assert.ok(room.words("dan"));
    assert.equal(new Set(room.all()).size, 1);
    assert.deepEqual(room.of("dan").missing, []);
  });
}

test("whoever calls for new rounds and never reveals makes nobody flood the others", async () => {
  const room = new Room("ana", "bo", "mallory");
  await room.settle(3000);
  const [{ epoch, round }] = room.carried.filter(({ type, from }) => type === "commit" && from === "mallory").slice(-1);
  room.mute.add("mallory");
  const said = () => room.carried.filter(({ from, to }) => from === "ana" && to === "bo").length;
  const before = said();
  for (let count = 1; count <= 100; count += 1) {
    for (const [at, to] of ["ana", "bo"].entries()) {
      const message = { type: "commit", n: 1000 + count, epoch, round: round + 2 * count + at, value: hex("x") };
      room.people.get(to).inBand.take({ peer: "mallory", text: JSON.stringify(message) });
    }
    await room.settle(100);
  }
  // A channel takes 40 words at once and 10 a second.
  assert.ok(said() - before <= 45, `${said() - before} in 10 s`);
});

test("whoever causes an alarm, leaves and comes back causes one a minute, not one each time", () => {
  let now = 0;
  /** @type {any[]} */
  const loud = [];
  let seat = 0;
  const members = () => [{ peer: `m${seat}`, user: "um", name: "Mallory" }];
  let told = 0;
  const trust = new SafetyTrust(members, new ComparedKeys(), () => now, ({ alarm }) => {
    told += 1;
    if (alarm) loud.push(alarm);
  });
  for (; seat < 24; seat += 1, now += 5000) {
    trust.alarm(`m${seat}`, "not-their-key");
    assert.match(trust.trouble, /Mallory/);
    trust.forget(`m${seat}`);
    assert.equal(trust.trouble, "");
  }
  assert.deepEqual([loud.length, told], [2, 24], "the page shows each, and is loud about two");
  now += 60_000;
  for (const _ of [1, 2]) {
    trust.alarm(`m${seat}`, "not-their-key");
    now += 60_000;
  }
  assert.equal(loud.length, 3, "of one and the same peer it is told once");
  trust.forget(`m${seat}`);
  seat += 1;
  trust.compare(new Map([[`m${seat}`, "key"]]));
  now -= 60_000;
  trust.alarm(`m${seat}`, "not-their-key");
  assert.equal(loud.length, 4, "they were compared meanwhile");
});

test("words that are no longer those of now mark nobody, and least of all whoever came meanwhile", async () => {
  const room = new Room("ana", "bo");
  await room.settle(3000);
  const { code } = room.people.get("ana");
  const { words } = room.of("ana");
  room.enter("cleo");
  await room.settle(3000);
  assert.equal(code.compare(words), false);
  assert.deepEqual(room.of("ana").compared, []);
  assert.equal(code.compare(room.of("ana").words), true);
  assert.deepEqual(room.of("ana").compared, ["bo", "cleo"]);
});

test("comparing takes nothing back that speaks against somebody who took no part in it", async () => {
  const room = new Room("ana", "bo", "mallory");
  await room.settle(3000);
  const { code, alarms } = room.people.get("ana");
  room.mute.add("mallory");
  for (const [name, key] of [["mallory", "another key"], ["bo", "bo's new key"]]) {
    room.seen.set(`ana sees ${name}`, hex(key));
    code.look();
    await room.settle(100);
  }
  room.seen.delete("ana sees bo");
  code.look();
  await room.settle(16_000);
  assert.deepEqual(room.of("ana").included, ["BO"]);
  assert.match(room.of("ana").trouble, /MALLORY.+BO|BO.+MALLORY/);
  const told = alarms.length;
  assert.equal(code.compare(room.of("ana").words), true);
  assert.match(room.of("ana").trouble, /MALLORY/);
  assert.doesNotMatch(room.of("ana").trouble, /BO/);
  room.seen.set("ana sees mallory", hex("yet another"));
  code.look();
  await room.settle(100);
  assert.equal(alarms.length, told, "told loudly once, for nobody compared anything with her");
});

test("a click right after the words changed is about those before, a later one about those that stand there", () => {
  const [one, two] = ["1", "2"].map((emoji) => [{ emoji, name: emoji }]);
  const meant = new MeantWords();
  assert.deepEqual([meant.show(null, 0), meant.show(one, 0), meant.at(1)], [false, false, one]);
  assert.equal(meant.show([...one], 5000), false);
  assert.deepEqual([meant.show(null, 6000), meant.show(two, 6100)], [false, true]);
  assert.deepEqual([meant.at(6600), meant.at(9000), meant.at(9100)], [one, one, two]);
});

test("nothing is left after the end", async () => {
  const room = new Room("ana", "bo", "cleo");
  await room.settle(3000);
  const { epoch, round } = room.last("commit", "bo", "ana");
  // Two that call for a round that is not due yet, for which there is a timer.
  for (const next of [1, 2, 3]) await room.hears("ana", "bo", { type: "commit", epoch, round: round + next, value: hex("x") });
  assert.notEqual(room.clock.timers.size, 0);
  for (const { code } of room.people.values()) code.close();
  assert.equal(room.clock.timers.size, 0);
  const said = room.carried.length;
  await room.hears("ana", "bo", { type: "commit", epoch, round: 0, value: hex("x") });
  await room.settle(10_000);
  assert.deepEqual([room.clock.timers.size, room.carried.length], [0, said]);
});

test("an end while a key is asked for is an end", async () => {
  const room = new Room("ana", "bo");
  await room.settle(10_000);
  const { code, told } = room.people.get("ana");
  const before = told.length;
  room.asked = () => code.close();
  room.seen.set("ana sees bo", hex("another"));
  code.look();
  await room.settle(100);
  assert.equal(told.length, before);
  assert.equal(room.clock.timers.size, 0);
});
