// A page in between two others: answers one, offers to the other, and passes on voices and words, or forges the latter.
globalThis.mallory = {
  certificate: null, ends: {}, peers: {}, room: "", forge: false, nonce: "", fingerprint: "", library: null,

  async offered({ from, to, sdp, room, forge }) {
    this.certificate ??= await RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" });
    Object.assign(this, { room, forge, peers: { from, to }, nonce: [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("") });
    if (forge) this.library = await import("/static/voice/session/safety-code.js");
    for (const end of Object.values(this.ends)) end.connection.close();
    const [back, on] = [this.end("from"), this.end("to")];
    this.ends = { from: back, to: on };
    await back.connection.setRemoteDescription({ type: "offer", sdp });
    const [audio] = back.connection.getTransceivers();
    audio.direction = "sendrecv";
    const onward = on.connection.addTransceiver("audio", { direction: "sendrecv" });
    this.channels(back, on);
    await onward.sender.replaceTrack(this.voice(audio.receiver.track));
    await audio.sender.replaceTrack(this.voice(onward.receiver.track));
    await back.connection.setLocalDescription();
    await on.connection.setLocalDescription();
    await Promise.all([this.gathered(back), this.gathered(on)]);
    const described = on.connection.localDescription.sdp;
    this.fingerprint = /a=fingerprint:sha-256 (\S+)/.exec(described)[1].replaceAll(":", "").toLowerCase();
    return { answer: back.connection.localDescription.sdp, offer: described };
  },

  async answered(sdp) {
    await this.ends.to.connection.setRemoteDescription({ type: "answer", sdp });
  },

  async candidates(side, candidates) {
    for (const candidate of candidates) if (candidate?.candidate) await this.ends[side]?.connection.addIceCandidate(candidate).catch(() => {});
  },

  /** What comes in, as a track that can go out: Chromium sends nothing of one that it received. */
  voice(track) {
    this.context ??= new AudioContext();
    const stream = new MediaStream([track]);
    Object.assign(new Audio(), { muted: true, srcObject: stream }).play();
    const out = this.context.createMediaStreamDestination();
    this.context.createMediaStreamSource(stream).connect(out);
    return out.stream.getAudioTracks()[0];
  },

  end(side) {
    return { side, connection: new RTCPeerConnection({ certificates: [this.certificate] }), channels: [] };
  },

  channels(...ends) {
    for (const end of ends) {
      end.channels = [
        end.connection.createDataChannel("words", { negotiated: true, id: 0 }),
        end.connection.createDataChannel("questions", { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 }),
      ];
    }
    for (const [one, other] of [ends, [...ends].reverse()]) {
      one.channels.forEach((channel, at) => {
        const line = [];
        const pass = () => { while (line.length && other.channels[at].readyState === "open") other.channels[at].send(line.shift()); };
        other.channels[at].addEventListener("open", pass);
        channel.onmessage = async ({ data }) => {
          const said = at === 0 && this.forge ? await this.forged(one.side, JSON.parse(data)) : data;
          if (said) line.push(said);
          pass();
        };
      });
    }
  },

  /** By the book: her own nonce, bound to her own key, in the name of whoever spoke. */
  async forged(side, message) {
    const { type, epoch, round } = message;
    if (type === "code") return null;
    if (type === "reveal") return JSON.stringify({ ...message, nonce: this.nonce });
    if (type !== "commit") return JSON.stringify(message);
    const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const of = { peer: this.peers[side], fingerprint: this.fingerprint, nonce: this.nonce };
    return JSON.stringify({ ...message, value: await this.library.commitmentOf(sha256, { room: this.room, epoch, round }, of) });
  },

  gathered({ connection }) {
    return new Promise((resolve) => {
      const look = () => connection.iceGatheringState === "complete" && resolve();
      connection.addEventListener("icegatheringstatechange", look);
      look();
    });
  },
};
