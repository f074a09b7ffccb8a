// @ts-check
// Owns push-to-talk on a page: its key, its big button, and everything that makes it doubtful that either is held.

import { make, picture } from "../../dom.js";
import { phrase } from "../phrase.js";
import { advanceHold, DEFAULT_KEY, FREE, isModifier, keyName } from "./talk-key.js";
import { setText } from "./text.js";
import { isWriting } from "./writing.js";

/** @typedef {import("./talk-key.js").HoldEvent} HoldEvent */
/** @typedef {import("./talk-key.js").TalkKey} TalkKey */

const LOOKS_EVERY = 250;
/** ms after a key went up on the button within which a click is that key's own. */
const CLICKS_WITHIN = 300;

/** @param {import("../store.js").Store} store @returns {TalkKey} */
export const talkKey = (store) => ({ ...DEFAULT_KEY, ...store.get("talk-key", DEFAULT_KEY) });

export class PushToTalk {
  #label = make("span");
  // For the eye: `aria-keyshortcuts` says it.
  #key = make("kbd", { className: "keys", ariaHidden: "true" });
  element = make("button", { type: "button", className: "push" }, picture("mic"), this.#label, this.#key);
  #hold = FREE;
  /** When a key went up on the button, whether or not it held it. */
  #upAt = -Infinity;
  /** Whether it was a finger that was put on it last. */
  #touches = false;
  /** @type {any} */
  #looking = null;
  #room;
  #store;
  #over;

  /** @param {import("./panel-view.js").VoiceRoomInterface} room @param {import("../store.js").Store} store @param {AbortSignal} over */
  constructor(room, store, over) {
    this.#room = room;
    this.#store = store;
    this.#over = over;
    const first = { signal: over, capture: true };
    document.addEventListener("keydown", (event) => this.#keyDown(event), first);
    document.addEventListener("keyup", (event) => this.#keyUp(event), first);
    const doubt = () => this.#take({ type: "doubt" });
    window.addEventListener("blur", doubt, { signal: over });
    window.addEventListener("pagehide", doubt, { signal: over });
    document.addEventListener("visibilitychange", doubt, first);
    document.addEventListener("contextmenu", (event) => {
      // A long press on a phone asks for the menu of what lies there: here it is a finger that talks.
      if (!this.element.contains(/** @type {Node} */ (event.target))) return doubt();
      event.preventDefault();
      // A mouse's second button is no way to talk, and may take the first one's going up with it.
      if (!this.#touches) this.#take({ type: "lost", by: "pointer" });
    }, first);
    document.addEventListener("compositionstart", doubt, first);
    document.addEventListener("focusin", ({ target }) => {
      if (isWriting(target) || isInDialog(target)) doubt();
    }, first);
    room.addEventListener("talk", () => this.update(), { signal: over });
    store.addEventListener("change", () => this.update(), { signal: over });
    over.addEventListener("abort", () => {
      doubt();
      clearTimeout(this.#looking);
    }, { once: true });
    this.update();
  }

  update() {
    const { mode, toggles, pressed } = this.#room.talk;
    this.element.hidden = mode !== "push";
    const words = toggles ? phrase("push.press") : phrase("push.hold");
    setText(this.#label, words);
    this.element.setAttribute("aria-pressed", String(pressed));
    const { label } = talkKey(this.#store);
    setText(this.#key, keyName(label));
    this.element.title = phrase("push.key", { key: keyName(label) });
    // By the browsers' names for keys (WAI-ARIA 1.2), whatever the page's language.
    this.element.setAttribute("aria-keyshortcuts", label);
    if (mode !== "push" && this.#hold !== FREE) this.#take({ type: "doubt" });
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (this.#room.talk.mode !== "push") return;
    const { code, key, repeat, target } = event;
    if (isModifier(key)) return this.#take({ type: "doubt" });
    const mine = code === talkKey(this.#store).code;
    const presses = !mine && target === this.element && isPress(code);
    if (!mine && !presses) return repeat ? undefined : this.#take({ type: "other" });
    const modified = event.ctrlKey || event.altKey || event.metaKey;
    const sure = !modified && !event.isComposing && !isWriting(target) && !document.querySelector("dialog[open]");
    // Else the page would do with the key what pages do (scroll, press, another shortcut).
    if (sure || presses) event.preventDefault();
    this.#take({ type: "down", by: mine ? "key" : "button", repeat, sure });
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    const { code, target } = event;
    if (code === talkKey(this.#store).code) this.#take({ type: "up", by: "key" });
    if (!isPress(code)) return;
    this.#take({ type: "up", by: "button" });
    if (target !== this.element) return;
    // Firefox clicks when the space bar goes up, whatever became of its going down: that would open what was just let go of.
    event.preventDefault();
    this.#upAt = performance.now();
  }

  /** The button is shown now: a pointer may be put on it. */
  point() {
    const over = this.#over;
    const button = this.element;
    const passing = { signal: over };
    const first = { signal: over, capture: true };
    /** @type {number|null} */
    let finger = null;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      finger = event.pointerId;
      this.#touches = event.pointerType === "touch";
      button.setPointerCapture(finger);
      this.#take({ type: "down", by: "pointer", repeat: false, sure: true });
    }, passing);
    // Wherever it goes up: a capture that is lost before the finger's next move is told by no event.
    document.addEventListener("pointerup", ({ pointerId }) => {
      if (pointerId === finger) this.#take({ type: "up", by: "pointer" });
    }, first);
    // While another button is down, the first one goes up by a move alone (Pointer Events, 5.3: chorded buttons).
    document.addEventListener("pointermove", ({ pointerId, buttons }) => {
      if (pointerId === finger && buttons !== 1) this.#take({ type: "lost", by: "pointer" });
    }, first);
    for (const lost of ["pointercancel", "lostpointercapture"]) {
      document.addEventListener(lost, (event) => {
        if (/** @type {PointerEvent} */ (event).pointerId === finger) this.#take({ type: "lost", by: "pointer" });
      }, first);
    }
    button.addEventListener("blur", () => this.#take({ type: "lost", by: "button" }), passing);
    button.addEventListener("click", ({ detail }) => {
      if (detail !== 0 || performance.now() - this.#upAt < CLICKS_WITHIN) return;
      // Neither finger nor key: an assistive tool clicks, and has no way to hold.
      const { pressed, toggles } = this.#room.talk;
      if (toggles) this.#act(pressed ? "doubt" : "press");
      else this.#take({ type: "click", on: pressed });
    }, passing);
  }

  /** @param {HoldEvent} event */
  #take(event) {
    const { hold, act } = advanceHold(this.#hold, event, performance.now());
    this.#hold = hold;
    this.#act(act);
    clearTimeout(this.#looking);
    if (hold.by) this.#looking = setTimeout(() => this.#take({ type: "tick" }), LOOKS_EVERY);
  }

  /** @param {import("./talk-key.js").HoldAct} act */
  #act(act) {
    const { talk } = this.#room;
    if (act === "press") talk.press();
    if (act === "release") talk.release();
    if (act === "doubt") talk.doubt();
  }
}

/** @param {string} code */
const isPress = (code) => code === "Space" || code === "Enter";

/** @param {EventTarget|null} target */
const isInDialog = (target) => target instanceof Element && target.closest("dialog, [role=dialog]") !== null;
