// @ts-check
// The big button of push-to-talk under keys, as browsers tell of them.
import assert from "node:assert/strict";
import { after, before, beforeEach, mock, test } from "node:test";

import { PushToTalk } from "../../static/voice/panel/push-to-talk.js";
import { Talk } from "../../static/voice/call/talk.js";
import { Store } from "../../static/voice/store.js";

/** As much of an element as the button is made of. */
class Element extends EventTarget {
  textContent = "";
  firstElementChild = null;
  append() {}
  closest() { return null; }
  setAttribute() {}
  getAttribute() { return null; }
}

const page = /** @type {any} */ (globalThis);
const set = ["document", "window", "Element"];
let now = 0;

before(() => {
  const document = Object.assign(new EventTarget(), {
    createElement: () => new Element(), createElementNS: () => Object.assign(new Element(), { firstElementChild: new Element() }), querySelector: () => null,
  });
  Object.assign(page, { document, window: new EventTarget(), Element });
  mock.method(performance, "now", () => now);
});
beforeEach(() => {
  now = 10_000;
});
after(() => {
  mock.restoreAll();
  for (const name of set) delete page[name];
});

/** The button in a page, and somebody whose hand is on the keyboard. @param {boolean} [toggles] */
function button(toggles = false) {
  const store = new Store();
  const talk = new Talk({ store, platform: { setTimeout: () => 0, clearTimeout: () => {} } });
  talk.choose("push", toggles);
  const over = new AbortController();
  const { element } = new PushToTalk(/** @type {any} */ (Object.assign(new EventTarget(), { talk })), store, over.signal);
  /** @param {string} type @param {string} code */
  const key = (type, code) => {
    const event = Object.assign(new Event(type, { cancelable: true }), { code, key: code === "Space" ? " " : code, repeat: false });
    // It is seen by the document first; its target is the button.
    Object.defineProperty(event, "target", { value: element });
    page.document.dispatchEvent(event);
    return event.defaultPrevented;
  };
  const click = () => element.dispatchEvent(Object.assign(new Event("click"), { detail: 0 }));
  return { talk, key, click, end: () => over.abort() };
}

test("the button's key talks until it is let go of, whichever of its events the browser makes a click of", () => {
  for (const code of ["Space", "Enter"]) {
    const { talk, key, click, end } = button();
    assert.equal(key("keydown", code), true);
    assert.equal(talk.pressed, true);
    now += 700;
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
  page.window.dispatchEvent(new Event("blur"));
  key("keyup", "Space");
  click();
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
  now += 400;
  click();
  assert.equal(talk.pressed, true);
  end();
});
