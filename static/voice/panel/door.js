// @ts-check
// Who stands at the door: newly among those who may come in, or on the room's page again, and a moment later still not in voice; pure.

/** `alike`: the name could be taken for that of somebody in voice. @typedef {{user: string, name: string, alike?: boolean}} Member */
/**
 * `at`: when they came; `toldAt`: when they were last told of; `times`: how often since they were last in voice;
 * `told`: of this coming; `met`: in voice since; `read`: the notice of them was; `listed`: stood on the page's list since.
 * @typedef {{name: string, alike: boolean, at: number, toldAt: number, times: number, told: boolean, met: boolean, read: boolean, listed: boolean}} Caller
 */
/**
 * `listed`: who might come in when it was looked at last, null before that; `knockedAt`: when anybody was last told of.
 * @typedef {{listed: ReadonlySet<string>|null, callers: ReadonlyMap<string, Caller>, knockedAt: number}} Door
 */

/** Who comes in order to talk is in voice by then. */
const JOINS_WITHIN = 8000;
/** For so long somebody is said to stand there. */
const STANDS = 300_000;
/** Whoever was told of is told of again after so long, where they come to the page again; twice as long each time that they stay out. */
const AGAIN_AFTER = 30_000;
/** Between two knocks, whoever causes them; who comes meanwhile is told of together. */
const GAP = 10_000;

/** @type {Readonly<Door>} */
export const UNSEEN = Object.freeze({ listed: null, callers: new Map(), knockedAt: -Infinity });

/**
 * @param {Readonly<Door>} door
 * @param {{members: readonly Member[], inVoice: ReadonlySet<string>, now: number, fresh?: boolean}} seen fresh: the list is the server's of now
 * @returns {{door: Readonly<Door>, knocks: Caller[], standing: Caller[], next: number|null}}
 *   knocks: those to tell of now; standing: all who stand there; next: in how many ms to look again
 */
export function lookOutside(door, { members, inVoice, now, fresh = true }) {
  const current = new Set(members.map(({ user }) => user));
  const kept = new Map(door.callers);
  for (const member of door.listed ? members : []) {
    const before = kept.get(member.user);
    if (!door.listed?.has(member.user) && !(before && now - before.at < STANDS)) kept.set(member.user, arrived(before, { ...member, now, listed: true }));
  }
  const quiet = GAP - (now - door.knockedAt);
  /** @type {Caller[]} */
  const knocks = [];
  /** @type {Caller[]} */
  const standing = [];
  const waits = [];
  for (const [user, caller] of kept) {
    const met = caller.met || inVoice.has(user);
    const listed = caller.listed || current.has(user);
    const age = now - caller.at;
    // Only an owner's page has a list, and who is off it again was put out.
    const outside = !met && !caller.read && age < STANDS && (current.has(user) || !listed);
    const due = outside && age >= JOINS_WITHIN;
    const knock = due && !caller.told && quiet <= 0;
    if (knock) knocks.push(caller);
    if (due && (caller.told || knock)) standing.push(caller);
    if (outside) waits.push(!due ? JOINS_WITHIN - age : caller.told || knock ? STANDS - age : quiet);
    kept.set(user, { ...caller, met, listed, ...(knock && { told: true, toldAt: now, times: caller.times + 1 }) });
  }
  return {
    // A list that came with the page may be hours old.
    door: { listed: fresh || door.listed ? current : null, callers: kept, knockedAt: knocks.length > 0 ? now : door.knockedAt },
    knocks, standing, next: waits.length > 0 ? Math.min(...waits) : null,
  };
}

/** Somebody came to the room's page. @param {Readonly<Door>} door @param {Member} who @param {number} now @returns {Readonly<Door>} */
export function heardAt(door, { user, name, alike = false }, now) {
  const before = door.callers.get(user);
  const tooSoon = before && !before.met && now - (before.told ? before.toldAt : before.at) < AGAIN_AFTER * 2 ** Math.max(0, before.times - 1);
  const caller = tooSoon ? { ...before, name, alike } : arrived(before, { name, alike, now, listed: door.listed?.has(user) ?? false });
  return { ...door, callers: new Map(door.callers).set(user, caller) };
}

/** Whoever was told of was read of. @param {Readonly<Door>} door @returns {Readonly<Door>} */
export function readOf(door) {
  return { ...door, callers: new Map([...door.callers].map(([user, caller]) => [user, { ...caller, read: caller.read || caller.told }])) };
}

/**
 * @param {Caller|undefined} before what was known of them
 * @param {{name: string, alike?: boolean, now: number, listed: boolean}} who
 * @returns {Caller}
 */
function arrived(before, { name, alike = false, now, listed }) {
  const { times, toldAt } = before && !before.met ? before : { times: 0, toldAt: -Infinity };
  // Whoever stands there as it is isn't waited for once more.
  const stands = before?.told && !before.met && !before.read && now - before.at < STANDS;
  return { name, alike, at: stands ? now - JOINS_WITHIN : now, toldAt, times, told: false, met: false, read: false, listed };
}
