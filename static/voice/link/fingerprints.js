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

/** @param {string} [sdp] @returns {string | null} */
function fingerprintIn(sdp = "") {
  return /^a=fingerprint:sha-256 ([0-9A-F:]+)/im.exec(sdp)?.[1].replaceAll(":", "").toLowerCase() ?? null;
}

/** @param {Uint8Array} bytes */
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
