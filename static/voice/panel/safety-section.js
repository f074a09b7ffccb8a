// @ts-check
// The settings' section with the safety code: six pictures to compare by voice, and what speaks against them.

import { make } from "../../dom.js";

/** @typedef {import("../session/safety.js").Safety} Safety */

const ABOUT = "Voices are encrypted from browser to browser. Whoever relays the connection could still sit in between. One of you "
  + "reads these words aloud, and everyone looks whether theirs are the same, in the same order.";
const DIFFERENT = "Then somebody may be in between. Say nothing here that is for certain ears only, and reach each other in another way: "
  + "whoever runs this server, or broke into it, could do this.";

/** @type {import("./sections.js").MakeSection} */
export function safetySection(room, _store, closed) {
  const words = make("ol", { className: "safety-code" });
  const state = make("p", {});
  const trouble = make("p", { className: "note bad", hidden: true });
  const compared = make("p", { className: "quiet", hidden: true });
  const same = make("button", { type: "button", textContent: "They are the same" });
  const differ = make("button", { type: "button", textContent: "They differ" });
  const acts = make("div", { className: "actions" }, same, differ);
  const answer = make("p", { className: "note bad", hidden: true, textContent: DIFFERENT });
  answer.setAttribute("role", "alert");
  same.onclick = () => {
    answer.hidden = true;
    room.compare();
  };
  differ.onclick = () => { answer.hidden = false; };
  const show = () => {
    const safety = room.safety;
    const code = safety?.words ?? null;
    const shown = code?.map(({ name }) => name).join() ?? "";
    if (words.dataset.words !== shown) {
      words.dataset.words = shown;
      answer.hidden = true;
      words.replaceChildren(...(code ?? []).map(({ emoji, name }) => make("li", {},
        make("span", { className: "emoji", ariaHidden: "true", textContent: emoji }), make("span", { textContent: name }))));
    }
    words.hidden = acts.hidden = code === null;
    state.textContent = stateOf(safety);
    trouble.textContent = safety?.trouble ?? "";
    trouble.hidden = trouble.textContent === "";
    const names = room.people.filter(({ peer }) => safety?.compared.includes(peer)).map(({ name }) => name);
    compared.hidden = names.length === 0;
    compared.textContent = `Compared with: ${names.join(", ")}.`;
  };
  room.addEventListener("safety", show, { signal: closed });
  show();
  return make("section", { className: "safety" }, make("h3", { textContent: "Safety code" }), make("p", { className: "quiet", textContent: ABOUT }),
    trouble, words, state, compared, acts, answer);
}

/** @param {Safety|null} safety */
function stateOf(safety) {
  const { words = null, included = [], missing = [] } = safety ?? {};
  if (words === null && included.length + missing.length === 0) return "You are alone: there is nothing to compare yet.";
  if (words === null) return "The code is being agreed on.";
  const without = missing.length > 0 ? ` Without: ${missing.join(", ")}; their browsers take no part, or not yet.` : "";
  return `For you and ${included.join(", ")}.${without}`;
}
