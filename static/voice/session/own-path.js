// @ts-check
// Whether it is one's own connection that is weak: every path to others is, and theirs among themselves are not; pure.

import { isWeak } from "./path-words.js";
import { present } from "./roster.js";

/**
 * @param {import("./roster.js").Roster} roster
 * @param {ReadonlyMap<string, import("../link/links.js").LinkReport>} reports  how the links fare here
 * @param {boolean} before  whether it was so: then it is until half of them are well, for loss goes up and down
 */
export function isOwnPathWeak(roster, reports, before) {
  const others = present(roster);
  const paths = others.flatMap(({ peer, ofMe }) => {
    const report = reports.get(peer);
    if (report?.state !== "up") return [];
    return [isWeak({ rtt: report.rtt, loss: Math.max(report.loss ?? 0, ofMe?.loss ?? 0) })];
  });
  // Of one path nobody can tell which end is weak.
  if (paths.length < 2) return false;
  const weak = paths.filter((is) => is).length;
  return (before ? weak * 2 > paths.length : weak === paths.length) && others.some((one) => hasGoodPath(one, others));
}

/** @param {import("./roster.js").RemotePeer} one @param {readonly {peer: string}[]} others */
function hasGoodPath({ links }, others) {
  return others.some(({ peer }) => links[peer]?.state === "up" && !isWeak(links[peer]));
}
