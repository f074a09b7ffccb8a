import assert from "node:assert/strict";
import test from "node:test";

import { tuneOpus } from "../../static/voice/link/tune-opus.js";

const crlf = (...lines) => lines.map((line) => `${line}\r\n`).join("");
const TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

const SESSION = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0"];
const CHROMIUM = crlf(
  ...SESSION, "a=extmap-allow-mixed", "a=msid-semantic: WMS",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
  "a=ice-ufrag:Zk8q", "a=ice-pwd:Zh5jcd2mZk5Wm2v5Xh0r1wQe", "a=ice-options:trickle",
  "a=setup:actpass", "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  `a=extmap:3 ${TRANSPORT_CC}`, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendrecv", "a=msid:- 8d6f", "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "a=rtpmap:9 G722/8000", "a=rtpmap:110 telephone-event/48000",
  "a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6",
);
const FIREFOX = crlf(
  ...SESSION, "a=sendrecv", "a=ice-options:trickle", "a=msid-semantic:WMS *",
  "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101", "c=IN IP4 0.0.0.0", "a=sendrecv",
  "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid",
  "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1", "a=fmtp:101 0-15", "a=mid:0", "a=rtcp-mux",
  "a=rtpmap:109 opus/48000/2", "a=rtpmap:9 G722/8000/1", "a=rtpmap:101 telephone-event/8000/1", "a=setup:active",
);
const AIORTC = crlf(
  "v=0", "o=- 3973161250 3973161250 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=msid-semantic:WMS *",
  "m=audio 45320 UDP/TLS/RTP/SAVPF 96 0 8", "c=IN IP4 192.0.2.7", "a=sendrecv", "a=mid:0",
  "a=rtcp:9 IN IP4 0.0.0.0", "a=rtcp-mux", "a=rtpmap:96 opus/48000/2", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
  "a=candidate:1 1 udp 2130706431 192.0.2.7 45320 typ host", "a=end-of-candidates",
);

const fmtp = (sdp, payload) => sdp.split(/\r?\n/).filter((line) => line.startsWith(`a=fmtp:${payload} `));

test("Chromium's Opus gets FEC, DTX, a bitrate and mono, and keeps its unknown keys", () => {
  assert.deepEqual(fmtp(tuneOpus(CHROMIUM), 111),
    ["a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=40000;stereo=0"]);
});

test("Firefox's payload type 109 is found by its rtpmap, its fmtp before the rtpmap too, and stereo=1 is turned off", () => {
  assert.deepEqual(fmtp(tuneOpus(FIREFOX), 109),
    ["a=fmtp:109 maxplaybackrate=48000;stereo=0;useinbandfec=1;usedtx=1;maxaveragebitrate=40000"]);
});

test("aiortc, which sends no fmtp, gets one behind its rtpmap", () => {
  assert.match(tuneOpus(AIORTC),
    /a=rtpmap:96 opus\/48000\/2\r\na=rtcp-fb:96 nack\r\na=fmtp:96 useinbandfec=1;usedtx=1;maxaveragebitrate=40000;stereo=0\r\n/);
});

for (const [name, sdp] of Object.entries({ CHROMIUM, FIREFOX, AIORTC })) {
  test(`tuning ${name} twice is tuning it once`, () => {
    assert.equal(tuneOpus(tuneOpus(sdp)), tuneOpus(sdp));
  });

  test(`${name} with LF is tuned to the same lines, with LF`, () => {
    assert.equal(tuneOpus(sdp.replaceAll("\r\n", "\n")), tuneOpus(sdp).replaceAll("\r\n", "\n"));
  });

  test(`a ${name} description without its last line end stays without one`, () => {
    assert.equal(tuneOpus(sdp.slice(0, -2)), tuneOpus(sdp).slice(0, -2));
  });
}

test("NACK is asked for once, and transport-cc goes, its extension with it", () => {
  const tuned = tuneOpus(CHROMIUM).split("\r\n");
  assert.equal(tuned.filter((line) => line === "a=rtcp-fb:111 nack").length, 1);
  assert.deepEqual(tuned.filter((line) => line.includes("transport")), []);
  assert.ok(tuned.includes("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"));
});

test("a NACK for every payload type is not doubled", () => {
  const sdp = FIREFOX.replace("a=setup", "a=rtcp-fb:* nack\r\na=setup");
  assert.ok(!tuneOpus(sdp).includes("a=rtcp-fb:109 nack"));
});

test("sprop-stereo is not stereo", () => {
  const sdp = CHROMIUM.replace("minptime=10", "sprop-stereo=1; stereo=1; cbr");
  assert.deepEqual(fmtp(tuneOpus(sdp), 111),
    ["a=fmtp:111 sprop-stereo=1;stereo=0;cbr;useinbandfec=1;usedtx=1;maxaveragebitrate=40000"]);
});

test("settings win over the defaults", () => {
  assert.match(tuneOpus(CHROMIUM, { maxaveragebitrate: 24000, usedtx: 0 }), /usedtx=0;maxaveragebitrate=24000;stereo=0/);
});

test("RED's own fmtp and the payload order stay", () => {
  assert.deepEqual(fmtp(tuneOpus(CHROMIUM), 63), ["a=fmtp:63 111/111"]);
  assert.ok(tuneOpus(CHROMIUM).includes("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n"));
});

test("a description without Opus is not touched", () => {
  const sdp = CHROMIUM.replace("opus/48000/2", "L16/48000/2");
  assert.equal(tuneOpus(sdp), sdp);
  assert.equal(tuneOpus("nonsense"), "nonsense");
});

test("a video section beside the audio is not touched", () => {
  const video = crlf("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc", `a=extmap:3 ${TRANSPORT_CC}`);
  assert.ok(tuneOpus(CHROMIUM + video).endsWith(video));
});

const field = (...lines) => crlf(...SESSION, ...lines);
const AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111 9", "a=rtpmap:111 opus/48000/2", "a=rtpmap:9 G722/8000"];

test("transport-cc goes wherever it is named: in the session, with a direction, in capitals, behind tabs, in its second version", () => {
  const tuned = tuneOpus(AIORTC);
  const session = AIORTC.replace("m=audio", `a=extmap:3 ${TRANSPORT_CC}\r\nm=audio`);
  assert.equal(tuneOpus(session), tuned);
  for (const line of [
    `a=extmap:3/recvonly ${TRANSPORT_CC}`, `a=extmap:3/sendrecv ${TRANSPORT_CC} an attribute`, `a=extmap:3\t${TRANSPORT_CC}`,
    `a=extmap:3 ${TRANSPORT_CC.toUpperCase()}`, "a=extmap:14 http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02",
    "a=rtcp-fb:* transport-cc", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:0 transport-cc", "a=rtcp-fb:96 Transport-CC ",
  ]) {
    assert.equal(tuneOpus(`${AIORTC}${line}\r\n`), tuned, line);
    assert.equal(tuneOpus(AIORTC.replace("m=audio", `${line}\r\nm=audio`)), tuned, line);
  }
});

test("transport-cc goes from the section for data, and from an audio section without Opus beside one with it", () => {
  const data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:1"];
  const g722 = ["m=audio 9 UDP/TLS/RTP/SAVPF 9", "a=rtpmap:9 G722/8000"];
  const line = `a=extmap:3 ${TRANSPORT_CC}`;
  for (const other of [data, g722]) {
    assert.equal(tuneOpus(field(...AUDIO, ...other, line)), tuneOpus(field(...AUDIO, ...other)));
    assert.equal(tuneOpus(field(...other, line, ...AUDIO)), tuneOpus(field(...other, ...AUDIO)));
  }
});

test("other extensions stay, and that they may be mixed", () => {
  const kept = ["a=extmap-allow-mixed", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level", "a=extmap:5", "a=x:transport-cc"];
  const tuned = tuneOpus(field(...kept, ...AUDIO, ...kept)).split("\r\n");
  for (const line of kept) assert.equal(tuned.filter((each) => each === line).length, 2, line);
});

test("the session of a description without Opus is not touched", () => {
  const sdp = field(`a=extmap:3 ${TRANSPORT_CC}`, "m=audio 9 UDP/TLS/RTP/SAVPF 9", "a=rtcp-fb:9 transport-cc");
  assert.equal(tuneOpus(sdp), sdp);
});

test("a NACK for every payload type is known in capitals too, and another kind of NACK is not one", () => {
  assert.ok(!tuneOpus(field(...AUDIO, "a=rtcp-fb:* NACK")).includes("a=rtcp-fb:111 nack"));
  const tuned = tuneOpus(field(...AUDIO, "a=rtcp-fb:111 nack pli", "a=rtcp-fb:111 NACK")).split("\r\n");
  assert.deepEqual(tuned.filter((line) => line.startsWith("a=rtcp-fb")), ["a=rtcp-fb:111 nack", "a=rtcp-fb:111 nack pli"]);
});

test("two payload types of Opus are tuned each by its own parameters, and a second rtpmap adds nothing", () => {
  const tuned = tuneOpus(field("m=audio 9 UDP/TLS/RTP/SAVPF 111 112", "a=fmtp:112 cbr=1", "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:112 OPUS/48000/2", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10", "a=fmtp:111 minptime=20"));
  assert.deepEqual(fmtp(tuned, 111), ["a=fmtp:111 minptime=20;useinbandfec=1;usedtx=1;maxaveragebitrate=40000;stereo=0"]);
  assert.deepEqual(fmtp(tuned, 112), ["a=fmtp:112 cbr=1;useinbandfec=1;usedtx=1;maxaveragebitrate=40000;stereo=0"]);
  assert.equal(tuneOpus(tuned), tuned);
});

// What was once tuned in the third power of its length: 200 rtpmaps of one payload type took 16 s.
const OF_LENGTH = {
  "one rtpmap again and again": (size) => field(AUDIO[0], ..."a=rtpmap:111 opus/48000;".repeat(size / 24).split(";")),
  "one fmtp again and again": (size) => field(...AUDIO, ..."a=fmtp:111 stereo=1;".repeat(size / 20).split(";")),
  "an rtpmap and an fmtp of each payload type": (size) =>
    field(AUDIO[0], ...Array.from({ length: size / 48 }, (_, at) => [`a=rtpmap:${at} opus/48000`, `a=fmtp:${at} x=1`]).flat()),
  "one fmtp of many parameters": (size) => field(...AUDIO, `a=fmtp:111 ${Array.from({ length: size / 8 }, (_, at) => `k${at}=1`).join(";")}`),
  "one fmtp of many equal signs": (size) => field(...AUDIO, `a=fmtp:111 ${"=".repeat(size)}`),
  "one fmtp of spaces": (size) => field(...AUDIO, `a=fmtp:111 ${" ".repeat(size)}x`),
  "one rtpmap of spaces": (size) => field(...AUDIO, `a=rtpmap:111 ${" ".repeat(size)}x`),
  "feedback again and again": (size) => field(...AUDIO, ..."a=rtcp-fb:111 nack;".repeat(size / 19).split(";")),
  "many short lines": (size) => field(...AUDIO, ...Array(Math.floor(size / 4)).fill("a=")),
  "many sections": (size) => field(...Array(Math.floor(size / 60)).fill(AUDIO).flat()),
  "lines of CR": (size) => field(...AUDIO, "\r".repeat(size)),
};

/** Of the processor, so that a busy machine counts for nothing. */
function microseconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

for (const [name, make] of Object.entries(OF_LENGTH)) {
  test(`16 times as much of ${name} takes 16 times as long, 64 at most, where the square is 256`, () => {
    const [short, long] = [make(8 * 1024), make(128 * 1024)];
    const times = Array.from({ length: 9 }, () => [short, long].map((sdp) => microseconds(() => tuneOpus(sdp))));
    const [fast, slow] = [0, 1].map((which) => Math.min(...times.map((pair) => pair[which])));
    assert.ok(slow < 64 * Math.max(fast, 50), `${fast} and ${slow} microseconds`);
  });
}

const mediaOf = (sdp) => sdp.split(/\r?\n/).find((line) => line.startsWith("m=audio"));
const RED = { nack: false, red: true };

test("RED comes first where it is wanted, and second again where it is not", () => {
  const red = tuneOpus(CHROMIUM, {}, RED);
  assert.equal(mediaOf(red), "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9 0 8 13 110 126");
  assert.equal(mediaOf(tuneOpus(red)), mediaOf(CHROMIUM));
  assert.equal(tuneOpus(red, {}, RED), red);
});

for (const [name, sdp] of Object.entries({ FIREFOX, AIORTC })) {
  test(`${name}, which has no RED, is sent none`, () => {
    assert.equal(mediaOf(tuneOpus(sdp, {}, RED)), mediaOf(sdp));
  });
}

test("RED around another codec than Opus is left where it stands", () => {
  const other = CHROMIUM.replace("a=fmtp:63 111/111", "a=fmtp:63 9/9");
  assert.equal(mediaOf(tuneOpus(other, {}, RED)), mediaOf(other));
});

test("nothing is asked for again where that comes too late", () => {
  assert.doesNotMatch(tuneOpus(CHROMIUM, {}, RED), /nack/);
  assert.doesNotMatch(tuneOpus(tuneOpus(CHROMIUM), {}, RED), /nack/);
});
