// @ts-check
// Owns #id_voice_btn until a click has loaded voice; voice/button.js from then on.

const load = kept(() => Promise.all([import("./voice-mesh.js"), import("./voice/panel/button.js"), import("./voice/panel/panel.js")]));

const there = () => fetch(new URL("voice-mesh.js", import.meta.url), { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);
/** Once in a while: what fails then as well is another trouble. */
export function renew(memory = () => sessionStorage, { now = Date.now(), reload = () => location.reload() } = {}) {
  try {
    const last = memory().getItem("meshvoice:anew");
    if (last && now - Number(last) < 60_000) return false;
    memory().setItem("meshvoice:anew", String(now));
  } catch {
    return false; // Without a memory there is no end to it.
  }
  reload();
  return true;
}

/**
 * To ask a browser for modules that are there takes some ms each time, which the click has no use for.
 * @template T @param {() => Promise<T>} ask
 */
export function kept(ask) {
  /** @type {T|undefined} */
  let found;
  return async () => found ??= await ask();
}

/** @param {HTMLElement} button @param {import("./voice/panel/button.js").Page} [page] */
export function attach(button, { hint, live = liveRegion(), panel, modules = load, words = {}, reached = there, reload = renew } = {}) {
  /** @type {import("./voice/panel/button.js").VoiceButton} */
  let voice;
  /** @type {any} */
  let timer = 0;
  const show = (words = "") => void (hint && (hint.textContent = words));
  const say = (words = "") => {
    show(words);
    if (live) live.textContent = words;
  };

  const flash = () => {
    button.classList.remove("flash");
    void button.offsetWidth; // Its reflow restarts the animation.
    button.classList.add("flash");
    say(button.dataset.hint ?? words.closed);
  };
  const free = (words = "") => {
    button.removeAttribute("aria-busy");
    say(words);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    free(words.stopped);
  };
  /** Many a browser keeps for a page's life that a module couldn't be had. @param {unknown} problem @param {() => boolean} wanted */
  const anew = async (problem, wanted) => {
    if (!(problem instanceof TypeError && await reached())) return null;
    return modules().catch(() => {
      if (wanted() && reload()) stop();
      return null;
    });
  };
  const join = async () => {
    button.setAttribute("aria-busy", "true");
    say(words.joining);
    const mine = timer = setTimeout(stop, 30_000);
    // Whoever clicks and then mutes by a key is muted, however late the voice is loaded that knows the key.
    /** @type {KeyboardEvent[]} */
    const pressed = [];
    const loading = new AbortController();
    globalThis.document?.addEventListener("keydown", (event) => pressed.push(event), { signal: loading.signal });
    for (; timer === mine; await new Promise((go) => setTimeout(go, 1500))) {
      const loaded = await modules().catch((problem) => anew(problem, () => timer === mine));
      if (timer !== mine) break;
      if (loaded) {
        clearTimeout(timer);
        timer = 0;
        loading.abort();
        voice ??= new loaded[1].VoiceButton(button, { show, live, panel }, loaded);
        return voice.join(pressed);
      }
      free(words.later);
    }
    loading.abort();
  };

  button.addEventListener("animationend", () => button.classList.remove("flash"));
  button.addEventListener("click", () => {
    if (button.hasAttribute("aria-busy")) return;
    if (timer) stop();
    else if (voice?.room) voice.room.toggleMute();
    else if (!button.classList.contains("active")) flash();
    else {
      performance.mark("meshvoice:click");
      join();
    }
  });
}

/**
 * Load voice while nothing else is to do, so that the click finds it there; what fails is left to the click.
 * @param {HTMLElement} button
 * @param {{connection?: {saveData?: boolean}, idle?: (task: () => void) => unknown, modules?: import("./voice/panel/button.js").Page["modules"]}} [page]
 */
export function prepare(button, { connection, idle = (task) => setTimeout(task, 300), modules = load } = {}) {
  if (!button.classList.contains("active") || connection?.saveData) return;
  idle(() => modules().then(([mesh, { ready }, { sheets }]) => {
    ready(mesh);
    // Of the same release as what is there, as they wouldn't be after an upgrade. Once somebody joins, the call sees to it.
    idle(() => performance.getEntriesByName("meshvoice:click").length || sheets().catch(() => {}));
  }).catch(() => {}));
}

const part = (/** @type {string} */ id) => globalThis.document?.getElementById(id);

/** What is said to a screen reader: it stands in the page, empty, long before its first sentence, or that one is told to nobody. */
function liveRegion() {
  const there = part("id_voice_live");
  const { document } = globalThis;
  if (there || !document?.body) return there;
  const made = Object.assign(document.createElement("p"), { id: "id_voice_live", className: "visually-hidden", role: "status" });
  document.body.append(made);
  return made;
}

const found = part("id_voice_btn");
if (found) {
  const words = JSON.parse(part("id_words")?.textContent ?? "{}");
  // Elsewhere.
  words.joining ?? import("./words/page.js").then((page) => Object.assign(words, page.default.words), () => {});
  attach(found, { hint: part("id_voice_hint"), panel: part("id_voice_panel"), words });
  // Not in every browser.
  const { connection } = /** @type {Navigator & {connection?: {saveData?: boolean}}} */ (navigator);
  prepare(found, { connection, idle: globalThis.requestIdleCallback?.bind(globalThis) });
}
