// @ts-check
// Owns what the voice button says and shows from joining a room to its end.

import { phrase } from "../phrase.js";
import { SHUT } from "../signaling/codes.js";
import { LISTEN_ONLY, ofTheDevice } from "../store.js";
import { Early } from "./early.js";
import { tell } from "./live.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/** @typedef {[typeof import("../../voice-mesh.js"), typeof import("./button.js"), typeof import("./panel.js")]} Modules */
/** @typedef {{hint?: HTMLElement|null, live?: HTMLElement|null, panel?: HTMLElement|null, modules?: () => Promise<Modules>, words?: Record<string, string>, reached?: () => Promise<boolean>, reload?: () => boolean}} Page */

/** Whether another click could not get in either. @param {unknown} code of a room's "state" */
export const isShut = (code) => SHUT.includes(Number(code));

const part = (/** @type {string} */ id) => globalThis.document?.getElementById(id);
const box = () => /** @type {HTMLInputElement|null|undefined} */ (part("id_listen_only"));

/** Show beside the button whether this device listens only; from then on what the box says counts. */
export function showListening(listen = box(), store = ofTheDevice()) {
  if (!listen || listen.dataset.known !== undefined) return;
  // A hand may have been quicker.
  listen.checked ||= store.get(LISTEN_ONLY, false);
  listen.dataset.known = "";
}

/** Voice is loaded, and nobody clicked yet. @param {Pick<Modules[0], "prepareSounds">} mesh */
export function ready({ prepareSounds }) {
  showListening();
  prepareSounds();
}

export class VoiceButton {
  /** @type {VoiceRoomInterface|null} the room being joined or joined */
  room = null;
  #button;
  #label;
  #before;
  #show;
  #live;
  #panel;
  #modules;
  #store = ofTheDevice();
  #listen = box();
  /** What was begun at the last click, and goes on without it. @type {{undrawn: AbortController, early: Early, keys: import("./call-keys.js").CallKeys}|null} */
  #begun = null;
  /** Whether the call's first picture waits for its links. */
  #waits = false;
  /** Whoever leaves and joins again on this page still knows the keys of those who stayed. */
  #compared;

  /**
   * @param {HTMLElement} button
   * @param {{show: (words: string) => void, live: Page["live"], panel: Page["panel"]}} page
   *   show: beside the button; live: what is read out, from the click to after the end
   * @param {Modules} modules
   */
  constructor(button, { show, live, panel }, [{ ComparedKeys, VoiceRoom }, , { CallKeys, VoicePanel }]) {
    this.#button = button;
    this.#label = button.querySelector("span") ?? button;
    this.#before = this.#label.textContent;
    this.#show = show;
    this.#live = live;
    this.#panel = panel;
    this.#modules = { CallKeys, VoiceRoom, VoicePanel };
    this.#compared = new ComparedKeys();
  }

  /** Join the room that the button names. Resolves when joined, which is shown with the links, or refused. @param {readonly KeyboardEvent[]} [pressed] since the click */
  async join(pressed = []) {
    const { roomId = "", name = "" } = this.#button.dataset;
    const room = new this.#modules.VoiceRoom(roomId, { name, store: this.#store, compared: this.#compared });
    this.#button.setAttribute("aria-busy", "true");
    for (const event of ["muted", "deafened", "microphone"]) room.addEventListener(event, () => this.#showMuted(room));
    room.addEventListener("announce", (event) => this.room === room && this.#tell(/** @type {CustomEvent} */ (event).detail));
    room.addEventListener("state", (event) => this.#showState(room, /** @type {CustomEvent} */ (event).detail));
    // Beside the button one can choose to listen only; choosing a microphone later ends that.
    const listen = this.#listen;
    if (listen && (listen.checked || listen.dataset.known !== undefined)) room.devices.chooseListening(listen.checked);
    this.room = room;
    this.#button.dispatchEvent(new CustomEvent("meshvoice:room", { bubbles: true, detail: { room } }));
    try {
      const joining = room.join();
      if (this.room === room) {
        this.#take(room);
        for (const event of pressed) this.#begun?.keys.hear(event);
      }
      await joining;
    } catch (error) {
      const { code, message } = /** @type {{code: unknown, message: string}} */ (error);
      // It ended without telling so by its state: nothing would end the panel.
      if (this.room === room) this.#drop();
      this.#end(room, code, message);
    }
  }

  /** @param {VoiceRoomInterface} room */
  #take(room) {
    this.room = room;
    // One that ended before its panel was drawn has no say any more.
    this.#drop();
    const panel = this.#panel;
    if (!panel) return;
    const { CallKeys, VoicePanel } = this.#modules;
    const early = new Early(room);
    const keys = new CallKeys(room, this.#store);
    const undrawn = new AbortController();
    // The first links' messages don't wait for it: six pages that draw make each other late.
    room.addEventListener("settled", () => {
      this.#waits = false;
      if (room.state !== "joining") this.#showJoined(room);
      new VoicePanel(panel, room, this.#store, early.take(), keys, this.#live);
    }, { once: true, signal: undrawn.signal });
    this.#begun = { undrawn, early, keys };
    this.#waits = true;
  }

  /** A panel that isn't drawn yet never will be. */
  #drop() {
    this.#begun?.undrawn.abort();
    this.#begun?.early.take();
    this.#begun?.keys.close();
    this.#begun = null;
    this.#waits = false;
  }

  /** @param {VoiceRoomInterface} room @param {{state: string, code?: unknown, words: string}} detail */
  #showState(room, { state, code, words }) {
    // A page that the back button brings back as it was joins by itself the room that it had left.
    if (state === "joining" && !this.room) {
      this.#take(room);
      this.#button.setAttribute("aria-busy", "true");
    }
    if (state === "joined") this.#showJoined(room);
    if (state === "left" || state === "refused") this.#end(room, code, words);
  }

  /** @param {VoiceRoomInterface} room */
  #showJoined(room) {
    if (this.room !== room || this.#waits) return;
    this.#button.removeAttribute("aria-busy");
    this.#label.textContent = phrase("bar.mute");
    this.#showMuted(room);
  }

  /** @param {VoiceRoomInterface} room */
  #showMuted(room) {
    if (this.room !== room || room.state === "joining" || this.#waits) return;
    this.#button.setAttribute("aria-pressed", String(room.silent));
    // What is only shown here the call tells by itself, where the control does not.
    if (room.deafened) this.#show(phrase("bar.deafened"));
    // What there is with the microphone, the panel says.
    else this.#show(room.muted ? phrase("bar.vain") : "");
  }

  /** @param {VoiceRoomInterface} room @param {unknown} code @param {string} words */
  #end(room, code, words) {
    if (this.room !== room) return;
    this.room = null;
    this.#waits = false;
    this.#begun?.keys.close();
    this.#button.removeAttribute("aria-busy");
    if (this.#listen) this.#listen.checked = room.devices.listenOnly;
    this.#label.textContent = this.#before;
    this.#button.removeAttribute("aria-pressed");
    this.#button.removeAttribute("aria-keyshortcuts");
    if (isShut(code)) {
      this.#button.classList.remove("active");
      delete this.#button.dataset.roomId;
      this.#button.dataset.hint = words;
    }
    this.#show(words);
    this.#tell(words);
  }

  /** @param {string} words */
  #tell(words) {
    if (this.#live) tell(this.#live, words);
  }
}
