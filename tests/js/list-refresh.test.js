import assert from "node:assert/strict";
import { test } from "node:test";

import { whoIsIn } from "../../static/voice/panel/list-refresh.js";

const ana = /** @type {any} */ ({ user: "ana", word: "here" });
const bo = /** @type {any} */ ({ user: "bo", word: "unheard" });

test("who is gone is not in voice, who can't be heard still is", () => {
  assert.equal(whoIsIn([ana, bo, { ...bo, user: "cleo", word: "gone" }]), "ana,bo");
});

test("another order, speaking or muting changes nobody's presence", () => {
  assert.equal(whoIsIn([bo, ana]), whoIsIn([{ ...ana, word: "muted", speaking: true }, bo]));
});
