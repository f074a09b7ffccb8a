// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { when } from "../../static/page.js";
import { localeOf, phrases, timeOf } from "../../static/phrases.js";

const ENGLISH = { tag: "en", locale: "en-GB" };
const WORDS = {
  hello: "Hello, {name}. {name}!", guests: { one: "One guest", other: "{count} guests" }, long: "{ms} ms",
};
const { phrase, list } = phrases({ language: ENGLISH, words: WORDS });

test("a value is put in wherever it is named, as it is, and read no further", () => {
  assert.equal(phrase("hello", { name: "{name} $& {other}" }), "Hello, {name} $& {other}. {name} $& {other}!");
});

test("a value that is read from right to left takes no other's place, and others are as they are", () => {
  assert.equal(phrase("hello", { name: "שרה" }), "Hello, \u2068שרה\u2069. \u2068שרה\u2069!");
  assert.equal(phrase("hello", { name: "Zoë 王" }), "Hello, Zoë 王. Zoë 王!");
  assert.equal(list(["Ana", "محمد (2)"]), "Ana and \u2068محمد (2)\u2069");
  for (const name of ["\ufb2a", "\ufe8d", "\u{10900}", "\u{1e900}"]) assert.equal(phrase("hello", { name }).length, 10 + 2 * (name.length + 2));
});

test("a number takes the form that its language has for it, or the one that there always is", () => {
  assert.deepEqual([0, 1, 2].map((count) => phrase("guests", { count })), ["0 guests", "One guest", "2 guests"]);
  const polish = phrases({ language: { tag: "pl", locale: "pl" }, words: { guests: { one: "gość", few: "goście", other: "gości" } } });
  assert.deepEqual([1, 3, 5, 22].map((count) => polish.phrase("guests", { count })), ["gość", "goście", "gości", "goście"]);
  assert.equal(phrase("guests", { count: "many" }), "many guests");
});

test("numbers are written as in the language, ungrouped", () => {
  assert.equal(phrase("long", { ms: 1234.5 }), "1234.5 ms");
  assert.equal(phrases({ language: { tag: "de", locale: "de-DE" }, words: WORDS }).phrase("long", { ms: 1234.5 }), "1234,5 ms");
});

test("names are listed as in the language", () => {
  assert.equal(list(["Ana", "Bo", "Cleo"]), "Ana, Bo and Cleo");
  assert.equal(list(["Ana"]), "Ana");
  assert.equal(phrases({ language: { tag: "de", locale: "de-DE" }, words: {} }).list(["Ana", "Bo"]), "Ana und Bo");
});

test("what is not there shows its name, and a value that is not given its place", () => {
  assert.equal(phrase(/** @type {any} */ ("gone")), "gone");
  assert.equal(phrase("long"), "{ms} ms");
});

test("times are written as where the browser is at home, if that is in the page's language", () => {
  assert.equal(localeOf(ENGLISH, ["de-DE", "en-US", "en"]), "en-US");
  assert.equal(localeOf(ENGLISH, ["de-DE", "english"]), "en-GB");
  assert.equal(localeOf(ENGLISH), "en-GB");
});

test("the time of a note reads as the room's head writes times, wherever the reader is at home", () => {
  for (const locale of ["en-US", "en-GB", "de-DE"]) {
    for (const hour of [9, 14]) {
      const at = new Date(2026, 2, 10, hour, 5).getTime();
      assert.equal(timeOf(at, locale), when(at / 1000, at, undefined, { locale, at: "{time}" }), `${locale}, ${hour}`);
    }
  }
  assert.match(timeOf(new Date(2026, 2, 10, 14, 5).getTime(), "en-US"), /^2:05/);
});
