// @ts-check
// The check page's buttons, and what is left of them when the page was away.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Field, fieldsPage } from "./fake-fields.js";
import { FakeDevices, settle } from "./fake-platform.js";

const window = new EventTarget();
const mediaDevices = new FakeDevices();
const document = fieldsPage({
  window, addEventListener: window.addEventListener.bind(window), navigator: { mediaDevices },
  location: { origin: "https://voice.example" }, isSecureContext: true, HTMLMediaElement: class {},
});

/** @param {string} tag @param {string} id */
const part = (tag, id) => Object.assign(new Field(tag), { id });
const [start, place] = [part("button", "id_devices_start"), part("div", "id_devices")];
document.body.append(start, place);

/** It is done with when its button isn't busy. */
async function press() {
  const event = new Event("click");
  Object.defineProperty(event, "target", { value: start });
  document.dispatchEvent(event);
  do await settle(); while (start.hasAttribute("aria-busy"));
}

const live = () => mediaDevices.tracks.filter(({ readyState }) => readyState === "live").length;

test("whoever comes back to the page finds the button, not a trial that is over, and can try again", async () => {
  await import("../../static/check.js");
  for (let times = 0; times < 2; times += 1) {
    await press();
    assert.deepEqual([start.hidden, place.all("select").length, live()], [true, 1, 1]);
    window.dispatchEvent(new Event("pagehide"));
    assert.deepEqual([start.hidden, place.children, live()], [false, [], 0]);
  }
});

test("whoever leaves while the permission is asked for finds the button, too", async () => {
  mediaDevices.answers.push("pending");
  const pressed = press();
  while (mediaDevices.prompts.length === 0) await settle();
  window.dispatchEvent(new Event("pagehide"));
  assert.deepEqual([start.hidden, start.hasAttribute("aria-busy")], [false, false]);
  /** @type {any} */ (mediaDevices.prompts[0])({ getSettings: () => ({}), stop: () => {} });
  await pressed;
  await settle();
  assert.deepEqual([start.hidden, place.children], [false, []]);
});

test("the list has names as soon as a microphone that was refused is allowed after all", async () => {
  mediaDevices.answers.push({ name: "NotAllowedError" });
  mediaDevices.list = [];
  await press();
  const [select] = place.all("select");
  mediaDevices.list = [{ kind: "audioinput", deviceId: "one", groupId: "g1" }];
  select.dispatchEvent(new Event("change"));
  await settle();
  await settle();
  assert.deepEqual([live(), select.options.map(({ value }) => value)], [1, ["", "one", "-"]]);
  window.dispatchEvent(new Event("pagehide"));
});
