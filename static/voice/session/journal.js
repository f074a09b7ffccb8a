// @ts-check
// What happened lately, for a report: the last events with their times, and nothing by which a person is known.

/** @typedef {{ms: number, what: string, facts: Readonly<Record<string, string|number|undefined>>}} Entry ms since the first */

const KEPT = 50;
/** No address, description, candidate or name of a person stands as one such word: they have dots, colons or blanks. */
const WORD = /^[A-Za-z0-9_-]{1,32}$/;

/** A ring of events. Only numbers and single words get in; what isn't one is written as "?". */
export class Journal {
  /** @type {Entry[]} */
  #entries = [];
  #begun;
  #now;

  /** @param {() => number} now in ms */
  constructor(now) {
    this.#now = now;
    this.#begun = now();
  }

  /** In ms, by the clock that was given. */
  get begun() {
    return this.#begun;
  }

  /** @returns {readonly Entry[]} oldest first */
  get entries() {
    return this.#entries;
  }

  /** @param {string} what @param {Entry["facts"]} [facts] those that are undefined are left out */
  note(what, facts = {}) {
    this.#entries = [...this.#entries, { ms: this.#now() - this.#begun, what, facts }].slice(-KEPT);
  }

  /** What others can make happen at will: one entry a second of a kind and a peer, lest they push out all the rest.
   *  @param {string} what @param {Entry["facts"]} facts */
  noteOften(what, facts) {
    const last = [...this.#entries].reverse().find((entry) => entry.what === what && entry.facts.peer === facts.peer);
    if (!last || this.#now() - this.#begun - last.ms >= 1000) this.note(what, facts);
  }

  /** One line for each event. */
  lines() {
    return this.#entries.map(({ ms, what, facts }) => [
      `+${(ms / 1000).toFixed(3).padStart(9)} s`, what, ...Object.entries(facts).flatMap(([name, fact]) => write(name, fact)),
    ].join("  "));
  }
}

/** @param {string} name @param {string|number|undefined} fact */
function write(name, fact) {
  if (fact === undefined || fact === "") return [];
  return [`${name}=${typeof fact === "number" || WORD.test(fact) ? fact : "?"}`];
}

/** The kind of an error, without its words: a browser quotes the description or the candidate there. @param {string} text */
export function kindOf(text) {
  return /^[A-Za-z]{0,30}Error(?=:|$)/.exec(text)?.[0] ?? "Error";
}
