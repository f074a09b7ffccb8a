// @ts-check
// The settings about talking, as browsers tell of clicks and keys.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Talk } from "../../static/voice/call/talk.js";
import { talkSection } from "../../static/voice/panel/talk-section.js";
import { talkKey } from "../../static/voice/panel/push-to-talk.js";
import { Store } from "../../static/voice/store.js";
import { blur, fieldsPage, type } from "./fake-fields.js";

fieldsPage();

test("the key for push-to-talk can be bound where a click gives a button no focus, as in Safari", () => {
  const store = new Store();
  const talk = new Talk({ store, platform: { setTimeout: () => 0, clearTimeout: () => {} } });
  const over = new AbortController();
  const section = /** @type {import("./fake-fields.js").Field} */ (/** @type {unknown} */ (
    talkSection(/** @type {any} */ ({ talk, level: () => null }), store, over.signal)));
  const [button] = section.all("button");
  blur();
  button.dispatchEvent(new Event("click"));
  type("KeyB");
  assert.equal(talkKey(store).code, "KeyB");
  blur();
  type("KeyC");
  assert.equal(talkKey(store).code, "KeyB");
  over.abort();
});
