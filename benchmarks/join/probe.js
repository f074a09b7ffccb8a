// Runs in every measured page before its own scripts: notes when each part of a join is done, and asks nothing of the page.
(() => {
  const LOUD = 0.01;
  /** Milliseconds since 1970, so that two pages' marks compare; each noted once. */
  const marks = {};
  const now = () => performance.timeOrigin + performance.now();
  const mark = (name) => { marks[name] ??= now(); };
  const probe = globalThis.probe = { marks, audible: [], connections: 0 };

  /** What was noted of the one who came before is no part of the next. */
  probe.forget = () => { for (const name of Object.keys(marks)) delete marks[name]; };

  /** Click at a moment that several pages share. */
  probe.clickAt = (epoch) => setTimeout(() => {
    mark("click");
    document.getElementById("id_voice_btn").click();
  }, epoch - Date.now());

  // A tone of one's own in place of the made-up microphone's beeps, after the time that the browser's own takes.
  const ctx = new AudioContext();
  const { mediaDevices } = navigator;
  const real = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    mark("asked");
    await real(constraints);
    mark("microphone");
    const out = ctx.createMediaStreamDestination();
    const tone = new OscillatorNode(ctx, { frequency: 440 });
    tone.connect(new GainNode(ctx, { gain: 0.3 })).connect(out);
    tone.start();
    return out.stream;
  };

  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const credentials = String(args[0]).includes("credentials");
    if (credentials) mark("asking");
    const answer = await fetch(...args);
    if (credentials) mark("credentials");
    return answer;
  };

  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...args) {
      mark("dialed");
      super(...args);
      this.addEventListener("open", () => mark("opened"));
      this.addEventListener("message", ({ data }) => {
        const { type } = JSON.parse(data);
        if (type === "welcome" || type === "answer") mark(type);
        if (type === "offer") mark("offered");
        if (type === "ice") mark("candidate");
      });
    }
    send(text) {
      const { type } = JSON.parse(text);
      if (type === "offer") mark(type);
      if (type === "answer") mark("answering");
      super.send(text);
    }
  };

  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    if (this.srcObject?.getTracks().length) mark("played");
    return play.call(this);
  };

  // One link is asked at a time, in turn: each question waits for another thread, and thirty links of six pages have two cores.
  const awaited = [];
  setInterval(() => {
    const link = awaited.shift();
    if (!link || link.connection.connectionState === "closed") return;
    const [source] = link.receiver.getSynchronizationSources();
    if (source) mark("packet");
    if (source?.audioLevel > LOUD) probe.audible.push(now());
    else awaited.push(link);
  }, 4);

  const Connection = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      mark("connection");
      probe.connections += 1;
      this.addEventListener("iceconnectionstatechange", () => {
        if (this.iceConnectionState === "connected") mark("ice");
      });
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") mark("dtls");
      });
      this.addEventListener("track", ({ receiver }) => awaited.push({ connection: this, receiver }));
    }
    async setRemoteDescription(...args) {
      await super.setRemoteDescription(...args);
      mark("described");
    }
  };
})();
