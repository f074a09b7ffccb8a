// Clicks mute and unmute now and then, and measures from when a click was due until the button says both.
function startClicks(every = 600) {
  const button = document.getElementById("id_voice_btn");
  let longest = 0, stopped = false;
  const shown = (pressed) => new Promise((go) => {
    if (button.getAttribute("aria-pressed") === pressed) return go();
    const watcher = new MutationObserver(() => {
      if (button.getAttribute("aria-pressed") !== pressed) return;
      watcher.disconnect();
      go();
    });
    watcher.observe(button, { attributeFilter: ["aria-pressed"] });
  });
  const run = async () => {
    while (!stopped) {
      const due = performance.now() + every;
      await new Promise((go) => setTimeout(go, every));
      if (stopped) return;
      for (const pressed of ["true", "false"]) {
        button.click();
        await shown(pressed);
      }
      longest = Math.max(longest, performance.now() - due);
    }
  };
  void run();
  return { stop: () => (stopped = true, longest) };
}
