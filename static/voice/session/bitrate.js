// @ts-check
// Owns how many bits a person gets; pure.

/** Bits a second of each link; one's uplink carries one link for each other person. @param {number} people */
export function bitrate(people) {
  if (people <= 4) return 40_000;
  return people <= 6 ? 32_000 : 24_000;
}
