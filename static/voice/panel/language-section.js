// @ts-check
// The settings' section about the language: kept by the server's cookie, for a page in a call stays as it is.

import { make } from "../../dom.js";
import { BASE } from "../base.js";
import { LANGUAGE, LANGUAGES, phrase } from "../phrase.js";

/** @type {import("./sections.js").MakeSection} */
export function languageSection(_room, _store, closed) {
  const select = make("select", { id: "id_language" }, ...LANGUAGES.map(({ tag, name }) => make("option", { value: tag, textContent: name, lang: tag })));
  select.value = LANGUAGE.tag;
  const said = make("p", { className: "small" });
  said.setAttribute("role", "status");
  select.onchange = async () => {
    const body = new URLSearchParams({ language: select.value });
    const how = { method: "POST", body, headers: { Accept: "application/json" }, signal: closed };
    const kept = await fetch(`${BASE}/language`, how).then(({ ok }) => ok, () => false);
    said.textContent = kept ? phrase("language.later") : phrase("language.failed");
  };
  return make("section", { hidden: LANGUAGES.length < 2 },
    make("h3", {}, make("label", { htmlFor: select.id, textContent: phrase("language") })), make("div", { className: "fields" }, select, said));
}
