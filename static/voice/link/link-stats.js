// @ts-check
/** What one getStats report says of a link: packets heard and lost, both ways, the path, the round trip. */

/** @typedef {{packets: number, lost: number, path: "direct" | "relay" | null, rtt: number | null,
 *   age: number | null, fate: import("./adaptation.js").Fate}} Heard rtt and age (since the last packet) in ms */

/**
 * @param {Iterable<[string, any]>} report an RTCStatsReport
 * @returns {Heard}
 */
export function readStats(report) {
  const stats = new Map(report);
  const all = [...stats.values()];
  /** @param {string} type */
  const of = (type) => all.filter((each) => each.type === type);
  const inbound = of("inbound-rtp").filter((each) => (each.kind ?? each.mediaType) === "audio");
  const pair = selectedPair(stats, all);
  const outbound = of("outbound-rtp").filter((each) => (each.kind ?? each.mediaType) === "audio");
  const [told] = of("remote-inbound-rtp").filter((each) => (each.kind ?? "audio") === "audio");
  const seconds = pair?.currentRoundTripTime ?? told?.roundTripTime;
  const rtt = typeof seconds === "number" ? Math.round(seconds * 1000) : null;
  return {
    packets: sum(inbound, "packetsReceived"),
    lost: sum(inbound, "packetsLost"),
    path: pair ? pathOf(stats, pair) : null,
    age: ageOf(inbound),
    rtt,
    fate: {
      sent: sum(outbound, "packetsSent"),
      resent: sum(outbound, "retransmittedPacketsSent"),
      missed: told?.packetsLost ?? 0,
      toldAt: told?.timestamp ?? null,
      rtt,
      jitter: Math.round(Math.max(0, ...inbound.map((each) => each.jitter ?? 0)) * 1000),
      concealed: sum(inbound, "concealedSamples") - sum(inbound, "silentConcealedSamples"),
      samples: sum(inbound, "totalSamplesReceived"),
    },
  };
}

/**
 * By the report's own clock, which need not be ours.
 * @param {any[]} inbound
 */
function ageOf(inbound) {
  const ages = inbound.filter((each) => each.lastPacketReceivedTimestamp > 0)
    .map((each) => each.timestamp - each.lastPacketReceivedTimestamp);
  return ages.length ? Math.min(...ages) : null;
}

/**
 * @param {any[]} entries
 * @param {string} key
 */
function sum(entries, key) {
  return entries.reduce((total, each) => total + (each[key] ?? 0), 0);
}

/**
 * Firefox names no selected pair in its transport, but marks the pair.
 * @param {Map<string, any>} stats
 * @param {any[]} all
 */
function selectedPair(stats, all) {
  const transport = all.find((each) => each.type === "transport" && each.selectedCandidatePairId);
  return stats.get(transport?.selectedCandidatePairId)
    ?? all.find((each) => each.type === "candidate-pair"
      && (each.selected || (each.nominated && each.state === "succeeded")));
}

/**
 * The other side of a relayed pair may show as prflx, so one relay candidate is enough.
 * @param {Map<string, any>} stats
 * @param {any} pair
 * @returns {"direct" | "relay"}
 */
function pathOf(stats, pair) {
  const ends = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)];
  return ends.some((end) => end?.candidateType === "relay") ? "relay" : "direct";
}
