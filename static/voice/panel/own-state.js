// @ts-check
// Says to a screen reader, once, that one is muted or deafened now, or no longer: unless the control under the focus says so itself.

import { phrase } from "../phrase.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */

/**
 * @param {VoiceRoomInterface} room
 * @param {{mute: (Element|null)[], deafen: (Element|null)[]}} controls  which show what they did by `aria-pressed`
 * @param {AbortSignal} over
 */
export function sayOwnState(room, controls, over) {
  let { muted, deafened } = room;
  let listened = room.devices.listenOnly;
  const look = () => {
    const before = { muted, deafened };
    ({ muted, deafened } = room);
    const focus = document.activeElement;
    if (deafened !== before.deafened) {
      if (!controls.deafen.includes(focus)) room.announce(deafened ? phrase("bar.deafened") : muted ? phrase("own.hears-muted") : phrase("own.hears"));
    } else if (muted !== before.muted && !controls.mute.includes(focus)) {
      // Without a microphone one is still heard by nobody.
      if (muted || !room.silent) room.announce(muted ? phrase("bar.vain") : phrase("own.unmuted"));
    }
  };
  // Deafening mutes, too, and the first of both events finds it so: one sentence for both.
  for (const event of ["muted", "deafened"]) room.addEventListener(event, look, { signal: over });
  room.addEventListener("microphone", (event) => {
    const { ok, code } = /** @type {CustomEvent} */ (event).detail;
    // Whoever listened only was muted, as it is shown.
    if (ok && listened && !room.muted && !controls.mute.includes(document.activeElement)) room.announce(phrase("own.unmuted"));
    listened = code === "listen-only" || (listened && !ok);
  }, { signal: over });
}
