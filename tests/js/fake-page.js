// @ts-check
// As much of a page as the parts of a call need that hear its keys.
import { after, before, mock } from "node:test";

export class Element extends EventTarget {
  textContent = "";
  firstElementChild = null;
  append() {}
  closest() { return null; }
  /** @param {unknown} node */
  contains(node) { return node === this; }
  setPointerCapture() {}
  setAttribute() {}
  getAttribute() { return null; }
}

/** What the page's clock says, in ms. */
export const clock = { now: 10_000 };

/** A page for all tests of a file. */
export function fakePage() {
  const parts = {
    document: Object.assign(new EventTarget(), {
      title: "A sea", createElement: () => new Element(), querySelector: () => null,
      createElementNS: () => Object.assign(new Element(), { firstElementChild: new Element() }),
    }),
    window: new EventTarget(), navigator: {}, Element,
  };
  before(() => {
    // Some of it Node has, and lets nobody assign to.
    for (const [name, value] of Object.entries(parts)) Object.defineProperty(globalThis, name, { value, configurable: true });
    mock.method(performance, "now", () => clock.now);
  });
  after(() => {
    mock.restoreAll();
    for (const name of Object.keys(parts)) Reflect.deleteProperty(globalThis, name);
  });
  return parts;
}

/** Move a key; gives whether a part of the page took it. @param {EventTarget} document @param {string} type @param {{code?: string, key?: string}} key @param {EventTarget} [target] */
export function move(document, type, { code = "", key = code === "Space" ? " " : code }, target = new Element()) {
  const event = Object.assign(new Event(type, { cancelable: true }), { code, key, repeat: false });
  // The document hears of what happens to an element in it.
  Object.defineProperty(event, "target", { value: target });
  document.dispatchEvent(event);
  return event.defaultPrevented;
}
