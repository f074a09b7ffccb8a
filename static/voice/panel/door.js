// @ts-check
// Who stands at the door: newly among those who may come in, and a moment later still not in voice; pure.

/** @typedef {{user: string, name: string}} Member */
/** `met`: in voice since, or read of. @typedef {{name: string, at: number, told: boolean, met: boolean}} Caller */
/** `listed`: who might come in when it was looked at last; null before that. @typedef {{listed: ReadonlySet<string>|null, callers: ReadonlyMap<string, Caller>}} Door */

/** Who comes in order to talk is in voice by then. */
const JOINS_WITHIN = 8000;
/** For so long somebody is said to stand there, and is told of once. */
const STANDS = 300_000;

/** @type {Readonly<Door>} */
export const UNSEEN = Object.freeze({ listed: null, callers: new Map() });

/**
 * @param {Readonly<Door>} door
 * @param {{members: readonly Member[], inVoice: ReadonlySet<string>, now: number}} seen
 * @returns {{door: Readonly<Door>, knocks: string[], standing: string[], next: number|null}}
 *   knocks: names of those to tell of now; standing: of all who stand there; next: in how many ms to look again
 */
export function lookOutside({ listed, callers }, { members, inVoice, now }) {
  const current = new Set(members.map(({ user }) => user));
  /** @type {Map<string, Caller>} */
  const kept = new Map([...callers].filter(([, { at }]) => now - at < STANDS));
  for (const { user, name } of listed ? members : []) {
    if (!listed?.has(user) && !kept.has(user)) kept.set(user, { name, at: now, told: false, met: false });
  }
  const knocks = [];
  const standing = [];
  const waits = [];
  for (const [user, caller] of kept) {
    const met = caller.met || inVoice.has(user);
    const outside = !met && current.has(user);
    const due = outside && now - caller.at >= JOINS_WITHIN;
    if (due && !caller.told) knocks.push(caller.name);
    if (due) standing.push(caller.name);
    if (outside) waits.push((due ? STANDS : JOINS_WITHIN) - (now - caller.at));
    kept.set(user, { ...caller, met, told: caller.told || due });
  }
  return { door: { listed: current, callers: kept }, knocks, standing, next: waits.length > 0 ? Math.min(...waits) : null };
}

/** Whoever was told of was read of. @param {Readonly<Door>} door @returns {Readonly<Door>} */
export function readOf({ listed, callers }) {
  return { listed, callers: new Map([...callers].map(([user, caller]) => [user, { ...caller, met: caller.met || caller.told }])) };
}
