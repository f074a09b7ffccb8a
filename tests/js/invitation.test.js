import assert from "node:assert/strict";
import { test } from "node:test";

import { tokenOf, shownOf } from "../../static/invitation.js";

const open = (change) => ({
  state: "open", kind: "sea", by: "Ana", title: "Ana's sea", expires_at: 1, already_in: false, url: null, ...change,
});

test("the token is all that follows the hash", () => {
  assert.equal(tokenOf("#Zk3rT9sQw1xL0bVn7mYd_-"), "Zk3rT9sQw1xL0bVn7mYd_-");
});

test("a cut, empty or foreign fragment is no token", () => {
  for (const hash of ["", "#", "#short", "#Zk3rT9sQw1xL0bVn7mYdPA&more=1", "#<script>alert(1)</script>"]) {
    assert.equal(tokenOf(hash), null, hash);
  }
});

test("an open invitation says who invites to what, until when, and lets the person in", () => {
  assert.deepEqual(shownOf(open({}), "today at 18:00"), {
    title: "Ana invites you", words: "To Ana's sea, to talk in the browser. The link works until today at 18:00.", next: "accept",
  });
});

test("a table is called a table", () => {
  assert.match(shownOf(open({ kind: "table", title: "Friday game" }), "").words, /^To the table “Friday game”,/);
});

test("who is in already is led to the room and uses no link up", () => {
  const { next, url } = shownOf(open({ already_in: true, url: "/sea/1/" }), "");
  assert.deepEqual([next, url], ["go", "/sea/1/"]);
});

test("a dead invitation says why in the server's words, under a title of its own", () => {
  const states = ["used", "revoked", "expired", "unknown", "closed", "removed"];
  const shown = states.map((state) => shownOf({ state: /** @type {any} */ (state), message: `because ${state}` }, ""));
  assert.deepEqual(shown.map(({ words, next }) => [words, next]), states.map((state) => [`because ${state}`, "go"]));
  assert.equal(new Set(shown.map(({ title }) => title)).size, states.length);
});

test("a full table can be looked at again", () => {
  assert.equal(shownOf({ state: "full", message: "Every seat is taken." }, "").next, "again");
});

test("one's own invitation is not accepted by oneself", () => {
  const { next, url } = shownOf({ state: "yours", url: "/sea/1/" }, "");
  assert.deepEqual([next, url], ["go", "/sea/1/"]);
});
