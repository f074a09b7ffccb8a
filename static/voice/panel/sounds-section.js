// @ts-check
// The settings' section about the sounds of a room: each with a switch, and one volume for all.

import { make } from "../../dom.js";
import { phrase } from "../phrase.js";

/** @type {Record<import("../audio/sounds.js").Sound, string>} */
const WHEN = {
  join: phrase("sounds.join"), leave: phrase("sounds.leave"), lost: phrase("sounds.lost"), back: phrase("sounds.back"),
  removed: phrase("sounds.removed"), muted: phrase("sounds.muted"), knock: phrase("sounds.knock"),
};

/** @type {import("./sections.js").MakeSection} */
export function soundsSection(room, _store, closed) {
  const { sounds } = room;
  const volume = make("input", { type: "range", id: "id_sounds_volume", min: "0", max: "100", step: "5", value: String(sounds.volume) });
  // Where no page sets a volume (iOS), the device's own buttons do, and over somebody's words there is no sound at all.
  const fixed = room.volumeRange.min === room.volumeRange.max;
  volume.disabled = fixed;
  const says = fixed ? phrase("sounds.fixed") : phrase("sounds.soft");
  volume.oninput = () => {
    sounds.volume = volume.valueAsNumber;
  };
  const boxes = sounds.all.map((sound) => {
    const box = make("input", { type: "checkbox", checked: sounds.isOn(sound) });
    box.onchange = () => sounds.choose(sound, box.checked);
    const hear = make("button", { type: "button", className: "plain", ariaLabel: phrase("sounds.hear-which", { sound: WHEN[sound] }) }, phrase("sounds.hear"));
    hear.onclick = () => void room.playOnce(sound, closed);
    return make("div", { className: "sound" }, make("label", { className: "check" }, box, ` ${WHEN[sound]}`), hear);
  });
  return make("section", {}, make("h3", { textContent: phrase("sounds") }),
    make("label", { className: "slider", htmlFor: volume.id }, make("span", { textContent: phrase("sounds.volume") })), volume,
    make("fieldset", {}, make("legend", { className: "visually-hidden", textContent: phrase("sounds.when") }), ...boxes),
    make("p", { className: "quiet small", textContent: says }));
}
