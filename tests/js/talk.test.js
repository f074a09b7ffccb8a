// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { Talk } from "../../static/voice/call/talk.js";
import { advanceTalk, sends, SILENT, speaksInVain } from "../../static/voice/session/talk.js";
import { Store } from "../../static/voice/store.js";
import { FakePlatform } from "./fake-platform.js";

/** @typedef {import("../../static/voice/session/talk.js").TalkEvent} TalkEvent */

const mute = (muted = true) => /** @type {TalkEvent} */ ({ type: "mute", muted });
const deafen = (deafened = true) => /** @type {TalkEvent} */ ({ type: "deafen", deafened });
const mode = (/** @type {any} */ name, toggles = false) => /** @type {TalkEvent} */ ({ type: "mode", mode: name, toggles });
const loud = (is = true) => /** @type {TalkEvent} */ ({ type: "loud", loud: is });
const deaf = /** @type {TalkEvent} */ ({ type: "deaf", deaf: true });
const [press, release, trailed, doubt] = /** @type {TalkEvent[]} */ ([{ type: "press" }, { type: "release" }, { type: "trailed" }, { type: "doubt" }]);

/** @param {TalkEvent[]} events */
const after = (...events) => events.reduce(advanceTalk, SILENT);

/** What happened, and whether one's voice goes out then. @type {[string, TalkEvent[], boolean][]} */
const TABLE = [
  ["an open microphone", [], true],
  ["muted", [mute()], false],
  ["unmuted again", [mute(), mute(false)], true],
  ["deafened", [deafen()], false],
  ["undeafened", [deafen(), deafen(false)], true],
  ["push-to-talk before a press", [mode("push")], false],
  ["a press", [mode("push"), press], true],
  ["a release, for its last syllable", [mode("push"), press, release], true],
  ["and after it", [mode("push"), press, release, trailed], false],
  ["a press within the last syllable goes on", [mode("push"), press, release, press, trailed], true],
  ["a doubt while it is held", [mode("push"), press, doubt], false],
  ["a doubt in the last syllable", [mode("push"), press, release, doubt], false],
  ["muted and pressed", [mode("push"), mute(), press], false],
  ["pressed, then muted", [mode("push"), press, mute()], false],
  ["pressed, muted and unmuted: it has to be pressed anew", [mode("push"), press, mute(), mute(false)], false],
  ["pressed, then deafened and undeafened", [mode("push"), press, deafen(), deafen(false)], false],
  ["muted in the last syllable", [mode("push"), press, release, mute()], false],
  ["toggled on", [mode("push", true), press, release], true],
  ["toggled off", [mode("push", true), press, release, press, release], false],
  ["toggled on, and a doubt", [mode("push", true), press, release, doubt], false],
  ["pressed in another mode", [mode("voice"), press], false],
  ["held while the mode changes", [mode("push"), press, mode("voice")], false],
  ["voice activation without a voice", [mode("voice")], false],
  ["with one", [mode("voice"), loud()], true],
  ["after it", [mode("voice"), loud(), loud(false)], false],
  ["with one, muted", [mode("voice"), loud(), mute()], false],
  ["where no voice can be told: open", [mode("voice"), deaf], true],
  ["where no voice can be told, muted", [mode("voice"), deaf, mute()], false],
  ["where no voice can be told, by a key", [deaf, mode("push")], false],
];

for (const [what, events, out] of TABLE) {
  test(`${what}: what is said ${out ? "goes out" : "stays here"}`, () => assert.equal(sends(after(...events)), out));
}

test("undeafening gives back what was before: muted stays muted", () => {
  assert.deepEqual([after(mute(), deafen()), after(mute(), deafen(), deafen(false))].map(({ muted, deafened }) => [muted, deafened]), [[true, true], [true, false]]);
});

test("whoever unmutes while deafened hears again, too", () => {
  const { muted, deafened } = after(deafen(), mute(false));
  assert.deepEqual([muted, deafened], [false, false]);
});

test("whoever mutes while deafened is muted afterwards", () => {
  assert.equal(after(deafen(), mute(), deafen(false)).muted, true);
});

test("what changes nothing is the same state", () => {
  const state = after(mute());
  for (const event of [mute(), press, release, doubt, trailed, deafen(false)]) assert.equal(advanceTalk(state, event), state);
});

test("a voice while muted is in vain, and only then", () => {
  const speaks = /** @type {TalkEvent} */ ({ type: "speaks", speaks: true });
  assert.deepEqual([after(speaks), after(mute(), speaks), after(deafen(), speaks)].map(speaksInVain), [false, true, true]);
});

test("what was heard and held in one call is nothing in the next, and what was chosen holds", () => {
  const begin = /** @type {TalkEvent} */ ({ type: "begin" });
  const speaks = /** @type {TalkEvent} */ ({ type: "speaks", speaks: true });
  assert.equal(sends(after(mode("voice"), loud(), deaf, begin)), false);
  assert.equal(sends(after(mode("push", true), press, begin)), false);
  assert.deepEqual(after(mode("push", true), press, speaks, mute(), begin), after(mode("push", true), mute()));
});

test("each call begins with nothing held", async () => {
  const room = new VoiceRoom("mysea-ua", { name: "Ana", store: new Store(), platform: new FakePlatform() });
  room.talk.choose("push", true);
  room.talk.press();
  const joining = room.join();
  assert.deepEqual([room.talk.pressed, room.talk.sends], [false, false]);
  room.leave();
  await assert.rejects(joining, { code: "left" });
});

test("all that was chosen is remembered on this device, and nothing that is held", () => {
  const store = new Store();
  const platform = new FakePlatform();
  const before = new Talk({ store, platform });
  before.choose("push", true);
  before.press();
  before.threshold = -30;
  before.mute(true);
  before.deafen(true);
  const talk = new Talk({ store, platform });
  assert.deepEqual([talk.mode, talk.toggles, talk.pressed, talk.muted, talk.deafened, talk.threshold], ["push", true, false, true, true, -30]);
  talk.deafen(false);
  assert.equal(talk.muted, true);
});

test("whoever was deafened, and not muted before, isn't muted after it on the next visit either", () => {
  const store = new Store();
  const platform = new FakePlatform();
  new Talk({ store, platform }).deafen(true);
  const talk = new Talk({ store, platform });
  talk.deafen(false);
  assert.equal(talk.muted, false);
});

test("what a page demands counts more than what was remembered", () => {
  const store = new Store();
  const platform = new FakePlatform();
  new Talk({ store, platform }).deafen(true);
  const { muted, deafened } = new Talk({ muted: false, store, platform });
  assert.deepEqual([muted, deafened], [false, false]);
});

test("nonsense in the storage is as if nothing had been chosen", () => {
  const store = new Store();
  store.set("talk-mode", "shout");
  store.set("talk-threshold", 900);
  const talk = new Talk({ store, platform: new FakePlatform() });
  assert.deepEqual([talk.mode, talk.threshold], ["open", -15]);
});

test("the last syllable goes out for 200 ms after the key, and a doubt cuts it", async () => {
  const platform = new FakePlatform();
  const talk = new Talk({ store: new Store(), platform });
  talk.choose("push");
  talk.press();
  talk.release();
  await platform.advance(199);
  assert.equal(talk.sends, true);
  await platform.advance(1);
  assert.equal(talk.sends, false);
  talk.press();
  talk.release();
  talk.doubt();
  assert.equal(talk.sends, false);
});

test("a press right after a release isn't ended by the first one's last syllable", async () => {
  const platform = new FakePlatform();
  const talk = new Talk({ store: new Store(), platform });
  talk.choose("push");
  talk.press();
  talk.release();
  talk.press();
  await platform.advance(1000);
  assert.equal(talk.sends, true);
});

test("of two releases within 200 ms the second one's last syllable goes out whole", async () => {
  const platform = new FakePlatform();
  const talk = new Talk({ store: new Store(), platform });
  talk.choose("push");
  talk.press();
  talk.release();
  await platform.advance(150);
  talk.press();
  talk.release();
  await platform.advance(199);
  assert.equal(talk.sends, true);
});
