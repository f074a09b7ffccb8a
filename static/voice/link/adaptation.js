// @ts-check
/**
 * What one link does about loss by itself, without a word to the other side: RED, NACK, a longer jitter buffer. Pure.
 *
 * A retransmission is loss, too: it came late, and where the round trip is long, too late. So what the other side
 * reports as lost counts together with what it asked for again.
 */

export const ADAPTATION = Object.freeze({
  /** ms, and packets, over which loss is judged: a link that hardly sends is judged later, and at last so */
  window: 4000, enough: 50, longest: 20_000,
  /** of what we sent; below the second for so many ms, redundancy is waste */
  redOn: 0.02, redOff: 0.005, calm: 20_000,
  /** ms of round trip: what is asked for again must come within a jitter buffer of 40 to 60 ms and its growth */
  nackOn: 70, nackOff: 90,
  /** ms of jitter, and the share of what was heard that was made up */
  jittery: 40, madeUp: 0.03, steady: 20, whole: 0.01,
  /** ms, of `RTCRtpReceiver.jitterBufferTarget` */
  target: 120,
});

/** @typedef {import("./tune-opus.js").Redundancy} Redundancy */
/**
 * What became of packets so far, as getStats counts them.
 * @typedef {object} Fate
 * @property {number} sent
 * @property {number} resent  because the other side asked
 * @property {number} missed  by the other side, for good
 * @property {number|null} toldAt  when the other side said so last, by the report's clock
 * @property {number|null} rtt  ms
 * @property {number} jitter  ms, of what comes
 * @property {number} concealed  samples that were made up for what did not come
 * @property {number} samples  that were heard, those too
 */
/**
 * @typedef {object} AdaptationState
 * @property {Redundancy} redundancy
 * @property {number|null} target  ms of jitter buffer; null: the browser's own choice
 * @property {number|null} loss  0 to 1, of what we sent, retransmissions counted
 * @property {number} lossyAt  when loss was last worth redundancy
 * @property {number} roughAt  when the jitter was last worth a longer buffer
 * @property {{at: number, fate: Fate}|null} from  where the window of what we send began
 * @property {{at: number, fate: Fate}|null} heardFrom  and that of what we hear
 */

/** @param {Redundancy} redundancy as the first description was tuned @returns {AdaptationState} */
export function unadapted(redundancy) {
  return { redundancy, target: null, loss: null, lossyAt: -Infinity, roughAt: -Infinity, from: null, heardFrom: null };
}

/**
 * @param {AdaptationState} state
 * @param {Fate} fate
 * @param {number} now  ms
 * @returns {AdaptationState}
 */
export function adapt(state, fate, now) {
  return buffered(judged({ ...state, redundancy: { ...state.redundancy, nack: asks(state, fate) } }, fate, now), fate, now);
}

/** @param {AdaptationState} state @param {Fate} fate */
function asks({ redundancy }, { rtt }) {
  if (rtt === null) return redundancy.nack;
  return rtt < (redundancy.nack ? ADAPTATION.nackOff : ADAPTATION.nackOn);
}

/** @param {AdaptationState} state @param {Fate} fate @param {number} now @returns {AdaptationState} */
function judged(state, fate, now) {
  const { from } = state;
  // Reports come once in some seconds: between two of them nothing is known.
  if (fate.toldAt === null || fate.toldAt === from?.fate.toldAt) return state;
  if (!from) return { ...state, from: { at: now, fate } };
  const lasted = now - from.at;
  const sent = fate.sent - from.fate.sent;
  if (lasted < ADAPTATION.window || (sent < ADAPTATION.enough && lasted < ADAPTATION.longest)) return state;
  const missed = Math.max(0, fate.missed - from.fate.missed) + Math.max(0, fate.resent - from.fate.resent);
  const loss = sent > 0 ? Math.min(1, missed / sent) : 0;
  const few = sent < ADAPTATION.enough;
  const lossyAt = !few && loss >= ADAPTATION.redOff ? now : state.lossyAt;
  const red = state.redundancy.red ? now - lossyAt < ADAPTATION.calm : !few && loss >= ADAPTATION.redOn;
  return { ...state, loss, lossyAt, redundancy: { ...state.redundancy, red }, from: { at: now, fate } };
}

/** @param {AdaptationState} state @param {Fate} fate @param {number} now @returns {AdaptationState} */
function buffered(state, fate, now) {
  const { heardFrom } = state;
  if (!heardFrom) return { ...state, heardFrom: { at: now, fate } };
  if (now - heardFrom.at < ADAPTATION.window) return state;
  const samples = fate.samples - heardFrom.fate.samples;
  const madeUp = samples > 0 ? Math.max(0, fate.concealed - heardFrom.fate.concealed) / samples : 0;
  const rough = fate.jitter > ADAPTATION.jittery && madeUp > ADAPTATION.madeUp;
  const smooth = fate.jitter < ADAPTATION.steady && madeUp < ADAPTATION.whole;
  const roughAt = smooth ? state.roughAt : now;
  const long = state.target !== null ? !smooth || now - state.roughAt < ADAPTATION.calm : rough;
  return { ...state, roughAt, target: long ? ADAPTATION.target : null, heardFrom: { at: now, fate } };
}
