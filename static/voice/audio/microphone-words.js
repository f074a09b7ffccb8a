// @ts-check
// The plain words for all that a microphone may do, each trouble with its next step; pure.

/** @type {Record<string, string>} */
export const MICROPHONE = {
  ok: "Your microphone is on.",
  asking: "Your browser asks whether this page may use the microphone: allow it there.",
  insecure: "There is no microphone on an insecure page: open this page with https:// in front.",
  unsupported: "This browser gives no microphone to web pages: use a current Firefox, Chromium or Safari.",
  denied: "This page may not use the microphone: allow it beside the address bar, then try again.",
  "denied-by-system":
    "The system keeps the microphone from this browser: allow it in the system's privacy settings, then try again.",
  "not-found": "No microphone found: plug one in, and it is used at once.",
  busy: "Another program holds the microphone: close it, then try again.",
  "device-gone": "The microphone you used before isn't there: the default one is used now.",
  returned: "The microphone that you chose is there again, and used.",
  "listen-only": "You listen only, as you chose.",
  switched: "Your microphone is gone: the default one is used now.",
  "default-changed": "The system's default microphone changed: the new one is used now.",
  interrupted: "The system took the microphone, for a call perhaps: it is used again after that, or try again.",
  aborted: "The microphone could not be started: try again.",
  "not-allowed-here":
    "The page around this one keeps the microphone from it: it must embed it with allow=\"microphone\".",
  failed: "The microphone doesn't work, and the browser doesn't say why: try again.",
};

/** Those with which one sends; with all others one still listens. */
const ON = new Set(["ok", "returned", "device-gone", "switched", "default-changed"]);

/** Those after which asking again can help. */
const RETRY = new Set(["denied", "denied-by-system", "not-found", "busy", "aborted", "failed", "asking", "interrupted", "listen-only"]);

/**
 * @param {string} code
 * @returns {{code: string, words: string, retry: boolean}}
 */
export function microphoneStatus(code) {
  const said = MICROPHONE[code] ?? MICROPHONE.failed;
  return { code, words: ON.has(code) ? said : `${said} You can hear the others.`, retry: RETRY.has(code) };
}

/** @type {Record<string, string>} */
const SILENT = { "listen-only": "by choice", asking: "waiting for the microphone", interrupted: "the system holds the microphone" };

/** Why nothing of oneself is heard. @param {string} trouble of the microphone, or "" */
export const silent = (trouble) => trouble && `listening only: ${SILENT[trouble] ?? "no microphone"}`;
