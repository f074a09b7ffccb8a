// @ts-check
// Owns the bar of controls that is always in reach.

import { make, picture } from "../../dom.js";
import { phrase } from "../phrase.js";
import { VIEWS } from "./views.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

/** Where the count stands in its words. */
const MARK = "\0";

export class ControlsBar {
  mute = button("mic", phrase("bar.mute"));
  deafen = button("ear", phrase("bar.deafen"));
  settings = button("sliders", phrase("bar.settings"));
  leave = button("gone", phrase("bar.leave"));
  #vain = make("p", { className: "vain", hidden: true, textContent: phrase("bar.speaking") });
  element;
  #room;

  /**
   * @param {VoiceRoomInterface} room @param {import("../store.js").Store} store
   * @param {HTMLElement} stage where the views are shown @param {HTMLElement} talk the button of push-to-talk @param {AbortSignal} over
   */
  constructor(room, store, stage, talk, over) {
    this.#room = room;
    this.mute.onclick = () => room.toggleMute();
    this.deafen.onclick = () => room.toggleDeafen();
    this.leave.onclick = () => room.leave();
    this.leave.classList.add("leave");
    const views = VIEWS.map((view) => opener(view, view.make(room, store, over), stage));
    this.element = make("div", { className: "call-bar" }, this.#vain, talk,
      this.mute, this.deafen, ...views, this.settings, this.leave);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", phrase("bar"));
    for (const event of ["muted", "deafened", "talk", "microphone"]) room.addEventListener(event, () => this.update(), { signal: over });
    this.update();
    // What lies under the bar has to be able to come out from under it, however large its letters are.
    const sizes = new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${this.element.offsetHeight}px`));
    // Its border, for a phone's own bar changes the padding alone.
    sizes.observe(this.element, { box: "border-box" });
    over.addEventListener("abort", () => sizes.disconnect(), { once: true });
  }

  update() {
    // Said to screen readers by the live region, and not as often.
    this.#vain.hidden = !this.#room.talk.inVain;
    this.mute.setAttribute("aria-pressed", String(this.#room.silent));
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
    const shown = count > 9 ? "9+" : String(count);
    const [before, after] = phrase("bar.unread", { count: MARK }).split(MARK);
    const hidden = (/** @type {string} */ words) => (words ? [make("span", { className: "visually-hidden", textContent: words })] : []);
    mark.replaceChildren(...hidden(before), shown, ...hidden(after));
  });
  return open;
}
