// @ts-check
/** With which certificates a connection is secured: the SHA-256 of its own and of the other side's, in hex. */

/** @typedef {{own: string, remote: string}} Keys */

/**
 * @param {RTCPeerConnection} connection once it is connected
 * @param {RTCRtpReceiver | null} receiver
 * @param {(bytes: Uint8Array) => Promise<Uint8Array>} sha256
 * @returns {Promise<Keys | null>}
 */
export async function keysOf(connection, receiver, sha256) {
  const own = fingerprintIn(connection.localDescription?.sdp);
  const [certificate] = receiver?.transport?.getRemoteCertificates?.() ?? [];
  // Without that call the description will do: the browser holds the certificate to it.
  const remote = certificate ? hexOf(await sha256(new Uint8Array(certificate)))
    : fingerprintIn(connection.remoteDescription?.sdp);
  return own && remote ? { own, remote } : null;
}

/** Of several different ones a browser may hold the certificate to any. @param {string} [sdp] @returns {string | null} */
function fingerprintIn(sdp = "") {
  const [only, ...others] = new Set(Array.from(sdp.matchAll(/^a=fingerprint:(.*?)\s*$/gim), ([, given]) => given.toLowerCase()));
  if (others.length > 0) return null;
  return /^sha-256 ([0-9a-f:]+)$/.exec(only ?? "")?.[1].replaceAll(":", "") ?? null;
}

/** @param {Uint8Array} bytes */
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
