// @ts-check
// A person's detail about the path to them: one sentence, and the figures for whoever wants them.

import { make } from "../../dom.js";
import { percent } from "../session/path-words.js";
import { setText } from "./text.js";

/** @typedef {import("../session/path-words.js").Received} Received */

/** While they are looked at, figures are as new as this many ms. */
const EVERY = 2000;

/** @type {import("./person-rows.js").MakePersonPart} */
export function pathPart(room, _store, { self, peer }) {
  if (self) return null;
  const sentence = make("p", { className: "path-words" });
  const table = make("table", {});
  const figures = make("details", { className: "figures" }, make("summary", { textContent: "Figures" }), table);
  const element = make("div", { className: "path", tabIndex: -1 }, sentence, figures);
  let name = "";
  let doing = "";
  /** @type {any} */
  let timer = null;
  const show = () => {
    const path = room.path(peer);
    setText(sentence, path?.words ?? `There is no connection with ${name} yet${doing && `: ${doing}`}.`);
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

/** @param {import("../session/path-words.js").Path} path @param {string} name */
function rowsOf({ path, rtt, from, to }, name) {
  const head = make("tr", {}, make("td"), make("th", { scope: "col", textContent: `${name} to you` }), make("th", { scope: "col", textContent: `You to ${name}` }));
  const row = (/** @type {string} */ title, /** @type {string[]} */ ...cells) => make("tr", {}, make("th", { scope: "row", textContent: title }),
    ...cells.map((textContent) => make("td", { textContent, colSpan: 3 - cells.length })));
  const both = (/** @type {string} */ title, /** @type {(end: Received) => string|null} */ read) =>
    row(title, read(from) ?? "not known", (to && read(to)) ?? "not known");
  return [head,
    row("Path", path === null ? "not known" : path === "relay" ? "through the relay" : "direct"),
    row("There and back", rtt === null ? "not known" : `${rtt} ms`),
    both("Lost on the way", ({ loss }) => loss === null ? null : percent(loss)),
    both("Made up for", ({ concealed }) => concealed === null ? null : percent(concealed)),
    both("Unevenness", ({ jitter }) => jitter === null ? null : `${jitter} ms`),
    both("Bitrate", ({ bitrate }) => bitrate === null ? null : `${bitrate} kbit/s`),
    both("Sent twice", ({ redundancy }) => redundancy === null ? null : redundancy ? "yes" : "no"),
  ];
}
