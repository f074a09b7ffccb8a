// @ts-check
// What the sounds of a room are: notes of one chord, so that no two of them clash; pure.

import { RATE, wave } from "./wave.js";

/** @typedef {"join"|"leave"|"lost"|"back"|"removed"|"muted"|"knock"|"test"} Tune */
/** One note: when it begins (s), its frequency (Hz), how long it is heard (s). @typedef {readonly [at: number, frequency: number, length: number]} Note */

// Multiples of 200 Hz: a just chord, which phones' small loudspeakers play, and a little below the middle of speech.
const [LOW, MIDDLE, HIGH, TOP] = [400, 600, 800, 1000];

/** Rising is good news, falling is not; what concerns oneself has three notes. @type {Readonly<Record<Tune, readonly Note[]>>} */
export const TUNES = Object.freeze({
  join: [[0, MIDDLE, 0.14], [0.1, HIGH, 0.22]],
  leave: [[0, HIGH, 0.14], [0.1, MIDDLE, 0.22]],
  lost: [[0, HIGH, 0.12], [0.12, MIDDLE, 0.12], [0.24, LOW, 0.26]],
  back: [[0, LOW, 0.12], [0.12, MIDDLE, 0.12], [0.24, HIGH, 0.26]],
  removed: [[0, MIDDLE, 0.2], [0.2, LOW, 0.2], [0.4, LOW, 0.3]],
  muted: [[0, LOW, 0.09], [0.14, LOW, 0.09], [0.28, LOW, 0.09]],
  knock: [[0, TOP, 0.09], [0.13, TOP, 0.09]],
  test: [[0, MIDDLE, 0.3], [0.25, HIGH, 0.3], [0.5, TOP, 0.5]],
});

const LOUD = 0.25;
const ATTACK = 0.012;

/** The samples of a tune: soft beginnings and ends, for a step in a wave is a click. @param {readonly Note[]} notes */
export function render(notes) {
  const length = Math.max(...notes.map(([at, , lasts]) => at + lasts));
  const samples = new Float32Array(Math.ceil(length * RATE));
  for (const [at, frequency, lasts] of notes) {
    const begin = Math.round(at * RATE);
    const count = Math.round(lasts * RATE);
    for (let i = 0; i < count && begin + i < samples.length; i += 1) {
      const time = i / RATE;
      const swell = Math.min(1, time / ATTACK) * (1 - i / count) ** 1.5;
      samples[begin + i] += LOUD * swell * Math.sin(2 * Math.PI * frequency * time);
    }
  }
  return samples;
}

/** Each is made once: it takes ten ms. @type {Map<Tune, Blob>} */
const made = new Map();

/** @param {Tune} tune @returns {Blob} */
export function soundOf(tune) {
  const sound = made.get(tune) ?? wave(render(TUNES[tune]));
  made.set(tune, sound);
  return sound;
}

/** What a join is to play, made while there is nothing else to do. */
export const prepareSounds = () => void soundOf("join");
