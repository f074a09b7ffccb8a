// @ts-check
// The big button of push-to-talk under keys, as browsers tell of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Talk } from "../../static/voice/call/talk.js";
import { PushToTalk } from "../../static/voice/panel/push-to-talk.js";
import { Store } from "../../static/voice/store.js";
import { clock, fakePage, move } from "./fake-page.js";

const { document, window } = fakePage();

/** The button in a page, and somebody whose hand is on the keyboard. @param {boolean} [toggles] */
function button(toggles = false) {
  const store = new Store();
  const talk = new Talk({ store, platform: { setTimeout: () => 0, clearTimeout: () => {} } });
  talk.choose("push", toggles);
  const over = new AbortController();
  const push = new PushToTalk(/** @type {any} */ (Object.assign(new EventTarget(), { talk })), store, over.signal);
  push.point();
  const { element } = push;
  const key = (/** @type {string} */ type, /** @type {string} */ code) => move(document, type, { code }, element);
  /** @param {string} type @param {EventTarget} [target] @param {object} [pointer] */
  const point = (type, target = element, pointer = {}) => {
    const event = Object.assign(new Event(type, { cancelable: true }), { pointerId: 1, pointerType: "mouse", button: 0, buttons: 1, ...pointer });
    Object.defineProperty(event, "target", { value: element });
    target.dispatchEvent(event);
    return event.defaultPrevented;
  };
  const click = () => element.dispatchEvent(Object.assign(new Event("click"), { detail: 0 }));
  return { talk, key, point, click, end: () => over.abort() };
}

test("the button's key talks until it is let go of, whichever of its events the browser makes a click of", () => {
  for (const code of ["Space", "Enter"]) {
    const { talk, key, click, end } = button();
    assert.equal(key("keydown", code), true);
    assert.equal(talk.pressed, true);
    clock.now += 700;
    assert.equal(key("keyup", code), true, "Firefox makes its click of this");
    // As if it had all the same.
    click();
    assert.equal(talk.pressed, false, code);
    end();
  }
});

test("a key that toggles isn't undone by the click that a browser makes of it", () => {
  const { talk, key, click, end } = button(true);
  key("keydown", "Space");
  key("keyup", "Space");
  click();
  assert.equal(talk.pressed, true);
  end();
});

test("a key that went up after a doubt opens nothing either", () => {
  const { talk, key, click, end } = button();
  key("keydown", "Space");
  window.dispatchEvent(new Event("blur"));
  key("keyup", "Space");
  click();
  assert.equal(talk.pressed, false);
  end();
});

test("a second button of the mouse closes what the first holds, and it stays closed until it is pressed anew", () => {
  for (const chord of ["move", "menu"]) {
    const { talk, point, end } = button();
    point("pointerdown");
    point("pointermove", document);
    assert.equal(talk.pressed, true, "a hand that moves goes on talking");
    // A second button goes down by a move, and asks for the menu of what lies there.
    if (chord === "move") point("pointermove", document, { button: 2, buttons: 3 });
    else assert.equal(point("contextmenu", document, { button: 2, buttons: 3 }), true, "no menu either");
    assert.equal(talk.pressed, false, chord);
    // The first goes up by a move alone, the last by an event of its own.
    point("pointermove", document, { button: 0, buttons: 2 });
    point("pointerup", document, { button: 2, buttons: 0 });
    assert.equal(talk.pressed, false);
    point("pointerdown");
    assert.equal(talk.pressed, true);
    end();
  }
});

test("a first button that goes up while the second is down is heard of, though its own event is swallowed", () => {
  const { talk, point, end } = button();
  point("pointerdown");
  point("pointermove", document, { button: 0, buttons: 2 });
  assert.equal(talk.pressed, false);
  end();
});

test("a finger's long press asks for a menu, and goes on talking", () => {
  const { talk, point, end } = button();
  point("pointerdown", undefined, { pointerType: "touch" });
  assert.deepEqual([point("contextmenu", document), talk.pressed], [true, true]);
  point("pointerup", document, { pointerType: "touch", buttons: 0 });
  assert.equal(talk.pressed, false);
  end();
});

test("an assistive tool's click counts, also a moment after a key", () => {
  const { talk, key, click, end } = button();
  click();
  assert.equal(talk.pressed, true);
  click();
  assert.equal(talk.pressed, false);
  key("keydown", "Space");
  key("keyup", "Space");
  clock.now += 400;
  click();
  assert.equal(talk.pressed, true);
  end();
});
