// @ts-check
// What the room's owner may do about a person: the page's own forms where it has them, else removal by the room.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";

/** @type {import("./person-rows.js").MakePersonPart} */
export function membership(room, _store, { self, peer, user }) {
  if (self) return null;
  const element = make("div", { className: "acts", hidden: true });
  /** What is shown now: the page's forms, the room's own button, or nothing. @type {Element|"own"|null} */
  let shown = null;
  return {
    element,
    update({ name }) {
      const owner = room.people.some((one) => one.self && one.role === "owner");
      const forms = document.querySelector(`[data-member="${CSS.escape(user)}"] .acts`);
      const wanted = forms ?? (owner ? "own" : null);
      // A sentence that is being read, or has the focus, stays.
      if (wanted === shown || element.contains(document.activeElement)) return;
      shown = wanted;
      element.hidden = wanted === null;
      if (forms) element.replaceChildren(...[...forms.children].map((form) => form.cloneNode(true)));
      else element.replaceChildren(...(owner ? [removal(room, peer, name)] : []));
    },
  };
}

/** Removing asks once more. @param {import("./panel-view.js").VoiceRoomInterface} room @param {string} peer @param {string} name */
function removal(room, peer, name) {
  const button = make("button", { type: "button", className: "danger", onclick: () => room.remove(peer) }, phrase("row.remove-who", { name }));
  const sentence = make("p", { textContent: phrase("row.remove-sure", { name }) });
  return make("details", { className: "sure" }, make("summary", { textContent: phrase("row.remove") }), make("div", {}, sentence, button));
}
