import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { sdpTrouble } from "../../static/voice/link/sdp-shape.js";
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

test("halves of a letter are neither characters too many nor an error", () => {
  const sdp = `v=0\nm=audio 9 X 1\na=x:${"\ud83c\udf99".repeat(1020)}\na=x:\ud83c`;
  assert.equal(sdpTrouble(sdp), null);
});
