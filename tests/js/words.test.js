// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { microphoneStatus } from "../../static/voice/audio/microphone-words.js";
import * as words from "../../static/voice/session/words.js";

test("there are five words for a person", () => {
  assert.deepEqual(Object.values(words.PERSON), ["connecting", "here", "muted", "can't be heard", "gone"]);
});

test("every failure of the microphone has words of its own, and all but the good news name a next step", () => {
  const codes = ["insecure", "unsupported", "denied", "denied-by-system", "not-found", "busy", "aborted", "not-allowed-here", "failed",
    "asking", "interrupted"];
  const all = codes.map((code) => microphoneStatus(code).words);
  assert.equal(new Set(all).size, codes.length);
  for (const said of all) assert.match(said, /(open|use|allow|answer|plug|close|try|embed)/i);
  for (const said of all) assert.match(said, /You can hear the others\.$/);
});

test("asking again is offered only where it can help", () => {
  assert.deepEqual(["denied", "busy", "insecure", "unsupported", "ok"].map((code) => microphoneStatus(code).retry),
    [true, true, false, false, false]);
});

test("every close code after which nobody comes back has words of its own and a next step", () => {
  const codes = [4400, 4401, 4403, 4404, 4409, 4410, 4413, 4429];
  const said = codes.map((close) => words.over({ close }));
  assert.deepEqual(said.map(({ code }) => code), codes);
  assert.equal(new Set(said.map((one) => one.words)).size, codes.length);
  for (const one of said) assert.match(one.words, /(reload|sign in|ask|click|come back|try again|wait)/i);
});

test("a second tab says where one talks and how to come back here", () => {
  assert.equal(words.over({ close: 4409 }).words,
    "You are talking in another tab. To talk here instead, click the voice button on this page.");
});

test("a refusal over HTTP is the close code that says the same", () => {
  assert.deepEqual([401, 403, 404].map((status) => words.over({ status }).code), [4401, 4404, 4404]);
  assert.deepEqual(["removed", "sea-closed", "not-found"].map((code) => words.over({ status: 404, code }).code), [4403, 4410, 4404]);
});

test("every trouble says that it is tried again", () => {
  for (const status of [0, 101, 429, 500, 503]) assert.match(words.trouble(status).words, /Trying again/);
});

test("a pair's words are those of the end that does the most", () => {
  const stalled = { state: /** @type {const} */ ("stalled"), path: null, rtt: null, loss: null };
  const relayed = { state: /** @type {const} */ ("repairing"), path: /** @type {const} */ ("relay"), rtt: null, loss: null };
  assert.equal(words.pairWords("Ana", "Bo", [stalled, relayed]), "Ana and Bo: reconnecting through the relay");
  assert.equal(words.pairWords("Ana", "Bo", [{ state: "connecting", path: null, rtt: null, loss: null }]), "Ana and Bo: connecting");
});

test("news of a kind become one sentence", () => {
  /** @param {string} name @returns {any} */
  const joined = (name) => ({ type: "joined", name });
  assert.equal(words.announce([joined("Bo")]).sentence, "Bo joined");
  const { sentence, rest } = words.announce([joined("Bo"), { type: "left", name: "Dan" }, joined("Cleo")]);
  assert.equal(sentence, "Bo and Cleo joined");
  assert.deepEqual(rest, [{ type: "left", name: "Dan" }]);
  assert.equal(words.announce(["A", "B", "C", "D", "E"].map(joined)).sentence, "A, B, C and 2 others joined");
});

test("a removal and a loss are told as such", () => {
  assert.equal(words.announce([{ type: "removed", name: "Bo" }]).sentence, "Bo was removed by the owner");
  assert.equal(words.announce([{ type: "lost", name: "Bo" }]).sentence, "Bo lost the connection and left");
});

test("whoever is heard although muted is told of, and several together", () => {
  /** @param {string} name @returns {any} */
  const overheard = (name) => ({ type: "overheard", name });
  assert.equal(words.announce([overheard("Bo")]).sentence, "Bo says they are muted, but you hear them");
  assert.equal(words.announce([overheard("Bo"), overheard("Dan")]).sentence, "Bo and Dan say they are muted, but you hear them");
});

test("the closing hour is told in minutes", () => {
  assert.equal(words.closing(1600, 1_000_000), "This room closes in 10 minutes.");
  assert.equal(words.closing(1060, 1_000_000), "This room closes in 1 minute.");
});
