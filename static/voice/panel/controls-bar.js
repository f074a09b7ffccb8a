// @ts-check
// Owns the bar of controls that is always in reach.

import { make, picture } from "../../dom.js";
import { VIEWS } from "./views.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

export class ControlsBar {
  mute = button("mic", "Mute");
  deafen = button("ear", "Deafen");
  settings = button("sliders", "Settings");
  leave = button("gone", "Leave");
  /** Where push-to-talk has its button. */
  talk = make("div", { className: "talk", hidden: true });
  element;
  #room;

  /**
   * @param {VoiceRoomInterface} room @param {import("../store.js").Store} store
   * @param {HTMLElement} stage where the views are shown @param {AbortSignal} over
   */
  constructor(room, store, stage, over) {
    this.#room = room;
    this.mute.onclick = () => room.toggleMute();
    this.deafen.onclick = () => room.toggleDeafen();
    this.leave.onclick = () => room.leave();
    this.leave.classList.add("leave");
    const views = VIEWS.map((view) => opener(view, view.make(room, store, over), stage));
    this.element = make("div", { className: "call-bar" },
      this.talk, this.mute, this.deafen, ...views, this.settings, this.leave);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Call");
    this.update();
  }

  update() {
    this.mute.setAttribute("aria-pressed", String(this.#room.muted));
    this.deafen.setAttribute("aria-pressed", String(this.#room.deafened));
  }
}

/** @param {import("../../dom.js").IconName} icon @param {string} label */
function button(icon, label) {
  return make("button", { type: "button" }, picture(icon), make("span", { textContent: label }));
}

/** @param {import("./views.js").View} view @param {HTMLElement} element @param {HTMLElement} stage */
function opener({ name, label, icon }, element, stage) {
  const open = button(icon, label);
  const mark = make("span", { className: "unread", hidden: true });
  open.append(mark);
  element.hidden = true;
  element.id ||= `id_view_${name}`;
  open.setAttribute("aria-expanded", "false");
  open.setAttribute("aria-controls", element.id);
  stage.append(element);
  open.onclick = () => {
    element.hidden = !element.hidden;
    open.setAttribute("aria-expanded", String(!element.hidden));
    element.dispatchEvent(new Event(element.hidden ? "hidden" : "shown"));
  };
  element.addEventListener("unread", (event) => {
    const count = /** @type {CustomEvent<number>} */ (event).detail;
    mark.hidden = count === 0;
    mark.textContent = count > 9 ? "9+" : String(count);
    mark.append(make("span", { className: "visually-hidden", textContent: " unread" }));
  });
  return open;
}
