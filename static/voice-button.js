// @ts-check
// Owns #id_voice_btn until its first useful click, which loads voice; voice/button.js owns it from then on.

const load = () => Promise.all([import("./voice-mesh.js"), import("./voice/button.js"), import("./voice/panel.js")]);

/** @param {HTMLElement} button @param {{hint?: HTMLElement|null, panel?: HTMLElement|null, modules?: typeof load}} [page] */
export function attach(button, { hint = null, panel = null, modules = load } = {}) {
  /** @type {import("./voice/button.js").VoiceButton|null} */
  let voice = null;
  const say = (/** @type {string} */ words) => void (hint && (hint.textContent = words));

  const flash = () => {
    button.classList.remove("flash");
    void button.offsetWidth; // Without a reflow between them the animation would not start anew.
    button.classList.add("flash");
    say(button.dataset.hint ?? "Voice is closed here.");
  };
  const join = async () => {
    button.setAttribute("aria-busy", "true");
    say("Joining. Your browser may ask for the microphone.");
    const loaded = await modules().catch(() => null);
    if (!loaded) {
      say("Voice can't be loaded yet. Trying again…");
      setTimeout(join, 1500);
      return;
    }
    const [{ VoiceRoom }, { VoiceButton }, { VoicePanel }] = loaded;
    voice ??= new VoiceButton(button, say, (room) => panel && new VoicePanel(panel, room));
    try {
      await voice.join(new VoiceRoom(button.dataset.roomId ?? "", { name: button.dataset.name ?? "" }));
    } finally {
      button.removeAttribute("aria-busy");
    }
  };

  button.addEventListener("animationend", () => button.classList.remove("flash"));
  button.addEventListener("click", () => {
    if (button.hasAttribute("aria-busy")) return;
    if (voice?.room) voice.room.toggleMute();
    else if (!button.classList.contains("active")) flash();
    else {
      performance.mark("meshvoice:click");
      void join();
    }
  });
}

const found = globalThis.document?.getElementById("id_voice_btn");
if (found) attach(found, { hint: document.getElementById("id_voice_hint"), panel: document.getElementById("id_voice_panel") });
