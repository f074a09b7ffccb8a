import assert from "node:assert/strict";
import { test } from "node:test";

import { PATHS } from "../../static/icons.js";
import { hueOf, isWorthACheck, keyWords, rowOf } from "../../static/voice/panel/panel-view.js";

const person = (change) => ({
  peer: "p1", user: "u1", name: "Bo", role: "guest", self: false, muted: false, deafened: false, away: false,
  speaking: false, word: "here", doing: "", path: "direct", ...change,
});

test("each of the five words has a picture and plain words of its own", () => {
  const rows = ["connecting", "here", "muted", "unheard", "gone"].map((word) => rowOf(person({ word })));
  assert.equal(new Set(rows.map(({ icon }) => PATHS[icon])).size, 5);
  assert.deepEqual(rows.map(({ word }) => word), ["connecting", "here", "muted", "can't be heard", "gone"]);
});

test("speaking shows only on who is here: a muted or lost person never speaks", () => {
  assert.equal(rowOf(person({ speaking: true })).icon, "wave");
  for (const word of ["muted", "unheard", "gone", "connecting"]) {
    const row = rowOf(person({ word, speaking: true }));
    assert.deepEqual([row.speaking, row.icon === "wave"], [false, false]);
  }
});

test("what is being done is not said where the word says it already", () => {
  assert.equal(rowOf(person({ word: "connecting", doing: "connecting" })).doing, "");
  assert.equal(rowOf(person({ word: "connecting", doing: "still connecting" })).doing, "still connecting");
});

test("tags name oneself, the owner, who hears nothing and a relayed path", () => {
  assert.deepEqual(rowOf(person({ self: true, role: "owner" })).tags, ["you", "owner"]);
  assert.deepEqual(rowOf(person({ deafened: true, path: "relay" })).tags, ["sound off", "relay"]);
  assert.deepEqual(rowOf(person({})).tags, []);
});

test("the initial is a whole letter, whatever the name begins with", () => {
  assert.deepEqual(["ana", " élan", "🐙 Octo", ""].map((name) => rowOf(person({ name })).initial), ["A", "É", "🐙", "?"]);
});

test("a user has the same tone in every visit, among six", () => {
  const hues = Array.from({ length: 200 }, (_, i) => hueOf(`user-${i}`));
  assert.equal(hueOf("user-7"), hues[7]);
  assert.deepEqual([...new Set(hues)].sort(), [0, 1, 2, 3, 4, 5]);
});

test("a check is worth offering where somebody isn't heard or doesn't come to be, or all hear badly, not for one's own silence", () => {
  assert.equal(isWorthACheck([person({}), person({ word: "connecting", doing: "connecting" })]), false);
  assert.equal(isWorthACheck([person({ word: "unheard" })]), true);
  assert.equal(isWorthACheck([person({ word: "connecting", doing: "still connecting" })]), true);
  assert.equal(isWorthACheck([person({ word: "unheard", self: true })]), false);
  assert.equal(isWorthACheck([person({ self: true, weak: true })]), true);
});

test("what to be wary of stands apart from what somebody is", () => {
  const { tags, warnings } = rowOf(person({ alike: true, heardMuted: true, deafened: true }));
  assert.deepEqual([tags, warnings], [["sound off"], ["looks like another name here", "says muted, but is heard"]]);
  assert.deepEqual(rowOf(person({})).warnings, []);
  assert.deepEqual(rowOf(person({ self: true, weak: true })).warnings, ["weak"]);
});

test("whose key is in doubt has that on their row and in their details for as long as it is, whatever was compared before", () => {
  const safety = { words: null, included: [], missing: [], compared: ["p1"], anotherKey: ["p2"], inDoubt: ["p1"], trouble: "Somebody is in between." };
  assert.deepEqual(rowOf(person({}), safety).warnings, ["in doubt: see the safety code"]);
  assert.deepEqual(rowOf(person({ peer: "p2" }), safety).warnings, []);
  assert.deepEqual(["p1", "p2", "p3"].map((peer) => keyWords(peer, safety)), [
    "Somebody may be in between: the settings say why, under “Safety code”.",
    "Safety code compared earlier, but with another key: it no longer holds.", "",
  ]);
  const over = { ...safety, inDoubt: [], trouble: "" };
  assert.deepEqual([rowOf(person({}), over).warnings, keyWords("p1", over)], [[], "Safety code compared."]);
  assert.deepEqual([rowOf(person({}), null).warnings, keyWords("p1", null)], [[], ""]);
});
