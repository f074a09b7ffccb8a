// @ts-check
// Who is told of as standing at the door: newcomers who stay away from voice, once, and nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";

import { heardAt, lookOutside, readOf, UNSEEN } from "../../static/voice/panel/door.js";

const MINUTE = 60_000;
const STANDS_UNTIL = 5 * MINUTE;

/** A door, looked out of at times in ms: "bo cleo" are those who may come in, and then those in voice. */
function door() {
  let state = UNSEEN;
  const look = (/** @type {number} */ now, /** @type {string} */ members, inVoice = "ana", fresh = true) => {
    const seen = lookOutside(state, {
      members: members.split(" ").filter(Boolean).map((user) => ({ user, name: user.toUpperCase() })), inVoice: new Set(inVoice.split(" ")), now, fresh,
    });
    state = seen.door;
    const told = (/** @type {import("../../static/voice/panel/door.js").Caller[]} */ callers) => callers.map(({ name, alike }) => name + (alike ? "!" : "")).join(" ");
    return { knocks: told(seen.knocks), standing: told(seen.standing), next: seen.next };
  };
  const hear = (/** @type {number} */ now, user = "bo", alike = false) => { state = heardAt(state, { user, name: user.toUpperCase(), alike }, now); };
  return { look, hear, read: () => { state = readOf(state); } };
}

const NOBODY = { knocks: "", standing: "", next: null };

test("whoever was there at the first look never knocks", () => {
  const { look } = door();
  assert.deepEqual(look(0, "bo cleo"), NOBODY);
  assert.deepEqual(look(MINUTE, "bo cleo"), NOBODY);
});

test("a newcomer who stays out of voice for eight seconds knocks once, and stands there for five minutes", () => {
  const { look } = door();
  look(0, "");
  assert.deepEqual(look(1000, "bo"), { ...NOBODY, next: 8000 });
  assert.deepEqual(look(8999, "bo"), { ...NOBODY, next: 1 });
  assert.deepEqual(look(9000, "bo"), { knocks: "BO", standing: "BO", next: 292_000 });
  assert.deepEqual(look(2 * MINUTE, "bo"), { knocks: "", standing: "BO", next: 181_000 });
  assert.deepEqual(look(6 * MINUTE, "bo"), NOBODY);
});

test("whoever joins voice at the same moment never knocks, nor later when they leave it", () => {
  const { look } = door();
  look(0, "");
  look(1000, "bo");
  assert.deepEqual(look(5000, "bo", "ana bo"), NOBODY);
  assert.deepEqual(look(MINUTE, "bo"), NOBODY);
});

test("who was in voice before the list told of them never knocks", () => {
  const { look } = door();
  look(0, "", "ana bo");
  assert.deepEqual(look(1000, "bo", "ana bo"), NOBODY);
});

test("nobody stands there any more once they are in voice, off the list, or read of", () => {
  for (const end of ["in", "off", "read"]) {
    const { look, read } = door();
    look(0, "");
    look(1000, "bo");
    assert.equal(look(9000, "bo").standing, "BO", end);
    if (end === "read") read();
    assert.deepEqual(look(10_000, end === "off" ? "" : "bo", end === "in" ? "ana bo" : "ana"), NOBODY, end);
  }
});

test("nobody knocks twice within five minutes, by another link either", () => {
  const { look } = door();
  look(0, "");
  look(1000, "bo");
  assert.equal(look(9000, "bo").knocks, "BO");
  look(MINUTE, "");
  look(MINUTE + 1000, "bo");
  assert.equal(look(MINUTE + 9000, "bo").knocks, "");
  look(3 * MINUTE, "");
  look(7 * MINUTE, "bo");
  assert.equal(look(7 * MINUTE + 8000, "bo").knocks, "BO");
});

test("who comes while another stands there knocks alone, and both are named", () => {
  const { look } = door();
  look(0, "");
  look(0, "bo");
  look(8000, "bo");
  look(10_000, "bo cleo");
  assert.deepEqual(look(18_000, "bo cleo"), { knocks: "CLEO", standing: "BO CLEO", next: 282_000 });
});

test("whoever comes to the page again knocks again, at most once in half a minute, and stands there all the while", () => {
  const { look, hear, read } = door();
  look(0, "bo");
  hear(1000);
  assert.deepEqual(look(1000, "bo"), { ...NOBODY, next: 8000 });
  assert.equal(look(9000, "bo").knocks, "BO");
  hear(38_999);
  assert.deepEqual([look(38_999, "bo").knocks, look(38_999, "bo").standing], ["", "BO"]);
  hear(39_000);
  assert.deepEqual([look(39_000, "bo").knocks, look(39_000, "bo").standing], ["BO", "BO"]);
  read();
  hear(100_000);
  assert.equal(look(100_000, "bo").standing, "");
  assert.equal(look(108_000, "bo").knocks, "BO");
});

test("whoever reloads the page for an hour and stays out is told of ever more rarely, until they come in", () => {
  const { look, hear } = door();
  const told = [];
  for (let now = 0; now <= 60 * MINUTE; now += 1000) {
    if (now % 20_000 === 0) hear(now);
    if (look(now, "", "ana", false).knocks) told.push(now / 1000);
  }
  assert.deepEqual(told, [8, 40, 100, 220, 460, 948, 1928]);
  look(61 * MINUTE, "", "ana bo", false);
  hear(62 * MINUTE);
  assert.equal(look(62 * MINUTE + 8000, "", "ana", false).knocks, "BO");
  hear(62 * MINUTE + 38_000);
  assert.equal(look(62 * MINUTE + 38_000, "", "ana", false).knocks, "BO");
});

test("between two knocks are ten seconds, and who comes meanwhile is told of together", () => {
  const { look, hear, read } = door();
  hear(0, "bo");
  hear(1000, "cleo");
  hear(2000, "dan");
  assert.equal(look(8000, "", "ana", false).knocks, "BO");
  assert.deepEqual(look(11_000, "", "ana", false), { knocks: "", standing: "BO", next: 7000 });
  read();
  assert.deepEqual(look(17_999, "", "ana", false), { ...NOBODY, next: 1 });
  assert.equal(look(18_000, "", "ana", false).knocks, "CLEO DAN");
});

test("a name that could be taken for another's is marked, also where the list told of them first", () => {
  const { look, hear } = door();
  look(0, "");
  look(1000, "bo");
  hear(1500, "bo", true);
  assert.deepEqual(look(9000, "bo"), { knocks: "BO!", standing: "BO!", next: 292_000 });
});

test("whoever was in voice, left, and opens the page again knocks if they stay out of it", () => {
  const { look, hear } = door();
  look(0, "bo", "ana bo");
  hear(60_000);
  assert.deepEqual(look(65_000, "bo", "ana bo"), NOBODY);
  hear(120_000);
  assert.equal(look(128_000, "bo").knocks, "BO");
});

test("a page without a list tells of those at the door, too, and a list of hours ago makes nobody a newcomer", () => {
  const { look, hear } = door();
  hear(0);
  assert.equal(look(8000, "", "ana", false).knocks, "BO");
  assert.equal(look(20_000, "cleo", "ana", false).knocks, "");
  assert.equal(look(21_000, "cleo dan", "ana").next, STANDS_UNTIL - 21_000, "the first look at the server's list");
  assert.equal(look(40_000, "cleo dan", "ana").standing, "BO");
});

test("who is put out while we wait doesn't knock", () => {
  const { look } = door();
  look(0, "");
  look(1000, "bo");
  look(4000, "");
  assert.deepEqual(look(9000, ""), NOBODY);
});
