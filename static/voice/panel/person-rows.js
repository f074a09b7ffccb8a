// @ts-check
// The one list of what a person's details hold, from top to bottom.

import { membership } from "./membership.js";
import { volumePart } from "./volume-part.js";

/** @typedef {import("./panel-view.js").Person} Person */
/**
 * `element.hidden` says that there is nothing to show for this person now; `update` is called with each change of the person.
 * @typedef {{element: HTMLElement, update?: (person: Person) => void}} PersonPart
 */
/**
 * null: nothing for this person, ever (oneself, perhaps).
 * @typedef {(room: import("./panel-view.js").VoiceRoomInterface, store: import("../store.js").Store, person: Person) => PersonPart|null} MakePersonPart
 */

/** @type {readonly MakePersonPart[]} */
export const PERSON_ROWS = [volumePart, membership];
