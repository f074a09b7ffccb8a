// @ts-check
// Owns the voice panel from joining to the end of a call: puts its parts together, and hands them the room's events.

import { make } from "../../dom.js";
import { BetweenList } from "./between-list.js";
import { phrase } from "../phrase.js";
import { isShut } from "./button.js";
import { ControlsBar } from "./controls-bar.js";
import { Countdown } from "./countdown.js";
import { DoorNotice } from "./door-notice.js";
import { Notices } from "./notices.js";
import { sayOwnState } from "./own-state.js";
import { PairsList } from "./pairs-list.js";
import { markPage } from "./page-marks.js";
import { isWorthACheck } from "./panel-view.js";
import { PeopleList } from "./people-list.js";
import { checkLink, copyReport } from "./report-copy.js";
import { stayHere } from "./staying.js";
import { lendTo } from "./live.js";
import { keepReport } from "../session/last-report.js";

// Named here although others import them: so the browser fetches them beside the rest.
import "../session/between-words.js";
import "./compared-part.js";
import "./door.js";
import "./early.js";
import "./keys.js";
import "./list-refresh.js";
import "./locale.js";
import "./media-keys.js";
import "./membership.js";
import "./notes-view.js";
import "./path-part.js";
import "./person-row.js";
import "./person-rows.js";
import "./shortcuts.js";
import "./push-to-talk.js";
import "./talk-key.js";
import "./text.js";
import "./views.js";
import "./volume-part.js";
import "./writing.js";

// What the button starts at its click.
export { CallKeys } from "./call-keys.js";

/** @typedef {import("./panel-view.js").Person} Person */
/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

/** Asked for before a call, or soon in it: who opens the sheet without the server has it already. */
export const sheets = () => Promise.all([import("./settings-sheet.js"), import("./shortcuts-sheet.js")]);
/** ms in voice until they are: the first voices are not to wait for them. */
const SHEETS_AFTER = 3000;

export class VoicePanel {
  #over = new AbortController();
  #pairs = new PairsList();
  #alone = make("p", { className: "quiet small", hidden: true }, phrase("panel.alone"));
  #between = new BetweenList();
  #views = make("div", { className: "views" });
  /** What was said of the server that is missed: that one can go on talking. */
  #missed = "";
  #check;
  #notices;
  #door;
  #closing;
  #people;
  #bar;
  #title;
  #container;
  #live;
  #room;
  #store;

  /**
   * @param {HTMLElement} container @param {VoiceRoomInterface} room @param {import("../store.js").Store} store
   * @param {readonly import("./early.js").Told[]} told what the room told before @param {import("./call-keys.js").CallKeys} keys
   * @param {HTMLElement|null} [live] what is read out, which is not this panel's own: it is there before and after it
   */
  constructor(container, room, store, told, keys, live = null) {
    const { signal } = this.#over;
    this.#container = container;
    this.#live = live;
    this.#room = room;
    this.#store = store;
    this.#title = container.querySelector("h2") ?? mark(make("h2", { className: "visually-hidden", textContent: phrase("panel.title") }));
    this.#title.tabIndex = -1;
    const notices = this.#notices = new Notices(this.#title);
    this.#door = new DoorNotice(room, notices, signal);
    this.#closing = new Countdown((words) => notices.show("closing", words), signal);
    this.#people = new PeopleList(room, store, this.#title, signal);
    this.#check = make("p", { className: "help", hidden: true }, checkLink(room));
    this.#bar = new ControlsBar(room, store, this.#views, keys.talk.element, signal);
    this.#bar.settings.onclick = () => this.#open("settings");
    const controls = { mute: [this.#bar.mute, document.getElementById("id_voice_btn")], deafen: [this.#bar.deafen] };
    keys.show({ ...controls, settings: [this.#bar.settings] }, (which) => this.#open(which));
    sayOwnState(room, controls, signal);
    for (const control of controls.mute) control?.addEventListener("click", () => room.devices.listenOnly && notices.offer("microphone"), { signal });
    markPage(room, signal);
    stayHere(signal);
    this.#lay();
    const shows = this.#listen();
    this.#showPeople(room.people);
    this.#pairs.update(room.pairs);
    this.#between.update(room.between);
    if (room.state !== "joined") notices.show("state", phrase("joining"));
    for (const { type, detail } of told) shows.get(type)?.(detail);
  }

  /** A page's own list of those who may come in is one with ours; a page without one gets ours alone. */
  #lay() {
    const container = this.#container;
    for (const old of container.querySelectorAll(":scope > [data-call]")) if (old !== this.#title) old.remove();
    let who = container.querySelector("[data-who]");
    if (!who) {
      who = make("div", { className: "here" });
      container.replaceChildren(who);
    }
    if (!this.#title.isConnected) who.before(this.#title);
    who.before(mark(this.#notices.element));
    who.prepend(this.#people.element);
    who.after(...[this.#alone, this.#pairs.element, this.#between.element, this.#check, this.#views, this.#bar.element].map(mark));
    container.classList.add("live");
    container.hidden = false;
  }

  /** @returns {Map<string, (detail: any) => void>} what shows each event */
  #listen() {
    const { signal } = this.#over;
    const shows = new Map();
    /** @param {string} type @param {(detail: any) => void} show */
    const on = (type, show) => {
      shows.set(type, show);
      this.#room.addEventListener(type, (event) => show(/** @type {CustomEvent} */ (event).detail), { signal });
    };
    const notices = this.#notices;
    const room = this.#room;
    on("people", (people) => this.#showPeople(people));
    for (const loudness of ["volume", "volumerange"]) on(loudness, () => this.#showPeople(room.people));
    on("pairs", (pairs) => this.#pairs.update(pairs));
    on("between", (between) => this.#between.update(between));
    on("state", (detail) => this.#showState(detail));
    on("server", ({ lost, words }) => {
      this.#missed = words;
      notices.show("server", lost ? words : "");
    });
    on("closing", ({ at }) => this.#closing.begin(at));
    on("knock", (caller) => this.#door.hear(caller));
    on("microphone", ({ ok, code, words, retry }) => {
      notices.show("microphone", ok ? "" : words, retry ? [code === "listen-only" ? phrase("panel.use-microphone") : phrase("panel.retry-microphone"), () => this.#room.retryMicrophone()] : null);
      // All is well, but not with the microphone that one thinks.
      if (ok && code !== "ok") notices.tell(words, "microphone");
    });
    on("playback", ({ blocked }) => {
      const words = blocked ? phrase("panel.blocked") : "";
      notices.show("playback", words, [phrase("panel.unlock"), () => this.#room.unlock()]);
    });
    on("notice", ({ words, alarm }) => (alarm ? notices.note(room.safety?.trouble || words, "alarm") : notices.tell(words)));
    // Who was compared is said in their rows.
    on("safety", () => this.#showPeople(room.people));
    return shows;
  }

  /** @param {"settings"|"help"} which */
  async #open(which) {
    const loaded = await sheets().catch(() => null);
    // Where the server is there, the browser keeps for the page's life that it wasn't, or the page is of before an upgrade.
    const kept = !loaded && await fetch(import.meta.url, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);
    if (this.#over.signal.aborted || document.querySelector("dialog[open]")) return;
    const words = kept ? phrase("panel.sheet-kept") : phrase("panel.no-sheet");
    this.#notices.show("sheet", loaded ? "" : words, [phrase("panel.again"), () => this.#open(which)]);
    if (!loaded) return this.#room.announce(words);
    const [settings, shortcuts] = loaded;
    const open = which === "settings" ? settings.openSettings : shortcuts.openShortcuts;
    const sheet = open(this.#room, this.#store, this.#over.signal);
    if (this.#live) lendTo(sheet, this.#live);
  }

  /** @param {Person[]} people */
  #showPeople(people) {
    this.#people.update(people);
    this.#door.update(people);
    const alone = people.length === 1;
    this.#container.classList.toggle("alone", alone);
    this.#alone.hidden = !alone || Boolean(this.#container.querySelector(".invite"));
    // Once offered it stays: what comes and goes moves the page under a finger.
    if (isWorthACheck(people)) this.#check.hidden = false;
  }

  /** @param {{state: string, code?: string|number, words: string}} detail */
  #showState({ state, code, words }) {
    const live = state === "joined" || state === "reconnecting";
    if (state === "joined") setTimeout(() => this.#over.signal.aborted || sheets().catch(() => {}), SHEETS_AFTER);
    if (code === "no-websocket") this.#check.hidden = false;
    this.#notices.show("state", live ? "" : words, isShut(code) ? [phrase("panel.reload"), () => location.reload()] : null);
    // The room says when the server was missed for long enough; from then on the cause may be said, too.
    if (state === "reconnecting" && code !== undefined && this.#notices.shows("server")) this.#notices.show("server", `${this.#missed} ${words}`);
    if (!live && state !== "joining") this.#end(code);
  }

  /** @param {unknown} code */
  #end(code) {
    const container = this.#container;
    keepReport(this.#room.report());
    this.#over.abort();
    // Only now: an open sheet closes with the call, and gives the focus back to the bar.
    const held = container.contains(document.activeElement);
    this.#notices.end();
    this.#people.end();
    for (const part of [this.#alone, this.#pairs.element, this.#between.element, this.#check, this.#views, this.#bar.element]) part.remove();
    container.classList.remove("live", "alone");
    if (code === undefined) {
      // Whoever left knows; the button says it.
      this.#notices.element.remove();
      container.hidden = !container.querySelector("[data-who]");
    } else this.#notices.element.after(mark(copyReport(this.#room)));
    // "Leave" vanishes under its own click: the button that joins again is the next step.
    if (held) {
      const button = document.getElementById("id_voice_btn");
      (button?.closest("[hidden]") ? document.getElementById("id_burger_btn") : button)?.focus();
    }
  }
}

/** What a call brought into the page, for the next one to clear away. @param {HTMLElement} element */
function mark(element) {
  element.dataset.call = "";
  return element;
}
