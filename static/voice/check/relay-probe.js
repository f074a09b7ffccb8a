// @ts-check
// Owns one probe of the network: what STUN answers, or whether two connections of this page meet.

/**
 * @typedef {Pick<import("../browser/platform.js").Platform,
 *   "RTCPeerConnection"|"now"|"setTimeout"|"clearTimeout">} ProbePlatform
 */
/**
 * @typedef {object} Reflection what STUN answered
 * @property {boolean} seen      it told how others see this browser, or there is no NAT to see through
 * @property {number[]} codes    of onicecandidateerror
 */
/**
 * @typedef {object} Loop two connections, the near one through a relay
 * @property {boolean} allocated the relay gave an address
 * @property {boolean} special   one that only its own network reaches
 * @property {number[]} codes    of onicecandidateerror: STUN's, or 701 where nothing usable came back
 * @property {boolean} refused   the browser gave up soon: somebody said no. Not every browser gives a code with it
 * @property {number|null} rtt   ms for a message there and back; null: none came back
 */

/** A browser asks a silent TURN server for 9.5 s; one that answers does within 2. */
const ASKING = 8000;
/** A "no" comes sooner; what takes longer is silence. */
const REFUSING = 4000;
/** From the relay's address to the first message. */
const MEETING = 6000;
const ROUNDS = 5;
/** Private, shared (RFC 6598), loopback, link-local. */
const SPECIAL_IPV4 =
  /^(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(\.\d+)+$/;
const SPECIAL_IPV6 = /^\[?(f[cd]..:|fe[89ab].:|::1\]?$)/i;

/**
 * @param {RTCIceServer[]} servers
 * @param {ProbePlatform} platform
 * @returns {Promise<Reflection>}
 */
export async function reflect(servers, platform) {
  const connection = new platform.RTCPeerConnection({ iceServers: servers });
  /** @type {Set<6|4>} the IP versions of the browser's own addresses, and those by which an error came */
  const own = new Set();
  /** @type {Set<6|4>} */
  const failed = new Set();
  const codes = listenForErrors([connection], ({ address }) => {
    for (const ip of /** @type {const} */ ([4, 6])) if (!address || versionOf(address) === ip) failed.add(ip);
  });
  /** @type {any} */
  let timer;
  const seen = new Promise((resolve) => {
    timer = platform.setTimeout(() => resolve(false), ASKING);
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.type === "srflx") resolve(true);
      if (candidate?.protocol === "udp" && candidate.address) own.add(versionOf(candidate.address));
      // Without a NAT the answer is an address that is known already, and makes no candidate.
      if (!candidate) resolve(codes.size === 0 || [...own].some((ip) => !failed.has(ip)));
    };
  });
  try {
    connection.createDataChannel("probe");
    await connection.setLocalDescription();
    return { seen: await seen, codes: [...codes] };
  } finally {
    platform.clearTimeout(timer);
    connection.close();
  }
}

/**
 * Send a message to oneself: the near end goes through its relay only.
 * @param {RTCIceServer[]} near its relay
 * @param {RTCConfiguration} far
 * @param {ProbePlatform} platform
 * @returns {Promise<Loop>}
 */
export async function loop(near, far, platform) {
  const ends = [
    new platform.RTCPeerConnection({ iceServers: near, iceTransportPolicy: "relay" }),
    new platform.RTCPeerConnection(far),
  ];
  const codes = listenForErrors(ends);
  const found = { allocated: false, special: false, refused: false };
  const begun = platform.now();
  /** @type {any[]} */
  const timers = [];
  const channel = ends[0].createDataChannel("probe");
  const described = describe(ends[0], ends[1]);
  /** @type {Promise<number|null>} */
  const rtt = new Promise((resolve) => {
    timers.push(platform.setTimeout(() => resolve(null), ASKING + MEETING));
    timers.push(platform.setTimeout(() => found.allocated || resolve(null), ASKING));
    ends.forEach((end, at) => {
      end.onicecandidate = ({ candidate }) => {
        if (!candidate && at === 0 && !found.allocated) {
          found.refused = platform.now() - begun < REFUSING;
          resolve(null);
        }
        if (!candidate?.candidate) return;
        if (candidate.type === "relay" && !found.allocated) {
          Object.assign(found, { allocated: true, special: isSpecial(candidate.address ?? "") });
          timers.push(platform.setTimeout(() => resolve(null), MEETING));
        }
        // One that an end can't use is no matter: whether a message arrives is what counts.
        described.then(() => ends[1 - at].addIceCandidate(candidate)).catch(() => {});
      };
    });
    ends[1].ondatachannel = ({ channel: back }) => {
      back.onmessage = ({ data }) => back.send(data);
    };
    channel.onopen = () => resolve(measure(channel, platform));
  });
  try {
    await described;
    return { rtt: await rtt, ...found, codes: [...codes] };
  } finally {
    for (const timer of timers) platform.clearTimeout(timer);
    for (const end of ends) end.close();
  }
}

/**
 * Whether an address is one that only its own network reaches.
 * @param {string} address
 */
export function isSpecial(address) {
  return SPECIAL_IPV4.test(address) || SPECIAL_IPV6.test(address);
}

/** @param {string} address @returns {6|4} */
const versionOf = (address) => (address.includes(":") ? 6 : 4);

/** @param {RTCPeerConnection[]} connections @param {(event: RTCPeerConnectionIceErrorEvent) => void} [heard] */
function listenForErrors(connections, heard = () => {}) {
  /** @type {Set<number>} */
  const codes = new Set();
  for (const connection of connections) {
    connection.onicecandidateerror = (event) => {
      const error = /** @type {RTCPeerConnectionIceErrorEvent} */ (event);
      codes.add(error.errorCode);
      heard(error);
    };
  }
  return codes;
}

/** @param {RTCPeerConnection} near @param {RTCPeerConnection} far */
async function describe(near, far) {
  await near.setLocalDescription();
  await far.setRemoteDescription(/** @type {RTCSessionDescription} */ (near.localDescription));
  await far.setLocalDescription();
  await near.setRemoteDescription(/** @type {RTCSessionDescription} */ (far.localDescription));
}

/**
 * The shortest of several rounds: the first one still pays for what it finds on the way.
 * @param {RTCDataChannel} channel @param {ProbePlatform} platform
 * @returns {Promise<number>}
 */
function measure(channel, platform) {
  return new Promise((resolve) => {
    let best = Infinity;
    let rounds = 0;
    let at = platform.now();
    channel.onmessage = () => {
      const now = platform.now();
      best = Math.min(best, now - at);
      at = now;
      if (++rounds < ROUNDS) channel.send("round");
      else resolve(best);
    };
    channel.send("round");
  });
}
