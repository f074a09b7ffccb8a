// @ts-check
// What a resumed seat owes: our frames that the server may lack, and the count of the server's frames that we have.

export const KEPT_FRAMES = 256;
const LINK = ["offer", "ice", "repair", "abort"];
export const KEPT_BYTES = 256 * 1024;

/** @typedef {{n: number, text: string, link?: {target: string, gen: number}}} Kept  link: what is about one generation */

/**
 * Number a frame and keep it. An offer begins its link anew, so what was about a generation before it is let go, and
 * the numbers get a gap: nobody works on connections that are over. The oldest are let go beyond the bounds.
 * @param {readonly Kept[]} kept
 * @param {import("./messages.js").ClientMessage} message
 * @param {number} n
 * @returns {Kept[]}
 */
export function keep(kept, message, n) {
  const link = LINK.includes(message.type) && "gen" in message ? { target: message.target, gen: message.gen } : undefined;
  const current = message.type === "offer" ? kept.filter((each) => !isOver(each, message)) : kept;
  const all = [...current, { n, text: JSON.stringify({ ...message, n }), ...(link && { link }) }];
  let size = all.reduce((sum, frame) => sum + frame.text.length, 0);
  while (all.length > KEPT_FRAMES || size > KEPT_BYTES) size -= all.shift()?.text.length ?? 0;
  return all;
}

/** @param {Kept} frame @param {{target: string, gen: number}} offer */
function isOver({ link }, { target, gen }) {
  return link !== undefined && link.target === target && link.gen < gen;
}

/**
 * Place a server's frame by its `seq`. A resumed welcome may be numbered before what was missed goes out: `skip`.
 * @param {number|undefined} seq  absent or 0 on a frame to a socket without a seat
 * @param {number} last
 * @param {number} skip
 * @returns {{verdict: "take"|"old"|"gap", last: number}}
 */
export function place(seq, last, skip) {
  if (!seq) return { verdict: "take", last };
  if (seq <= last || seq === skip) return { verdict: "old", last };
  if (seq > last + 1) return { verdict: "gap", last };
  return { verdict: "take", last: skip === seq + 1 ? skip : seq };
}
