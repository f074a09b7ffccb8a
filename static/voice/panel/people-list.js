// @ts-check
// Owns the list of those in voice, and keeps it one with the page's own list of those who aren't.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { ListRefresh } from "./list-refresh.js";
import { PersonRow } from "./person-row.js";

/** @typedef {import("./panel-view.js").Person} Person */

export class PeopleList {
  element = make("ul", { className: "people" });
  /** @type {Map<string, PersonRow>} */
  #rows = new Map();
  #lists;
  /** @type {readonly Person[]} */
  #people = [];
  #room;
  #store;
  #elsewhere;

  /**
   * @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store
   * @param {HTMLElement} elsewhere takes the focus of a row that goes
   * @param {AbortSignal} over
   */
  constructor(room, store, elsewhere, over) {
    // Where lists lie inside no box of their own, a browser forgets that they are lists.
    this.element.setAttribute("role", "list");
    this.element.setAttribute("aria-label", phrase("panel.title"));
    this.#lists = new ListRefresh(over);
    this.#room = room;
    this.#store = store;
    this.#elsewhere = elsewhere;
    document.addEventListener("meshvoice:part", () => this.update(this.#people), { signal: over });
  }

  /** @param {readonly Person[]} people */
  update(people) {
    this.#people = people;
    this.#lists.update(people);
    const here = new Set(people.map(({ peer }) => peer));
    for (const [peer, { element }] of this.#rows) {
      if (here.has(peer)) continue;
      if (element.contains(document.activeElement)) this.#elsewhere.focus({ preventScroll: true });
      element.remove();
      this.#rows.delete(peer);
    }
    people.forEach((person, at) => {
      const row = this.#rows.get(person.peer);
      row?.update(person);
      const { element } = row ?? this.#add(person);
      // Only a row out of its place is moved: moving the one that has the focus would lose it.
      if (this.element.children[at] !== element) this.element.insertBefore(element, this.element.children[at] ?? null);
    });
    this.#showMembers(new Map(people.map(({ user, peer }) => [user, peer])));
  }

  end() {
    this.update([]);
    this.element.remove();
  }

  /** @param {Person} person */
  #add(person) {
    const row = new PersonRow(this.#room, this.#store, person);
    this.#rows.set(person.peer, row);
    return row;
  }

  /** The page lists whoever may come in; who is in voice stands above, and not twice. @param {ReadonlyMap<string, string>} inVoice peers by user */
  #showMembers(inVoice) {
    for (const member of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-member]"))) {
      const peer = inVoice.get(member.dataset.member ?? "");
      const held = member.contains(document.activeElement);
      member.hidden = peer !== undefined;
      // The same person's row is where one goes on.
      if (held && peer !== undefined) (this.#rows.get(peer)?.element.querySelector("summary") ?? this.#elsewhere).focus({ preventScroll: true });
    }
  }
}
