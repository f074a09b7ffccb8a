// @ts-check
/** What one getStats report says of a link: packets heard and lost, both ways, the path, the round trip. */

/** @typedef {{packets: number, lost: number, path: "direct" | "relay" | null, rtt: number | null,
 *   age: number | null, jitter: number | null, bytes: number, concealed: number, samples: number,
 *   redundancy: boolean | null, fate: import("./adaptation.js").Fate}} Heard rtt, age (since the last packet) and jitter in ms;
 *   redundancy: whether each packet holds the one before, too; null where the browser doesn't say */

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
    jitter: typeof inbound[0]?.jitter === "number" ? Math.round(inbound[0].jitter * 1000) : null,
    bytes: sum(inbound, "bytesReceived"),
    concealed: sum(inbound, "concealedSamples"),
    samples: sum(inbound, "totalSamplesReceived"),
    redundancy: redundancyOf(stats, inbound[0]),
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

/** @param {Map<string, any>} stats @param {any} inbound */
function redundancyOf(stats, inbound) {
  const codec = stats.get(inbound?.codecId)?.mimeType;
  return typeof codec === "string" ? codec.toLowerCase() === "audio/red" : null;
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
