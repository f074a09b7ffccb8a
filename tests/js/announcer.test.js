// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Announcer } from "../../static/voice/session/announcer.js";
import { FakeClock } from "./fake-platform.js";

test("a guest who has something said each second talks over nobody: what is about oneself comes first, and who comes is told in turn", async () => {
  const clock = new FakeClock();
  /** @type {string[]} */
  const said = [];
  const announcer = new Announcer((sentence) => said.push(sentence), clock);
  const flood = async (/** @type {number} */ ms) => {
    for (let passed = 0; passed < ms; passed += 500) {
      announcer.pass(`noise ${clock.now()}`);
      await clock.advance(500);
    }
  };
  await flood(3000);
  announcer.gather([{ type: "joined", name: "Dan" }]);
  announcer.say("the server is missed");
  await flood(6000);
  announcer.close();
  const [own, news] = [said.indexOf("the server is missed"), said.indexOf("Dan joined")];
  assert.ok(own >= 0 && news >= 0 && said.length <= 6, said.join(", "));
});
