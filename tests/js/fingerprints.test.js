// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { keysOf } from "../../static/voice/link/fingerprints.js";
import { sha256 } from "./fake-platform.js";

const [OWN, THEIRS, OTHER] = ["11", "22", "33"].map((byte) => Array(32).fill(byte).join(":"));
const bare = (/** @type {string} */ key) => key.replaceAll(":", "");

/** @param {string[]} remote lines of the other side's description @param {any} [receiver] */
const keys = (remote, receiver = null) => keysOf(/** @type {any} */ ({
  localDescription: { sdp: `v=0\r\na=fingerprint:sha-256 ${OWN}\r\nm=audio 9 x 111\r\na=fingerprint:sha-256 ${OWN}\r\n` },
  remoteDescription: { sdp: ["v=0", ...remote, ""].join("\r\n") },
}), receiver, sha256);

test("a browser that doesn't give the certificate holds it to the fingerprint in the description", async () => {
  const line = `a=fingerprint:sha-256 ${THEIRS}`;
  for (const remote of [[line], [line, line], [line, line.toUpperCase().replace("A=FINGERPRINT", "a=fingerprint")]]) {
    assert.deepEqual(await keys(remote), { own: bare(OWN), remote: bare(THEIRS) });
  }
});

test("of several fingerprints nobody can tell which one the certificate has: then there is no key", async () => {
  for (const other of [`a=fingerprint:sha-256 ${OTHER}`, `a=fingerprint:sha-1 ${OTHER}`, `A=FINGERPRINT:SHA-256 ${OTHER}`]) {
    assert.equal(await keys([`a=fingerprint:sha-256 ${THEIRS}`, other]), null, other);
  }
  assert.equal(await keys([]), null);
});

test("where the browser gives the certificate, no description counts", async () => {
  const certificate = new Uint8Array([1, 2, 3]);
  const remote = Buffer.from(await sha256(certificate)).toString("hex");
  const receiver = { transport: { getRemoteCertificates: () => [certificate.buffer] } };
  assert.deepEqual(await keys([`a=fingerprint:sha-256 ${THEIRS}`, `a=fingerprint:sha-256 ${OTHER}`], receiver), { own: bare(OWN), remote });
});
