// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { AS_TOLD } from "../../static/voice/room/calls.js";

const read = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const API = read("docs/client-api.md");

/** The first cells of a section's table. @param {string} title */
function named(title) {
  const section = API.split(/^## /m).find((each) => each.startsWith(title)) ?? "";
  return [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)/g)].map(([, name]) => name)).sort();
}

const members = Object.entries(Object.getOwnPropertyDescriptors(VoiceRoom.prototype)).filter(([name]) => name !== "constructor");

test("each method of VoiceRoom is described, and no other", () => {
  assert.deepEqual(named("Methods"), members.filter(([, { value }]) => value).map(([name]) => name).sort());
});

test("each property of VoiceRoom is described, and no other", () => {
  assert.deepEqual(named("Properties"), members.filter(([, { get }]) => get).map(([name]) => name).sort());
});

test("each event of VoiceRoom is described, and no other", () => {
  const typed = [...read("static/voice/session/room-events.js").matchAll(/^ \* @property \{.+\} (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(named("Events"), typed.sort());
  const code = read("static/voice/room/voice-room.js") + read("static/voice/room/calls.js");
  const emitted = [...code.matchAll(/#(?:emit|tell)\("(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual([...new Set([...AS_TOLD, ...emitted])].sort(), typed);
});
