// @ts-check
// Owns with which key each person was compared by voice: by user, for as long as the page, and in no store.

export class ComparedKeys {
  /** @type {Map<string, string>} */
  #keys = new Map();
  /** Of whose other key the person was told since. @type {Set<string>} */
  #told = new Set();

  /** @param {string} user @param {string} key */
  add(user, key) {
    this.#keys.set(user, key);
    this.#told.delete(user);
  }

  /** With this very key. @param {string} user @param {string} key */
  has(user, key) {
    return this.#keys.get(user) === key;
  }

  /** Compared, and with another key than this. @param {string} user @param {string} key */
  hasAnother(user, key) {
    return this.#keys.has(user) && !this.has(user, key);
  }

  /** Whether it is news that somebody has another key now: once before they are compared anew, for reloading a page is usual. @param {string} user */
  isNews(user) {
    if (this.#told.has(user)) return false;
    this.#told.add(user);
    return true;
  }
}
