// @ts-check
// The view of notes: lines that went from browser to browser in this call, and a field for the next one.

import { make } from "../../dom.js";
import { timeOf } from "../../phrases.js";
import { phrase } from "../phrase.js";
import { NOTE_LENGTH, noteParts } from "../session/note-text.js";
import { LOCALE } from "./locale.js";
import { tagOf } from "./text.js";

/** @typedef {import("../session/notes.js").Note} Note */
/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

/** So near its end a list is read to the end, in CSS pixels. */
const NEAR = 40;

/** @type {import("./views.js").View} */
export const NOTES_VIEW = { name: "notes", label: phrase("notes"), icon: "note", make: notesView };

/** @type {import("./views.js").View["make"]} */
function notesView(room, _store, over) {
  const list = make("ul", { className: "lines" });
  const field = make("input", { type: "text", name: "note", autocomplete: "off", enterKeyHint: "send" });
  const trouble = make("p", { className: "trouble", hidden: true });
  trouble.setAttribute("role", "alert");
  const form = make("form", { className: "inline" },
    make("p", {}, make("label", {}, phrase("notes.field"), field)), make("button", { type: "submit", textContent: phrase("notes.send") }), trouble);
  const element = make("section", { className: "notes" }, make("h3", { textContent: phrase("notes") }), make("p", { className: "quiet", textContent: phrase("notes.about") }), list, form);
  element.setAttribute("aria-label", phrase("notes"));
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map();
  let unread = 0;
  const tell = (/** @type {number} */ count) => {
    unread = count;
    element.dispatchEvent(new CustomEvent("unread", { detail: count }));
  };

  form.onsubmit = (event) => {
    event.preventDefault();
    const long = [...field.value.trim()].length > NOTE_LENGTH;
    trouble.hidden = !long;
    trouble.textContent = long ? phrase("notes.too-long", { count: NOTE_LENGTH }) : "";
    if (!long && room.sendNote(field.value)) field.value = "";
    field.focus();
  };
  field.onkeydown = ({ key, isComposing }) => {
    // The way back for who came by the keyboard; half a note stays in the field.
    const opener = /** @type {HTMLElement|null} */ (document.querySelector(`[aria-controls="${element.id}"]`));
    if (key !== "Escape" || isComposing || !opener) return;
    opener.focus();
    opener.click();
  };
  element.addEventListener("shown", () => {
    tell(0);
    field.focus();
    list.scrollTop = list.scrollHeight;
  }, { signal: over });
  const show = (/** @type {Note} */ note) => {
    const known = rows.get(note.id);
    const row = rowOf(note);
    rows.set(note.id, row);
    if (known) return known.replaceWith(row);
    // Who reads earlier ones goes on reading; and the page itself never moves.
    const follows = note.self || list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    list.append(row);
    // The room keeps as many: what it let go of is not shown either.
    const kept = new Set(room.notes.map(({ id }) => id));
    for (const [id, each] of rows) {
      if (kept.has(id)) continue;
      each.remove();
      rows.delete(id);
    }
    if (element.hidden) tell(note.self ? unread : unread + 1);
    else if (follows) list.scrollTop = list.scrollHeight;
  };
  room.addEventListener("note", (event) => show(/** @type {CustomEvent<Note>} */ (event).detail), { signal: over });
  // Those that were quicker than the panel, once whoever counts the unread is there.
  queueMicrotask(() => room.notes.forEach(show));
  return element;
}

/** @param {Note} note */
function rowOf({ name, alike, self, text, at, trouble }) {
  const time = new Date(at);
  const words = make("span", { className: "words", dir: "auto" }, ...noteParts(text).map(({ text: part, href }) => (href === null ? part
    : make("a", { href, dir: "ltr", textContent: part, rel: "noopener noreferrer", target: "_blank", title: href }))));
  return make("li", { className: self ? "own" : "" },
    make("span", { className: "name", dir: "auto", textContent: self ? phrase("notes.you") : name }), " ",
    ...(alike ? [tagOf(phrase("row.alike"), "tag warn"), " "] : []),
    make("time", { dateTime: time.toISOString(), textContent: timeOf(at, LOCALE) }),
    words, ...(trouble ? [make("p", { className: "trouble", textContent: trouble })] : []));
}
