// @ts-check
// The settings' section about talking: how the microphone opens, by which key, and from which level on.

import { make } from "../../dom.js";
import { decibels } from "../decibels.js";
import { phrase } from "../phrase.js";
import { talkKey } from "./push-to-talk.js";
import { SHORTCUTS } from "./shortcuts.js";
import { bindKey, keyName } from "./talk-key.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/** @typedef {import("../store.js").Store} Store */

/** @type {readonly ["open"|"push"|"voice", string, string][]} */
const MODES = [
  ["open", phrase("talk.open"), phrase("talk.open-says")],
  ["voice", phrase("talk.voice"), phrase("talk.voice-says")],
  ["push", phrase("talk.push"), phrase("talk.push-says")],
];
const METERS_EVERY = 100;

/** @type {import("./sections.js").MakeSection} */
export function talkSection(room, store, closed) {
  const { talk } = room;
  const push = pushFields(room, store, closed);
  const voice = voiceFields(room, closed);
  const show = () => {
    push.hidden = talk.mode !== "push";
    voice.hidden = talk.mode !== "voice";
  };
  const choices = MODES.map(([mode, name, says]) => {
    const radio = make("input", { type: "radio", name: "talk-mode", value: mode, checked: talk.mode === mode });
    radio.onchange = () => {
      talk.choose(mode);
      show();
    };
    return make("label", { className: "check" }, radio, make("span", {}, name, make("span", { className: "quiet small", textContent: says })));
  });
  show();
  return make("section", {}, make("h3", { id: "id_talk_title", textContent: phrase("talk") }),
    make("fieldset", {}, make("legend", { className: "visually-hidden", textContent: phrase("talk") }), ...choices), push, voice);
}

/** @param {VoiceRoomInterface} room @param {Store} store @param {AbortSignal} closed */
function pushFields({ talk }, store, closed) {
  const toggles = make("input", { type: "checkbox", checked: talk.toggles });
  toggles.onchange = () => talk.choose(talk.mode, toggles.checked);
  const said = make("p", { className: "small" });
  said.setAttribute("role", "status");
  const key = make("button", { type: "button" });
  const name = () => {
    key.replaceChildren(`${phrase("talk.key")} `, make("kbd", { textContent: keyName(talkKey(store).label) }));
  };
  name();
  let listening = false;
  const stop = (words = "") => {
    listening = false;
    said.textContent = words;
    name();
  };
  key.onclick = () => {
    listening = true;
    key.textContent = phrase("talk.key-wanted");
    said.textContent = phrase("talk.key-kept");
    // In Safari a click gives a button no focus, and the key would go past it.
    key.focus();
  };
  key.onblur = () => {
    if (listening) stop();
  };
  // Before the dialog hears of Escape, and before the button is pressed by the key.
  key.addEventListener("keydown", (event) => {
    if (!listening) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return stop();
    const bound = bindKey(event, SHORTCUTS.map((shortcut) => shortcut.key));
    if ("refused" in bound) said.textContent = bound.refused;
    else {
      store.set("talk-key", bound.key);
      stop(phrase("talk.key-now", { key: keyName(bound.key.label) }));
    }
  }, { signal: closed });
  return make("div", { className: "fields" },
    make("label", { className: "check" }, toggles, ` ${phrase("talk.toggles")}`),
    make("p", { className: "keys actions" }, key), said);
}

/** @param {VoiceRoomInterface} room @param {AbortSignal} closed */
function voiceFields(room, closed) {
  const { talk } = room;
  const meter = make("meter", { min: -70, max: -15, value: -70, ariaLabel: phrase("talk.level") });
  const words = make("p", { className: "small quiet" });
  const slider = make("input", { type: "range", id: "id_talk_threshold", min: "-70", max: "-15", step: "1", value: String(talk.threshold) });
  const tell = () => slider.setAttribute("aria-valuetext", phrase("talk.decibels", { number: slider.valueAsNumber }));
  slider.oninput = () => {
    talk.threshold = Number(slider.value);
    tell();
  };
  tell();
  const look = () => {
    const level = room.level();
    meter.hidden = level === null;
    if (level !== null) meter.value = decibels(level);
    const open = talk.sends ? phrase("talk.heard") : talk.muted ? phrase("talk.muted") : phrase("talk.nothing");
    const said = level === null ? phrase("talk.no-level") : open;
    if (words.textContent !== said) words.textContent = said;
  };
  look();
  const timer = setInterval(look, METERS_EVERY);
  closed.addEventListener("abort", () => clearInterval(timer), { once: true });
  return make("div", { className: "fields" }, make("label", { htmlFor: slider.id, textContent: phrase("talk.threshold") }), meter, slider, words);
}
