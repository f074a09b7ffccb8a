// @ts-check
// What a page fetches of itself says so: the server tells nobody that somebody opened it.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { refreshParts, submitInPlace } from "../../static/partial-update.js";

/** What was asked for, by a page in which nothing is shown. @param {() => Promise<void>} act @param {object} [more] */
async function askedBy(act, more = {}) {
  /** @type {{url: string, how: RequestInit}[]} */
  const asked = [];
  const page = { querySelector: () => null, getElementById: () => null, querySelectorAll: () => [] };
  const parts = {
    location: { href: "https://voice.example/my-sea/", assign() {} }, FormData: class { *[Symbol.iterator]() {} },
    DOMParser: class { parseFromString() { return page; } }, document: page, CSS: { escape: String },
    fetch: async (/** @type {string} */ url, /** @type {RequestInit} */ how) => {
      asked.push({ url, how });
      return { ok: true, url, text: async () => "" };
    },
    ...more,
  };
  const before = Object.keys(parts).map((name) => /** @type {const} */ ([name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  for (const [name, value] of Object.entries(parts)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  await act();
  for (const [name, was] of before) was ? Object.defineProperty(globalThis, name, was) : Reflect.deleteProperty(globalThis, name);
  return asked.map(({ url, how }) => [url, how?.method ?? "GET", new Headers(how?.headers).get("Meshvoice-In-Place")]);
}

const COMFORTS = /** @type {any} */ ({ enhance: mock.fn(), say: mock.fn(), WORDS: {} });

test("a list that is fetched anew says that nobody opens the page", async () => {
  assert.deepEqual(await askedBy(() => refreshParts("[data-lists]", COMFORTS)), [["https://voice.example/my-sea/", "GET", "1"]]);
});

test("a form sent in place says so, too, for the page to which it leads", async () => {
  const form = /** @type {any} */ ({ action: "/my-sea/invitations", dataset: {} });
  assert.deepEqual(await askedBy(() => submitInPlace(form, COMFORTS)), [["/my-sea/invitations", "POST", "1"]]);
});

test("a removal is read out by the page where no call tells of it, and shown in any case", async () => {
  for (const inVoice of [true, false]) {
    const page = {
      querySelectorAll: () => [], getElementById: () => ({ focus() {} }),
      querySelector: (/** @type {string} */ asked) => asked === "[data-part]" || (inVoice && asked === '[data-member="bo"][hidden]') ? {} : null,
    };
    const say = mock.fn();
    const form = /** @type {any} */ ({ action: "/my-sea/guests/bo/remove", dataset: { partial: "Bo is removed.", about: "bo" } });
    await askedBy(() => submitInPlace(form, { ...COMFORTS, say }), { document: page, DOMParser: class { parseFromString() { return page; } } });
    assert.deepEqual(say.mock.calls.map((call) => call.arguments), [["Bo is removed.", inVoice]]);
  }
});
