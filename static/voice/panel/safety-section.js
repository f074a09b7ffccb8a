// @ts-check
// The settings' section with the safety code: six pictures to compare by voice, and what speaks against them.

import { make } from "../../dom.js";
import { list, phrase } from "../phrase.js";
import { MeantWords } from "./meant-words.js";

/** @typedef {import("../session/safety.js").Safety} Safety */

/** @type {import("./sections.js").MakeSection} */
export function safetySection(room, _store, closed) {
  const words = make("ol", { className: "safety-code" });
  const state = make("p", {});
  const trouble = make("p", { className: "note bad", hidden: true });
  const compared = make("p", { className: "quiet", hidden: true });
  const another = make("p", { className: "note", hidden: true });
  const same = make("button", { type: "button", textContent: phrase("safety.same") });
  const differ = make("button", { type: "button", textContent: phrase("safety.differ") });
  const acts = make("div", { className: "actions" }, same, differ);
  const answer = make("p", { className: "note bad", hidden: true, textContent: phrase("safety.different") });
  answer.setAttribute("role", "alert");
  const renewed = make("p", { className: "note", hidden: true, textContent: phrase("safety.renewed") });
  renewed.setAttribute("role", "status");
  const meant = new MeantWords();
  same.onclick = () => {
    answer.hidden = true;
    renewed.hidden = room.compare(meant.at(performance.now()));
  };
  differ.onclick = () => { answer.hidden = false; };
  const show = () => {
    const safety = room.safety;
    const code = safety?.words ?? null;
    const shown = code?.map(({ name }) => name).join() ?? "";
    if (meant.show(code, performance.now())) renewed.hidden = false;
    if (words.dataset.words !== shown) {
      words.dataset.words = shown;
      answer.hidden = true;
      words.replaceChildren(...(code ?? []).map(({ emoji, name }) => make("li", {},
        make("span", { className: "emoji", ariaHidden: "true", textContent: emoji }), make("span", { textContent: name }))));
    }
    words.hidden = acts.hidden = code === null;
    if (code === null) renewed.hidden = true;
    state.textContent = stateOf(safety);
    trouble.textContent = safety?.trouble ?? "";
    trouble.hidden = trouble.textContent === "";
    // Somebody in between may keep a code from ever coming about: then nothing is promised.
    state.hidden = code === null && !trouble.hidden;
    const named = (/** @type {HTMLElement} */ line, /** @type {string[]} */ peers, /** @type {(of: {names: string}) => string} */ words) => {
      const names = room.people.filter(({ peer }) => peers.includes(peer)).map(({ name }) => name);
      line.hidden = names.length === 0;
      line.textContent = words({ names: list(names) });
    };
    named(compared, safety?.compared ?? [], (of) => phrase("safety.compared", of));
    named(another, safety?.anotherKey ?? [], (of) => phrase("safety.another-key", of));
  };
  room.addEventListener("safety", show, { signal: closed });
  show();
  return make("section", { className: "safety" }, make("h3", { textContent: phrase("safety") }), make("p", { className: "quiet", textContent: phrase("safety.about") }),
    trouble, another, renewed, words, state, compared, acts, answer);
}

/** @param {Safety|null} safety */
function stateOf(safety) {
  const { words = null, included = [], missing = [] } = safety ?? {};
  if (words === null && included.length + missing.length === 0) return phrase("safety.alone");
  if (words === null) return phrase("safety.agreeing");
  const names = list([phrase("safety.you"), ...included]);
  return missing.length > 0 ? phrase("safety.for-without", { names, missing: list(missing) }) : phrase("safety.for", { names });
}
