// @ts-check
// A browser and a server's end for tests: clock, sockets, fetch, microphone, audio elements and links without a browser.

import { createHash } from "node:crypto";

import { Emitter } from "../../static/voice/emitter.js";
import { Certificate } from "../../static/voice/link/certificate.js";

/** Let promises that are ready go on. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A clock whose timers run when a test says so. */
export class FakeClock {
  time = 1_795_358_400_000;
  /** @type {Map<number, {at: number, task: () => void}>} */
  timers = new Map();
  #ids = 0;
  now = () => this.time;
  /** @param {() => void} task @param {number} ms */
  setTimeout = (task, ms) => {
    this.timers.set(++this.#ids, { at: this.time + ms, task });
    return this.#ids;
  };
  /** @param {number} id */
  clearTimeout = (id) => void this.timers.delete(id);

  /** @param {number} ms */
  async advance(ms) {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const [next] = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].task();
    }
    this.time = end;
    await settle();
  }
}

/** The browser's end of a socket, and the server's hands on the other one. */
export class FakeSocket {
  /** @type {any} */ onopen = null;
  /** @type {any} */ onmessage = null;
  /** @type {any} */ onclose = null;
  /** @type {any[]} */ sent = [];
  closed = false;
  readyState = 1;
  seq = 0;
  /** Whether pings are answered by themselves. */
  lively = false;

  /** @param {string} url @param {string} protocol */
  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
  }

  /** @param {string} text */
  send(text) {
    const message = JSON.parse(text);
    this.sent.push(message);
    if (this.lively && message.type === "ping") queueMicrotask(() => this.say({ type: "pong", t: message.t }));
  }

  close() {
    this.closed = true;
  }

  accept() {
    this.onopen?.({});
  }

  /** @param {object} message */
  say(message) {
    this.onmessage?.({ data: JSON.stringify({ ...message, seq: ++this.seq }) });
  }

  /** @param {number} code */
  end(code) {
    this.onclose?.({ code });
  }

  /** @param {string} type */
  all(type) {
    return this.sent.filter((message) => message.type === type);
  }
}

export class FakeTrack extends EventTarget {
  enabled = true;
  readyState = "live";
  contentHint = "";
  /** @type {any} */ onended = null;
  /** @type {any} */ onmute = null;
  /** @type {any} */ onunmute = null;
  settings = { deviceId: "default", groupId: "g1" };
  getSettings = () => this.settings;
  /** @type {FakeTrack[]} */ clones = [];
  clone = () => {
    this.clones.push(new FakeTrack());
    return this.clones[this.clones.length - 1];
  };
  stop() {
    this.readyState = "ended";
  }
}

/** navigator.mediaDevices, whose next answers a test lines up: an error's name, or nothing for a track. */
export class FakeDevices extends EventTarget {
  /** @type {({name: string, message?: string}|"pending")[]} */ answers = [];
  /** @type {FakeTrack[]} */ tracks = [];
  /** @type {any[]} */ asked = [];
  /** @type {((track: FakeTrack) => void)[]} */ prompts = [];
  list = [{ kind: "audioinput", deviceId: "default", groupId: "g1" }, { kind: "audioinput", deviceId: "one", groupId: "g1" }];
  listeners = 0;

  /** @param {any} constraints */
  async getUserMedia(constraints) {
    this.asked.push(constraints);
    const answer = this.answers.shift();
    if (answer === "pending") return stream(await new Promise((resolve) => this.prompts.push(resolve)));
    if (answer) throw Object.assign(new Error(answer.message), answer);
    const track = new FakeTrack();
    this.tracks.push(track);
    return stream(track);
  }

  async enumerateDevices() {
    return this.list;
  }

  /** @param {any[]} args */
  addEventListener(...args) {
    this.listeners += 1;
    super.addEventListener(.../** @type {[any, any]} */ (args));
  }

  /** @param {any[]} args */
  removeEventListener(...args) {
    this.listeners = 0;
    super.removeEventListener(.../** @type {[any, any]} */ (args));
  }
}

/** @param {FakeTrack} track */
const stream = (track) => ({ getAudioTracks: () => [track] });

export class FakeAudio extends EventTarget {
  /** @type {any} */ srcObject = null;
  autoplay = false;
  muted = false;
  paused = true;
  volume = 1;
  /** @param {FakePlatform} platform */
  constructor(platform) {
    super();
    this.platform = platform;
  }

  async play() {
    if (this.platform.autoplayRefused) throw Object.assign(new Error("not allowed"), { name: "NotAllowedError" });
    this.paused = false;
  }

  pause() {
    this.paused = true;
  }

  removeAttribute() {}

  load() {}
}

/** Stands in for Links: remembers what it was told, and says what a test wants said. */
/** @extends {Emitter<any>} */
export class FakeLinks extends Emitter {
  /** @type {any[]} */ calls = [];
  /** @type {Map<string, any>} */ links = new Map();
  closed = false;

  /** @param {any} options */
  constructor(options) {
    super();
    this.options = options;
    this.movedAt = options.platform.now();
  }

  /** @param {string} peer @param {object} report */
  report(peer, report) {
    const full = { state: "up", path: "direct", rtt: 20.4, loss: 0, attempt: 0, gen: 1, relayOnly: false, orphan: false, held: false, refused: false, unmade: false, unfit: false, ...report };
    this.links.set(peer, full);
    this.dispatchEvent(new CustomEvent("report", { detail: { peer, report: full } }));
  }

  /** @param {string} peer @param {any} stream */
  stream(peer, stream) {
    this.dispatchEvent(new CustomEvent("stream", { detail: { peer, stream } }));
  }

  /** @param {any[]} args */
  present = (...args) => {
    this.movedAt = this.options.platform.now();
    return this.calls.push(["present", ...args]);
  };
  /** @param {any[]} args */
  left = (...args) => this.calls.push(["left", ...args]);
  /** @param {any[]} args */
  deliver = (...args) => this.calls.push(["deliver", ...args]);
  /** @param {any[]} args */
  sync = (...args) => this.calls.push(["sync", ...args]);
  /** @param {any[]} args */
  setSelf = (...args) => this.calls.push(["setSelf", ...args]);
  /** @param {any[]} args */
  setTrack = (...args) => this.calls.push(["setTrack", ...args]);
  /** @param {any[]} args */
  setQuiet = (...args) => this.calls.push(["setQuiet", ...args]);
  /** @param {any[]} args */
  setCredentials = (...args) => this.calls.push(["setCredentials", ...args]);
  /** @param {any[]} args */
  reassess = (...args) => this.calls.push(["reassess", ...args]);
  /** @param {any[]} args */
  retune = (...args) => this.calls.push(["retune", ...args]);
  /** @param {any[]} args */
  unsent = (...args) => this.calls.push(["unsent", ...args]);
  /** @param {any[]} args @returns {string|undefined} */
  unfit = (...args) => {
    this.calls.push(["unfit", ...args]);
    return "b";
  };
  /** @type {any[]} */ said = [];
  /** Whether what is said in band is on its way. */ carries = true;
  /** @param {string} peer @param {string} text */
  say = (peer, text) => {
    if (this.carries) this.said.push({ peer, ...JSON.parse(text) });
    return this.carries;
  };
  /** Whom something can be said to. @type {Set<string>} */
  #open = new Set();

  /** @param {string} peer @param {boolean} open */
  channel(peer, open = true) {
    if (open) this.#open.add(peer);
    else this.#open.delete(peer);
    this.emit("channel", { peer, open });
  }

  /** @param {string} peer */
  opens(peer) {
    return this.#open.has(peer);
  }

  /** @param {string} peer @param {object} message */
  word(peer, message) {
    this.emit("word", { peer, text: JSON.stringify(message) });
  }

  figures = () => null;
  keys = async () => null;
  reports = () => this.links;
  receivers = () => new Map();
  close = () => {
    this.closed = true;
  };

  /** @param {string} name */
  named(name) {
    return this.calls.filter(([call]) => call === name).map(([, ...args]) => args);
  }
}

/** As crypto.subtle gives it, within one turn: the order of events is the same each time. @param {Uint8Array} bytes */
export const sha256 = async (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());

export class FakePlatform extends FakeClock {
  retunes = false;
  sha256 = sha256;
  #drawn = 0;
  /** @param {number} count */
  randomBytes = (count) => new Uint8Array(createHash("sha512").update(`${++this.#drawn}`).digest().subarray(0, count));
  origin = "https://voice.example";
  secure = true;
  /** @type {FakeSocket[]} */ sockets = [];
  /** @type {string[]} */ asked = [];
  /** @type {FakeAudio[]} */ audios = [];
  /** @type {FakeLinks[]} */ allLinks = [];
  /** What the credentials endpoint answers; status 0 is no network. */
  answer = { status: 200, body: /** @type {any} */ ({ ttl: 3600, iceServers: [{ urls: ["turn:relay.example"] }] }) };
  autoplayRefused = false;
  mediaDevices = /** @type {any} */ (new FakeDevices());
  document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  window = new EventTarget();
  /** @type {import("../../static/voice/browser/platform.js").Platform["connection"]} */
  connection = undefined;
  audioContext = null;
  hasAudioWorklet = true;
  RTCPeerConnection = /** @type {any} */ (class {});
  /** @type {any} */ locks = [];
  audioSession = undefined;
  wakeLock = /** @type {any} */ ({
    request: async () => {
      const lock = { released: false, release: async () => void (lock.released = true) };
      this.locks.push(lock);
      return lock;
    },
  });
  random = () => 0.5;
  MediaRecorder = undefined;
  canChooseSpeaker = true;
  keysFollowFiles = false;
  /** @type {Map<string, Blob>} */ urls = new Map();
  /** @param {Blob} blob */
  blobUrl = (blob) => {
    const url = `blob:${this.urls.size}`;
    this.urls.set(url, blob);
    return url;
  };
  /** @param {string} url */
  forgetUrl = (url) => void this.urls.delete(url);
  emptyStream = () => /** @type {any} */ ({ empty: true });

  /** @param {string} url @param {string} protocol */
  openSocket = (url, protocol) => {
    this.sockets.push(new FakeSocket(url, protocol));
    return /** @type {any} */ (this.socket);
  };

  /** @param {string} url */
  fetch = async (url) => {
    this.asked.push(url);
    const { status, body } = this.answer;
    if (status === 0) throw new TypeError("no network");
    return /** @type {any} */ ({ status, json: async () => body });
  };

  createAudio = () => {
    this.audios.push(new FakeAudio(this));
    return /** @type {any} */ (this.audios[this.audios.length - 1]);
  };

  /** @param {any} options */
  makeLinks = (options) => {
    this.allLinks.push(new FakeLinks(options));
    return /** @type {any} */ (this.links);
  };

  /** @param {() => void} task */
  later = (task) => queueMicrotask(task);

  makeCertificate = () => new Certificate(this);

  /** The newest. */
  get socket() {
    return this.sockets[this.sockets.length - 1];
  }

  get links() {
    return this.allLinks[this.allLinks.length - 1];
  }

  get devices() {
    return /** @type {FakeDevices} */ (this.mediaDevices);
  }
}

/** @param {object} [more] */
export const welcome = (more) => ({
  type: "welcome", source: "a", user: "ua", order: 50, ticket: "t1", resumed: false, got: 0, boot: "b1",
  seats: 8, grace: 45, ping: 10, role: "owner", closes_at: null, counts: true, keeps: true, ...more,
});

/** @param {string} source @param {string} name @param {number} order @param {object} [more] */
export const present = (source, name, order, more) => ({
  type: "present", source, user: `u${source}`, order, name, muted: false, deafened: false, away: false, role: "guest", ...more,
});

/** The server gives a seat beside Bo. @param {FakePlatform} platform */
export function seatBesideBo({ socket }) {
  socket.accept();
  socket.say(welcome());
  socket.say(present("b", "Bo", 10));
  socket.say({ type: "pong", t: socket.all("ping")[0].t });
}
