// @ts-check
// The page's life as the voice sees it: seen again, online again, hidden for good, and a screen that stays awake.

import { Emitter } from "../emitter.js";

/** @typedef {import("./platform.js").Platform} Platform */

/**
 * Events: what changed about the page or its network; and that the page goes away.
 * @extends {Emitter<{change: "online"|"visible"|"addresses", hide: null}>}
 */
export class PageLife extends Emitter {
  #closed = new AbortController();
  /** @type {WakeLockSentinel|null} */
  #lock = null;
  #platform;

  /** @param {Pick<Platform, "document"|"window"|"connection"|"wakeLock">} platform */
  constructor(platform) {
    super();
    this.#platform = platform;
    const { document, window, connection } = platform;
    const { signal } = this.#closed;
    window.addEventListener("online", () => this.emit("change", "online"), { signal });
    window.addEventListener("pageshow", () => this.emit("change", "visible"), { signal });
    window.addEventListener("pagehide", () => this.emit("hide", null), { signal });
    connection?.addEventListener("change", () => this.emit("change", "addresses"), { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.emit("change", "visible");
      this.stayAwake();
    }, { signal });
  }

  /** Keep the screen on, where the browser can; it lets go whenever the page is hidden. */
  async stayAwake() {
    const { wakeLock, document } = this.#platform;
    if (!wakeLock || document.visibilityState !== "visible" || (this.#lock && !this.#lock.released)) return;
    try {
      const lock = await wakeLock.request("screen");
      if (this.#closed.signal.aborted) await lock.release();
      else this.#lock = lock;
    } catch {
      // Refused on low battery or a page just hidden: the screen may sleep, and the voice goes on without it.
      this.#lock = null;
    }
  }

  close() {
    this.#closed.abort();
    this.#lock?.release();
  }
}
