// @ts-check
// A person's detail about the safety code: whether it was compared with them, by the key of their browser, and still holds, or is in doubt.

import { make } from "../../dom.js";
import { keyWords } from "./panel-view.js";
import { setText } from "./text.js";

/** @type {import("./person-rows.js").MakePersonPart} */
export function comparedPart(room, _store, { self, peer }) {
  if (self) return null;
  const element = make("p", { className: "compared", hidden: true });
  return {
    element,
    update() {
      setText(element, keyWords(peer, room.safety));
      element.hidden = element.textContent === "";
    },
  };
}
