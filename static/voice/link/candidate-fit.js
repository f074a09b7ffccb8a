// @ts-check
// Owns which of a peer's candidates are taken: so many of each kind in one connection, and none that is of no use.

/** @typedef {"host" | "named" | "srflx" | "relay" | "end" | "other"} Kind */
/** @typedef {Readonly<Record<Kind, number>>} Taken how many of each kind were taken */

/**
 * Each kind has places of its own, so none crowds out another. A browser pairs each candidate with each of its own, and
 * goes on to look at all pairs: what a peer names costs the page.
 * host: machines with 60 interfaces exist, and some of those have IPv6 as well. srflx, relay: one of each network is
 * enough, and what comes first is nearest. named: a browser gives its few networks such names, and each is a question to all of
 * the network around us. end: Firefox says it twice. other: what a browser will refuse by itself.
 * @type {Taken}
 */
export const MOST = Object.freeze({ host: 80, named: 16, srflx: 24, relay: 24, end: 8, other: 8 });

/** @type {Taken} */
export const NONE = Object.freeze({ host: 0, named: 0, srflx: 0, relay: 0, end: 0, other: 0 });

const PARTS = /^(?:a=)?candidate:\S+ \S+ (\S+) \S+ (\S+) \S+ typ (\S+)(.*)$/i;
const LINE = /^a=(candidate:.*?)\r?$/;

/**
 * Those of `candidates` that are taken, in their order, and how many there are then.
 * @template {{candidate: string} | null} Candidate
 * @param {readonly Candidate[]} candidates
 * @param {Taken} [before]
 * @returns {{candidates: Candidate[], taken: Taken}}
 */
export function fit(candidates, before = NONE) {
  const taken = { ...before };
  const fitting = candidates.filter((each) => {
    const kind = kindOf(each?.candidate ?? "");
    if (kind === null || taken[kind] >= MOST[kind]) return false;
    taken[kind] += 1;
    return true;
  });
  return { candidates: fitting, taken };
}

/**
 * A description with those of its candidates that are taken.
 * @param {string} sdp
 * @param {Taken} before
 * @returns {{sdp: string, taken: Taken}}
 */
export function fitLines(sdp, before) {
  let taken = before;
  const lines = sdp.split("\n").filter((line) => {
    const candidate = LINE.exec(line)?.[1];
    if (candidate === undefined) return true;
    const fitting = fit([{ candidate }], taken);
    taken = fitting.taken;
    return fitting.candidates.length > 0;
  });
  return { sdp: lines.join("\n"), taken };
}

/** What a peer named for one connection. */
export class Named {
  #taken = NONE;

  /** @template {{candidate: string} | null} Candidate @param {readonly Candidate[]} named @returns {Candidate[]} those to take */
  take(named) {
    const { candidates, taken } = fit(named, this.#taken);
    this.#taken = taken;
    return candidates;
  }

  /** @param {string} described @returns {string} the description with those to take */
  takeLines(described) {
    const { sdp, taken } = fitLines(described, this.#taken);
    this.#taken = taken;
    return sdp;
  }
}

/** null: of no use here. @param {string} candidate "" is the end of them @returns {Kind | null} */
function kindOf(candidate) {
  if (candidate === "") return "end";
  const [, transport, address, type, rest] = PARTS.exec(candidate) ?? [];
  if (type === undefined) return "other";
  // It calls and is never called, as ours are: no two browsers meet by these, and a machine has one for each other one.
  if (/^tcp$/i.test(transport) && / tcptype active\b/i.test(rest)) return null;
  if (isName(address)) return /\.local$/i.test(address) ? "named" : null;
  const known = type.toLowerCase();
  return known === "host" || known === "srflx" || known === "relay" ? known : "other";
}

/** Whether the browser would have to ask somebody for the address: of a name that is not of the network around us, whoever
 *  chose it would learn who asks. @param {string} address */
function isName(address) {
  // With a colon it is IPv6, or a name with a colon in it, for which browsers ask as well.
  return !/^(?:[0-9.]+|[0-9a-f.]*:[0-9a-f:.]*)$/i.test(address);
}
