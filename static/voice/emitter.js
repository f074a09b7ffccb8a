// @ts-check
// An EventTarget whose events have types: to each name belongs one shape of detail.

/** @template {object} Events  the detail by the event's name */
export class Emitter extends EventTarget {
  /** @template {keyof Events & string} Name @param {Name} name @param {Events[Name]} detail */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @template {keyof Events & string} Name @param {Name} name @param {(detail: Events[Name]) => void} handle */
  on(name, handle) {
    this.addEventListener(name, (event) => handle(/** @type {CustomEvent<Events[Name]>} */ (event).detail));
  }
}
