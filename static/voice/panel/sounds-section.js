// @ts-check
// The settings' section about the sounds of a room: each with a switch, and one volume for all.

import { make } from "../../dom.js";

/** @type {Record<import("../audio/sounds.js").Sound, string>} */
const WHEN = {
  join: "Somebody joins", leave: "Somebody leaves", lost: "The server can't be reached", back: "The server is back",
  removed: "You were removed", muted: "You speak while muted", knock: "Somebody knocks",
};

/** @type {import("./sections.js").MakeSection} */
export function soundsSection(room, _store, closed) {
  const { sounds } = room;
  const volume = make("input", { type: "range", id: "id_sounds_volume", min: "0", max: "100", step: "5", value: String(sounds.volume) });
  // Where no page sets a volume (iOS), the device's own buttons do, and over somebody's words there is no sound at all.
  const fixed = room.volumeRange.min === room.volumeRange.max;
  volume.disabled = fixed;
  const says = fixed ? "They are as loud as this device is set, and none comes while somebody speaks" : "They are soft while somebody speaks";
  volume.oninput = () => {
    sounds.volume = volume.valueAsNumber;
  };
  const boxes = sounds.all.map((sound) => {
    const box = make("input", { type: "checkbox", checked: sounds.isOn(sound) });
    box.onchange = () => sounds.choose(sound, box.checked);
    const hear = make("button", { type: "button", className: "plain", ariaLabel: `Hear: ${WHEN[sound]}` }, "Hear");
    hear.onclick = () => void room.playOnce(sound, closed);
    return make("div", { className: "sound" }, make("label", { className: "check" }, box, ` ${WHEN[sound]}`), hear);
  });
  return make("section", {}, make("h3", { textContent: "Sounds" }),
    make("label", { className: "slider", htmlFor: volume.id }, make("span", { textContent: "Volume of the sounds" })), volume,
    make("fieldset", {}, make("legend", { className: "visually-hidden", textContent: "When there is a sound" }), ...boxes),
    make("p", { className: "quiet small", textContent: `${says}; while you are deafened only those about yourself come.` }));
}
