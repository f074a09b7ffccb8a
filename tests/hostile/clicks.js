// Clicks mute and unmute now and then, and measures from when a click was due until the button says both; how many were due
// is told as well. Pages take turns, as people do who talk to each other.
function startClicks(turn, { apart = 400, every = 1200 } = {}) {
  const button = document.getElementById("id_voice_btn");
  let longest = 0, clicks = 0, stopped = false, due = 0;
  // Also what is not shown yet, or not even clicked, has taken as long as it is due: a page that never answers is the worst.
  const measure = () => {
    const late = performance.now() - due;
    if (late < 0) return;
    longest = Math.max(longest, late);
    clicks += 1;
  };
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
    for (let wait = apart * (turn + 1); !stopped; wait = every) {
      due = performance.now() + wait;
      await new Promise((go) => setTimeout(go, wait));
      if (stopped) return;
      for (const pressed of ["true", "false"]) {
        button.click();
        await shown(pressed);
      }
      if (!stopped) measure();
    }
  };
  void run();
  return {
    stop() {
      stopped = true;
      measure();
      return { longest, clicks };
    },
  };
}
