// @ts-check
// A person's detail about the safety code: whether it was compared with them, by the key of their browser.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";

/** @type {import("./person-rows.js").MakePersonPart} */
export function comparedPart(room, _store, { self, peer }) {
  if (self) return null;
  const element = make("p", { className: "compared", hidden: true, textContent: phrase("row.compared") });
  return {
    element,
    update() {
      element.hidden = room.safety?.compared.includes(peer) !== true;
    },
  };
}
