// @ts-check
// A person's detail about the safety code: whether it was compared with them, by the key of their browser, and still holds.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { setText } from "./text.js";

/** @type {import("./person-rows.js").MakePersonPart} */
export function comparedPart(room, _store, { self, peer }) {
  if (self) return null;
  const element = make("p", { className: "compared", hidden: true });
  return {
    element,
    update() {
      const { compared = [], anotherKey = [] } = room.safety ?? {};
      setText(element, compared.includes(peer) ? phrase("row.compared") : anotherKey.includes(peer) ? phrase("row.another-key") : "");
      element.hidden = element.textContent === "";
    },
  };
}
