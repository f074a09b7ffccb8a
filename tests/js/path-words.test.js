// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { InBand } from "../../static/voice/session/in-band.js";
import { LinkTeller } from "../../static/voice/session/link-teller.js";
import { pathTo } from "../../static/voice/session/path-words.js";
import { FakeClock } from "./fake-platform.js";

/** @type {any} */
const UP = { state: "up", relayOnly: false };
const WELL = { path: /** @type {"direct"} */ ("direct"), rtt: 20, loss: 0, jitter: 3, bitrate: 38, concealed: 0, redundancy: false };
/** @type {any} */
const THEIRS = { state: "up", loss: 0, jitter: 3, bitrate: 38, concealed: 0, redundancy: false };

for (const [what, report, figures, theirs, word, words] of /** @type {[string, object, object, object|null, string, string][]} */ ([
  ["all is well", {}, {}, {}, "good", "Good, and direct."],
  ["the other end says nothing", {}, {}, null, "good", "Good, and direct."],
  ["nothing is known yet", {}, { rtt: null, loss: null, jitter: null, concealed: null }, null, "good", "Good, and direct."],
  ["the relay carries it", {}, { path: "relay" }, {}, "relay", "Good, through the relay: nothing passes directly between your networks."],
  ["much is lost here", {}, { loss: 0.12 }, { loss: 0.06 }, "weak", "Weak: 12 % of what comes from Bo is lost on the way."],
  ["much is lost there", {}, {}, { loss: 0.2 }, "weak", "Weak: 20 % of what you say is lost on the way to Bo."],
  ["much is made up for, through the relay", {}, { path: "relay", concealed: 0.08 }, {}, "weak", "Weak, through the relay: 8 % of what comes from Bo is lost on the way."],
  ["the way is long", {}, { rtt: 450 }, {}, "weak", "Weak: the way there and back takes 450 ms."],
  ["packets come unevenly", {}, {}, { jitter: 90 }, "weak", "Weak: packets come unevenly."],
  ["it is being made", { state: "connecting" }, {}, null, "connecting", "The connection with Bo is being made."],
  ["nothing comes", { state: "repairing", relayOnly: true }, {}, {}, "reconnecting", "Nothing comes from Bo: reconnecting through the relay."],
  ["nothing comes either way", { state: "stalled" }, {}, { state: "repairing" }, "reconnecting", "Nothing comes from Bo, and neither comes anything from you there: reconnecting."],
  ["nothing goes", {}, {}, { state: "stalled" }, "reconnecting", "You hear Bo, but they say that nothing comes from you: reconnecting."],
])) test(`the path in words, where ${what}`, () => {
  const path = pathTo("Bo", { ...UP, ...report }, { ...WELL, ...figures }, theirs && { ...THEIRS, ...theirs });
  assert.deepEqual([path.word, path.words], [word, words]);
});

test("the figures are those of both ends", () => {
  const { rtt, from, to } = pathTo("Bo", UP, { ...WELL, rtt: 20.4 }, { ...THEIRS, loss: 0.02 });
  assert.deepEqual([rtt, from, to], [20, { loss: 0, jitter: 3, bitrate: 38, redundancy: false, concealed: 0 }, { loss: 0.02, jitter: 3, bitrate: 38, redundancy: false, concealed: 0 }]);
});

test("each peer is told how it is received: at once where that changes, and each 10 s", async () => {
  const clock = new FakeClock();
  /** @type {any[]} */
  const said = [];
  const inBand = new InBand({ say: (peer, text) => said.push({ peer, ...JSON.parse(text) }) > 0, state: () => ({ muted: false, deafened: false }) });
  /** @type {any} */
  let state = "up";
  const teller = new LinkTeller({ inBand, state: () => state, figures: () => WELL, clock });
  inBand.opened("b");
  teller.tell("b");
  teller.changed("b", "up");
  const links = () => said.filter(({ type }) => type === "link");
  assert.deepEqual(links(), [{ peer: "b", type: "link", state: "up", loss: 0, jitter: 3, bitrate: 38, concealed: 0, redundancy: false, n: 2 }]);
  state = "repairing";
  teller.changed("b", "repairing");
  assert.equal(links().at(-1).state, "repairing");
  await clock.advance(20_000);
  assert.equal(links().length, 4);
  teller.close();
  assert.equal(clock.timers.size, 0);
});
