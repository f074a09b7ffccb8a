import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { BASE, baseOf } from "../../static/voice/base.js";

const PAGE = "https://example.org";

test("what stands before the site's paths is what stands before /static/", () => {
  const version = "v-0123456789abcdef/";
  for (const base of ["", "/voice", "/a/b", "/static/voice", "/static", "/static/v-0123456789abcdef"]) {
    for (const kept of ["", version]) {
      assert.equal(baseOf(`${PAGE}${base}/static/${kept}voice/base.js`, PAGE), base, base + kept);
      assert.equal(baseOf(`${PAGE}${base}/static/${kept}voice/part-BGIOSH73.js`, PAGE), base, base + kept);
    }
    assert.equal(baseOf(`${PAGE}${base}/static/voice/base.js?x#y`, PAGE), base);
  }
});

test("a client that lies elsewhere dials the page's own site, at its root", () => {
  const elsewhere = [
    "https://cdn.example/voice/static/voice/base.js", "https://example.org.evil.example/voice/static/voice/base.js",
    "http://example.org/voice/static/voice/base.js", `${PAGE}/assets/base.js`, `${PAGE}/voice/static/bundle.js`,
    `${PAGE}/voice/static/other/voice/base.js`, "file:///srv/static/voice/base.js",
  ];
  for (const file of elsewhere) assert.equal(baseOf(file, PAGE), "", file);
  assert.equal(BASE, "");
});

test("no script names a path of the site without what stands before it", () => {
  const scripts = readdirSync(new URL("../../static/", import.meta.url), { recursive: true, encoding: "utf8" });
  const code = scripts.filter((name) => name.endsWith(".js") && !name.startsWith("built/")).map((name) => {
    const text = readFileSync(new URL(`../../static/${name}`, import.meta.url), "utf8");
    return [name, text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")];
  });
  // What post() is given gets it there.
  const known = { "invitation.js": ["/invitations/look", "/invitations/accept"] };
  for (const [name, text] of code) {
    const found = [...text.matchAll(/["'`](\/[a-z][^"'`\s]*)["'`]/gi)].map(([, path]) => path);
    assert.deepEqual(found, known[name] ?? [], name);
  }
});
