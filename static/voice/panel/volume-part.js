// @ts-check
// In somebody's details: how loud they are for this person, and whether at all.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";
import { setText } from "./text.js";

/** @type {import("./person-rows.js").MakePersonPart} */
export function volumePart(room, _store, { self, user }) {
  if (self) return null;
  const slider = make("input", { type: "range", step: "5", className: "volume" });
  const shown = make("output");
  const muted = make("input", { type: "checkbox" });
  const words = make("p", { className: "quiet small" });
  slider.oninput = () => room.setVolume(user, slider.valueAsNumber);
  muted.onchange = () => room.muteForMe(user, muted.checked);
  const element = make("div", { className: "loudness" },
    make("label", { className: "slider" }, make("span", {}, `${phrase("row.volume")} `, shown), slider),
    make("label", { className: "check" }, muted, ` ${phrase("row.mute")}`), words);
  const update = () => {
    const { volume, mutedForMe } = room.volumeOf(user);
    const { min, max, words: why } = room.volumeRange;
    Object.assign(slider, { min: String(min), max: String(max), value: String(volume), disabled: min === max });
    slider.ariaValueText = phrase("row.percent", { number: slider.valueAsNumber });
    setText(shown, phrase("percent", { number: slider.valueAsNumber }));
    muted.checked = mutedForMe;
    setText(words, why);
    words.hidden = !why;
  };
  update();
  return { element, update };
}
