// @ts-check
// One seat's signaling: runs the signaling machine on a real socket, a real fetch and real timers.

import { step } from "./signaling-machine.js";
import { idle, wakeAt } from "./signaling-state.js";

/** @typedef {import("./signaling-state.js").Event} MachineEvent */
/** @typedef {import("./signaling-state.js").Effect} Effect */
/** @typedef {import("./signaling-state.js").Greeting} Greeting */
/** @typedef {import("./platform.js").Platform} Platform */

/**
 * Events (CustomEvent): "credentials" {detail: the endpoint's body, or null where the server has no relay},
 * "welcome" and "message" {detail: the frame}, "roster" (the last of those present was told), "lost" {detail: {code}},
 * "trouble" {detail: {status}} (not there yet, trying again), "wake" (time was lost),
 * "over" {detail: {close} or {status, code}}.
 */
export class Signaling extends EventTarget {
  #state = idle();
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {any} */
  #timer = null;
  /** @type {Effect[]} */
  #queue = [];
  #room;
  #hello;
  #platform;

  /**
   * @param {{roomId: string, hello: () => Greeting,
   *   platform: Pick<Platform, "origin"|"openSocket"|"fetch"|"now"|"random"|"setTimeout"|"clearTimeout">}} options
   */
  constructor({ roomId, hello, platform }) {
    super();
    this.#room = roomId;
    this.#hello = hello;
    this.#platform = platform;
  }

  /** Whether a frame would go out at once. */
  get joined() {
    return this.#state.phase === "joined";
  }

  start() {
    this.#handle({ type: "start" });
  }

  /** Send a frame, or keep it until the socket is back. @param {object} message */
  send(message) {
    this.#handle({ type: "send", message });
  }

  /** Something happened that makes the socket doubtful. @param {string} why "online" dials anew at once */
  look(why) {
    this.#handle({ type: "look", why });
  }

  /** Leave on purpose; nothing is left after it. */
  bye() {
    this.#handle({ type: "bye" });
  }

  /** @param {MachineEvent} event */
  #handle(event) {
    const { state, effects } = step(this.#state, event, this.#platform.now(), this.#platform.random());
    this.#state = state;
    this.#arm();
    this.#queue.push(...effects);
    // A listener may send or leave: what follows from that comes after what was decided before.
    for (let effect; (effect = this.#queue.shift()); ) this.#execute(effect);
  }

  #arm() {
    this.#platform.clearTimeout(this.#timer);
    this.#timer = null;
    const at = wakeAt(this.#state);
    if (at === null) return;
    const wait = Math.max(0, at - this.#platform.now());
    this.#timer = this.#platform.setTimeout(() => this.#handle({ type: "tick" }), wait);
  }

  /** @param {Effect} effect */
  #execute(effect) {
    switch (effect.type) {
      case "ask":
        this.#ask(effect.serial);
        break;
      case "dial":
        this.#dial(effect.serial);
        break;
      case "transmit":
        this.#socket?.send(effect.text);
        break;
      case "drop":
        this.#drop();
        break;
      case "emit":
        this.dispatchEvent(new CustomEvent(effect.name, { detail: effect.detail }));
    }
  }

  /** @param {number} serial */
  async #ask(serial) {
    this.#handle({ type: "answer", serial, ...await askCredentials(this.#room, this.#platform) });
  }

  /** @param {number} serial */
  #dial(serial) {
    this.#drop();
    const url = `${this.#platform.origin.replace(/^http/, "ws")}/ws/voice/${encodeURIComponent(this.#room)}/`;
    const socket = this.#platform.openSocket(url, "meshvoice.v1");
    this.#socket = socket;
    socket.onopen = () => this.#handle({ type: "open", serial, hello: this.#hello() });
    socket.onmessage = ({ data }) => this.#handle({ type: "frame", serial, message: JSON.parse(data) });
    socket.onclose = ({ code }) => this.#handle({ type: "closed", serial, code });
  }

  /** A socket that fell silent may take minutes to close: it is forgotten at once, and closes by itself. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    this.#socket = null;
    socket.close();
  }
}

/**
 * Ask whether the room may be entered, and for the relay's credentials: a refused WebSocket tells a page no reason.
 * @param {string} room
 * @param {Pick<Platform, "origin"|"fetch">} platform
 * @returns {Promise<{status: number, code: string, body: any}>} status 0: no answer
 */
export async function askCredentials(room, { origin, fetch }) {
  let status = 0;
  let body = null;
  try {
    const answer = await fetch(`${origin}/api/voice/turn-credentials/?room=${encodeURIComponent(room)}`, {
      credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" },
    });
    status = answer.status;
    body = await answer.json();
  } catch {
    // A refusal without JSON is a proxy's and keeps its status; 200 without JSON is no answer of ours.
    if (status === 200) status = 0;
  }
  return { status, code: String(body?.error?.code ?? ""), body };
}
