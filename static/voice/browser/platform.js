// @ts-check
// What the client takes from the browser, in one place, so that a test can bring its own.

import { BASE } from "../base.js";
import { Certificate } from "../link/certificate.js";
import { Links } from "../link/links.js";

/** What a phone's system is told of this page's sound. @typedef {EventTarget & {type: string, state?: string}} AudioSession */
/**
 * @typedef {object} Platform
 * @property {string} origin        https://example.org, or https://example.org/voice where the site lies under that
 * @property {boolean} secure       whether the page may have a microphone
 * @property {(url: string, protocol: string) => WebSocket} openSocket
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @property {typeof RTCPeerConnection} RTCPeerConnection
 * @property {boolean} retunes  whether a connection takes a copy of the last description, tuned anew
 * @property {(options: ConstructorParameters<typeof Links>[0]) => Links} makeLinks
 * @property {() => Certificate} makeCertificate
 * @property {MediaDevices|undefined} mediaDevices
 * @property {(() => AudioContext)|null} audioContext
 * @property {boolean} hasAudioWorklet
 * @property {() => HTMLAudioElement} createAudio
 * @property {typeof MediaRecorder|undefined} MediaRecorder
 * @property {boolean} canChooseSpeaker  whether audio elements have setSinkId
 * @property {boolean} keysFollowFiles   whether the system's media keys reach a page that plays a file, and none that plays streams alone
 * @property {() => MediaStream} emptyStream
 * @property {(blob: Blob) => string} blobUrl  good until it is forgotten
 * @property {(url: string) => void} forgetUrl
 * @property {EventTarget & {visibilityState?: string}} document
 * @property {EventTarget} window
 * @property {WakeLock|undefined} wakeLock
 * @property {AudioSession|undefined} audioSession  Safari only
 * @property {(EventTarget & {saveData?: boolean})|undefined} connection  Chromium only
 * @property {() => number} now     a wall clock in ms: performance.now() may stand still while the machine sleeps
 * @property {() => number} random
 * @property {(bytes: Uint8Array) => Promise<Uint8Array>} sha256  in a secure page only
 * @property {(count: number) => Uint8Array} randomBytes
 * @property {(task: () => void) => void} later  once this turn and all that follows from it is done
 * @property {(task: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @returns {Platform} */
export function browser() {
  /** @type {boolean|undefined} */
  let retunes;
  return {
    origin: location.origin + BASE,
    secure: isSecureContext,
    openSocket: (url, protocol) => new WebSocket(url, protocol),
    fetch: (url, init) => fetch(url, init),
    RTCPeerConnection: globalThis.RTCPeerConnection,
    // To list the codecs takes some ms, which the click has no use for.
    get retunes() {
      return retunes ??= sendsRed();
    },
    makeLinks: (options) => new Links(options),
    makeCertificate: () => new Certificate({ RTCPeerConnection: globalThis.RTCPeerConnection }),
    mediaDevices: navigator.mediaDevices,
    audioContext: typeof AudioContext === "undefined" ? null : () => new AudioContext(),
    hasAudioWorklet: typeof AudioWorkletNode !== "undefined",
    createAudio: () => new Audio(),
    MediaRecorder: globalThis.MediaRecorder,
    canChooseSpeaker: "setSinkId" in HTMLMediaElement.prototype,
    // Chromium alone has it, and was seen to need it; on iOS another element may take the sound from the call.
    keysFollowFiles: "userAgentData" in navigator,
    emptyStream: () => new MediaStream(),
    blobUrl: (blob) => URL.createObjectURL(blob),
    forgetUrl: (url) => URL.revokeObjectURL(url),
    document,
    window,
    wakeLock: navigator.wakeLock,
    audioSession: /** @type {any} */ (navigator).audioSession,
    connection: /** @type {any} */ (navigator).connection,
    now: steady(() => Date.now()),
    random: () => Math.random(),
    sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes))),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    later,
    setTimeout: (task, ms) => setTimeout(task, ms),
    clearTimeout: (timer) => clearTimeout(timer),
  };
}

/** Those that send RED take a description tuned anew as well; Firefox does neither. */
function sendsRed() {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.("audio")?.codecs ?? [];
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === "audio/red");
}

/**
 * A message comes in a turn of its own, in a hidden page, too, whose timers are late.
 * @type {Platform["later"]}
 */
function later(task) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    // One that is left open is never collected.
    port1.close();
    task();
  };
  port2.postMessage(null);
}

/**
 * A clock that keeps what it gained when the wall clock is set back: deadlines compare.
 * @param {() => number} clock
 * @returns {() => number}
 */
export function steady(clock) {
  let last = clock();
  let offset = 0;
  return () => {
    const wall = clock();
    if (wall + offset < last) offset = last - wall;
    last = wall + offset;
    return last;
  };
}
