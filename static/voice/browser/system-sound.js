// @ts-check
// What a phone's system is told of this page's sound, so that it goes on under a locked screen, and when it comes back.

import { Emitter } from "../emitter.js";

/** Events: the system took the sound, for a call perhaps, and gives it back. @extends {Emitter<{back: null}>} */
export class SystemSound extends Emitter {
  #closed = new AbortController();
  #session;

  /** @param {Pick<import("./platform.js").Platform, "audioSession">} platform */
  constructor({ audioSession }) {
    super();
    this.#session = audioSession;
    let state = audioSession?.state;
    audioSession?.addEventListener("statechange", () => {
      const interrupted = state === "interrupted";
      state = audioSession.state;
      if (interrupted && state === "active") this.emit("back", null);
    }, { signal: this.#closed.signal });
  }

  /** Who only listens is heard from the loudspeaker, and under a switch that silences. @param {boolean} microphone */
  use(microphone) {
    if (this.#session) this.#session.type = microphone ? "play-and-record" : "playback";
  }

  close() {
    this.#closed.abort();
    if (this.#session) this.#session.type = "auto";
  }
}
