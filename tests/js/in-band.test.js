// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readBandMessage } from "../../static/voice/session/band-messages.js";
import { InBand } from "../../static/voice/session/in-band.js";

/** Some pages whose channels are open, each in each. @param {string[]} names */
function pages(names) {
  /** @type {Map<string, {band: InBand, told: any, heard: any[], lost: Set<string>}>} */
  const all = new Map();
  for (const name of names) {
    /** @type {any} */
    const page = { told: { muted: false, deafened: false }, heard: [], lost: new Set() };
    page.band = new InBand({
      say: (peer, text) => {
        if (page.lost.has(peer) || !all.has(peer)) return false;
        all.get(peer)?.band.take({ peer: name, text });
        return true;
      },
      state: () => page.told,
    });
    for (const type of /** @type {const} */ (["state", "bye", "closed"])) {
      page.band.on(type, (/** @type {any} */ detail) => page.heard.push({ type, ...detail }));
    }
    all.set(name, page);
  }
  for (const [name, { band }] of all) for (const peer of names) if (peer !== name) band.opened(peer);
  return names.map((name) => /** @type {any} */ (all.get(name)));
}

test("a channel begins with one's own state, and each change of it is told", () => {
  const [ana, bo] = pages(["ana", "bo"]);
  assert.deepEqual(bo.heard, [{ type: "state", peer: "ana", muted: false, deafened: false }]);
  ana.told = { muted: true, deafened: true };
  ana.band.tellState();
  assert.deepEqual(bo.heard.at(-1), { type: "state", peer: "ana", muted: true, deafened: true });
});

test("of two states the one that was said last counts, whichever comes last", () => {
  const [, bo] = pages(["ana", "bo"]);
  const say = (/** @type {number} */ n, /** @type {boolean} */ muted) => bo.band.take({ peer: "ana", text: JSON.stringify({ type: "state", n, muted, deafened: false }) });
  say(9, true);
  say(8, false);
  assert.equal(bo.heard.at(-1).muted, true);
});

test("who leaves says so to all, and a channel that closes takes back what was said on it", () => {
  const [ana, bo, cleo] = pages(["ana", "bo", "cleo"]);
  ana.band.bye(["bo", "cleo"]);
  assert.deepEqual([bo, cleo].map(({ heard }) => heard.at(-1)), [{ type: "bye", peer: "ana" }, { type: "bye", peer: "ana" }]);
  bo.band.closed("cleo");
  assert.deepEqual(bo.heard.filter(({ type }) => type === "closed"), [{ type: "closed", peer: "cleo" }]);
});

for (const said of [
  "", "null", "[]", "7", "{", '{"type":"state"}', '{"type":"state","n":1,"muted":1,"deafened":false}', '{"type":"state","n":-1,"muted":true,"deafened":false}',
  '{"type":"state","n":1.5,"muted":true,"deafened":false}', '{"type":"toString","n":1}', '{"type":"__proto__","n":1}', '{"type":["bye"],"n":1}',
  '{"__proto__":{"type":"bye","n":1}}', '{"type":"hello","n":1,"name":"Mallory"}', '{"type":"state","n":1e99,"muted":true,"deafened":false}',
  '{"type":"heard","n":1,"peers":"b"}', '{"type":"heard","n":1,"peers":[1]}', '{"type":"heard","n":1,"peers":[""]}',
  `{"type":"heard","n":1,"peers":["${"b".repeat(65)}"]}`, '{"type":"heard","n":1,"peers":["1","2","3","4","5","6","7","8","9"]}',
]) test(`what a peer says that is none of ours is dropped: ${said || "nothing"}`, () => assert.equal(readBandMessage(said), null));

test("each example of the protocol is read as it stands there, and no type is without one", () => {
  const protocol = readFileSync(new URL("../../PROTOCOL.md", import.meta.url), "utf8");
  const examples = [...protocol.matchAll(/```in-band\n([\s\S]*?)```/g)].flatMap(([, block]) => block.trim().split("\n")).map((line) => JSON.parse(line));
  for (const example of examples) assert.deepEqual(readBandMessage(JSON.stringify(example)), example);
  const typed = readFileSync(new URL("../../static/voice/session/band-messages.js", import.meta.url), "utf8");
  const types = [...typed.matchAll(/^ \* .*\{type: "(\w+)"/gm)].map(([, type]) => type);
  assert.deepEqual([...new Set(examples.map(({ type }) => type))].sort(), types.sort());
});

test("only the fields that are known are taken over", () => {
  const said = '{"type":"bye","n":3,"name":"Mallory","__proto__":{"admin":true},"constructor":1}';
  assert.deepEqual(readBandMessage(said), { type: "bye", n: 3 });
  assert.equal(Object.getPrototypeOf(readBandMessage(said)), Object.prototype);
});
