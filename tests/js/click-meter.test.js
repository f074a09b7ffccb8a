// @ts-check
// What tests/hostile measures of a page's clicks: one that is never answered is the longest of all.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { runInNewContext } from "node:vm";

const text = readFileSync(new URL("../hostile/clicks.js", import.meta.url), "utf8");

/** Lets a meter run on a page whose button does `answers`. @param {(press: () => void) => void} answers */
function metered(answers, how = "0, { apart: 600, every: 600 }") {
  let now = 0, pressed = false;
  /** @type {(() => void)[]} */
  const watchers = [];
  /** @type {{at: number, go: () => void}[]} */
  const timers = [];
  const press = () => {
    pressed = !pressed;
    for (const tell of [...watchers]) tell();
  };
  const context = {
    document: { getElementById: () => ({ getAttribute: () => String(pressed), click: () => answers(press) }) },
    performance: { now: () => now },
    MutationObserver: class {
      #tell;
      /** @param {() => void} tell */
      constructor(tell) {
        this.#tell = tell;
      }
      observe() {
        watchers.push(this.#tell);
      }
      disconnect() {
        watchers.splice(watchers.indexOf(this.#tell), 1);
      }
    },
    /** @param {() => void} go @param {number} ms */
    setTimeout: (go, ms) => timers.push({ at: now + ms, go }),
  };
  const meter = runInNewContext(`${text}; startClicks(${how})`, context);
  return {
    /** What the meter says; of another realm, so copied. */
    stop: () => ({ ...meter.stop() }),
    /** @param {number} at @param {{stuck?: boolean}} [how] stuck: no timer comes */
    async until(at, { stuck = false } = {}) {
      for (let next = timers[0]; !stuck && next && next.at <= at; next = timers[0]) {
        timers.shift();
        now = next.at;
        next.go();
        await turn();
      }
      now = at;
    },
  };
}

test("clicks that are answered are counted, and none is pending", async () => {
  const page = metered((press) => press());
  await page.until(1900);
  assert.deepEqual(page.stop(), { longest: 0, clicks: 3 });
});

test("a page that never answers is measured to the end", async () => {
  const page = metered(() => {});
  await page.until(4000);
  assert.deepEqual(page.stop(), { longest: 3400, clicks: 1 });
});

test("a page that falls silent after good clicks is measured to the end", async () => {
  let answered = 0;
  const page = metered((press) => answered++ < 4 && press());
  await page.until(4000);
  assert.deepEqual(page.stop(), { longest: 2200, clicks: 3 });
});

test("a click that was due on a page too busy to make it is counted", async () => {
  const page = metered((press) => press());
  await page.until(2600, { stuck: true });
  assert.deepEqual(page.stop(), { longest: 2000, clicks: 1 });
});

test("where no click was due, none is told", async () => {
  const page = metered((press) => press());
  await page.until(500);
  assert.deepEqual(page.stop(), { longest: 0, clicks: 0 });
});

test("pages take turns", async () => {
  const second = metered((press) => press(), "1, { apart: 400, every: 1200 }");
  await second.until(799);
  assert.equal(second.stop().clicks, 0);
  const again = metered((press) => press(), "1, { apart: 400, every: 1200 }");
  await again.until(2100);
  assert.deepEqual(again.stop(), { longest: 0, clicks: 2 });
});
