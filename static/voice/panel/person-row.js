// @ts-check
// Owns one person's row: name, state, and the details that open under it.

import { make, picture, redraw } from "../../dom.js";
import { phrase } from "../phrase.js";
import { rowOf } from "./panel-view.js";
import { PERSON_ROWS } from "./person-rows.js";
import { setText, tagOf } from "./text.js";

/** @typedef {import("./panel-view.js").Person} Person */
/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/** @typedef {import("../store.js").Store} Store */

export class PersonRow {
  #avatar = make("span", { className: "avatar", ariaHidden: "true" });
  // By its own direction: an ellipsis cuts the end of a name, and never its beginning.
  #name = make("span", { className: "full", dir: "auto" });
  #tags = make("span", { className: "tags" });
  #svg = picture("dots");
  #word = make("span");
  #doing = make("span");
  #why = make("button", { type: "button", className: "why", textContent: phrase("row.why"), hidden: true });
  #summary = make("summary", {}, picture("more"));
  #details = make("div");
  #about = make("details", { className: "about" }, this.#summary, this.#details);
  /** What the details hold; none of another's before somebody opens them. @type {import("./person-rows.js").PersonPart[]|null} */
  #rows = null;
  #person;
  #room;
  #store;
  element;

  /** @param {VoiceRoomInterface} room @param {Store} store @param {Person} person */
  constructor(room, store, person) {
    this.#room = room;
    this.#store = store;
    this.#person = person;
    this.#about.ontoggle = () => this.#about.open && this.#fill();
    // Before it opens, where that is known: what it opens to is then its whole height at once.
    this.#summary.onclick = () => this.#fill();
    this.element = make("li", { className: "person" }, this.#avatar,
      make("span", { className: "name" }, this.#name, this.#tags), make("span", { className: "state" }, this.#svg, this.#word),
      make("p", { className: "doing" }, this.#doing, " ", this.#why), this.#about);
    this.#why.onclick = () => this.#explain();
    this.#avatar.classList.add(`hue-${rowOf(person).hue}`);
    this.update(person);
  }

  #explain() {
    this.#fill();
    this.#about.open = true;
    /** @type {HTMLElement|null} */ (this.#about.querySelector(".path"))?.focus();
  }

  /** The details, as they are now. */
  #fill() {
    const person = this.#person;
    if (!this.#rows) {
      this.#rows = PERSON_ROWS.flatMap((makeRow) => makeRow(this.#room, this.#store, person) ?? []);
      this.#details.append(...this.#rows.map(({ element }) => element));
    }
    for (const row of this.#rows) row.update?.(person);
  }

  /** @param {Person} person */
  update(person) {
    this.#person = person;
    const view = rowOf(person, this.#room.safety);
    setText(this.#avatar, view.initial);
    setText(this.#name, person.name);
    // The whole of what an ellipsis may cut.
    if (this.#name.title !== person.name) this.#name.title = person.name;
    const tags = this.#room.volumeOf(person.user).mutedForMe && !person.self ? [...view.tags, phrase("row.muted-for-you")] : view.tags;
    const shown = [...tags, ...view.warnings].join();
    if (this.#tags.dataset.tags !== shown) {
      this.#tags.dataset.tags = shown;
      const marks = [...tags.map((tag) => tagOf(tag, "tag")), ...view.warnings.map((tag) => tagOf(tag, "tag warn"))];
      this.#tags.replaceChildren(...marks.flatMap((mark) => [" ", mark]));
    }
    redraw(this.#svg, view.icon);
    setText(this.#word, view.word);
    setText(this.#doing, view.doing);
    // The focus stays where it was, though the answer came meanwhile.
    const asks = person.self ? person.weak : person.word === "unheard";
    this.#why.hidden = !asks && this.#why !== document.activeElement;
    const question = person.self ? phrase("row.why-weak") : phrase("row.why-who", { name: person.name });
    if (this.#why.ariaLabel !== question) this.#why.ariaLabel = question;
    this.element.dataset.word = person.word;
    this.element.classList.toggle("speaking", view.speaking);
    // What there is about oneself may be nothing at all; else it costs each call what few look at.
    if (person.self || this.#about.open) this.#fill();
    this.#about.hidden = this.#rows !== null && this.#rows.every(({ element }) => element.hidden);
    const label = phrase("row.details", { name: person.name });
    if (this.#summary.ariaLabel !== label) this.#summary.ariaLabel = label;
  }
}
