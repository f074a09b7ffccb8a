// @ts-check
// A person's detail about the path to them: one sentence, and the figures for whoever wants them. About oneself it is what all paths have in common.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { percent } from "../session/path-words.js";
import { setText } from "./text.js";

/** @typedef {import("../session/path-words.js").Received} Received */

/** While they are looked at, figures are as new as this many ms. */
const EVERY = 2000;

/** @type {import("./person-rows.js").MakePersonPart} */
export function pathPart(room, _store, { self, peer }) {
  if (self) return ownPath();
  const sentence = make("p", { className: "path-words" });
  const table = make("table", {});
  const figures = make("details", { className: "figures" }, make("summary", { textContent: phrase("figures") }), table);
  const element = make("div", { className: "path", tabIndex: -1 }, sentence, figures);
  let name = "";
  let doing = "";
  /** @type {any} */
  let timer = null;
  const show = () => {
    const path = room.path(peer);
    setText(sentence, path?.words ?? (doing ? phrase("figures.none-but", { name, doing }) : phrase("figures.none", { name })));
    element.dataset.path = path?.word ?? "connecting";
    figures.hidden = path === null;
    if (path && figures.open) table.replaceChildren(...rowsOf(path, name));
  };
  figures.ontoggle = () => {
    clearInterval(timer);
    // Nobody looks at what was taken out of the page.
    timer = figures.open ? setInterval(() => (element.isConnected ? show() : clearInterval(timer)), EVERY) : null;
    show();
  };
  return {
    element,
    update(person) {
      ({ name, doing } = person);
      show();
    },
  };
}

/** Only where every path is weak. @returns {import("./person-rows.js").PersonPart} */
function ownPath() {
  const element = make("p", { className: "path", tabIndex: -1, hidden: true });
  element.dataset.path = "weak";
  return {
    element,
    update({ weak }) {
      // Who reads it isn't interrupted where it gets better.
      element.hidden = !weak && element !== document.activeElement;
      setText(element, element.hidden ? "" : phrase("row.weak-why"));
    },
  };
}

/** @param {import("../session/path-words.js").Path} path @param {string} name */
function rowsOf({ path, rtt, from, to }, name) {
  const unknown = phrase("figures.unknown");
  const head = make("tr", {}, make("td"), make("th", { scope: "col", textContent: phrase("figures.inward", { name }) }), make("th", { scope: "col", textContent: phrase("figures.outward", { name }) }));
  const row = (/** @type {string} */ title, /** @type {string[]} */ ...cells) => make("tr", {}, make("th", { scope: "row", textContent: title }),
    ...cells.map((textContent) => make("td", { textContent, colSpan: 3 - cells.length })));
  const both = (/** @type {string} */ title, /** @type {(end: Received) => string|null} */ read) =>
    row(title, read(from) ?? unknown, (to && read(to)) ?? unknown);
  return [head,
    row(phrase("figures.path"), path === null ? unknown : path === "relay" ? phrase("figures.relay") : phrase("figures.direct")),
    row(phrase("figures.rtt"), rtt === null ? unknown : phrase("figures.ms", { number: rtt })),
    both(phrase("figures.loss"), ({ loss }) => loss === null ? null : percent(loss)),
    both(phrase("figures.concealed"), ({ concealed }) => concealed === null ? null : percent(concealed)),
    both(phrase("figures.jitter"), ({ jitter }) => jitter === null ? null : phrase("figures.ms", { number: jitter })),
    both(phrase("figures.bitrate"), ({ bitrate }) => bitrate === null ? null : phrase("figures.kbit", { number: bitrate })),
    both(phrase("figures.redundancy"), ({ redundancy }) => redundancy === null ? null : redundancy ? phrase("figures.yes") : phrase("figures.no")),
  ];
}
