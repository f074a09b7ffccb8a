// @ts-check
// RNNoise itself, as it is vendored: a voice-like tone in noise goes in, and what is left of either is measured.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FRAME, Frames } from "../../static/voice/audio/frames.js";
import { Rnnoise } from "../../static/voice/audio/rnnoise.js";

const RATE = 48_000;
const SECONDS = 6;
/** In each half a second a voice sounds for the first half. */
const SYLLABLE = RATE / 2;

/** The same at each run. */
function dice() {
  let seed = 1234567;
  return () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed + 1) / 0x80000001;
  };
}

/** Overtones of a gliding pitch, in syllables, beside a fan at -42 dBFS. @param {boolean} voiced */
function sound(voiced) {
  const random = dice();
  let phase = 0;
  return Float32Array.from({ length: RATE * SECONDS }, (_, i) => {
    const at = i / RATE;
    phase += 2 * Math.PI * 140 * (1 + 0.15 * Math.sin(Math.PI * at) + 0.03 * Math.sin(10 * Math.PI * at)) / RATE;
    let voice = 0;
    for (let n = 1; n < 20; n += 1) voice += Math.sin(n * phase) / (1 + ((n * 140 - 500) / 250) ** 2);
    const syllable = Math.min(1, Math.max(0, 2 * Math.sin(4 * Math.PI * at)));
    const noise = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    return (voiced ? 0.06 * voice * syllable : 0) + 10 ** (-42 / 20) * noise;
  });
}

/** @param {Float32Array} samples @param {number} from  within each half second, as a share @param {number} to */
function decibels(samples, from, to) {
  let [sum, count] = [0, 0];
  // The first second is for getting to know the noise.
  for (let start = 2 * SYLLABLE; start + SYLLABLE <= samples.length; start += SYLLABLE) {
    for (const x of samples.subarray(start + from * SYLLABLE, start + to * SYLLABLE)) [sum, count] = [sum + x * x, count + 1];
  }
  return 10 * Math.log10(sum / count + 1e-12);
}

/** As the worklet does it. @param {Float32Array} samples */
function suppressed(samples) {
  const rnnoise = new Rnnoise();
  const frames = new Frames((frame) => rnnoise.suppress(frame));
  const heard = new Float32Array(samples.length);
  for (let at = 0; at + 128 <= samples.length; at += 128) frames.pass(samples.subarray(at, at + 128), heard.subarray(at, at + 128));
  rnnoise.end();
  // Its own windows overlap by a frame, and ours waits for one.
  return heard.subarray(2 * FRAME);
}

test("a fan is 20 dB softer between the words, and the words are as loud as before", () => {
  const samples = sound(true);
  const heard = suppressed(samples);
  const [words, between] = [[0.1, 0.4], [0.65, 0.9]].map(([from, to]) => decibels(heard, from, to) - decibels(samples, from, to));
  assert.ok(between < -20, `between the words ${between.toFixed(1)} dB`);
  assert.ok(Math.abs(words) < 2, `the words ${words.toFixed(1)} dB`);
});

test("two at once keep out of each other's way, and one that ended leaves its place", () => {
  const alone = suppressed(sound(false));
  const other = new Rnnoise();
  other.suppress(new Float32Array(FRAME).fill(0.5));
  const beside = suppressed(sound(false));
  other.end();
  assert.deepEqual(beside.slice(0, 4800), alone.slice(0, 4800));
});
