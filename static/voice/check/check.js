// @ts-check
// Owns one check of a person's microphone and connection: runs the probes, and tells each step as it is known.

import { ANY_MICROPHONE } from "../audio/constraints.js";
import { Emitter } from "../emitter.js";
import { askCredentials } from "../signaling/credentials.js";
import * as verdicts from "./check-verdicts.js";
import { MicrophoneCheck } from "./microphone-check.js";
import { phrase } from "./phrase.js";
import { isSpecial, loop, reflect } from "./relay-probe.js";
import { readSiteWord } from "./site-word.js";

/** @typedef {import("./check-verdicts.js").Step} Step */
/** @typedef {import("./check-verdicts.js").Line} Line */
/** @typedef {import("./check-verdicts.js").Symptoms} Symptoms */
/** @typedef {import("../browser/platform.js").Platform} Platform */
/** @typedef {{found: verdicts.Finding[], conclusion: ReturnType<verdicts.conclude>, lines: Line[]}} Result */

/** A WebSocket that takes longer does not open. */
const OPENING = 8000;
/** The site may be looking just now: so often it is asked again, after so long. */
const LOOKS = 10;
const LOOKING = 1500;
const WAYS = /** @type {const} */ (["udp", "tcp", "tls"]);
/** @type {Step[]} */
const OF_THE_RELAY = ["stun", "turn-udp", "turn-tcp", "turn-tls", "one-sided", "round-trip", "from-site"];
/** @type {Symptoms} */
const NOTHING = {
  status: 0, code: "", socket: null, fixed: false, lan: false, stun: null, udp: null, tcp: null, tls: null, oneSided: null,
  site: null,
};

/** Events: a step's line; the microphone's level, 0 to 1. @extends {Emitter<{line: Line, level: number}>} */
export class Check extends Emitter {
  /** @type {Map<Step, Line>} */
  #lines = new Map(verdicts.STEPS.map((step) => [step, { step, status: "waiting", words: "" }]));
  #roomId;
  #devices;
  #platform;

  /**
   * @param {{roomId: string, platform: Platform, devices?: import("../audio/devices.js").Devices}} options
   *   without a room, what needs one is left out; without devices, the default ones are tested
   */
  constructor({ roomId, platform, devices }) {
    super();
    this.#devices = devices;
    this.#roomId = roomId;
    this.#platform = platform;
  }

  /** Call it from a click, which lets the microphone be heard. @returns {Promise<Result>} */
  async run() {
    const microphone = new MicrophoneCheck(this.#platform, () => this.#devices?.microphone ?? ANY_MICROPHONE);
    microphone.on("line", (line) => this.#setLine(line));
    microphone.on("level", (level) => this.emit("level", level));
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
  #setLine(line) {
    this.#lines.set(line.step, line);
    this.emit("line", line);
  }

  /** @param {Step[]} steps @param {verdicts.Status} status @param {string} [words] */
  #setLines(steps, status, words = "") {
    for (const step of steps) this.#setLine({ step, status, words });
  }

  /** @returns {Promise<Symptoms>} */
  async #examine() {
    this.#setLines(["server"], "running");
    const { status, code, credentials } = await this.#ask();
    const symptoms = { ...NOTHING, status, code };
    const testable = verdicts.mayTest(symptoms);
    if (testable) symptoms.socket = await this.#opens();
    this.#setLine(verdicts.serverLine(symptoms));
    if (testable) await this.#probe(symptoms, credentials?.iceServers ?? []);
    else this.#setLines(OF_THE_RELAY, "skipped", phrase("not-tested"));
    return symptoms;
  }

  /** Ask for credentials. Who may enter no room gets none; that the site answers is seen all the same. */
  async #ask() {
    const { origin, fetch } = this.#platform;
    if (this.#roomId) return askCredentials(this.#roomId, this.#platform);
    const answers = await fetch(`${origin}/healthz`, { cache: "no-store" }).then(() => true, () => false);
    return { status: answers ? 403 : 0, code: "no-room", credentials: null };
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
    const all = WAYS.flatMap((way) => relays[way]);
    if (all.length) this.#setLines(["from-site"], "running");
    symptoms.lan = all.some((relay) => isSpecial(hostOf(relay)));
    // Signed ones begin with when they end.
    symptoms.fixed = all.some(({ username }) => !/^\d+:/.test(username ?? ""));
    const [site] = await Promise.all([
      all.length ? this.#askSite() : null,
      this.#reflect(symptoms, stun),
      ...WAYS.map((way) => this.#loop(symptoms, way, relays[way])),
    ]);
    symptoms.site = site;
    this.#setLine(verdicts.stunLine(symptoms));
    this.#setLine(verdicts.tlsLine(symptoms));
    this.#setLine(verdicts.roundTripLine(symptoms));
    const way = WAYS.find((each) => symptoms[each]?.allocated);
    // Without UDP nothing reaches us directly, and a relay on a LAN serves pairs that both use it.
    if (way && stun.length && verdicts.stunLine(symptoms).status === "ok" && !symptoms.lan) {
      this.#setLines(["one-sided"], "running");
      symptoms.oneSided = await loop(relays[way], { iceServers: stun }, this.#platform);
    }
    this.#setLine(verdicts.oneSidedLine(symptoms));
    this.#setLine(verdicts.siteLine(symptoms));
  }

  /** What the site saw of the relay; null where it doesn't say. */
  async #askSite() {
    const { origin, fetch, setTimeout } = this.#platform;
    try {
      for (let left = LOOKS; ; left--) {
        const answer = await fetch(`${origin}/api/voice/relay/`, { credentials: "same-origin", cache: "no-store" });
        const word = readSiteWord(await answer.json());
        if (!word?.running || !left) return word;
        await new Promise((resolve) => setTimeout(() => resolve(null), LOOKING));
      }
    } catch {
      return null;
    }
  }

  /** @param {Symptoms} symptoms filled @param {RTCIceServer[]} stun */
  async #reflect(symptoms, stun) {
    this.#setLines(["stun"], "running");
    if (stun.length) symptoms.stun = await reflect(stun, this.#platform);
    // What else it may mean the relays tell.
    if (symptoms.stun?.seen) this.#setLine(verdicts.stunLine(symptoms));
  }

  /** @param {Symptoms} symptoms filled @param {typeof WAYS[number]} way @param {RTCIceServer[]} relays */
  async #loop(symptoms, way, relays) {
    this.#setLines([`turn-${way}`], "running");
    const far = /** @type {RTCConfiguration} */ ({ iceServers: relays, iceTransportPolicy: "relay" });
    if (relays.length) symptoms[way] = await loop(relays, far, this.#platform);
    this.#setLine(verdicts.loopLine(`turn-${way}`, symptoms[way]));
  }
}

/** The servers of each way, of every host that is offered, each with its one URL. @param {RTCIceServer[]} servers */
function sort(servers) {
  const each = servers.flatMap((server) => [server.urls].flat().map((urls) => ({ ...server, urls })));
  const by = (/** @type {RegExp} */ url) => each.filter(({ urls }) => url.test(urls));
  return {
    stun: by(/^stun:/i), udp: by(/^turn:(?!.*transport=tcp)/i), tcp: by(/^turn:.*transport=tcp/i), tls: by(/^turns:/i),
  };
}

/** @param {RTCIceServer} relay */
function hostOf(relay) {
  return /^turns?:(\[[^\]]*\]|[^:?]*)/i.exec(String(relay.urls))?.[1] ?? "";
}
