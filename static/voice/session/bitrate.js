// @ts-check
// Owns how many bits a person gets, and how their Opus encoder is asked to work; pure.

/** Full-band, and more for each than a voice needs. */
const MUSIC = 96_000;
/** Still words that one understands. */
const SAVED = 16_000;

/**
 * Bits a second of each link; one's uplink carries one link for each other person.
 * @param {number} people @param {boolean} [music] @param {boolean} [saves]
 */
export function bitrate(people, music = false, saves = false) {
  if (music) return MUSIC;
  if (saves) return SAVED;
  if (people <= 4) return 40_000;
  return people <= 6 ? 32_000 : 24_000;
}

/**
 * What a received description asks of our encoder besides what it always does.
 * @param {boolean} music @param {boolean} [talks]  whoever doesn't is to cost little @returns {Record<string, number>}
 */
export const opusFor = (music, talks = true) => (music ? { maxaveragebitrate: MUSIC, usedtx: 0 } : talks ? {} : { usedtx: 1 });
