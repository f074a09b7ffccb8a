// @ts-check
// What the panel lets the room's owner do about a person.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { membership } from "../../static/voice/panel/membership.js";

/** As much of an element as the part needs. */
class Part {
  /** @type {(Part|string)[]} */
  children = [];
  textContent = "";
  type = "";
  checked = false;
  open = false;
  onclick = () => {};
  /** @param {string} tag */
  constructor(tag) {
    this.tag = tag;
  }
  /** @param {(Part|string)[]} children */
  append(...children) {
    this.children.push(...children);
  }
  /** @param {(Part|string)[]} children */
  replaceChildren(...children) {
    this.children = children;
  }
  contains() {
    return false;
  }
  /** Its one question is for details that are open. */
  querySelector() {
    return this.all.find(({ tag, open }) => tag === "details" && open) ?? null;
  }
  /** @returns {Part[]} itself, and what is in it */
  get all() {
    return [this, ...this.children.flatMap((each) => (typeof each === "string" ? [] : each.all))];
  }
  /** @returns {string} */
  get words() {
    return [this.textContent, ...this.children.map((each) => (typeof each === "string" ? each : each.words))].join(" ");
  }
}

const document = { createElement: (/** @type {string} */ tag) => new Part(tag), querySelector: () => null };
before(() => void Object.assign(globalThis, { document, CSS: { escape: String } }));
after(() => {
  for (const name of ["document", "CSS"]) Reflect.deleteProperty(globalThis, name);
});

const bo = /** @type {any} */ ({ self: false, peer: "b", user: "u", name: "Bo" });

/** Bo's part on the owner's page. @param {{keepsLinks: boolean}} server */
function shown(server) {
  /** @type {unknown[][]} */
  const removed = [];
  const room = { ...server, people: [{ self: true, role: "owner" }], remove: (/** @type {unknown[]} */ ...how) => removed.push(how) };
  const part = membership(/** @type {any} */ (room), /** @type {any} */ (null), bo);
  assert.ok(part?.update);
  const { element, update } = /** @type {{element: any, update: (person: any) => void}} */ (part);
  update(bo);
  const all = () => /** @type {Part} */ (element).all;
  return {
    removed, room,
    update: () => update(bo),
    words: () => all()[0].words,
    open: (/** @type {boolean} */ open) => Object.assign(all().find(({ tag }) => tag === "details") ?? {}, { open }),
    box: () => all().find(({ tag, type }) => tag === "input" && type === "checkbox"),
    press: () => all().find(({ tag }) => tag === "button")?.onclick(),
  };
}

test("removing asks whether the open links end, too, and they do unless the tick is taken out", () => {
  const { removed, box, press, words } = shown({ keepsLinks: true });
  assert.match(words(), /An open link still brings in whoever has it.* Also revoke this room's open links/);
  assert.equal(box()?.checked, true);
  press();
  Object.assign(box() ?? {}, { checked: false });
  press();
  assert.deepEqual(removed, [["b", { links: true }], ["b", { links: false }]]);
});

test("where the server can't keep the links nothing is asked, and their end is said", () => {
  const { removed, box, press, words } = shown({ keepsLinks: false });
  assert.match(words(), /the open links of this room end, too/);
  assert.equal(box(), undefined);
  press();
  assert.deepEqual(removed, [["b", { links: true }]]);
});

test("a tick that was taken out stays so while the room changes", () => {
  const { box, update } = shown({ keepsLinks: true });
  Object.assign(box() ?? {}, { checked: false });
  update();
  assert.equal(box()?.checked, false);
});

test("a server that comes back newer is asked what it can", () => {
  const { room, box, update } = shown({ keepsLinks: false });
  room.keepsLinks = true;
  update();
  assert.equal(box()?.checked, true);
});

test("a question that is being read stays as it is, also where a click gives no focus", () => {
  const { room, box, open, update } = shown({ keepsLinks: false });
  open(true);
  room.keepsLinks = true;
  update();
  assert.equal(box(), undefined);
  open(false);
  update();
  assert.equal(box()?.checked, true);
});
