// @ts-check
// The plain words for all that a microphone may do, each trouble with its next step; pure.

import { phrase } from "../phrase.js";

/** @type {Record<string, string>} */
export const MICROPHONE = {
  ok: phrase("microphone.ok"),
  asking: phrase("microphone.asking"),
  insecure: phrase("microphone.insecure"),
  unsupported: phrase("microphone.unsupported"),
  denied: phrase("microphone.denied"),
  "denied-by-system": phrase("microphone.denied-by-system"),
  "not-found": phrase("microphone.not-found"),
  busy: phrase("microphone.busy"),
  "device-gone": phrase("microphone.device-gone"),
  returned: phrase("microphone.returned"),
  kept: phrase("microphone.kept"),
  "listen-only": phrase("microphone.listen-only"),
  switched: phrase("microphone.switched"),
  "default-changed": phrase("microphone.default-changed"),
  interrupted: phrase("microphone.interrupted"),
  aborted: phrase("microphone.aborted"),
  "not-allowed-here": phrase("microphone.not-allowed-here"),
  failed: phrase("microphone.failed"),
};

/** To whoever listens only, and would unmute. */
export const NOTHING_TO_UNMUTE = phrase("microphone.nothing-to-unmute");

/** Those with which one sends; with all others one still listens. */
const ON = new Set(["ok", "returned", "kept", "device-gone", "switched", "default-changed"]);

/** Those after which asking again can help. */
const RETRY = new Set(["denied", "denied-by-system", "not-found", "busy", "aborted", "failed", "asking", "interrupted", "listen-only"]);

/**
 * @param {string} code
 * @returns {{code: string, words: string, retry: boolean}}
 */
export function microphoneStatus(code) {
  const said = MICROPHONE[code] ?? MICROPHONE.failed;
  return { code, words: ON.has(code) ? said : phrase("microphone.off", { why: said }), retry: RETRY.has(code) };
}

/** @type {Record<string, string>} */
const SILENT = {
  "listen-only": phrase("silent.listen-only"), asking: phrase("silent.asking"), interrupted: phrase("silent.interrupted"),
};

/** Why nothing of oneself is heard. @param {string} trouble of the microphone, or "" */
export const silent = (trouble) => trouble && (SILENT[trouble] ?? phrase("silent"));
