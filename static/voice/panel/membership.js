// @ts-check
// What the room's owner may do about a person: the page's own forms where it has them, else removal by the room.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";

/** @type {import("./person-rows.js").MakePersonPart} */
export function membership(room, _store, { self, peer, user }) {
  if (self) return null;
  const element = make("div", { className: "acts", hidden: true });
  /** What is shown now: the page's forms, the room's own button (and whether that asks for the links), or nothing. @type {Element|"own"|"asks"|null} */
  let shown = null;
  return {
    element,
    update({ name }) {
      const owner = room.people.some((one) => one.self && one.role === "owner");
      const forms = document.querySelector(`[data-member="${CSS.escape(user)}"] .acts`);
      const own = room.keepsLinks ? "asks" : "own";
      const wanted = forms ?? (owner ? own : null);
      // A sentence that is being read, or has the focus, stays; in Safari a click gives none.
      if (wanted === shown || element.contains(document.activeElement) || element.querySelector("details[open]")) return;
      shown = wanted;
      element.hidden = wanted === null;
      if (forms) element.replaceChildren(...[...forms.children].map((form) => form.cloneNode(true)));
      else element.replaceChildren(...(owner ? [removal(room, peer, name, { asks: room.keepsLinks })] : []));
    },
  };
}

/**
 * Removing asks once more, and for the open links, as the page's form does; a server of before ends them, which is said.
 * @param {import("./panel-view.js").VoiceRoomInterface} room @param {string} peer @param {string} name @param {{asks: boolean}} how
 */
function removal(room, peer, name, { asks }) {
  const links = make("input", { type: "checkbox", checked: true });
  const remove = () => room.remove(peer, { links: links.checked });
  const button = make("button", { type: "button", className: "danger", onclick: remove }, phrase("row.remove-who", { name }));
  const sure = asks ? phrase("row.remove-sure", { name }) : phrase("row.remove-sure-links", { name });
  const choice = asks ? [make("label", { className: "check" }, links, phrase("row.with-links"))] : [];
  return make("details", { className: "sure" }, make("summary", { textContent: phrase("row.remove") }), make("div", {}, make("p", { textContent: sure }), ...choice, button));
}
