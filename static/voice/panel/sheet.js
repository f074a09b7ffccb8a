// @ts-check
// Owns a sheet: a dialog over the page that Escape, its button and a tap beside it close, and that gives the focus back.

import { make, picture } from "../../dom.js";

let made = 0;

/** @param {string} title @param {string} away  what its button is called @param {readonly (Node|string)[]} content @param {AbortSignal} over closes it, too */
export function openSheet(title, away, content, over) {
  const id = `id_sheet_${++made}`;
  const heading = make("h2", { id, textContent: title });
  const close = make("button", { type: "button", className: "close", ariaLabel: away }, picture("cross"));
  const dialog = make("dialog", { className: "sheet" }, make("div", {}, make("header", {}, heading, close), ...content));
  dialog.setAttribute("aria-labelledby", id);
  close.onclick = () => dialog.close();
  // What isn't in the sheet's one child is the ground beside it. A drag that begins in the sheet may end there, and is no tap.
  let beside = false;
  dialog.onpointerdown = ({ target }) => {
    beside = target === dialog;
  };
  dialog.onclick = ({ target }) => {
    if (beside && target === dialog) dialog.close();
  };
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  over.addEventListener("abort", () => dialog.close(), { once: true });
  return dialog;
}
