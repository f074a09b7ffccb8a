import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import EN from "../../static/lang/en.js";
import { attach, kept, prepare, renew } from "../../static/voice-button.js";
import { ready, showListening, VoiceButton } from "../../static/voice/panel/button.js";
import { Store } from "../../static/voice/store.js";
import { ComparedKeys, VoiceRoom } from "../../static/voice-mesh.js";
import { FakePlatform, present, settle, welcome } from "./fake-platform.js";

/** As much of an HTML button as the voice button touches. */
class Button extends EventTarget {
  textContent = "Join voice";
  offsetWidth = 0;
  #attributes = new Map();
  #classes;
  constructor({ active = true } = {}) {
    super();
    this.#classes = new Set(active ? ["active"] : []);
    this.dataset = active ? { roomId: "mysea-1", name: "Ana" } : { hint: "Your sea is closed." };
    this.classList = {
      add: (name) => this.#classes.add(name),
      remove: (name) => this.#classes.delete(name),
      contains: (name) => this.#classes.has(name),
    };
  }
  querySelector() { return null; }
  setAttribute(name, value) { this.#attributes.set(name, value); }
  getAttribute(name) { return this.#attributes.get(name) ?? null; }
  hasAttribute(name) { return this.#attributes.has(name); }
  removeAttribute(name) { this.#attributes.delete(name); }
}

/** A VoiceRoom whose join the test ends. */
class Room extends EventTarget {
  static made = [];
  state = "idle";
  muted = false;
  /** @type {any} */ resolve = null;
  get silent() { return this.muted || this.trouble; }
  trouble = false;
  people = [];
  pairs = [];
  between = [];
  constructor(id, options) {
    super();
    Object.assign(this, { id, options });
    Room.made.push(this);
  }
  join() {
    this.state = "joining";
    this.emit("state", { state: "joining", words: "Joining." });
    return new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
  async joined({ made = true } = {}) {
    this.state = "joined";
    this.emit("state", { state: "joined", words: "You are in." });
    this.resolve();
    await settled();
    if (made) this.emit("settled", null);
  }
  async end(code, words) {
    this.state = "left";
    this.emit("state", { state: "left", code, words });
    await settled();
  }
  toggleMute() {
    this.muted = !this.muted;
    this.emit("muted", { muted: this.muted });
  }
  announce(sentence) { this.emit("announce", sentence); }
  emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

const settled = () => new Promise(setImmediate);
const modules = () => /** @type {any} */ (Promise.resolve([{ ComparedKeys, VoiceRoom: Room }, { VoiceButton }, { CallKeys, VoicePanel: Panel }]));

/** The keys of a call. */
class CallKeys {
  live = true;
  heard = [];
  constructor(room) {
    this.room = room;
  }
  hear({ key }) {
    this.heard.push(key);
  }
  close() {
    this.live = false;
  }
}

/** A panel, and what it was made of. */
class Panel {
  static made = [];
  constructor(element, room, store, told, keys) {
    Object.assign(this, { room, keys, told: told.map(({ detail }) => detail.state) });
    Panel.made.push(this);
  }
}

async function click(button) {
  button.dispatchEvent(new Event("click"));
  await settled();
}

test("whoever joins again on the same page still knows whom they compared", async () => {
  const { button } = page();
  await click(button);
  await Room.made[0].joined();
  await Room.made[0].end(1000, "You left.");
  await click(button);
  assert.ok(Room.made[0].options.compared instanceof ComparedKeys);
  assert.equal(Room.made[0].options.compared, Room.made[1].options.compared);
});

/** A live region, and all that it told. */
class Live {
  told = [];
  get textContent() { return this.told.at(-1) ?? ""; }
  set textContent(words) { if (words !== this.textContent) this.told.push(words); }
}

/** @param {object} [options] @param {ReturnType<typeof modules>} [loaded] */
function page(options, loaded = modules()) {
  const button = /** @type {any} */ (new Button(options));
  const hint = /** @type {any} */ ({ textContent: "" });
  const live = /** @type {any} */ (new Live());
  attach(button, { hint, live, panel: /** @type {any} */ ({}), modules: () => loaded, words: EN.page });
  return { button, hint, live };
}

async function joined() {
  const { button, hint, live } = page();
  await click(button);
  const [room] = Room.made;
  await room.joined();
  return { button, hint, live, room };
}

beforeEach(() => {
  Room.made = [];
  Panel.made = [];
  performance.clearMarks();
});

test("an inactive button flashes and says what to do, and loads nothing", async () => {
  const { button, hint } = page({ active: false });
  await click(button);
  assert.ok(button.classList.contains("flash"));
  assert.equal(hint.textContent, "Your sea is closed.");
  assert.equal(Room.made.length, 0);
});

test("the flash ends with its animation", async () => {
  const { button } = page({ active: false });
  await click(button);
  button.dispatchEvent(new Event("animationend"));
  assert.equal(button.classList.contains("flash"), false);
});

test("the first click marks the time, makes the room of the button and tells of it", async () => {
  const { button } = page();
  const told = [];
  button.addEventListener("meshvoice:room", (event) => told.push([event.bubbles, event.detail.room]));
  await click(button);
  const [{ id, options: { name, store } }] = Room.made;
  assert.deepEqual([id, name, store instanceof Store], ["mysea-1", "Ana", true]);
  assert.deepEqual(told, [[true, Room.made[0]]]);
  assert.equal(performance.getEntriesByName("meshvoice:click").length, 1);
});

test("the room is asked to join long before its panel is made, which is then given all that it told", async () => {
  const states = [];
  class VoicePanel {
    constructor(element, room, store, told) {
      states.push(room.state, ...told.map(({ type, detail }) => `${type} ${detail.code ?? detail.state}`));
      room.addEventListener("microphone", ({ detail }) => states.push(detail.code));
    }
  }
  class ListenOnly extends Room {
    join() {
      queueMicrotask(() => this.emit("microphone", { code: "listen-only" }));
      return super.join();
    }
  }
  const button = /** @type {any} */ (new Button());
  const modulesHere = () => /** @type {any} */ (Promise.resolve([{ ComparedKeys, VoiceRoom: ListenOnly }, { VoiceButton }, { CallKeys, VoicePanel }]));
  attach(button, { panel: /** @type {any} */ ({}), modules: modulesHere, words: EN.page });
  await click(button);
  assert.deepEqual(states, []);
  Room.made[0].emit("settled", null);
  assert.deepEqual(states, ["joining", "microphone listen-only"]);
  Room.made[0].emit("microphone", { code: "ok" });
  assert.deepEqual(states.slice(2), ["ok"], "once: now it hears for itself");
});

test("the keys of a call are live before its panel is made, which takes them over, and end with the call", async () => {
  const made = [];
  class Keys extends CallKeys {
    constructor(room) {
      super(room);
      made.push([this, room.state]);
    }
  }
  const button = /** @type {any} */ (new Button());
  attach(button, { panel: /** @type {any} */ ({}), modules: () => /** @type {any} */ (Promise.resolve([{ ComparedKeys, VoiceRoom: Room }, { VoiceButton }, { CallKeys: Keys, VoicePanel: Panel }])), words: EN.page });
  await click(button);
  const [[keys, state]] = made;
  const [room] = Room.made;
  assert.deepEqual([keys.room, state, keys.live], [room, "joining", true], "the room is asked to join first");
  Room.made.at(-1).emit("settled", null);
  assert.equal(Panel.made[0].keys, keys);
  await room.joined();
  assert.equal(keys.live, true);
  await room.end(undefined, "You left voice.");
  assert.deepEqual([keys.live, made.length], [false, 1]);
});

test("a key that is pressed while voice is loaded counts for the call, and none of before the click", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const document = Object.assign(new EventTarget(), { getElementById: () => null });
  const { document: before } = globalThis;
  globalThis.document = /** @type {any} */ (document);
  t.after(() => void (globalThis.document = before));
  const press = (key) => document.dispatchEvent(Object.assign(new Event("keydown"), { key }));
  const { button, hint, server } = unloadable();
  press("d");
  await click(button);
  press("x");
  await click(button);
  assert.equal(hint.textContent, NOT_JOINED);
  press("y");
  await click(button);
  press("m");
  server.up = true;
  t.mock.timers.tick(1500);
  await settled();
  press("n");
  Room.made.at(-1).emit("settled", null);
  assert.deepEqual(Panel.made.map(({ keys }) => keys.heard), [["m"]]);
});

test("a room that refuses within its own join has no panel and no keys, also at a second click", async (t) => {
  class Refusing extends Room {
    async join() {
      this.emit("state", { state: "refused", code: "no-webrtc", words: "This browser can't." });
      throw Object.assign(new Error("This browser can't."), { code: "no-webrtc" });
    }
  }
  const button = /** @type {any} */ (new Button());
  const hint = /** @type {any} */ ({ textContent: "", setAttribute: () => {} });
  const keys = t.mock.fn();
  attach(button, { hint, panel: /** @type {any} */ ({}), modules: () => /** @type {any} */ (Promise.resolve([{ ComparedKeys, VoiceRoom: Refusing }, { VoiceButton }, { CallKeys: keys, VoicePanel: Panel }])), words: EN.page });
  for (let clicks = 1; clicks <= 2; clicks += 1) {
    await click(button);
    Room.made.at(-1).emit("settled", null);
    assert.deepEqual([Panel.made.length, keys.mock.callCount(), hint.textContent, button.hasAttribute("aria-busy")], [0, 0, "This browser can't.", false]);
  }
});

test("a join that fails without a word of its state leaves no panel behind", async () => {
  const { button } = page();
  await click(button);
  Room.made[0].reject(new Error("It broke."));
  await settled();
  Room.made.at(-1).emit("settled", null);
  assert.equal(Panel.made.length, 0);
});

test("a refusal before there is a panel is told by it, and whoever clicks again gets another", async () => {
  const { button } = page();
  await click(button);
  const refuse = async (room) => {
    room.reject(new Error("The room is full."));
    await room.end(4413, "The room is full.");
    room.emit("settled", null);
  };
  await refuse(Room.made[0]);
  assert.deepEqual(Panel.made.map(({ told, keys }) => [told, keys.live]), [[["left"], false]]);
  await click(button);
  Room.made[1].emit("settled", null);
  Room.made[1].emit("settled", null);
  assert.deepEqual(Panel.made.map(({ room, keys }) => [Room.made.indexOf(room), keys.live]), [[0, false], [1, true]]);
});

test("a page that goes away before its panel is made, and comes back as it was, gets one panel", async () => {
  const { button } = page();
  await click(button);
  const [room] = Room.made;
  await room.end(undefined, "You left.");
  room.join();
  Room.made.at(-1).emit("settled", null);
  assert.deepEqual(Panel.made.map(({ keys }) => keys.live), [true]);
});

test("clicks while joining make no second room and don't mute", async () => {
  const { button } = page();
  button.dispatchEvent(new Event("click"));
  await click(button);
  await click(button);
  assert.deepEqual(Room.made.map(({ muted }) => muted), [false]);
  assert.equal(button.getAttribute("aria-busy"), "true");
});

test("once joined the button is called Mute, and a click changes only what is pressed", async () => {
  const { button, hint, room } = await joined();
  assert.deepEqual([button.textContent, button.getAttribute("aria-pressed")], ["Mute", "false"]);
  await click(button);
  assert.equal(room.muted, true);
  assert.deepEqual([button.textContent, button.getAttribute("aria-pressed")], ["Mute", "true"]);
  assert.equal(hint.textContent, "You are muted: nobody hears you.");
});

/** Click a button of the real room, and let a server seat it among others. @param {string[]} others */
async function seated(others) {
  const platform = new FakePlatform();
  class Seated extends VoiceRoom {
    constructor(id, options) {
      super(id, { ...options, platform });
    }
  }
  const { button, live } = page(undefined, /** @type {any} */ (Promise.resolve([{ ComparedKeys, VoiceRoom: Seated }, { VoiceButton }, { CallKeys, VoicePanel: Panel }])));
  await click(button);
  const { socket } = platform;
  socket.accept();
  socket.say(welcome());
  await settle();
  for (const [at, name] of others.entries()) socket.say(present(name, name, at));
  socket.say({ type: "pong", t: socket.all("ping")[0].t });
  await platform.advance(5000);
  return live.told;
}

test("whoever joins is told who is there, once the server has said it, and whoever is alone is told that", async () => {
  assert.deepEqual(await seated(["Ben", "Cleo", "Dan", "Eva", "Finn"]), [EN.page.joining, "You are in, with Ben, Cleo, Dan and 2 others."]);
  assert.deepEqual(await seated([]), [EN.page.joining, "You are in. Nobody else is here yet."]);
});

test("one region that is there before the click is told of joining, of the call and of its end", async () => {
  const { button, live } = page();
  await click(button);
  const [room] = Room.made;
  await room.joined();
  room.emit("announce", "You are in, with Ben.");
  assert.deepEqual(live.told, [EN.page.joining, "You are in, with Ben."]);
  room.emit("muted", { muted: true });
  room.emit("announce", "Gus joined");
  for (const state of ["reconnecting", "joined"]) room.emit("state", { state, words: "" });
  await room.end(4410, "The room was closed.");
  room.emit("announce", "Hal joined");
  assert.deepEqual(live.told.slice(2), ["Gus joined", "The room was closed."]);
});

test("a sentence that is told twice in a row is a change of the region each time, and the next one is not lost to it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, room } = await joined();
  live.told = [];
  for (let times = 1; times <= 2; times += 1) room.emit("announce", "Gus joined");
  assert.deepEqual(live.told, ["Gus joined", ""]);
  t.mock.timers.tick(1000);
  assert.deepEqual(live.told, ["Gus joined", "", "Gus joined"]);
  room.emit("announce", "Gus joined");
  room.emit("announce", "Hal joined");
  t.mock.timers.tick(1000);
  assert.deepEqual(live.told.slice(3), ["", "Hal joined"]);
});

test("whoever could not get in is told so", async () => {
  const { button, live } = page();
  await click(button);
  Room.made[0].reject(new Error("The room is full."));
  await settled();
  assert.deepEqual(live.told, [EN.page.joining, "The room is full."]);
});

test("without a microphone one is shown as muted, as the others see it", async () => {
  const { button, hint, room } = await joined();
  room.trouble = true;
  room.emit("microphone", { ok: false, code: "listen-only" });
  assert.deepEqual([button.getAttribute("aria-pressed"), hint.textContent], ["true", ""]);
  room.trouble = false;
  room.emit("microphone", { ok: true, code: "ok" });
  assert.equal(button.getAttribute("aria-pressed"), "false");
});

test("leaving gives the button back: the next click joins anew", async () => {
  const { button, room } = await joined();
  await room.end(undefined, "You left voice.");
  assert.deepEqual([button.textContent, button.hasAttribute("aria-pressed")], ["Join voice", false]);
  await click(button);
  assert.equal(Room.made.length, 2);
});

test("what a join shows waits until its links are made: one picture of the page, and a click that is too early mutes nobody", async () => {
  const { button, hint } = page();
  await click(button);
  const [room] = Room.made;
  await room.joined({ made: false });
  room.emit("muted", { muted: true });
  const shown = () => [button.textContent, button.getAttribute("aria-pressed"), button.hasAttribute("aria-busy"), hint.textContent];
  const before = ["Join voice", null, true, EN.page.joining];
  assert.deepEqual(shown(), before);
  await click(button);
  assert.deepEqual([room.muted, shown()], [false, before]);
  room.muted = true;
  room.emit("settled", null);
  assert.deepEqual(shown(), ["Mute", "true", false, "You are muted: nobody hears you."]);
});

test("a call that ends before its links are made shows its end, and nothing of what was to be shown", async () => {
  const { button, hint, live } = page();
  await click(button);
  const [room] = Room.made;
  await room.joined({ made: false });
  await room.end(4410, "The room was closed.");
  room.emit("settled", null);
  assert.deepEqual([button.textContent, button.hasAttribute("aria-pressed"), button.hasAttribute("aria-busy"), hint.textContent], ["Join voice", false, false, "The room was closed."]);
  assert.deepEqual(live.told, [EN.page.joining, "The room was closed."]);
});

test("a room that joins by itself when the back button brings the page back has its button again", async () => {
  const { button, room } = await joined();
  await room.end(undefined, "You left.");
  room.join();
  await room.joined();
  assert.deepEqual([button.textContent, button.getAttribute("aria-pressed")], ["Mute", "false"]);
  await click(button);
  assert.deepEqual([Room.made.length, room.muted], [1, true]);
});

test("the page that the back button brings back says that it joins until it shows the call: a click meanwhile unmutes nobody", async () => {
  const { button, room } = await joined();
  await room.end(undefined, "You left.");
  room.muted = true;
  room.join();
  await room.joined({ made: false });
  await click(button);
  assert.deepEqual([button.hasAttribute("aria-busy"), room.muted], [true, true]);
  room.emit("settled", null);
  assert.deepEqual([button.textContent, button.hasAttribute("aria-busy")], ["Mute", false]);
});

test("another tab taking over leaves the button active, to come back here", async () => {
  const { button, hint, room } = await joined();
  await room.end(4409, "Voice moved to your other tab.");
  assert.ok(button.classList.contains("active"));
  assert.equal(hint.textContent, "Voice moved to your other tab.");
});

test("after sign-out, removal, a lost right or closing the button is inactive and says why", async () => {
  for (const code of [4401, 4403, 4404, 4410]) {
    Room.made = [];
    const { button, hint, room } = await joined();
    await room.end(code, "The room closed.");
    hint.textContent = "";
    await click(button);
    assert.equal(button.classList.contains("active"), false);
    assert.equal("roomId" in button.dataset, false);
    assert.deepEqual([Room.made.length, hint.textContent], [1, "The room closed."], String(code));
  }
});

test("a refused join says the room's words and can be tried again", async () => {
  const { button, hint } = page();
  await click(button);
  Room.made[0].reject(Object.assign(new Error("The room is full. Try again later."), { code: 4413 }));
  await settled();
  assert.equal(hint.textContent, "The room is full. Try again later.");
  assert.equal(button.hasAttribute("aria-busy"), false);
  await click(button);
  assert.equal(Room.made.length, 2);
});

test("voice that can't be loaded says so and is tried again until it is there", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const button = /** @type {any} */ (new Button());
  const hint = /** @type {any} */ ({ textContent: "" });
  let loads = 0;
  const modules = async () => {
    loads += 1;
    if (loads < 3) throw new TypeError("Failed to fetch");
    return /** @type {any} */ ([{ ComparedKeys, VoiceRoom: Room }, { VoiceButton }, { CallKeys, VoicePanel: Panel }]);
  };
  attach(button, { hint, modules, words: EN.page, reached: async () => false });
  button.dispatchEvent(new Event("click"));
  for (const expected of [1, 2, 3]) {
    await settled();
    assert.equal(loads, expected);
    if (expected < 3) assert.match(hint.textContent, /Trying again/);
    t.mock.timers.tick(1500);
  }
  assert.equal(Room.made.length, 1);
});

/** What a page does before any click. @param {object} connection @param {object} [options] */
async function idling(connection, options) {
  /** @type {(() => void)[]} */
  const tasks = [];
  let loads = 0;
  const failing = async () => {
    loads += 1;
    throw new TypeError("Failed to fetch");
  };
  prepare(/** @type {any} */ (new Button(options)), { connection, idle: (task) => tasks.push(task), modules: failing });
  assert.equal(loads, 0, "never before there is nothing else to do");
  for (const task of tasks) task();
  await settled();
  return loads;
}

test("an idle page loads voice before the click, and a load that fails is left to the click", async () => {
  assert.equal(await idling({ saveData: false }), 1);
});

test("whoever saves data, or can't join here, loads nothing before a click", async () => {
  assert.equal(await idling({ saveData: true }), 0);
  assert.equal(await idling({}, { active: false }), 0);
});

test("voice that is loaded in an idle page makes there what the click would wait for", async (t) => {
  const tasks = [];
  const [prepareSounds, sheets] = [t.mock.fn(), t.mock.fn(async () => [])];
  const loaded = /** @type {any} */ ([{ prepareSounds }, { ready }, { sheets }]);
  prepare(/** @type {any} */ (new Button()), { idle: (task) => tasks.push(task), modules: async () => loaded });
  assert.equal(prepareSounds.mock.callCount(), 0);
  tasks.shift()();
  await settled();
  assert.deepEqual([prepareSounds.mock.callCount(), sheets.mock.callCount()], [1, 0]);
  tasks.shift()();
  assert.equal(sheets.mock.callCount(), 1, "while they are of the same release as all the rest");
});

test("a sheet waits for the call once somebody joins", async (t) => {
  const tasks = [];
  const sheets = t.mock.fn(async () => []);
  const loaded = /** @type {any} */ ([{ prepareSounds: () => {} }, { ready }, { sheets }]);
  prepare(/** @type {any} */ (new Button()), { idle: (task) => tasks.push(task), modules: async () => loaded });
  tasks.shift()();
  await settled();
  performance.mark("meshvoice:click");
  tasks.shift()();
  assert.equal(sheets.mock.callCount(), 0);
});

/** A browser that keeps what it couldn't load. @param {unknown} problem @param {boolean} up whether the server is */
async function keeping(problem, up) {
  const button = /** @type {any} */ (new Button());
  const hint = /** @type {any} */ ({ textContent: "" });
  const done = { loads: 0, reloads: 0 };
  const modules = async () => {
    done.loads += 1;
    throw problem;
  };
  attach(button, { hint, modules, words: EN.page, reached: async () => up, reload: () => Boolean(done.reloads += 1) });
  await click(button);
  if (hint.textContent !== NOT_JOINED) {
    assert.match(hint.textContent, /Trying again/);
    await click(button);
  }
  return done;
}

test("a browser that keeps what it couldn't load gets the page anew once the server is there", async () => {
  assert.deepEqual(await keeping(new TypeError("Importing a module script failed."), true), { loads: 2, reloads: 1 });
});

test("whoever gave it up keeps the page", async () => {
  const button = /** @type {any} */ (new Button());
  const done = { reloads: 0 };
  /** @type {(there: boolean) => void} */
  let up = () => {};
  const modules = () => Promise.reject(new TypeError("Importing a module script failed."));
  const reached = () => /** @type {Promise<boolean>} */ (new Promise((resolve) => { up = resolve; }));
  attach(button, { modules, words: EN.page, reached, reload: () => Boolean(done.reloads += 1) });
  await click(button);
  button.removeAttribute("aria-busy");
  await click(button);
  up(true);
  await settled();
  assert.equal(done.reloads, 0);
});

test("a page is loaded anew once in a minute, and never where the browser keeps no note of it", () => {
  const notes = new Map();
  const memory = () => /** @type {any} */ ({ getItem: (key) => notes.get(key) ?? null, setItem: (key, value) => notes.set(key, value) });
  let reloads = 0;
  const at = (now) => renew(memory, { now, reload: () => void (reloads += 1) });
  assert.deepEqual([at(1e12), at(1e12 + 59_000), at(1e12 + 61_000)], [true, false, true]);
  assert.equal(reloads, 2);
  assert.equal(renew(() => { throw new DOMException("denied", "SecurityError"); }, { reload: () => assert.fail() }), false);
});

test("no page is loaded anew while the server is away, or for a browser that can't read the modules", async () => {
  assert.deepEqual(await keeping(new TypeError("Failed to fetch"), false), { loads: 1, reloads: 0 });
  assert.deepEqual(await keeping(new SyntaxError("unexpected token"), true), { loads: 1, reloads: 0 });
});

test("what was loaded is not asked for again, what failed is", async () => {
  let asked = 0;
  const load = kept(async () => {
    asked += 1;
    if (asked === 1) throw new TypeError("Failed to fetch");
    return asked;
  });
  await assert.rejects(load());
  assert.deepEqual([await load(), await load(), asked], [2, 2, 2]);
});

/** A page whose voice can't be loaded until the test lets it. */
function unloadable() {
  const button = /** @type {any} */ (new Button());
  const hint = /** @type {any} */ ({ textContent: "" });
  const server = { loads: 0, up: false };
  const load = async () => {
    server.loads += 1;
    if (!server.up) throw new TypeError("Failed to fetch");
    return modules();
  };
  attach(button, { hint, panel: /** @type {any} */ ({}), modules: load, words: EN.page, reached: async () => false });
  return { button, hint, server };
}
const NOT_JOINED = "Not joined. Click to try again.";

test("a click while loading is tried again gives it up, and frees the button", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { button, hint, server } = unloadable();
  await click(button);
  await click(button);
  assert.deepEqual([hint.textContent, button.hasAttribute("aria-busy")], [NOT_JOINED, false]);
  server.up = true;
  t.mock.timers.tick(60_000);
  await settled();
  assert.deepEqual([server.loads, Room.made.length, hint.textContent], [1, 0, NOT_JOINED]);
  await click(button);
  assert.equal(Room.made.length, 1);
  await Room.made[0].joined();
  t.mock.timers.tick(60_000);
  assert.equal(hint.textContent, "");
});

test("loading is given up after 30 s, and nobody joins by themselves later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { button, hint, server } = unloadable();
  await click(button);
  for (let at = 1500; at <= 30_000; at += 1500) {
    assert.match(hint.textContent, /Trying again/);
    t.mock.timers.tick(1500);
    await settled();
  }
  server.up = true;
  t.mock.timers.tick(60_000);
  await settled();
  assert.deepEqual([hint.textContent, button.hasAttribute("aria-busy"), Room.made.length], [NOT_JOINED, false, 0]);
});

test("what loads at last after it was given up joins nobody", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const button = /** @type {any} */ (new Button());
  const hint = /** @type {any} */ ({ textContent: "" });
  /** @type {any} */
  let loaded;
  attach(button, { hint, modules: () => new Promise((resolve) => { loaded = resolve; }), words: EN.page });
  await click(button);
  await click(button); // nothing failed yet: an impatient second click is no change of mind
  assert.equal(button.getAttribute("aria-busy"), "true");
  t.mock.timers.tick(30_000);
  loaded(await modules());
  await settled();
  assert.deepEqual([hint.textContent, button.hasAttribute("aria-busy"), Room.made.length], [NOT_JOINED, false, 0]);
});

test("a room that ended says nothing more to the button", async () => {
  const { button, room } = await joined();
  await room.end(undefined, "You left voice.");
  room.emit("muted", { muted: true });
  assert.equal(button.hasAttribute("aria-pressed"), false);
});

test("the box beside the button shows what this device listens by, and counts from then on", () => {
  const box = /** @type {any} */ ({ checked: false, dataset: {} });
  const store = new Store();
  store.set("listen-only", true);
  showListening(box, store);
  assert.deepEqual([box.checked, "known" in box.dataset], [true, true]);
  box.checked = false;
  showListening(box, store);
  assert.equal(box.checked, false, "a hand has been there since");
});
