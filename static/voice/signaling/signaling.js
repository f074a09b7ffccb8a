// @ts-check
// One seat's signaling: runs the signaling machine on a real socket, a real fetch and real timers.

import { Emitter } from "../emitter.js";
import { askCredentials } from "./credentials.js";
import { readServerMessage } from "./messages.js";
import { step } from "./signaling-machine.js";
import { idle, wakeAt } from "./signaling-state.js";

/** @typedef {import("./signaling-state.js").SignalingEvent} SignalingEvent */
/** @typedef {import("./signaling-state.js").SignalingEffect} SignalingEffect */
/** @typedef {import("./signaling-state.js").Greeting} Greeting */
/** @typedef {import("./messages.js").ClientMessage} ClientMessage */
/** @typedef {import("../browser/platform.js").Platform} Platform */

/** WebSocket.OPEN */
const OPEN = 1;

/**
 * What became of a socket, and of a frame that can't be used; nothing is decided by these two.
 * @typedef {object} SocketEvents
 * @property {{what: "dialed"|"opened"|"closed"|"dropped", code?: number}} socket
 * @property {string} malformed  the frame's type
 */

/**
 * Events: those of SeatEvents, and of SocketEvents for whoever wants to know what happened.
 * @extends {Emitter<import("./signaling-state.js").SeatEvents & SocketEvents>}
 */
export class Signaling extends Emitter {
  #state = idle();
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {any} */
  #timer = null;
  /** @type {SignalingEffect[]} */
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

  /** Send a frame, or keep it until the socket is back. @param {ClientMessage} message */
  send(message) {
    this.#handle({ type: "send", message });
  }

  /** Something happened that makes the socket doubtful. @param {string} why "online" dials anew at once */
  probe(why) {
    this.#handle({ type: "probe", why });
  }

  /** Leave on purpose. Where the socket is away, one more is dialed to say so; nothing is left after that. */
  bye() {
    this.#handle({ type: "bye" });
  }

  /** Leave without a word, or stop leaving. */
  forget() {
    this.#handle({ type: "forget" });
  }

  /** @param {SignalingEvent} event */
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

  /** @param {SignalingEffect} effect */
  #execute(effect) {
    switch (effect.type) {
      case "ask":
        this.#ask(effect.serial);
        break;
      case "dial":
        this.#dial(effect.serial);
        break;
      case "transmit":
        // One that is closing takes nothing and says so in the console: what is kept goes out when a seat is resumed.
        if (this.#socket?.readyState === OPEN) this.#socket.send(effect.text);
        break;
      case "drop":
        this.#drop();
        break;
      case "emit":
        this.emit(effect.name, effect.detail);
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
    this.emit("socket", { what: "dialed" });
    socket.onopen = () => {
      this.emit("socket", { what: "opened" });
      this.#handle({ type: "open", serial, hello: this.#hello() });
    };
    socket.onmessage = ({ data }) => this.#read(serial, data);
    socket.onclose = ({ code }) => {
      this.emit("socket", { what: "closed", code });
      this.#handle({ type: "closed", serial, code });
    };
  }

  /** @param {number} serial @param {unknown} data */
  #read(serial, data) {
    const { message, fault } = readServerMessage(data);
    if (fault) this.emit("malformed", fault);
    if (message) this.#handle({ type: "frame", serial, message });
  }

  /** A socket that fell silent may take minutes to close: it is forgotten at once, and closes by itself. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    this.#socket = null;
    this.emit("socket", { what: "dropped" });
    socket.close();
  }
}
