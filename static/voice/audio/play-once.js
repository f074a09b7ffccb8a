// @ts-check
// Plays a sound of this page once: a test of the speaker, a recorded sample.

/** @typedef {Pick<import("../browser/platform.js").Platform, "createAudio"|"blobUrl"|"forgetUrl">} OncePlatform */

/**
 * @param {Blob} sound
 * @param {{sink?: string, volume?: number, signal?: AbortSignal}} how  sink: the speaker's id; volume: 0 to 1; signal: stops it
 * @param {OncePlatform} platform
 * @returns {Promise<boolean>} at its end, whether it was heard
 */
export async function playOnce(sound, { sink = "", volume = 1, signal }, platform) {
  const element = platform.createAudio();
  const url = platform.blobUrl(sound);
  try {
    if (sink) await element.setSinkId?.(sink);
    element.volume = volume;
    element.src = url;
    const ended = new Promise((resolve) => {
      // A pause is its end, too: the system, or a key of it, may stop what nobody here goes on with.
      element.onended = element.onerror = element.onpause = resolve;
      signal?.addEventListener("abort", resolve, { once: true });
    });
    await element.play();
    await ended;
    return true;
  } catch {
    // A speaker that is gone or refused: whoever asked says so.
    return false;
  } finally {
    element.pause();
    element.removeAttribute("src");
    platform.forgetUrl(url);
  }
}
