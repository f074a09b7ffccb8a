import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import EN from "../../static/lang/en.js";
import { when as whenSaid } from "../../static/page.js";
import { PATHS } from "../../static/icons.js";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const epoch = (iso) => Date.parse(iso) / 1000;
const NOW = Date.parse("2026-03-10T22:30:00Z");
const when = (at, now, timeZone) => whenSaid(at, now, timeZone, { ...EN.page, locale: "en-GB" });

test("a moment of the same day is today, though it is more hours away than one of tomorrow", () => {
  assert.equal(when(epoch("2026-03-10T00:05:00Z"), NOW, "UTC"), "today at 00:05");
});

test("two hours later may be tomorrow", () => {
  assert.equal(when(epoch("2026-03-11T00:30:00Z"), NOW, "UTC"), "tomorrow at 00:30");
});

test("the day is the reader's, not the server's", () => {
  assert.equal(when(epoch("2026-03-11T00:30:00Z"), NOW, "Asia/Tokyo"), "today at 09:30");
});

test("the day of a clock change counts as one day", () => {
  const eve = Date.parse("2026-03-28T22:59:00Z");
  assert.equal(when(epoch("2026-03-29T20:00:00Z"), eve, "Europe/Berlin"), "tomorrow at 22:00");
});

test("a day further away is named by its date", () => {
  // ICU releases differ over the comma.
  assert.match(when(epoch("2026-03-14T18:00:00Z"), NOW, "UTC"), /^Sat,? 14 Mar at 18:00$/);
});

test("the JavaScript that a page waits for stays within 3.75 KB, as it is sent", () => {
  const sizes = ["static/page.js", "static/voice-button.js"].map((path) => gzipSync(read(path)).length);
  assert.ok(sizes[0] + sizes[1] <= 3840, `${sizes} bytes`);
});

test("what a page loads at once imports nothing statically", () => {
  for (const path of ["static/page.js", "static/voice-button.js"]) assert.doesNotMatch(read(path), /^import /m, path);
});

test("each icon that a template draws is one of icons.js, which holds one a line, as the server reads it", () => {
  const asTheServerReads = Object.fromEntries([...read("static/icons.js").matchAll(/^  "([a-z]+)": "([^"]+)",$/gm)].map(([, ...pair]) => pair));
  assert.deepEqual(asTheServerReads, { ...PATHS });
  const pages = readdirSync(new URL("../../templates/", import.meta.url)).map((name) => read(`templates/${name}`)).join("");
  const drawn = [...pages.matchAll(/\bicon\("([a-z]+)"(?: if [^)]* else "([a-z]+)")?\)/g)].flatMap(([, ...names]) => names.filter(Boolean));
  assert.ok(drawn.length > 8);
  for (const name of drawn) assert.ok(name in PATHS, name);
});

test("no template holds an inline script, style or handler, which the CSP refuses", () => {
  const names = ["_burger", "_parts", "base", "error", "home", "invitation", "my-sea", "sea", "sign-in", "table"];
  for (const name of names) assert.doesNotMatch(read(`templates/${name}.html`), /<script(?![^>]*\ssrc=| type="application\/json")|<style|\sstyle=|\son[a-z]+=/i, name);
});
