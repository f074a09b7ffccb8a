// @ts-check
// Owns the system's media controls during a call: play and pause keys, the lock screen, a headset's button.

import { phrase } from "../phrase.js";

/** @typedef {import("./panel-view.js").VoiceRoomInterface} VoiceRoomInterface */
/** @typedef {{setActionHandler(action: any, handler: (() => void)|null): void, setMicrophoneActive?: (active: boolean) => unknown, playbackState: string, metadata: unknown}} Controls */

/**
 * @param {VoiceRoomInterface} room @param {AbortSignal} over @param {string} title @param {Controls|undefined} [controls]
 * @param {boolean} [told] whether `setMicrophoneActive` only tells: WebKit's mutes the capture itself, as a phone call does
 */
export function mediaKeys(room, over, title, controls = navigator.mediaSession, told = "userAgentData" in (globalThis.navigator ?? {})) {
  if (!controls) return;
  /** Whether what mutes now is the pause key, and nothing else. */
  let paused = false;
  /** @type {Record<string, () => void>} */
  const acts = {
    play: () => {
      if (!room.silent) return;
      // A headset that is put on plays, and so does a key that was meant for music.
      if (paused) room.talk.mute(false);
      else room.announce(room.deafened ? phrase("bar.deafened") : phrase("bar.vain"), "muted");
    },
    pause: () => {
      if (room.muted) return;
      room.mute();
      paused = true;
    },
    // Not by `room.unmute`: no such key asks for a microphone.
    togglemicrophone: () => room.talk.mute(!room.muted),
    hangup: () => room.leave(),
  };
  for (const [action, act] of Object.entries(acts)) handle(controls, action, act);
  if (typeof MediaMetadata !== "undefined") controls.metadata = new MediaMetadata({ title });
  const show = () => {
    // What a key does next: a call that plays is paused by it, so muted.
    controls.playbackState = room.silent ? "paused" : "playing";
    if (told) Promise.resolve(controls.setMicrophoneActive?.(!room.silent)).catch(() => {});
  };
  show();
  for (const event of ["muted", "microphone"]) room.addEventListener(event, show, { signal: over });
  for (const event of ["muted", "deafened"]) room.addEventListener(event, () => void (paused = false), { signal: over });
  over.addEventListener("abort", () => {
    for (const action of Object.keys(acts)) handle(controls, action, null);
    controls.playbackState = "none";
    controls.metadata = null;
  }, { once: true });
}

/** A browser throws at an action that it doesn't know. @param {Controls} controls @param {string} action @param {(() => void)|null} act */
function handle(controls, action, act) {
  try {
    controls.setActionHandler(action, act);
  } catch {
    return;
  }
}
