// RTCPeerConnections that carry audio only when both ends hold the matching offer and answer, on a clock that is turned by hand.

import { createHash } from "node:crypto";

/** Timers and microtasks in the order in which a browser would run them. */
export class FakeClock {
  now = 1_700_000_000_000;
  #timers = new Map();
  #count = 0;

  setTimeout = (task, ms) => {
    this.#timers.set(++this.#count, { at: this.now + ms, task });
    return this.#count;
  };

  clearTimeout = (timer) => void this.#timers.delete(timer);

  get timers() {
    return this.#timers.size;
  }

  async advance(ms) {
    const until = this.now + ms;
    await settled();
    for (;;) {
      const [id, next] = [...this.#timers].sort(([a, one], [b, two]) => one.at - two.at || a - b)[0] ?? [];
      if (!next || next.at > until) break;
      this.#timers.delete(id);
      this.now = Math.max(this.now, next.at);
      next.task();
      await settled();
    }
    this.now = until;
  }

  /** The page is frozen, or its timers are late: time goes on without them. */
  skip(ms) {
    this.now += ms;
  }
}

/** Every promise that can go on without the clock has. */
export const settled = () => new Promise((resolve) => { setImmediate(resolve); });

const MEDIA = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10"];
const DATA = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:1", "a=sctp-port:5000"];
const keyOf = (token) => createHash("sha256").update(token.split("/")[0]).digest("hex").toUpperCase().match(/../g)?.join(":");
export const sdpOf = (token, data = false) => [...MEDIA, `a=fingerprint:sha-256 ${keyOf(token)}`, `a=token:${token}`, ...(data ? DATA : []), ""].join("\r\n");
const tokenOf = (sdp) => /a=token:(\S+)/.exec(sdp)?.[1];

/** A network of fake connections, and the platform that one page sees of it. */
export class FakeNetwork {
  clock = new FakeClock();
  /** @type {any[]} */
  connections = [];
  /** whether packets pass, by the names of two pages */
  /** @type {(from: string, to: string, connection?: any) => boolean} */
  passes = () => true;
  path = "host";
  /** ms on the way, for what goes in data channels */
  latency = 5;

  /** @param {string} page @returns {any} */
  platform(page) {
    const network = this;
    const { clock } = this;
    class FakeConnection {
      static certificates = 0;
      /** @type {any} */ static forbid;
      static async generateCertificate(algorithm) {
        if (algorithm.namedCurve !== "P-256") throw new TypeError("ECDSA P-256 was agreed on");
        return { name: `certificate ${++FakeConnection.certificates} of ${page}` };
      }

      page = page;
      connectionState = "new";
      /** @type {any} */ onicecandidate = null;
      /** @type {any} */ ontrack = null;
      /** @type {any} */ onconnectionstatechange = null;
      /** @type {any} */ local = null;
      /** @type {any} */ remote = null;
      /** @type {any} */ localDescription = null;
      /** @type {any} */ remoteDescription = null;
      given = [];
      candidates = [];
      packets = 0;
      packetAt = 0;
      countedAt = 0;
      transceivers = [];
      /** Whether the other side has a section for data. */ data = false;
      /** @type {any[]} */ channels = [];

      constructor(configuration) {
        FakeConnection.forbid?.();
        this.configuration = configuration;
        network.connections.push(this);
      }

      addTransceiver(what, { direction }) {
        const track = typeof what === "string" ? null : what;
        const parameters = { encodings: [{}] };
        const sender = {
          track,
          async replaceTrack(next) { sender.track = next; },
          getParameters: () => parameters,
          async setParameters(next) { sender.limit = next.encodings[0].maxBitrate; },
        };
        const receiver = { track: { kind: "audio" }, of: this, getSynchronizationSources: () => [], getStats: async () => new Map() };
        const transceiver = { direction, sender, currentDirection: null, receiver };
        this.transceivers.push(transceiver);
        return transceiver;
      }

      createDataChannel(label, { id, negotiated }) {
        if (!negotiated) throw new TypeError("a channel that nobody agreed on");
        const connection = this;
        /** @type {any} */
        const channel = {
          label, id, readyState: "connecting", bufferedAmount: 0, sent: [], onopen: null, onclose: null, onmessage: null,
          send(data) {
            channel.sent.push(data);
            const other = network.other(connection);
            const to = /** @type {any} */ (other?.channels.find((each) => each.id === id));
            if (!to || !network.passes(connection.page, other.page, other)) return;
            network.clock.setTimeout(() => to.readyState === "open" && to.onmessage?.({ data }), network.latency);
          },
          close() {
            if (channel.readyState === "closed") return;
            channel.readyState = "closed";
            queueMicrotask(() => channel.onclose?.());
          },
        };
        this.channels.push(channel);
        return channel;
      }

      getTransceivers() { return this.transceivers; }
      setConfiguration(configuration) { this.configuration = configuration; }

      async setLocalDescription(...given) {
        if (given.length) throw new TypeError("local munging");
        await settled();
        this.#alive();
        const type = this.remote ? "answer" : "offer";
        this.local = `${page}/${network.connections.indexOf(this)}${this.remote ? `/for/${this.remote}` : ""}`;
        this.localDescription = { type, sdp: sdpOf(this.local, this.channels.length > 0) };
        const named = { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u" };
        for (const each of [named, { candidate: "" }]) this.onicecandidate({ candidate: { ...each, toJSON: () => each } });
        this.onicecandidate({ candidate: null });
        network.match(this);
      }

      async setRemoteDescription({ type, sdp }) {
        await settled();
        this.#alive();
        const token = tokenOf(sdp);
        if (!token) throw new SyntaxError("Failed to parse SessionDescription");
        if (this.remote) throw new Error("a second description in one generation");
        if (type === "answer" && !token.endsWith(`/for/${this.local}`)) throw new Error("an answer to another offer");
        this.remote = token;
        this.remoteDescription = { type, sdp };
        this.data = sdp.includes("m=application");
        this.given.push(sdp);
        if (type === "offer") this.addTransceiver("audio", { direction: "recvonly" });
        const { track } = this.transceivers[0].receiver;
        this.ontrack({ track, streams: [] });
        network.match(this);
      }

      async addIceCandidate(candidate) {
        if (!this.remote) throw new Error("InvalidStateError: no remote description");
        if (candidate?.candidate === "candidate:bad") throw new Error("OperationError: bad candidate");
        this.candidates.push(candidate ?? null);
      }

      async getStats() {
        network.count(this);
        return new Map(Object.entries({
          in: { type: "inbound-rtp", kind: "audio", packetsReceived: Math.floor(this.packets), packetsLost: 0,
            timestamp: network.clock.now, lastPacketReceivedTimestamp: this.packetAt },
          transport: { type: "transport", selectedCandidatePairId: "pair" },
          pair: { type: "candidate-pair", localCandidateId: "mine", remoteCandidateId: "theirs", currentRoundTripTime: 0.0421 },
          mine: { type: "local-candidate", candidateType: "host" },
          theirs: { type: "remote-candidate", candidateType: network.path },
        }));
      }

      /** Both ends know of data. */
      openChannels() {
        for (const channel of /** @type {any[]} */ (this.data ? this.channels : [])) {
          if (channel.readyState !== "connecting") continue;
          channel.readyState = "open";
          channel.onopen?.();
        }
      }

      close() {
        if (this.connectionState === "closed") throw new Error("closed twice");
        network.count(this);
        this.connectionState = "closed";
        for (const channel of this.channels) channel.readyState = "closed";
      }

      #alive() {
        if (this.connectionState === "closed") throw new Error("InvalidStateError: closed");
      }
    }
    return {
      RTCPeerConnection: FakeConnection,
      emptyStream: () => ({ tracks: /** @type {any[]} */ ([]), addTrack(track) { this.tracks.push(track); } }),
      now: () => clock.now,
      random: () => 0.5,
      setTimeout: clock.setTimeout,
      clearTimeout: clock.clearTimeout,
    };
  }

  open(page) {
    return this.connections.filter((each) => each.page === page && each.connectionState !== "closed");
  }

  other(connection) {
    return this.connections.find((each) => each.connectionState !== "closed" && each.local !== null && connection.local !== null
      && each.local === connection.remote && each.remote === connection.local);
  }

  match(connection) {
    const other = this.other(connection);
    if (!other) return;
    this.clock.setTimeout(() => {
      for (const each of [connection, other]) {
        if (each.connectionState !== "new" || !this.passes(connection.page, other.page)) continue;
        each.connectionState = "connected";
        each.countedAt = this.clock.now;
        each.onconnectionstatechange();
        each.openChannels();
      }
    }, 30);
  }

  count(connection) {
    const other = this.other(connection);
    const since = connection.countedAt;
    connection.countedAt = this.clock.now;
    if (connection.connectionState !== "connected" || !other) return;
    if (!this.passes(other.page, connection.page, connection)) return;
    connection.packets += (this.clock.now - since) / 20;
    connection.packetAt = this.clock.now;
  }

  /** Change what passes, from now on. */
  change(passes) {
    for (const connection of this.connections) this.count(connection);
    this.passes = passes;
    for (const connection of this.connections) if (connection.connectionState === "new") this.match(connection);
  }
}
