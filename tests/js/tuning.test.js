// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Tuning } from "../../static/voice/link/tuning.js";

const REMOTE = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "a=setup:actpass", "a=rtpmap:111 opus/48000/2",
  "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", ""].join("\r\n");
/** @type {import("../../static/voice/link/adaptation.js").Fate} */
const FAR = { sent: 0, resent: 0, missed: 0, toldAt: null, rtt: 300, jitter: 0, concealed: 0, samples: 0 };

/** @param {{refuses?: boolean, state?: string}} [how] @returns {any} */
function connection({ refuses = false, state = "stable" } = {}) {
  return {
    signalingState: state,
    /** @type {any[]} */ done: [],
    /** @param {any} [description] */
    async setLocalDescription(description) {
      this.done.push(description?.type ?? "offer");
      this.signalingState = description ? "stable" : "have-local-offer";
    },
    /** @param {any} description */
    async setRemoteDescription(description) {
      if (refuses) throw new Error("refused");
      this.done.push(description);
      this.signalingState = "stable";
    },
  };
}

const silent = () => assert.fail("no fault was expected");

test("a change is negotiated with ourselves, by a copy of what the other side said", async () => {
  const tuning = new Tuning(() => true);
  tuning.described(REMOTE);
  assert.deepEqual(tuning.observe({ ...FAR, rtt: 20 }, 0), { retune: false });
  assert.deepEqual(tuning.observe(FAR, 500), { retune: true });
  const one = connection();
  await tuning.retune(one, silent);
  assert.equal(one.done[0], "offer");
  assert.equal(one.done[1].type, "answer");
  assert.doesNotMatch(one.done[1].sdp, /nack/);
  assert.deepEqual(tuning.observe(FAR, 1000), { retune: false });
  await tuning.retune(one, silent);
  assert.equal(one.done.length, 2, "asked for twice, it is done once");
});

for (const [role, theirs] of [["active", "passive"], ["passive", "active"]]) {
  test(`the other side's offer becomes an answer of whoever is ${theirs} in DTLS`, async () => {
    const tuning = new Tuning(() => true);
    tuning.answered(REMOTE, `v=0\r\na=setup:${role}\r\n`);
    tuning.observe(FAR, 0);
    const one = connection();
    await tuning.retune(one, silent);
    assert.match(one.done[1].sdp, new RegExp(`a=setup:${theirs}\r\n`));
    assert.doesNotMatch(one.done[1].sdp, /actpass/);
  });
}

test("candidates that were not taken at first are not taken by tuning anew either", async () => {
  const lines = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=candidate:2 1 udp 1 spy.example 9 typ host\r\n";
  for (const describe of /** @type {((tuning: Tuning) => void)[]} */ ([
    (tuning) => tuning.described(REMOTE + lines), (tuning) => tuning.answered(REMOTE + lines, "v=0\r\na=setup:active\r\n"),
  ])) {
    const tuning = new Tuning(() => true);
    describe(tuning);
    tuning.observe(FAR, 0);
    const one = connection();
    await tuning.retune(one, silent);
    assert.doesNotMatch(one.done[1].sdp, /candidate/);
    assert.match(one.done[1].sdp, /a=rtpmap:63/);
  }
});

test("a browser that can't is asked no more, and is brought back to where it was", async () => {
  const tuning = new Tuning(() => true);
  tuning.described(REMOTE);
  tuning.observe(FAR, 0);
  /** @type {string[]} */
  const faults = [];
  const one = connection({ refuses: true });
  await tuning.retune(one, (reason) => void faults.push(reason));
  assert.deepEqual(one.done, ["offer", "rollback"]);
  assert.deepEqual(faults, ["Error: refused"]);
  assert.deepEqual(tuning.observe(FAR, 500), { retune: false });
});

test("nothing is negotiated in a browser without, before the description is in, or in the middle of another", async () => {
  const other = connection();
  assert.deepEqual(new Tuning(() => false).observe(FAR, 0), { retune: false });
  const early = new Tuning(() => true);
  early.observe(FAR, 0);
  await early.retune(other, silent);
  early.described(REMOTE);
  await early.retune(connection({ state: "have-remote-offer" }), silent);
  assert.deepEqual(other.done, []);
});

test("a changed jitter buffer is told once", () => {
  const tuning = new Tuning(() => false);
  const rough = { ...FAR, jitter: 80 };
  assert.deepEqual(tuning.observe(rough, 0), { retune: false });
  const later = { ...rough, samples: 240_000, concealed: 24_000 };
  assert.deepEqual(tuning.observe(later, 5000), { retune: false, buffer: 120 });
  assert.deepEqual(tuning.observe(later, 5500), { retune: false });
});

test("a description of another shape than ours is refused before the browser sees it", () => {
  assert.throws(() => new Tuning(() => true).tune("no description"), { name: "refused" });
});

/** One in twenty is lost, as three reports say. @param {Tuning} tuning */
function lose(tuning) {
  tuning.described(REMOTE);
  for (let at = 0; at <= 10_000; at += 5000) tuning.observe({ ...FAR, sent: at / 20, missed: at / 400, toldAt: at }, at);
}

test("what is sent twice is sent without pauses, until nobody speaks", async () => {
  const tuning = new Tuning(() => true);
  const one = connection();
  lose(tuning);
  await tuning.retune(one, silent);
  assert.match(one.done.at(-1).sdp, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 63 111$/m);
  assert.match(one.done.at(-1).sdp, /usedtx=0/);
  assert.ok(tuning.setManner({ quiet: true, opus: {} }));
  await tuning.retune(one, silent);
  assert.match(one.done.at(-1).sdp, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 111 63$/m);
  assert.match(one.done.at(-1).sdp, /usedtx=1/);
});

test("whoever doesn't talk sends pauses, also where all else is sent twice", async () => {
  const tuning = new Tuning(() => true, { quiet: false, opus: { usedtx: 1 } });
  const one = connection();
  lose(tuning);
  await tuning.retune(one, silent);
  assert.match(one.done.at(-1).sdp, /usedtx=1/);
  assert.ok(tuning.setManner({ quiet: false, opus: {} }));
  const calm = new Tuning(() => true, { quiet: false, opus: { usedtx: 1 } });
  assert.equal(calm.setManner({ quiet: false, opus: {} }), false, "without loss nothing is negotiated for it");
});
