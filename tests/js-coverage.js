// @ts-check
// Holds the coverage of the client's pure core at what it reaches; `npm run coverage`. The simulator is left out:
// it walks everywhere by chance, and what is held here is what a test claims.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Raise them when it reaches more. */
const FLOORS = { lines: 99.7, branches: 96 };
const PURE = new RegExp(
  "^static/voice/(signaling/(?!signaling\\.js|credentials)|link/(candidate-fit|link-(?!wire)|tune-opus)|audio/(gate|microphone-words)"
  + "|session/(announcer|journal|report|roster|server-watch|showing|shown|talk|throttle|words)|check/check-(verdicts|words)|panel/(panel-view|shortcuts|talk-key)|decibels)",
);

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "coverage-"));
const found = join(folder, "lcov.info");
const tests = readdirSync(join(root, "tests/js")).filter((name) => name.endsWith(".test.js") && name !== "simulator.test.js");
const run = spawnSync(process.execPath, [
  "--test", "--experimental-test-coverage", "--test-reporter=lcov", `--test-reporter-destination=${found}`,
  "--test-reporter=dot", "--test-reporter-destination=stdout", ...tests.map((name) => join("tests/js", name)),
], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });

const totals = { lines: [0, 0], branches: [0, 0] };
const missed = [];
for (const record of readFileSync(found, "utf8").split("end_of_record")) {
  const file = /^SF:(.+)$/m.exec(record)?.[1].replaceAll("\\", "/").replace(/^.*\/(?=static\/)/, "") ?? "";
  if (!PURE.test(file)) continue;
  const count = (/** @type {string} */ key) => Number(new RegExp(`^${key}:(\\d+)$`, "m").exec(record)?.[1] ?? 0);
  for (const [kind, hit, all] of /** @type {["lines"|"branches", string, string][]} */ ([["lines", "LH", "LF"], ["branches", "BRH", "BRF"]])) {
    totals[kind][0] += count(hit);
    totals[kind][1] += count(all);
  }
  const lines = [...record.matchAll(/^DA:(\d+),0$/gm)].map(([, line]) => line);
  if (lines.length > 0) missed.push(`  ${file}: lines ${lines.join(", ")}`);
}
rmSync(folder, { recursive: true });

const share = (/** @type {number[]} */ [hit, all]) => Math.floor((hit / all) * 1000) / 10;
const reached = { lines: share(totals.lines), branches: share(totals.branches) };
console.log(`\nThe pure core of the client: ${reached.lines} % of its lines (held at ${FLOORS.lines}), `
  + `${reached.branches} % of its branches (held at ${FLOORS.branches})`);
for (const line of missed) console.log(line);
if (run.status !== 0 || reached.lines < FLOORS.lines || reached.branches < FLOORS.branches) process.exitCode = 1;
