// @ts-check
// The lists of devices, which have names only once the microphone is allowed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Devices } from "../../static/voice/audio/devices.js";
import { soundSection } from "../../static/voice/panel/sound-section.js";
import { Store } from "../../static/voice/store.js";
import { fieldsPage } from "./fake-fields.js";
import { FakePlatform, settle } from "./fake-platform.js";

const platform = new FakePlatform();
fieldsPage({ navigator: { mediaDevices: platform.devices } });

const named = (/** @type {string} */ label) => [
  { kind: "audioinput", deviceId: label && "one", groupId: "g1", label }, { kind: "audiooutput", deviceId: label && "two", groupId: "g1", label },
];

test("both lists have names as soon as the microphone is there, and are left alone once the sheet is closed", async () => {
  platform.devices.list = named("");
  const devices = new Devices(new Store(), platform);
  const room = Object.assign(new EventTarget(), { devices, level: () => null });
  const over = new AbortController();
  const section = /** @type {any} */ (soundSection(/** @type {any} */ (room), new Store(), over.signal));
  const tell = async (/** @type {boolean} */ ok) => {
    room.dispatchEvent(new CustomEvent("microphone", { detail: { ok, code: ok ? "ok" : "denied" } }));
    await settle();
  };
  const listed = () => section.all("select").map((/** @type {any} */ select) => select.options.map((/** @type {any} */ option) => option.value).join());
  await settle();
  platform.devices.list = named("Headset");
  await tell(false);
  assert.deepEqual(listed(), [",-", ""]);
  await tell(true);
  assert.deepEqual(listed(), [",one,-", ",two"]);
  over.abort();
  platform.devices.list = named("");
  await tell(true);
  assert.deepEqual(listed(), [",one,-", ",two"]);
});
