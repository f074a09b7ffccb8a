// @ts-check
// As much of a page as fields need: elements that hold others, are pressed, have a value and the focus.
import { after, before } from "node:test";

/** What has the focus; null is the page. @type {Field|null} */
let focused = null;

export class Field extends EventTarget {
  /** @type {(Field|string)[]} */ children = [];
  /** @type {Record<string, string>} */ dataset = {};
  hidden = false;
  value = "";
  #attributes = new Map();

  /** @param {string} tag */
  constructor(tag) {
    super();
    this.tag = tag;
  }

  /** @param {Event} event */
  dispatchEvent(event) {
    const taken = super.dispatchEvent(event);
    /** @type {any} */ (this)[`on${event.type}`]?.(event);
    return taken;
  }

  /** @param {(Field|string)[]} children */
  append(...children) {
    this.children.push(...children);
  }

  /** @param {(Field|string)[]} children */
  replaceChildren(...children) {
    this.children = children;
  }

  get textContent() {
    return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }

  set textContent(/** @type {string} */ text) {
    this.children = text ? [text] : [];
  }

  /** @param {string} name @param {string} value */
  setAttribute = (name, value) => void this.#attributes.set(name, value);
  /** @param {string} name */
  hasAttribute = (name) => this.#attributes.has(name);
  /** @param {string} name */
  removeAttribute = (name) => void this.#attributes.delete(name);
  /** @param {string} tag */
  closest = (tag) => (tag === this.tag ? this : null);

  focus() {
    if (focused === this) return;
    focused?.dispatchEvent(new Event("blur"));
    focused = this;
  }

  get options() {
    return this.all("option");
  }

  get selectedOptions() {
    return this.options.filter(({ value }) => value === this.value);
  }

  /** @param {string} tag @returns {Field[]} */
  all(tag) {
    const own = this.children.filter((child) => typeof child !== "string");
    return own.flatMap((child) => [...(child.tag === tag ? [child] : []), ...child.all(tag)]);
  }
}

/** The page takes the focus, as it does in Safari where a button is clicked. */
export function blur() {
  focused?.dispatchEvent(new Event("blur"));
  focused = null;
}

/** A key goes to whatever has the focus. @param {string} code */
export function type(code) {
  const key = { code, key: code.replace(/^Key/, "").toLowerCase(), ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false };
  focused?.dispatchEvent(Object.assign(new Event("keydown", { cancelable: true }), key));
}

/** A page for all tests of a file. @param {Record<string, unknown>} [more] what else it has, by its global name */
export function fieldsPage(more = {}) {
  const body = new Field("body");
  const byId = (/** @type {string} */ id) => {
    const tags = ["button", "div", "p", "select", "input"];
    return tags.flatMap((tag) => body.all(tag)).find((each) => /** @type {any} */ (each).id === id) ?? null;
  };
  const document = Object.assign(new EventTarget(), {
    body, getElementById: byId, querySelector: () => null, querySelectorAll: () => [], createElement: (/** @type {string} */ tag) => new Field(tag),
  });
  const parts = { document, ...more };
  before(() => {
    for (const [name, value] of Object.entries(parts)) Object.defineProperty(globalThis, name, { value, configurable: true });
  });
  after(() => {
    for (const name of Object.keys(parts)) Reflect.deleteProperty(globalThis, name);
  });
  return document;
}
