// Runs in a page before its own scripts: the microphone is a recording of speech, noise, or silence; what is played is kept.
(() => {
  const voice = globalThis.__VOICE; // {kind: "speech"|"noise"|"silence", samples: base64 of Int16 at 48 kHz, level: dBFS}
  const decoded = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
  };
  const source = (ctx) => {
    if (voice.kind === "silence") return new ConstantSourceNode(ctx, { offset: 0 });
    let samples;
    if (voice.kind === "speech") samples = decoded(voice.samples);
    else {
      const peak = 10 ** (voice.level / 20) * Math.sqrt(3);
      samples = Float32Array.from({ length: 48_000 * 7 }, () => (Math.random() * 2 - 1) * peak);
    }
    const buffer = new AudioBuffer({ length: samples.length, numberOfChannels: 1, sampleRate: 48_000 });
    buffer.copyToChannel(samples, 0);
    return new AudioBufferSourceNode(ctx, { buffer, loop: true });
  };
  const microphone = () => {
    const ctx = new AudioContext({ sampleRate: 48_000 });
    const out = new MediaStreamAudioDestinationNode(ctx, { channelCount: 1 });
    const from = source(ctx);
    from.connect(out);
    from.start();
    return out.stream;
  };
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => microphone();

  const worklet = `registerProcessor("tape", class extends AudioWorkletProcessor {
    constructor() { super(); this.kept = new Int16Array(4800); this.at = 0; }
    process([input]) {
      const samples = input[0];
      for (let i = 0; i < 128; i++) {
        this.kept[this.at++] = Math.max(-1, Math.min(1, samples ? samples[i] : 0)) * 32767;
        if (this.at === this.kept.length) { this.port.postMessage(this.kept.slice()); this.at = 0; }
      }
      return true;
    }
  });`;
  const tape = globalThis.tape = { blocks: [], on: false, ctx: null, node: null };
  const ready = (async () => {
    tape.ctx = new AudioContext({ sampleRate: 48_000 });
    await tape.ctx.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: "text/javascript" })));
    tape.node = new AudioWorkletNode(tape.ctx, "tape");
    tape.node.port.onmessage = ({ data }) => tape.on && tape.blocks.push(data);
    tape.node.connect(tape.ctx.destination);
    await tape.ctx.resume();
  })();
  tape.take = () => {
    const bytes = new Uint8Array(tape.blocks.length * 9600);
    tape.blocks.forEach((block, at) => bytes.set(new Uint8Array(block.buffer), at * 9600));
    tape.blocks = [];
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  };
  const property = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...property,
    set(stream) {
      property.set.call(this, stream);
      if (!stream?.getAudioTracks().length) return;
      void ready.then(() => {
        tape.source?.disconnect();
        tape.source = tape.ctx.createMediaStreamSource(stream);
        tape.source.connect(tape.node);
      });
    },
  });

  globalThis.connections = [];
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...given) {
      super(...given);
      globalThis.connections.push(this);
    }
  };
  const of = async (type) => {
    const live = globalThis.connections.filter((each) => each.connectionState === "connected").at(-1);
    const all = [...(await live?.getStats() ?? new Map()).values()];
    return all.find((each) => each.type === type && (each.kind ?? "audio") === "audio") ?? {};
  };
  globalThis.heard = async () => {
    const { concealedSamples = 0, silentConcealedSamples = 0, totalSamplesReceived = 0, jitterBufferDelay = 0,
      jitterBufferEmittedCount = 0, insertedSamplesForDeceleration = 0, removedSamplesForAcceleration = 0,
      bytesReceived = 0 } = await of("inbound-rtp");
    return { concealed: concealedSamples - silentConcealedSamples, samples: totalSamplesReceived,
      stretched: insertedSamplesForDeceleration + removedSamplesForAcceleration, delayed: jitterBufferDelay * 1000,
      emitted: jitterBufferEmittedCount, bytes: bytesReceived };
  };

  // --- a plain page's call: what a browser does when nobody does anything about it ---------------------------
  const plain = globalThis.plain = { connection: null };
  const gathered = (connection) => new Promise((resolve) => {
    if (connection.iceGatheringState === "complete") resolve();
    connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && resolve();
  });
  const open = async (iceServers) => {
    const connection = plain.connection = new RTCPeerConnection({ iceServers });
    connection.ontrack = ({ streams }) => {
      const element = new Audio();
      element.srcObject = streams[0];
      void element.play();
    };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    connection.addTrack(stream.getAudioTracks()[0], stream);
    return connection;
  };
  plain.offer = async (iceServers) => {
    const connection = await open(iceServers);
    await connection.setLocalDescription();
    await gathered(connection);
    return connection.localDescription.sdp;
  };
  plain.answer = async (iceServers, sdp) => {
    const connection = await open(iceServers);
    await connection.setRemoteDescription({ type: "offer", sdp });
    await connection.setLocalDescription();
    await gathered(connection);
    return connection.localDescription.sdp;
  };
  plain.apply = (sdp) => plain.connection.setRemoteDescription({ type: "answer", sdp });
})();
