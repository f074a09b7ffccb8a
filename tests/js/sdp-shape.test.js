import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { sdpTrouble, wantsData } from "../../static/voice/link/sdp-shape.js";
import { tuneOpus } from "../../static/voice/link/tune-opus.js";

// The server's tests read the same files, and hold thousands of changed descriptions to the same words.
const FOLDER = new URL("../signaling/sdp/", import.meta.url);
const read = (name) => readFileSync(new URL(name, FOLDER), "utf8");
const REAL = readdirSync(FOLDER).filter((name) => name.endsWith(".sdp"));

const built = (parts) => parts.map((part) => (typeof part === "string" ? part
  : Array.from({ length: part.times }, (_, at) => part.text.replaceAll("{n}", at)).join(""))).join("");

for (const name of REAL) {
  test(`${name} is taken, with CRLF and with LF, and tuned as well`, () => {
    const sdp = read(name);
    for (const each of [sdp, sdp.replaceAll("\r\n", "\n"), tuneOpus(sdp)]) assert.equal(sdpTrouble(each), null);
  });
}

for (const { name, sdp } of JSON.parse(read("edges.json"))) {
  test(`just within the limits: ${name}`, () => assert.equal(sdpTrouble(built(sdp)), null));
}

for (const { name, sdp, reason } of JSON.parse(read("bad.json"))) {
  test(`refused: ${name}`, () => assert.equal(sdpTrouble(built(sdp)), reason));
}

test("data is wanted by each browser's offer that has a section for it, and by none other", () => {
  const wanting = REAL.filter((name) => [read(name), read(name).replaceAll("\r\n", "\n")].every(wantsData));
  assert.deepEqual(wanting, REAL.filter((name) => name.includes("data")));
  assert.ok(wanting.includes("firefox-offer-data-bundle-only.sdp"));
});

test("a section for data is refused by the port 0, where it isn't only bundled", () => {
  const refused = read("firefox-offer-data-bundle-only.sdp").replace("a=bundle-only\r\n", "");
  assert.equal(wantsData(refused), false);
  assert.equal(wantsData(`${refused}m=audio 0 X 1\r\na=bundle-only\r\n`), false, "another section's word");
  assert.equal(wantsData(refused.replace("m=application 0", "m=application 9")), true);
});

test("to look for a section for data takes no longer than the SDP is long", () => {
  for (const line of ["\r\n", "\n", "\r", "m=application 0 x\r\n", "a=bundle-onl\r\n"]) {
    assert.equal(wantsData(`m=application 0 x\r\n${line.repeat(200_000)}`), false);
  }
});

test("halves of a letter are neither characters too many nor an error", () => {
  const sdp = `v=0\nm=audio 9 X 1\na=x:${"\ud83c\udf99".repeat(1020)}\na=x:\ud83c`;
  assert.equal(sdpTrouble(sdp), null);
});
