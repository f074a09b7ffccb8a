// @ts-check
// What stands above the people until it is read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Notices } from "../../static/voice/panel/notices.js";

/** As much of an element as a notice needs. */
class Node {
  textContent = "";
  hidden = false;
  /** @type {Node[]} */
  children = [];
  onclick = () => {};
  focus() {}
  /** @param {Node[]} nodes */
  append(...nodes) { this.children.push(...nodes); }
  /** @param {unknown} node @returns {boolean} */
  contains(node) { return node === this || this.children.some((each) => each.contains(node)); }
}

before(() => Object.assign(globalThis, { document: { activeElement: null, createElement: () => new Node() } }));
after(() => Reflect.deleteProperty(globalThis, "document"));

function shown() {
  const notices = new Notices(/** @type {any} */ (new Node()));
  const standing = () => /** @type {any} */ (notices.element).children.filter((/** @type {Node} */ slot) => !slot.hidden);
  return {
    notices,
    words: () => standing().map((/** @type {Node} */ slot) => slot.children[0].textContent),
    read: (at = 0) => standing()[at].children[1].onclick(),
  };
}

test("what is told stands with what came before it until all of it is read", () => {
  const { notices, words, read } = shown();
  notices.tell("Bo is here with another key.");
  notices.tell("Another microphone was taken.");
  assert.deepEqual(words(), ["Bo is here with another key.\n\nAnother microphone was taken."]);
  read();
  assert.deepEqual(words(), []);
  notices.tell("Cleo is here with another key.");
  assert.deepEqual(words(), ["Cleo is here with another key."]);
});

test("the same thing stands there once, as the last, and of many the last three stand", () => {
  const { notices, words } = shown();
  for (const each of ["a", "b", "a"]) notices.tell(each);
  assert.deepEqual(words(), ["b\n\na"]);
  for (const each of ["c", "d"]) notices.tell(each);
  assert.deepEqual(words(), ["a\n\nc\n\nd"]);
});

test("of one thing the last word stands: an earlier one is no longer so", () => {
  const { notices, words } = shown();
  notices.tell("The second microphone is used.", "microphone");
  notices.tell("Bo is here with another key.");
  notices.tell("The third microphone is used.", "microphone");
  assert.deepEqual(words(), ["Bo is here with another key.\n\nThe third microphone is used."]);
});

test("an alarm has a place of its own, and is the last word of its kind", () => {
  const { notices, words, read } = shown();
  notices.tell("calm");
  notices.note("first", "alarm");
  notices.note("second", "alarm");
  assert.deepEqual(words(), ["second", "calm"]);
  read(0);
  assert.deepEqual(words(), ["calm"]);
});

test("the next call begins with none of what the last one told", () => {
  const { notices, words } = shown();
  notices.tell("of the last call");
  notices.end();
  assert.deepEqual(words(), []);
  notices.tell("of this one");
  assert.deepEqual(words(), ["of this one"]);
});
