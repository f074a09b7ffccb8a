// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { InBand } from "../../static/voice/session/in-band.js";
import { NOTE_LENGTH, cleanNote, noteParts } from "../../static/voice/session/note-text.js";
import { Notes } from "../../static/voice/session/notes.js";
import { FakeClock } from "./fake-platform.js";

/** People whose channels can be cut, each with notes. */
class Room {
  clock = new FakeClock();
  /** @type {Map<string, any>} */ people = new Map();
  /** @type {Set<string>} */ cut = new Set();
  /** Called for each note that goes out. */ heard = () => {};
  /** Those who have notes switched off. @type {Set<string>} */ off = new Set();

  /** @param {string[]} names */
  constructor(...names) {
    for (const name of names) this.enter(name);
  }

  /** @param {string} name */
  enter(name) {
    const inBand = new InBand({ say: (peer, text) => this.carry(name, peer, text), state: () => ({ muted: false, deafened: false }) });
    const readers = () => [...this.people.keys()].filter((peer) => peer !== name).map((peer) => ({ peer, name: peer.toUpperCase() }));
    const notes = new Notes({ inBand, readers, takes: () => !this.off.has(name), clock: this.clock });
    /** @type {any[]} */
    const shown = [];
    /** @type {any[]} */
    const crowded = [];
    notes.on("note", (note) => shown.push(note));
    notes.on("crowded", (detail) => crowded.push(detail));
    const others = [...this.people.keys()];
    this.people.set(name, { name, inBand, notes, shown, crowded });
    for (const peer of others) this.open(name, peer);
    return this.people.get(name);
  }

  /** @param {string} a @param {string} b */
  open(a, b, open = true) {
    for (const [from, to] of [[a, b], [b, a]]) this.people.get(from).inBand[open ? "opened" : "closed"](to);
  }

  /** @param {string} from @param {string} to @param {string} text */
  carry(from, to, text) {
    if (JSON.parse(text).type === "note") this.heard();
    if (!this.cut.has(`${from}>${to}`)) this.people.get(to)?.inBand.take({ peer: from, text });
    return true;
  }

  /** @param {string} name */
  of(name) {
    return this.people.get(name);
  }
}

test("a note goes to everyone who is there, once, and reads the same for all", () => {
  const room = new Room("ana", "bo", "cleo");
  const mine = room.of("ana").notes.send("  hello\tall ", "Ana");
  assert.equal(mine.text, "hello all");
  for (const name of ["bo", "cleo"]) {
    assert.deepEqual(room.of(name).shown.map((/** @type {any} */ note) => [note.peer, note.name, note.self, note.text, note.trouble]),
      [["ana", "ANA", false, "hello all", ""]]);
  }
});

test("a note is answered by a reader who has told nothing yet", async () => {
  const room = new Room("ana");
  room.enter("bo");
  room.open("ana", "bo", false);
  room.of("ana").inBand.opened("bo");
  room.of("ana").notes.send("early", "Ana");
  await room.clock.advance(9000);
  assert.deepEqual([room.of("bo").shown.map((/** @type {any} */ { text }) => text), room.of("ana").shown.at(-1).trouble], [["early"], ""]);
});

test("who comes later sees none of before", () => {
  const room = new Room("ana", "bo");
  room.of("ana").notes.send("before", "Ana");
  assert.deepEqual(room.enter("cleo").shown, []);
});

test("whom a note didn't reach is named after 8 s, and not any more once it came by the next channel", async () => {
  const room = new Room("ana", "bo", "cleo");
  room.cut.add("ana>bo");
  const { notes } = room.of("ana");
  notes.send("hello", "Ana");
  assert.equal(notes.all[0].trouble, "");
  await room.clock.advance(8000);
  assert.equal(notes.all[0].trouble, "didn't reach BO");
  room.cut.clear();
  room.open("ana", "bo");
  assert.deepEqual([notes.all[0].trouble, room.of("bo").shown.length, room.of("cleo").shown.length], ["", 1, 1]);
});

test("a note whose answer is lost is shown once, however often it comes", () => {
  const room = new Room("ana", "bo");
  room.cut.add("bo>ana");
  room.of("ana").notes.send("hello", "Ana");
  room.open("ana", "bo");
  room.cut.clear();
  room.open("ana", "bo");
  room.open("ana", "bo");
  assert.equal(room.of("bo").shown.length, 1);
});

test("after a minute it is said no more, and the name of whom it never reached stays", async () => {
  const room = new Room("ana", "bo");
  room.cut.add("ana>bo");
  room.of("ana").notes.send("hello", "Ana");
  await room.clock.advance(70_000);
  room.cut.clear();
  room.open("ana", "bo");
  assert.deepEqual([room.of("bo").shown, room.of("ana").notes.all[0].trouble], [[], "didn't reach BO"]);
  assert.equal(room.clock.timers.size, 0);
});

test("who has notes off is shown none, and whoever sends one is told", () => {
  const room = new Room("ana", "bo");
  room.off.add("bo");
  room.of("ana").notes.send("hello", "Ana");
  assert.deepEqual([room.of("bo").shown, room.of("ana").notes.all[0].trouble], [[], "BO has notes switched off"]);
});

test("of a flood five are shown, told of once, then one in two seconds, and none that was left out reads as one that came", async () => {
  const room = new Room("ana", "bo");
  for (let count = 1; count <= 50; count += 1) room.of("ana").notes.send(`note ${count}`, "Ana");
  assert.deepEqual([room.of("bo").shown.length, room.of("bo").crowded], [5, [{ name: "ANA" }]]);
  let told = 0;
  room.heard = () => { told += 1; };
  await room.clock.advance(8000);
  assert.deepEqual([told, room.of("bo").shown.length], [4, 9]);
  assert.equal(room.of("ana").notes.all.filter((/** @type {any} */ { trouble }) => trouble === "didn't reach BO").length, 41);
  await room.clock.advance(90_000);
  assert.deepEqual([room.of("bo").shown.length, room.of("bo").crowded.length, room.clock.timers.size], [33, 1, 0]);
});

test("the sixth of six quick notes comes late, and comes, between two who are both there", async () => {
  const room = new Room("ana", "bo");
  for (const text of ["one", "two", "three", "four", "five", "six"]) room.of("ana").notes.send(text, "Ana");
  await room.clock.advance(8000);
  assert.deepEqual(room.of("bo").shown.map((/** @type {any} */ { text }) => text), ["one", "two", "three", "four", "five", "six"]);
  assert.equal(room.of("ana").notes.all.every((/** @type {any} */ { trouble }) => trouble === ""), true);
  room.of("ana").notes.send("later", "Ana");
  assert.equal(room.of("bo").shown.at(-1).text, "later");
});

test("no call keeps more than 200", async () => {
  const room = new Room("ana");
  for (let count = 0; count < 300; count += 1) room.of("ana").notes.send(`note ${count}`, "Ana");
  assert.deepEqual([room.of("ana").notes.all.length, room.of("ana").notes.all[0].text], [200, "note 100"]);
  room.of("ana").notes.close();
  assert.equal(room.clock.timers.size, 0);
});

test("a flood pushes out itself, and none of what others said", async () => {
  const room = new Room("ana", "bo", "mallory");
  for (const text of ["where we meet", "and when"]) room.of("bo").notes.send(text, "Bo");
  for (let count = 0; count < 300; count += 1) {
    room.of("mallory").notes.send(`noise ${count}`, "Mallory");
    await room.clock.advance(2000);
  }
  const { all } = room.of("ana").notes;
  assert.deepEqual([all.length, all.slice(0, 2).map((/** @type {any} */ { text }) => text)], [200, ["where we meet", "and when"]]);
});

test("coming back brings no new allowance, and of whoever sends too much is told once a minute", async () => {
  const clock = new FakeClock();
  const inBand = new InBand({ say: () => true, state: () => ({ muted: false, deafened: false }) });
  let seat = 0;
  const notes = new Notes({ inBand, readers: () => [{ peer: `m${seat}`, user: "um", name: "Mallory" }], takes: () => true, clock });
  let crowded = 0;
  notes.on("crowded", () => { crowded += 1; });
  for (; seat < 10; seat += 1) {
    for (let n = 1; n <= 20; n += 1) inBand.take({ peer: `m${seat}`, text: JSON.stringify({ type: "note", n, text: "noise" }) });
    notes.forget(`m${seat}`);
    await clock.advance(5000);
  }
  assert.ok(notes.all.length <= 30, `${notes.all.length} in 50 s`);
  assert.equal(crowded, 1);
});

test("a note by somebody whose name looks like another's says so", () => {
  const inBand = new InBand({ say: () => true, state: () => ({ muted: false, deafened: false }) });
  const notes = new Notes({ inBand, readers: () => [{ peer: "m", name: "B\u043e", alike: true }], takes: () => true, clock: new FakeClock() });
  inBand.take({ peer: "m", text: '{"type":"note","n":1,"text":"it is me"}' });
  assert.deepEqual([notes.all[0].name, notes.all[0].alike], ["B\u043e", true]);
});

test("who left is waited for no more, and a stranger's note is nobody's", async () => {
  const room = new Room("ana", "bo");
  room.cut.add("ana>bo");
  room.of("ana").notes.send("hello", "Ana");
  room.of("ana").notes.forget("bo");
  await room.clock.advance(9000);
  assert.equal(room.of("ana").notes.all[0].trouble, "");
  room.of("ana").inBand.take({ peer: "x", text: '{"type":"note","n":1,"text":"psst"}' });
  assert.equal(room.of("ana").notes.all.length, 1);
});

for (const [what, raw, text] of [
  ["control characters and new lines", "a\u0000b\r\nc\u2028d", "a b c d"],
  ["overrides of direction", "\u202eevil\u202c \u2066x\u2069\u200f", "evil x"],
  ["half a character", "a\ud800b", "ab"],
  ["a pile of accents", `a${"\u0316".repeat(60)}`, `a${"\u0316".repeat(4)}`],
  ["what is left whole: emoji, Persian, Hindi", "👩‍💻 می‌خواهم क्‍ष", "👩‍💻 می‌خواهم क्‍ष"],
  ["500 characters", "😀".repeat(NOTE_LENGTH), "😀".repeat(NOTE_LENGTH)],
  ["501 characters", "x".repeat(NOTE_LENGTH + 1), null],
  ["nothing", " \n\u202e ", null],
  ["nothing that can be seen", "\u200b\u2060\u00ad \u3164\u2800\u115f\u{e0041}\u0301", null],
]) test(`of a note is kept: ${what}`, () => assert.equal(cleanNote(/** @type {string} */ (raw)), text));

for (const [text, links] of /** @type {[string, string[]][]} */ ([
  ["see https://example.org/a?b=c#d.", ["https://example.org/a?b=c#d"]],
  ["(http://example.org), HTTPS://Example.org!", ["http://example.org/", "https://example.org/"]],
  ["https://en.example.org/wiki/Mesh_(net)", ["https://en.example.org/wiki/Mesh_(net)"]],
  ["javascript:alert(1) data:text/html,x ftp://x.org mailto:a@b.org", []],
  ["https://bank.example@evil.example/", []],
  ["https://", []],
  ['https://example.org/"onmouseover="x', ["https://example.org/"]],
])) test(`links in: ${text}`, () => {
  const parts = noteParts(text);
  assert.deepEqual(parts.flatMap(({ href }) => (href === null ? [] : [href])), links);
  assert.equal(parts.map((part) => part.text).join(""), text);
});

for (const [text, shown] of [
  ["https://\u0430pple.example/", "https://\u0430pple.example/ (xn--pple-43d.example)"],
  ["https://bank.example\u2044login.evil.example/", "https://bank.example\u2044login.evil.example/ (bank.xn--examplelogin-xk0g.evil.example)"],
  ["https://bank.example\u3002evil.example/", "https://bank.example\u3002evil.example/ (bank.example.evil.example)"],
  ["http://2130706433/", "http://2130706433/ (127.0.0.1)"],
  ["https://Example.org:8443/a HTTP://example.org:80", "https://Example.org:8443/a HTTP://example.org:80"],
  ["https://example.org\\@evil.example/", "https://example.org\\@evil.example/"],
]) test(`where a link leads is told: ${text}`, () => assert.equal(noteParts(text).map((part) => part.text).join(""), shown));
