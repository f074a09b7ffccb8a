// @ts-check
// The soft ceiling over what is made louder: nothing below the knee changes, nothing passes the top; pure.

/** How far over full scale what comes may be; as a shaper's curve covers -1 to 1 only, it is divided by this before. */
export const HEADROOM = 4;
const KNEE = 0.7;
/** Below full scale, for a browser that resamples after it may overshoot a little. */
const TOP = 0.98;
/** Odd, so that silence stays silence. */
const POINTS = 4097;

/** @param {number} amplitude @returns {number} -TOP to TOP */
export function under(amplitude) {
  const over = Math.abs(amplitude) - KNEE;
  if (over <= 0) return amplitude;
  return Math.sign(amplitude) * (KNEE + (TOP - KNEE) * Math.tanh(over / (TOP - KNEE)));
}

/** The curve of a WaveShaperNode. */
export function ceilingCurve() {
  return Float32Array.from({ length: POINTS }, (_, at) => under(HEADROOM * ((2 * at) / (POINTS - 1) - 1)));
}
