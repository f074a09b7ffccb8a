// @ts-check
// Owns the notice of those at the door, by the server's word and the page's own list of who may come in, and has the room knock.

import { phrase } from "../phrase.js";
import { atTheDoor } from "../session/words.js";
import { heardAt, lookOutside, readOf, UNSEEN } from "./door.js";

/** @typedef {import("./panel-view.js").Person} Person */

export class DoorNotice {
  #door = UNSEEN;
  /** @type {readonly Person[]} */
  #people = [];
  /** @type {any} */
  #timer = null;
  #room;
  #notices;

  /** @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("./notices.js").Notices} notices @param {AbortSignal} over */
  constructor(room, notices, over) {
    this.#room = room;
    this.#notices = notices;
    // The list that the page came with may be hours old: only what is new after the first look at the server's knocks.
    document.addEventListener("meshvoice:part", () => this.#look(true), { signal: over });
    over.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** @param {readonly Person[]} people */
  update(people) {
    this.#people = people;
    if (this.#door !== UNSEEN) this.#look();
  }

  /** @param {import("./door.js").Member} caller */
  hear(caller) {
    this.#door = heardAt(this.#door, caller, Date.now());
    this.#look();
  }

  /** @param {boolean} [fresh] whether the page's list just came */
  #look(fresh = false) {
    const inVoice = new Set(this.#people.filter(({ word }) => word !== "gone").map(({ user }) => user));
    const { door, knocks, standing, next } = lookOutside(this.#door, { members: members(), inVoice, now: Date.now(), fresh });
    this.#door = door;
    if (knocks.length > 0) this.#room.announce(atTheDoor(knocks.map(nameOf)), "knock");
    if (standing.length > 0) this.#notices.note(atTheDoor(standing.map(nameOf)), "door", () => this.#read());
    else this.#notices.show("door", "");
    clearTimeout(this.#timer);
    this.#timer = next === null ? null : setTimeout(() => this.#look(), next);
  }

  #read() {
    this.#door = readOf(this.#door);
    this.#look();
  }
}

/** The name, marked as on the list where it could be taken for another's. @param {import("./door.js").Caller} caller */
function nameOf({ name, alike }) {
  return alike ? `${name} (${phrase("row.alike")})` : name;
}

/** Whom the page lists. @returns {import("./door.js").Member[]} */
function members() {
  return [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-member]"))].map((row) => ({
    user: row.dataset.member ?? "",
    // The first piece is the name, tags stand behind it.
    name: row.querySelector(".name")?.firstChild?.textContent?.trim() ?? "",
  }));
}
