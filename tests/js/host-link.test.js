// @ts-check
import assert from "node:assert/strict";
import test from "node:test";

import { tokenOf } from "../../static/host-link.js";

const TOKEN = "k7m2".repeat(8);

test("the token is found in the fragment, with what a messenger added around it", () => {
  for (const hash of [`#${TOKEN}`, `#${TOKEN}.`, `#${TOKEN}\u200b`, `#(${TOKEN})`]) assert.equal(tokenOf(hash), TOKEN);
});

test("what is cut off is no token", () => {
  for (const hash of ["", "#", `#${TOKEN.slice(1)}`]) assert.equal(tokenOf(hash), null);
});
