// @ts-check
// Owns the notes of a call: lines of text that go from page to page, are kept by nobody, and say whom they didn't reach.

import { Emitter } from "../emitter.js";
import { cleanNote } from "./note-text.js";
import { noteTrouble } from "./words.js";

/** @typedef {import("./in-band.js").InBand} InBand */
/** @typedef {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */
/**
 * @typedef {object} Note
 * @property {string} id  the same where a note is told anew
 * @property {string} peer  whose it is; one's own is ""
 * @property {string} name
 * @property {boolean} alike  came later than somebody whose name looks like this one
 * @property {boolean} self
 * @property {string} text
 * @property {number} at  in ms
 * @property {string} trouble  whom it didn't reach, in words; "" where all is well
 */
/** @typedef {{peer: string, user?: string, name: string, alike?: boolean}} Reader */
/** Who has not said yet that a note came, or said that notes are off.
 *  @typedef {{note: Note, waiting: Map<string, string>, late: boolean, off: Map<string, string>}} Sent */

/** Whoever didn't get it within so many ms is named; it goes on being tried. */
const PATIENCE = 8000;
/** A note that comes a minute late is out of place. */
const LATEST = 60_000;
/** Of one person: so many at once, then one in so many ms. */
const BURST = 5;
const EVERY = 2000;
/** So many are told one person again at a time: what they take of us meanwhile, where they got too many at once. */
const AGAIN = PATIENCE / EVERY;
const KEPT = 200;
/** Who sends too much is told of, and told of no more for so many ms. */
const CROWDED = 60_000;
/** Of each person, so that what is said again is shown once: more than go out in the minute in which that happens. */
const REMEMBERED = 64;

/** @extends {Emitter<{note: Note, crowded: {name: string}}>} crowded: somebody sends more than is shown */
export class Notes extends Emitter {
  /** @type {Note[]} */
  #notes = [];
  /** @type {Map<number, Sent>} */
  #sent = new Map();
  /** By user, for coming back brings no new allowance; told: when last of sending too much.
   *  @type {Map<string, {seen: readonly string[], left: number, at: number, told: number}>} */
  #senders = new Map();
  /** @type {any} */
  #timer = null;
  #inBand;
  #readers;
  #takes;
  #clock;

  /** @param {{inBand: InBand, readers: () => Reader[], takes: () => boolean, clock: Clock}} options
   *   readers: who is in the room, but oneself; takes: where it is false none is shown, and whoever sends one is told so */
  constructor({ inBand, readers, takes, clock }) {
    super();
    this.#inBand = inBand;
    this.#readers = readers;
    this.#takes = takes;
    this.#clock = clock;
    inBand.on("note", (said) => this.#take(said));
    inBand.on("got", (said) => this.#got(said));
    inBand.on("opened", ({ peer }) => this.#opened(peer));
  }

  /** @returns {readonly Note[]} those of this call, oldest first */
  get all() {
    return this.#notes;
  }


  /**
   * @param {string} raw
   * @param {string} name one's own
   * @returns {Note|null} null where it is empty or too long
   */
  send(raw, name) {
    const text = cleanNote(raw);
    if (text === null) return null;
    const n = this.#inBand.count();
    const note = { id: `/${n}`, peer: "", name, alike: false, self: true, text, at: this.#clock.now(), trouble: "" };
    const waiting = new Map(this.#readers().map((reader) => [reader.peer, reader.name]));
    this.#sent.set(n, { note, waiting, late: false, off: new Map() });
    this.#show(note);
    for (const peer of [...waiting.keys()]) this.#inBand.tell(peer, { type: "note", n, text });
    this.#timer ??= this.#clock.setTimeout(() => this.#look(), PATIENCE);
    return note;
  }

  /** Whoever left needs nothing any more. @param {string} peer */
  forget(peer) {
    for (const sent of this.#sent.values()) if (sent.waiting.delete(peer)) this.#tellTrouble(sent);
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
  }

  /** @param {string} peer */
  #opened(peer) {
    for (const [n, { note, waiting }] of this.#sent) {
      if (waiting.has(peer)) this.#inBand.tell(peer, { type: "note", n, text: note.text });
    }
  }

  /** @param {{peer: string, n: number, text: string}} said */
  #take({ peer, n, text: raw }) {
    const reader = this.#readers().find((each) => each.peer === peer);
    const text = cleanNote(raw);
    if (!reader || text === null) return;
    const { name, user = peer, alike = false } = reader;
    const now = this.#clock.now();
    const id = `${peer}/${n}`;
    const sender = this.#senders.get(user) ?? { seen: [], left: BURST, at: now, told: -Infinity };
    // Sent again because our word for it was lost.
    if (sender.seen.includes(id)) return void this.#inBand.reply(peer, { type: "got", of: n, taken: this.#takes() });
    const left = Math.min(BURST, sender.left + (now - sender.at) / EVERY);
    if (left < 1) {
      const tells = now - sender.told >= CROWDED;
      this.#senders.set(user, { ...sender, left, at: now, told: tells ? now : sender.told });
      if (tells) this.emit("crowded", { name });
      return;
    }
    this.#senders.set(user, { ...sender, seen: [...sender.seen, id].slice(-REMEMBERED), left: left - 1, at: now });
    this.#inBand.reply(peer, { type: "got", of: n, taken: this.#takes() });
    if (this.#takes()) this.#show({ id, peer, name, alike, self: false, text, at: now, trouble: "" });
  }

  /** @param {{peer: string, of: number, taken: boolean}} said */
  #got({ peer, of, taken }) {
    const sent = this.#sent.get(of);
    const name = sent?.waiting.get(peer);
    if (!sent || name === undefined) return;
    sent.waiting.delete(peer);
    if (!taken) sent.off.set(peer, name);
    this.#tellTrouble(sent);
  }

  #look() {
    const now = this.#clock.now();
    /** @type {Map<string, number>} */
    const again = new Map();
    for (const [n, sent] of this.#sent) {
      const age = now - sent.note.at;
      if (age < PATIENCE) continue;
      sent.late = true;
      this.#tellTrouble(sent);
      if (age < LATEST) this.#tellAgain(n, sent, again);
      if (age >= LATEST || sent.waiting.size === 0) this.#sent.delete(n);
    }
    this.#timer = this.#sent.size > 0 ? this.#clock.setTimeout(() => this.#look(), PATIENCE) : null;
  }

  /** @param {number} n @param {Sent} sent @param {Map<string, number>} again how often whom in this look */
  #tellAgain(n, { note: { text }, waiting }, again) {
    for (const peer of [...waiting.keys()]) {
      const times = (again.get(peer) ?? 0) + 1;
      again.set(peer, times);
      if (times <= AGAIN) this.#inBand.tell(peer, { type: "note", n, text });
    }
  }

  /** @param {Sent} sent */
  #tellTrouble(sent) {
    const trouble = noteTrouble(sent.late ? [...sent.waiting.values()] : [], [...sent.off.values()]);
    if (trouble === sent.note.trouble) return;
    sent.note = { ...sent.note, trouble };
    this.#show(sent.note);
  }

  /** @param {Note} note */
  #show(note) {
    const known = this.#notes.some(({ id }) => id === note.id);
    this.#notes = known ? this.#notes.map((each) => (each.id === note.id ? note : each)) : fewer([...this.#notes, note]);
    this.emit("note", note);
  }
}

/** Where there are too many, the oldest of whoever sent most is let go: a flood pushes out itself. @param {Note[]} notes */
function fewer(notes) {
  if (notes.length <= KEPT) return notes;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { peer } of notes) counts.set(peer, (counts.get(peer) ?? 0) + 1);
  const [most] = [...counts].reduce((one, other) => (other[1] > one[1] ? other : one));
  const oldest = notes.findIndex(({ peer }) => peer === most);
  return notes.filter((_, at) => at !== oldest);
}
