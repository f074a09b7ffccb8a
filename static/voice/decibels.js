// @ts-check
// Amplitudes and decibels of full scale; pure.

/** @param {number} decibels of full scale @returns {number} 0 to 1 */
export const amplitude = (decibels) => 10 ** (decibels / 20);

/** @param {number} level 0 to 1 */
export const decibels = (level) => 20 * Math.log10(Math.max(level, 1e-6));
