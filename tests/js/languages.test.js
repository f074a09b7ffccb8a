// @ts-check
// What people read stands in the languages' files, all of it, and nothing else stands there.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import EN from "../../static/lang/en.js";

const ROOT = new URL("../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, ROOT), "utf8");
const list = (/** @type {string} */ folder) => readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" }).map((name) => `${folder}${name}`).sort();

/** @typedef {Record<string, string|Record<string, string>>} Part */
/** @type {Record<string, Record<string, any>>} */
const LANGUAGES = Object.fromEntries(await Promise.all(list("static/lang/").map(async (path) => {
  const file = await import(new URL(path, ROOT).href);
  return [file.default.language.tag, file.default];
})));
/** @type {Record<string, Part>} */
const PARTS = Object.fromEntries(Object.entries(EN).filter(([name]) => name !== "language"));

const SCRIPTS = list("static/").filter((path) => path.endsWith(".js") && !/\/(lang|words|built)\//.test(path));
const TEMPLATES = list("templates/").filter((path) => path.endsWith(".html"));
const PYTHON = list("meshvoice/").filter((path) => path.endsWith(".py"));

/** Without comments, which may stand behind or between code. @param {string} path */
const codeOf = (path) => read(path).replace(/("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (_, text) => text ?? "");

/** From which part of the files a script's sentences come. @param {string} path */
function partOf(path) {
  if (/^static\/(check\.js|voice\/check\/)/.test(path)) return "check";
  if (/^static\/(invitation|host-link)\.js$/.test(path)) return "arrival";
  return path.startsWith("static/voice/") || path === "static/voice-mesh.js" ? "voice" : "page";
}

/** @param {string|Record<string, string>} words */
const formsOf = (words) => (typeof words === "string" ? { other: words } : words);
/** @param {string} sentence */
const places = (sentence) => [...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();

/** Keys that are named in scripts, by part. @type {Record<string, Set<string>>} */
const named = { page: new Set(), arrival: new Set(), check: new Set(), voice: new Set(), server: new Set() };
for (const path of SCRIPTS) {
  const code = codeOf(path);
  for (const [, key] of code.matchAll(/\bphrase\("([^"]+)"/g)) named[partOf(path)].add(key);
  if (partOf(path) === "page") for (const [, quoted, plain] of code.matchAll(/\bwords(?:\["([\w-]+)"\]|\.(\w+))/gi)) named.page.add(quoted ?? plain);
}
// dom.js is handed the words of whoever copies, and page.js its locale with them.
for (const key of ["copied", "selected"]) named.page.add(key);
for (const path of TEMPLATES) {
  for (const [, inside] of read(path).matchAll(/\bphrase\(([^,)]*)/g)) {
    for (const [, key] of inside.replace(/== "[^"]*"/g, "").matchAll(/"([^"]+)"/g)) named.server.add(key);
  }
}
const SERVER_KEY = /^about$|^(?:refused|error|title|access|gate|name|too-many|sea-of)[a-z.-]*[a-z0-9]$/;
for (const path of PYTHON) {
  for (const [, key] of read(path).matchAll(/"([a-z][a-z0-9.-]+)"/g)) if (SERVER_KEY.test(key) && key in PARTS.server) named.server.add(key);
  for (const [, what] of read(path).matchAll(/too_many\("([a-z-]+)"\)/g)) named.server.add(`too-many.${what}`);
}
/** Put together from a code: that of an error, a status, a reason. Python's tests hold them to what there is. */
const BY_CODE = /^(?:access\.|gate\.|name\.|title\.\d|refused\.guest-)/;

test("each key that a script or template names is there", () => {
  for (const [part, keys] of Object.entries(named)) {
    for (const key of keys) assert.ok(key in PARTS[part], `${part}: ${key}`);
  }
});

test("each key that is there is named somewhere", () => {
  for (const [part, words] of Object.entries(PARTS)) {
    const unused = Object.keys(words).filter((key) => !named[part].has(key) && !(part === "server" && BY_CODE.test(key)));
    assert.deepEqual(unused, [], part);
  }
});

test("each refusal in Python names a key, and no sentence", () => {
  for (const path of PYTHON.filter((name) => name.startsWith("meshvoice/web/"))) {
    for (const [, key] of read(path).matchAll(/RequestRefused\(\s*\d+,\s*"[a-z-]+",\s*f?"([^"]*)"/g)) {
      assert.ok(key in PARTS.server || key.includes("{"), `${path}: ${key}`);
    }
  }
});

for (const [tag, file] of Object.entries(LANGUAGES)) {
  if (tag === "en") continue;

  test(`${tag} names nothing that English doesn't`, () => {
    for (const [part, words] of Object.entries(PARTS)) {
      assert.deepEqual(Object.keys(file[part] ?? {}).filter((key) => !(key in words)), [], part);
    }
  });

  test(`${tag} has the places for values that English has, in every form`, () => {
    for (const [part, words] of Object.entries(PARTS)) {
      for (const [key, english] of Object.entries(words)) {
        const wanted = places(Object.values(formsOf(english)).join(" "));
        const forms = formsOf(file[part]?.[key] ?? english);
        assert.deepEqual(places(Object.values(forms).join(" ")), wanted, `${part}: ${key}`);
        assert.ok("other" in forms, `${part}: ${key}`);
      }
    }
  });

  test(`${tag} has a form for each number that its grammar tells apart`, () => {
    const rules = new Intl.PluralRules(tag);
    const wanted = new Set(Array.from({ length: 200 }, (_, number) => rules.select(number)));
    for (const [part, words] of Object.entries(PARTS)) {
      for (const [key, english] of Object.entries(words)) {
        if (typeof english === "string" || !(key in (file[part] ?? {}))) continue;
        for (const form of wanted) assert.ok(form in file[part][key], `${part}: ${key}: ${form}`);
      }
    }
  });
}

test("German lacks nothing, and has all in the order of English", () => {
  for (const [part, words] of Object.entries(PARTS)) assert.deepEqual(Object.keys(LANGUAGES.de[part]), Object.keys(words), part);
});

test("German has its own quotation marks, and no straight ones but in code", () => {
  const code = /allow="microphone"/;
  for (const [part, words] of Object.entries(PARTS)) {
    for (const key of Object.keys(words)) {
      for (const sentence of Object.values(formsOf(LANGUAGES.de[part][key]))) {
        assert.doesNotMatch(sentence.replace(code, ""), /["']|“[^„]*”|\bSie sind abgemeldet\b|\bIhr(?:e[nmrs]?)?\b/, `${part}: ${key}`);
        assert.equal(sentence.split("„").length, sentence.split("“").length, `${part}: ${key}`);
      }
    }
  }
});

// No sentence stands in the code

/** Scripts whose strings no person reads: the wire, and what decides about links; the report is a log. */
const UNREAD = /^static\/(?:icons\.js|vendor\/|voice\/(?:link|signaling|browser)\/|voice\/session\/(?:journal|report|band-messages|safety-code)\.js)/;
/** What begins like a sentence or a label, and is neither. */
const CODE = /^(?:Key[A-Z]|[A-Z]\w*Error|Escape|Enter|NumpadEnter|Space|Tab|Control|Alt(?:Graph)?|Meta|OS|Shift|Fn|CapsLock|Hyper|Super|Unidentified|POST|UDP|TCP|TLS|Accept|M|note (?:fine|bad|calm)|tag warn)$/;
/** Behind these stands what no person reads: classes, selectors, the journal, faults of ours. */
const SILENT = /(?:\bnote(?:Often)?\(|className: |className = |querySelector(?:All)?\(|closest\(|rel: |Error\(|matches\()$/;

test("no script holds words for people", () => {
  const found = [];
  for (const path of SCRIPTS.filter((name) => !UNREAD.test(name))) {
    const code = codeOf(path);
    for (const { 0: literal, index } of code.matchAll(/"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g)) {
      const text = literal.slice(1, -1).replace(/\$\{[^}]*\}/g, "");
      const before = code.slice(Math.max(0, index - 30), index);
      if (SILENT.test(before) || /^[<.#[:]|^(?:input|details|link)[:[]|[<>[\]=]/.test(text)) continue;
      const label = /^\s?[A-Z][a-z]+/.test(text) && !CODE.test(text);
      const sentence = !CODE.test(text) && /[a-z]{2,} [a-z]{2,}|[a-z]{2,}[.!?…]$/.test(text);
      if (label || sentence) found.push(`${path}: ${literal}`);
    }
  }
  assert.deepEqual(found, []);
});

test("no template holds words for people", () => {
  for (const path of TEMPLATES) {
    const bare = read(path).replace(/\{#[\s\S]*?#\}|\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}/g, "");
    const shown = bare.replace(/<[^>]*>/g, " ").replace(/\bmeshvoice\b/g, "");
    assert.doesNotMatch(shown, /[A-Za-z]{2,}/, path);
    for (const [, name, value] of bare.matchAll(/\s(aria-label|alt|placeholder|title|data-partial|data-hint|data-title)="([^"]*)"/g)) {
      assert.doesNotMatch(value, /[A-Za-z]/, `${path}: ${name}`);
    }
    for (const { 0: call } of read(path).matchAll(/\b(?:sure|invite_tile|member|fresh_invitation)\([^)]*\)/g)) {
      assert.doesNotMatch(call, /"[A-Z][a-z]+|"[a-z]+ [a-z]+ /, `${path}: ${call}`);
    }
  }
});
