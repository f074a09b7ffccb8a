// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import DE from "../../static/lang/de.js";
import EN from "../../static/lang/en.js";
import { advanceHold, bindKey, FREE, isModifier, keyName } from "../../static/voice/panel/talk-key.js";

/** @typedef {import("../../static/voice/panel/talk-key.js").HoldEvent} HoldEvent */

/** @param {Partial<{by: "key"|"pointer"|"button", repeat: boolean, sure: boolean}>} [change] */
const down = (change) => /** @type {HoldEvent} */ ({ type: "down", by: "key", repeat: false, sure: true, ...change });
const up = (by = "key") => /** @type {HoldEvent} */ ({ type: "up", by });
const lost = (by = "pointer") => /** @type {HoldEvent} */ ({ type: "lost", by });
const click = (on = false) => /** @type {HoldEvent} */ ({ type: "click", on });
const [other, doubt, tick] = /** @type {HoldEvent[]} */ ([{ type: "other" }, { type: "doubt" }, { type: "tick" }]);
const repeat = down({ repeat: true });

/** Give what is done at each of the events, whose times are in ms. @param {[number, HoldEvent][]} events */
function acts(events) {
  let hold = FREE;
  return events.map(([now, event]) => {
    const next = advanceHold(hold, event, now);
    hold = next.hold;
    return next.act;
  });
}

/** @type {[string, [number, HoldEvent][], (string|null)[]][]} */
const TABLE = [
  ["a key is held and let go of", [[0, down()], [900, up()]], ["press", "release"]],
  ["its repeats press nothing", [[0, down()], [500, repeat], [530, repeat], [600, up()]], ["press", null, null, "release"]],
  ["where one writes, or with a modifier, it opens nothing", [[0, down({ sure: false })], [100, up()]], [null, null]],
  ["a repeat that isn't sure any more is a doubt", [[0, down()], [500, down({ repeat: true, sure: false })]], ["press", "doubt"]],
  ["after a doubt its repeats open nothing", [[0, down()], [500, repeat], [510, doubt], [530, repeat], [560, repeat]], ["press", null, "doubt", null, null]],
  ["nor does its late keyup do anything", [[0, down()], [510, doubt], [700, up()]], ["press", "doubt", null]],
  ["repeats that end without a keyup are a stuck key", [[0, down()], [500, repeat], [1900, tick], [2001, tick]], ["press", null, null, "doubt"]],
  ["another key takes the repeats over, and nothing is stuck", [[0, down()], [500, repeat], [510, other], [9000, tick]], ["press", null, null, null]],
  ["a key that never repeats is held a minute at most", [[0, down()], [59_000, tick], [60_001, tick]], ["press", null, "doubt"]],
  ["a finger is told of in any case, however long it stays", [[0, down({ by: "pointer" })], [600_000, tick], [600_001, up("pointer")]], ["press", null, "release"]],
  ["a lost pointer is a doubt", [[0, down({ by: "pointer" })], [100, lost()]], ["press", "doubt"]],
  ["the end of a capture after a release is none", [[0, down({ by: "pointer" })], [100, up("pointer")], [101, lost()]], ["press", "release", null]],
  ["a finger that goes up ends nothing that a key holds", [[0, down()], [100, up("pointer")], [200, lost()], [300, up()]], ["press", null, null, "release"]],
  ["a key while a finger holds presses nothing twice", [[0, down({ by: "pointer" })], [100, down()], [200, up()], [300, up("pointer")]], ["press", null, null, "release"]],
  ["a doubt counts also where nothing is held: it may be toggled on", [[0, doubt]], ["doubt"]],
  ["an assistive tool's click opens, and its next one closes", [[0, click()], [30_000, click(true)]], ["press", "doubt"]],
  ["what a click opened is open a minute at most", [[0, click()], [59_000, tick], [60_001, tick]], ["press", null, "doubt"]],
  ["a hand that presses where a click has opened closes it", [[0, click()], [5000, down()], [5100, up()]], ["press", "doubt", null]],
  ["a click that was muted meanwhile opens anew", [[0, click()], [5000, click()], [64_000, tick], [65_001, tick]], ["press", "press", null, "doubt"]],
  ["the button's own key can be stuck, too", [[0, down({ by: "button" })], [500, down({ by: "button", repeat: true })], [2100, tick]], ["press", null, "doubt"]],
];

for (const [what, events, expected] of TABLE) test(`push-to-talk: ${what}`, () => assert.deepEqual(acts(events), expected));

test("a key is bound by its place, and named as the keyboard names it", () => {
  assert.deepEqual(bindKey({ code: "KeyZ", key: "y" }, ["m"]), { key: { code: "KeyZ", label: "Y" } });
  assert.deepEqual(bindKey({ code: "F8", key: "F8" }, ["m"]), { key: { code: "F8", label: "F8" } });
});

test("a key without a letter is kept as browsers call it, and named as people do", () => {
  const bound = bindKey({ code: "PageDown", key: "PageDown" }, ["m"]);
  assert.deepEqual(bound, { key: { code: "PageDown", label: "PageDown" } });
  assert.deepEqual(["PageDown", "ArrowLeft", "Dead", "F8", "V", "toString"].map(keyName), [EN.voice["key.page-down"], EN.voice["key.left"], EN.voice["key.accent"], "F8", "V", "toString"]);
  assert.deepEqual([DE.voice["key.page-down"], DE.voice["key.left"]], ["Bild ab", "Pfeil links"]);
});

test("a key that works the page, the system or a shortcut, or has no name, is refused with words", () => {
  for (const [code, key] of [["Space", " "], ["Escape", "Escape"], ["ControlRight", "Control"], ["KeyM", "m"], ["", "Unidentified"], ["Unidentified", "x"]]) {
    const answer = bindKey({ code, key }, ["m"]);
    assert.ok("refused" in answer && answer.refused.endsWith("take another."), code);
  }
});

test("Shift makes letters, the others make shortcuts", () => {
  assert.deepEqual(["Shift", "Control", "Alt", "AltGraph", "Meta", "v"].map(isModifier), [false, true, true, true, true, false]);
});
