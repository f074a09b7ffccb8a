// @ts-check
// Who stands at the door: newly among those who may come in, or on the room's page again, and a moment later still not in voice; pure.

/** @typedef {{user: string, name: string}} Member */
/** `met`: in voice since, or read of; `listed`: stood on the page's list since. @typedef {{name: string, at: number, told: boolean, met: boolean, listed: boolean}} Caller */
/** `listed`: who might come in when it was looked at last; null before that. @typedef {{listed: ReadonlySet<string>|null, callers: ReadonlyMap<string, Caller>}} Door */

/** Who comes in order to talk is in voice by then. */
const JOINS_WITHIN = 8000;
/** For so long somebody is said to stand there, and is told of once. */
const STANDS = 300_000;
/** Whoever was told of is told of again after so long, where they come to the page again. */
const AGAIN_AFTER = 30_000;

/** @type {Readonly<Door>} */
export const UNSEEN = Object.freeze({ listed: null, callers: new Map() });

/**
 * @param {Readonly<Door>} door
 * @param {{members: readonly Member[], inVoice: ReadonlySet<string>, now: number, fresh?: boolean}} seen fresh: the list is the server's of now
 * @returns {{door: Readonly<Door>, knocks: string[], standing: string[], next: number|null}}
 *   knocks: names of those to tell of now; standing: of all who stand there; next: in how many ms to look again
 */
export function lookOutside({ listed, callers }, { members, inVoice, now, fresh = true }) {
  const current = new Set(members.map(({ user }) => user));
  /** @type {Map<string, Caller>} */
  const kept = new Map([...callers].filter(([, { at }]) => now - at < STANDS));
  for (const { user, name } of listed ? members : []) {
    if (!listed?.has(user) && !kept.has(user)) kept.set(user, { name, at: now, told: false, met: false, listed: true });
  }
  const knocks = [];
  const standing = [];
  const waits = [];
  for (const [user, caller] of kept) {
    const met = caller.met || inVoice.has(user);
    const listed = caller.listed || current.has(user);
    // Only an owner's page has a list, and who is off it again was put out.
    const outside = !met && (current.has(user) || !listed);
    const due = outside && now - caller.at >= JOINS_WITHIN;
    if (due && !caller.told) knocks.push(caller.name);
    if (due) standing.push(caller.name);
    if (outside) waits.push((due ? STANDS : JOINS_WITHIN) - (now - caller.at));
    kept.set(user, { ...caller, met, listed, told: caller.told || due });
  }
  // A list that came with the page may be hours old.
  return { door: { listed: fresh || listed ? current : null, callers: kept }, knocks, standing, next: waits.length > 0 ? Math.min(...waits) : null };
}

/** Somebody came to the room's page. @param {Readonly<Door>} door @param {Member} who @param {number} now @returns {Readonly<Door>} */
export function heardAt({ listed, callers }, { user, name }, now) {
  const before = callers.get(user);
  if (before && now - before.at < AGAIN_AFTER) return { listed, callers };
  // Whoever stands there as it is isn't waited for once more.
  const at = before?.told && !before.met ? now - JOINS_WITHIN : now;
  return { listed, callers: new Map(callers).set(user, { name, at, told: false, met: false, listed: listed?.has(user) ?? false }) };
}

/** Whoever was told of was read of. @param {Readonly<Door>} door @returns {Readonly<Door>} */
export function readOf({ listed, callers }) {
  return { listed, callers: new Map([...callers].map(([user, caller]) => [user, { ...caller, met: caller.met || caller.told }])) };
}
