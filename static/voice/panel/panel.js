// @ts-check
// Owns the voice panel: who is here, what is being done about trouble, and the room's controls; a user of VoiceRoom's events.

import { copy, make, picture, redraw } from "../../dom.js";
import { BASE } from "../base.js";
import { isShut } from "./button.js";
import { isMuteKey, isWorthACheck, rowOf } from "./panel-view.js";
import { keepReport } from "../session/last-report.js";
import { ListRefresh } from "./list-refresh.js";

/** @typedef {import("./panel-view.js").Person} Person */
/** @typedef {import("./panel-view.js").Pair} Pair */
/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/**
 * @typedef {{row: HTMLElement, avatar: HTMLElement, name: HTMLElement, tags: HTMLElement, svg: SVGElement,
 *   word: HTMLElement, doing: HTMLElement}} Row
 */

const M_KEY = "meshvoice:m-key";
const WRITING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

export class VoicePanel {
  #room;
  #container;
  #stop = new AbortController();
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #lists = new ListRefresh();
  /** @type {Map<string, HTMLElement>} */
  #notices = new Map();
  #title = make("h2", { className: "visually-hidden", textContent: "In voice", tabIndex: -1 });
  #list = make("ul", { className: "people" });
  #alone = make("p", { className: "quiet small", hidden: true }, "Nobody else is here yet. They appear as they join voice.");
  #pairs = make("div", { className: "pairs", hidden: true });
  #pairList = make("ul");
  // In a tab of its own: leaving this page would leave the room.
  #check = make("p", { className: "help", hidden: true },
    make("a", {
      href: `${BASE}/check/`, target: "_blank", textContent: "Check my connection",
      // With an opener the new tab begins with what this one kept: the report.
      rel: "opener", onclick: () => keepReport(this.#room.report()),
    }));
  #report = make("textarea", { className: "report", rows: 8, readOnly: true, hidden: true, ariaLabel: "Report" });
  #live = make("p", { className: "visually-hidden", role: "status" });
  #mute = make("button", { type: "button" }, picture("mic"), "Mute");
  #key = make("input", { type: "checkbox" });
  #controls;

  /** @param {HTMLElement} container @param {VoiceRoomInterface} room */
  constructor(container, room) {
    this.#container = container;
    this.#room = room;
    const leave = make("button", { type: "button", textContent: "Leave voice", onclick: () => room.leave() });
    const key = make("label", { className: "key" }, this.#key, "The M key mutes");
    this.#mute.onclick = () => room.toggleMute();
    this.#controls = make("div", { className: "controls" }, this.#mute, leave, key);
    this.#pairs.append(make("h3", { textContent: "Can't hear each other" }), this.#pairList);
    const notices = ["playback", "state", "server", "microphone", "closing", "notice"].map((kind) => this.#slot(kind));
    container.replaceChildren(this.#title, ...notices, this.#list, this.#alone, this.#pairs, this.#check, this.#controls,
      make("p", { className: "help" }, this.#copyButton()), this.#report, this.#live);
    container.hidden = false;
    this.#listen();
    this.#key.checked = remembered() !== "off";
    this.#key.onchange = () => {
      remember(this.#key.checked ? "on" : "off");
      this.#announceKey();
    };
    this.#announceKey();
    this.#showPeople(room.people);
    this.#showPairs(room.pairs);
    this.#showMuted();
    if (room.state !== "joined") this.#showNotice("state", "Joining.");
  }

  #listen() {
    const { signal } = this.#stop;
    /** @param {string} type @param {(detail: any) => void} show */
    const on = (type, show) =>
      this.#room.addEventListener(type, (event) => show(/** @type {CustomEvent} */ (event).detail), { signal });
    on("people", (people) => this.#showPeople(people));
    on("pairs", (pairs) => this.#showPairs(pairs));
    on("muted", () => this.#showMuted());
    on("announce", (sentence) => void (this.#live.textContent = sentence));
    on("state", (detail) => this.#showState(detail));
    on("server", ({ lost, words }) => this.#showNotice("server", lost ? words : ""));
    on("closing", ({ words }) => this.#showNotice("closing", words));
    on("microphone", ({ ok, code, words, retry }) => {
      const again = /** @type {[string, () => void]} */ (["Try the microphone again", () => this.#room.retryMicrophone()]);
      this.#showNotice("microphone", ok ? "" : words, retry ? again : null);
      // All is well, but not with the microphone that one thinks.
      if (ok && code !== "ok") this.#note(words);
    });
    on("playback", ({ blocked }) => {
      const words = blocked ? "Your browser holds the sound back until you tap." : "";
      this.#showNotice("playback", words, ["Tap to hear everyone", () => this.#room.unlock()]);
    });
    on("notice", ({ words }) => this.#note(words));
    document.addEventListener("keydown", (event) => {
      const writing = event.target instanceof Element && event.target.closest(WRITING);
      if (this.#key.checked && isMuteKey(event, Boolean(writing))) this.#room.toggleMute();
    }, { signal });
  }

  /** For whoever is asked why a call went wrong: stays when it is over. */
  #copyButton() {
    const button = make("button", { type: "button", className: "plain", textContent: "Copy a report" });
    button.onclick = async () => {
      this.#report.value = `${navigator.userAgent}\n${this.#room.report()}`;
      // Only what is shown can be selected.
      this.#report.hidden = false;
      const { copied, words } = await copy(this.#report, "Report");
      this.#report.hidden = copied;
      setText(this.#live, words);
      this.#note(words);
    };
    return button;
  }

  /** A place for one kind of notice, kept in the page so that a change moves nothing else. @param {string} kind */
  #slot(kind) {
    const calm = kind === "state" || kind === "server" || kind === "notice";
    const slot = make("div", { className: calm ? "note calm" : "note", hidden: true }, make("p"), make("button", { type: "button" }));
    this.#notices.set(kind, slot);
    return slot;
  }

  /** @param {string} kind @param {string} words none hides it @param {[string, () => void]|null} [action] */
  #showNotice(kind, words, action = null) {
    const slot = /** @type {HTMLElement} */ (this.#notices.get(kind));
    const [line, button] = /** @type {[HTMLElement, HTMLButtonElement]} */ (/** @type {unknown} */ (slot.children));
    if (!words && slot.contains(document.activeElement)) this.#title.focus({ preventScroll: true });
    setText(line, words);
    slot.hidden = !words;
    button.hidden = !action;
    if (action) {
      setText(button, action[0]);
      button.onclick = action[1];
    }
  }

  /** Stays until it is read. @param {string} words */
  #note(words) {
    this.#showNotice("notice", words, ["Got it", () => this.#showNotice("notice", "")]);
  }

  /** @param {{state: string, code?: string|number, words: string}} detail */
  #showState({ state, code, words }) {
    const live = state === "joined" || state === "reconnecting";
    if (code === "no-websocket") this.#check.hidden = false;
    this.#showNotice("state", live ? "" : words, isShut(code) ? ["Reload this page", () => location.reload()] : null);
    // The room says when the server was missed for long enough; from then on the cause may be said, too.
    if (state === "reconnecting" && code !== undefined && !this.#notices.get("server")?.hidden) this.#showNotice("server", words);
    if (live || state === "joining") return;
    keepReport(this.#room.report());
    this.#stop.abort();
    this.#lists.update([]);
    const held = this.#container.contains(document.activeElement);
    for (const kind of this.#notices.keys()) if (kind !== "state") this.#showNotice(kind, "");
    for (const part of [this.#list, this.#alone, this.#pairs, this.#check, this.#controls]) part.hidden = true;
    // Whoever left knows; the button says it.
    this.#container.hidden = code === undefined;
    // "Leave voice" vanishes under its own click: the button that joins again is the next step.
    if (held) document.getElementById("id_voice_btn")?.focus();
  }

  #showMuted() {
    this.#mute.setAttribute("aria-pressed", String(this.#room.muted));
  }

  #announceKey() {
    for (const button of [this.#mute, document.getElementById("id_voice_btn")]) {
      if (this.#key.checked) button?.setAttribute("aria-keyshortcuts", "m");
      else button?.removeAttribute("aria-keyshortcuts");
    }
  }

  /** @param {Person[]} people */
  #showPeople(people) {
    this.#lists.update(people);
    const here = new Set(people.map(({ peer }) => peer));
    for (const [peer, { row }] of this.#rows) {
      if (here.has(peer)) continue;
      if (row.contains(document.activeElement)) this.#title.focus({ preventScroll: true });
      row.remove();
      this.#rows.delete(peer);
    }
    const owner = people.some(({ self, role }) => self && role === "owner");
    people.forEach((person, at) => {
      const row = this.#rows.get(person.peer) ?? this.#addRow(person, owner);
      this.#fill(row, person);
      // Only a row out of its place is moved: moving the one that has the focus would lose it.
      if (this.#list.children[at] !== row.row) this.#list.insertBefore(row.row, this.#list.children[at] ?? null);
    });
    this.#alone.hidden = people.length !== 1;
    // Once offered it stays: what comes and goes moves the page under a finger.
    if (isWorthACheck(people)) this.#check.hidden = false;
  }

  /** @param {Person} person @param {boolean} owner @returns {Row} */
  #addRow(person, owner) {
    const avatar = make("span", { className: `avatar hue-${rowOf(person).hue}`, ariaHidden: "true" });
    const name = make("span", { className: "full" });
    const tags = make("span", { className: "tags" });
    const word = make("span");
    const doing = make("p", { className: "doing" });
    const svg = picture("dots");
    const row = make("li", { className: "person" }, avatar,
      make("span", { className: "name" }, name, tags), make("span", { className: "state" }, svg, word), doing);
    if (owner && !person.self) row.append(this.#removal(person));
    const parts = { row, avatar, name, tags, svg, word, doing };
    this.#rows.set(person.peer, parts);
    return parts;
  }

  /** @param {Row} row @param {Person} person */
  #fill({ row, avatar, name, tags, svg, word, doing }, person) {
    const view = rowOf(person);
    setText(avatar, view.initial);
    setText(name, person.name);
    // The whole of what an ellipsis may cut.
    if (name.title !== person.name) name.title = person.name;
    const shown = [...view.tags, ...view.warnings].join();
    if (tags.dataset.tags !== shown) {
      tags.dataset.tags = shown;
      const marks = [...view.tags.map((tag) => tagOf(tag, "tag")), ...view.warnings.map((tag) => tagOf(tag, "tag warn"))];
      tags.replaceChildren(...marks.flatMap((mark) => [" ", mark]));
    }
    redraw(svg, view.icon);
    setText(word, view.word);
    setText(doing, view.doing);
    row.dataset.word = person.word;
    row.classList.toggle("speaking", view.speaking);
  }

  /** Removing asks once more, in the row. @param {Person} person */
  #removal({ peer, name }) {
    const button = make("button", { type: "button", className: "danger" }, `Remove ${name}`);
    button.onclick = () => this.#room.remove(peer);
    const sentence = make("p", { textContent: `${name} goes out at once and stays out until invited anew; the open links of this room end, too.` });
    return make("details", { className: "sure" }, make("summary", { textContent: "Remove" }), make("div", {}, sentence, button));
  }

  /** @param {Pair[]} pairs */
  #showPairs(pairs) {
    const said = new Map(pairs.map(({ peers, words }) => [peers.join(), words]));
    const kept = new Map([...this.#pairList.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.peers ?? "", item]));
    for (const [peers, item] of kept) if (!said.has(peers)) item.remove();
    for (const [peers, words] of said) {
      const item = /** @type {HTMLElement} */ (kept.get(peers) ?? this.#pairList.appendChild(make("li")));
      item.dataset.peers = peers;
      setText(item, words);
    }
    this.#pairs.hidden = pairs.length === 0;
  }
}

/** @param {string} words @param {string} className */
function tagOf(words, className) {
  return make("span", { className, textContent: words });
}

/** Writing the same words again would still make screen readers and layout work. @param {HTMLElement} element @param {string} words */
function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// Storage throws where a browser forbids it (private modes, embedded frames): the choice then lasts as long as the page.
function remembered() {
  try {
    return localStorage.getItem(M_KEY);
  } catch {
    return null;
  }
}

/** @param {string} choice */
function remember(choice) {
  try {
    localStorage.setItem(M_KEY, choice);
  } catch {
    return;
  }
}
