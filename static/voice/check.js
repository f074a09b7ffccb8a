// @ts-check
// Owns one check of a person's microphone and connection: runs the probes, and tells each leg as it is known.

import * as verdicts from "./check-verdicts.js";
import { MicrophoneCheck } from "./microphone-check.js";
import { isSpecial, loop, reflect } from "./relay-probe.js";
import { askCredentials } from "./signaling.js";

/** @typedef {import("./check-verdicts.js").Leg} Leg */
/** @typedef {import("./check-verdicts.js").Line} Line */
/** @typedef {import("./check-verdicts.js").Symptoms} Symptoms */
/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {{found: verdicts.Finding[], conclusion: ReturnType<verdicts.conclude>, lines: Line[]}} Result */

/** A WebSocket that takes longer does not open. */
const OPENING = 8000;
const WAYS = /** @type {const} */ (["udp", "tcp", "tls"]);
/** @type {Leg[]} */
const OF_THE_RELAY = ["stun", "turn-udp", "turn-tcp", "turn-tls", "one-sided", "round-trip"];
/** @type {Symptoms} */
const NOTHING = {
  status: 0, code: "", socket: null, lan: false, stun: null, udp: null, tcp: null, tls: null, oneSided: null,
};

/** Events (CustomEvent): "line" {detail: Line}, "level" {detail: 0 to 1, of the microphone}. */
export class Check extends EventTarget {
  /** @type {Map<Leg, Line>} */
  #lines = new Map(verdicts.LEGS.map((leg) => [leg, { leg, status: "waiting", words: "" }]));
  #roomId;
  #platform;

  /** @param {{roomId: string, platform: Platform}} options without a room, what needs one is left out */
  constructor({ roomId, platform }) {
    super();
    this.#roomId = roomId;
    this.#platform = platform;
  }

  /** Call it from a click, which lets the microphone be heard. @returns {Promise<Result>} */
  async run() {
    const microphone = new MicrophoneCheck(this.#platform);
    microphone.addEventListener("line", (event) => this.#tell(/** @type {CustomEvent} */ (event).detail));
    microphone.addEventListener("level", (event) => {
      this.#emit("level", /** @type {CustomEvent} */ (event).detail);
    });
    microphone.open();
    try {
      const [symptoms, heard] = await Promise.all([this.#examine(), microphone.verdict]);
      const found = verdicts.find(symptoms);
      return { found, conclusion: verdicts.conclude(found, symptoms, heard), lines: [...this.#lines.values()] };
    } finally {
      microphone.close();
    }
  }

  /** @param {Line} line */
  #tell(line) {
    this.#lines.set(line.leg, line);
    this.#emit("line", line);
  }

  /** @param {Leg[]} legs @param {verdicts.Status} status @param {string} [words] */
  #tellAll(legs, status, words = "") {
    for (const leg of legs) this.#tell({ leg, status, words });
  }

  /** @param {string} name @param {any} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @returns {Promise<Symptoms>} */
  async #examine() {
    this.#tellAll(["server"], "running");
    const { status, code, body } = await this.#ask();
    const symptoms = { ...NOTHING, status, code };
    const testable = verdicts.mayTest(symptoms);
    if (testable) symptoms.socket = await this.#opens();
    this.#tell(verdicts.serverLine(symptoms));
    if (testable) await this.#probe(symptoms, body?.iceServers ?? []);
    else this.#tellAll(OF_THE_RELAY, "skipped", "Not tested.");
    return symptoms;
  }

  /** Ask for credentials. Who may enter no room gets none; that the site answers is seen all the same. */
  async #ask() {
    const { origin, fetch } = this.#platform;
    if (this.#roomId) return askCredentials(this.#roomId, this.#platform);
    const answers = await fetch(`${origin}/healthz`, { cache: "no-store" }).then(() => true, () => false);
    return { status: answers ? 403 : 0, code: "no-room", body: null };
  }

  /** Open the room's socket and say nothing there: so one's seat in another tab stays. */
  #opens() {
    const { origin, openSocket, setTimeout, clearTimeout } = this.#platform;
    const url = `${origin.replace(/^http/, "ws")}/ws/voice/${encodeURIComponent(this.#roomId)}/`;
    const socket = openSocket(url, "meshvoice.v1");
    return /** @type {Promise<boolean>} */ (new Promise((resolve) => {
      const end = (/** @type {boolean} */ opened) => {
        clearTimeout(timer);
        socket.onopen = socket.onclose = null;
        socket.close();
        resolve(opened);
      };
      const timer = setTimeout(() => end(false), OPENING);
      socket.onopen = () => end(true);
      socket.onclose = () => end(false);
    }));
  }

  /** @param {Symptoms} symptoms filled @param {RTCIceServer[]} servers */
  async #probe(symptoms, servers) {
    const { stun, ...relays } = sort(servers);
    symptoms.lan = WAYS.some((way) => isSpecial(hostOf(relays[way])));
    await Promise.all([
      this.#reflect(symptoms, stun),
      ...WAYS.map((way) => this.#loop(symptoms, way, relays[way])),
    ]);
    this.#tell(verdicts.roundTripLine(symptoms));
    const way = WAYS.find((each) => symptoms[each]?.allocated);
    const relay = way && relays[way];
    // Without UDP nothing reaches us directly, and a relay on a LAN serves pairs that both use it.
    if (relay && stun && symptoms.stun?.seen && !symptoms.lan) {
      this.#tellAll(["one-sided"], "running");
      symptoms.oneSided = await loop([relay], { iceServers: [stun] }, this.#platform);
    }
    this.#tell(verdicts.loopLine("one-sided", symptoms.oneSided));
  }

  /** @param {Symptoms} symptoms filled @param {RTCIceServer|null} stun */
  async #reflect(symptoms, stun) {
    this.#tellAll(["stun"], "running");
    if (stun) symptoms.stun = await reflect(stun, this.#platform);
    this.#tell(verdicts.stunLine(symptoms));
  }

  /** @param {Symptoms} symptoms filled @param {typeof WAYS[number]} way @param {RTCIceServer|null} relay */
  async #loop(symptoms, way, relay) {
    this.#tellAll([`turn-${way}`], "running");
    const far = /** @type {RTCConfiguration} */ ({ iceServers: relay && [relay], iceTransportPolicy: "relay" });
    if (relay) symptoms[way] = await loop([relay], far, this.#platform);
    this.#tell(verdicts.loopLine(`turn-${way}`, symptoms[way]));
  }
}

/** The first server of each way, with its one URL. @param {RTCIceServer[]} servers */
function sort(servers) {
  const each = servers.flatMap((server) => [server.urls].flat().map((urls) => ({ ...server, urls })));
  const first = (/** @type {RegExp} */ url) => each.find(({ urls }) => url.test(urls)) ?? null;
  return {
    stun: first(/^stun:/i), udp: first(/^turn:(?!.*transport=tcp)/i), tcp: first(/^turn:.*transport=tcp/i),
    tls: first(/^turns:/i),
  };
}

/** @param {RTCIceServer|null} relay */
function hostOf(relay) {
  return /^turns?:(\[[^\]]*\]|[^:?]*)/i.exec(String(relay?.urls))?.[1] ?? "";
}
