// @ts-check
/** How the other side is received, in figures: what getStats counts, as shares and rates over a while; pure. */

/** @typedef {import("./link-stats.js").Heard} Heard */
/**
 * Shares of 1 and ms; bitrate in kbit/s; null: not known.
 * @typedef {{path: "direct" | "relay" | null, rtt: number | null, loss: number | null, jitter: number | null,
 *   bitrate: number | null, concealed: number | null, redundancy: boolean | null}} Figures
 */
/** What was counted when the span began. @typedef {Pick<Heard, "packets" | "lost" | "bytes" | "concealed" | "samples"> & {at: number}} Span */

/** In ms. */
const SPAN = 4000;

/** @type {Readonly<{figures: Figures, span: Span | null}>} */
export const UNKNOWN = Object.freeze({
  figures: { path: null, rtt: null, loss: null, jitter: null, bitrate: null, concealed: null, redundancy: null }, span: null,
});

/**
 * @param {Readonly<{figures: Figures, span: Span | null}>} before
 * @param {Heard} heard
 * @param {number} now
 * @returns {{figures: Figures, span: Span | null}}
 */
export function measure({ figures, span }, { packets, lost, bytes, concealed, samples, path, rtt, jitter, redundancy }, now) {
  const latest = { ...figures, path, rtt, jitter, redundancy };
  if (packets === 0 || (span && now - span.at < SPAN)) return { figures: latest, span };
  const since = span ?? { packets: 0, lost: 0, bytes: 0, concealed: 0, samples: 0, at: null };
  const missed = Math.max(lost - since.lost, 0);
  return {
    figures: {
      ...latest,
      loss: share(missed, packets - since.packets + missed),
      // A jitter buffer begins with sound that it makes up: what came before the first look is no measure of the path.
      concealed: since.at === null ? null : share(Math.max(concealed - since.concealed, 0), samples - since.samples),
      // When the first of them came is not known.
      bitrate: since.at === null ? null : Math.round((bytes - since.bytes) * 8 / (now - since.at)),
    },
    span: { packets, lost, bytes, concealed, samples, at: now },
  };
}

/** @param {number} part @param {number} whole */
const share = (part, whole) => (whole > 0 ? Math.min(Math.round((part / whole) * 100) / 100, 1) : null);
