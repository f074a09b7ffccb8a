// @ts-check
// Records a few seconds of a microphone into this page's memory, where they stay.

/** @typedef {Pick<import("../browser/platform.js").Platform, "MediaRecorder"|"emptyStream"|"setTimeout"|"clearTimeout">} SamplePlatform */

const LENGTH = 3000;

/**
 * @param {MediaStreamTrack} track muted or not: a clone of it is recorded
 * @param {SamplePlatform} platform
 * @param {AbortSignal} [signal] ends it early
 * @returns {Promise<Blob|null>} null where this browser can't record, or it was ended
 */
export async function record(track, platform, signal) {
  const { MediaRecorder: Recorder, emptyStream, setTimeout, clearTimeout } = platform;
  if (!Recorder || signal?.aborted) return null;
  const clone = track.clone();
  clone.enabled = true;
  /** @type {any} */
  let timer = null;
  try {
    const stream = emptyStream();
    stream.addTrack(clone);
    const recorder = new Recorder(stream);
    /** @type {Blob[]} */
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = recorder.onerror = resolve;
    });
    recorder.start();
    const stop = () => recorder.state !== "inactive" && recorder.stop();
    timer = setTimeout(stop, LENGTH);
    signal?.addEventListener("abort", stop, { once: true });
    await stopped;
    return signal?.aborted || parts.length === 0 ? null : new Blob(parts, { type: recorder.mimeType });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    clone.stop();
  }
}
