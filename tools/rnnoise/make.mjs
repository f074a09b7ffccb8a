// Makes static/vendor/rnnoise/ of the npm packages beside it: `make rnnoise`. RNNoise is compiled to WebAssembly there, which
// our Content-Security-Policy keeps from pages; as JavaScript it runs like any script of ours.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(here(path), "utf8");
const version = (name) => JSON.parse(read(`node_modules/${name}/package.json`)).version;
const made = here("rnnoise.js.new");
const target = here("../../static/vendor/rnnoise");

execFileSync(process.execPath, [
  here("node_modules/binaryen/bin/wasm2js"), "-O3", here("node_modules/@jitsi/rnnoise-wasm/dist/rnnoise.wasm"), "-o", made,
], { stdio: "inherit" });
const code = readFileSync(made, "utf8");
rmSync(made);

/** The package's own loader says which export is which. */
const loader = read("node_modules/@jitsi/rnnoise-wasm/dist/rnnoise.js");
const named = (name) => {
  const found = new RegExp(`Module\\["${name}"\\] = Module\\["asm"\\]\\["(\\w)"\\]`).exec(loader);
  if (!found) throw new Error(`no export is ${name}`);
  return `retasmFunc.${found[1]}`;
};
const once = (text, from, to) => {
  if (text.split(from).length !== 2) throw new Error(`not once: ${from}`);
  return text.replace(from, to);
};
const memory = /wasmMemory = Module\["asm"\]\["(\w)"\]/.exec(loader)[1];
// Emscripten's two imports: more memory, which is never given as 16 MiB are plenty, and copying within it.
let text = once(code, "import * as a from 'a';\n", "const a = { a: () => 0, b: (to, from, count) => bufferView.copyWithin(to, from, from + count) };\n");
text = text.replace(/^export var \w+ = retasmFunc\.\w+;\n/gm, "");
text = `// @ts-nocheck
// RNNoise, which leaves nothing but voices in sound. Made by \`make rnnoise\`, not written: @jitsi/rnnoise-wasm ${version("@jitsi/rnnoise-wasm")},
// turned from WebAssembly into JavaScript by wasm2js of binaryen ${version("binaryen")}. Licences: LICENSE.txt beside this file.

${text}
${named("___wasm_call_ctors")}();

/**
 * @typedef {object} Code
 * @property {() => ArrayBuffer} memory  for good
 * @property {(model: number) => number} create  gives a state; 0 is the model within
 * @property {(state: number) => void} destroy
 * @property {(state: number, out: number, samples: number) => number} processFrame  of 480 floats; gives how surely it is a voice
 * @property {(bytes: number) => number} malloc
 * @property {(address: number) => void} free
 */

/** @returns {Code} */
export const rnnoise = () => ({
  memory: () => retasmFunc.${memory}.buffer, create: ${named("_rnnoise_create")}, destroy: ${named("_rnnoise_destroy")},
  processFrame: ${named("_rnnoise_process_frame")}, malloc: ${named("_malloc")}, free: ${named("_free")},
});
`;
mkdirSync(target, { recursive: true });
writeFileSync(`${target}/rnnoise.js`, text);
writeFileSync(`${target}/LICENSE.txt`, `rnnoise.js is RNNoise 0.1 as the npm package @jitsi/rnnoise-wasm ${version("@jitsi/rnnoise-wasm")} compiled it, turned into JavaScript.

RNNoise
=======

${read("COPYING")}
@jitsi/rnnoise-wasm
===================

${read("node_modules/@jitsi/rnnoise-wasm/LICENSE")}
`);
