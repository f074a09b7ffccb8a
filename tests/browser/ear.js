// Runs in every test page before its own scripts: gives it a tone for a voice, and an ear at each audio element.
(() => {
  const TONES = globalThis.__TONES ?? [];
  const FRAMES = 1024; // a block of the timeline: eight render quanta, 21.3 ms at 48 kHz
  // As the browser gave them: some tests break them for the page, and hear all the same.
  const { AudioContext } = globalThis;
  const { createMediaStreamSource, createMediaStreamDestination, resume } = AudioContext?.prototype ?? {};

  // --- a voice: one oscillator in place of the microphone ----------------------------------------------------
  const voice = globalThis.voice = { tone: globalThis.__TONE, loudness: 0.3, tracks: [], refuse: "", asked: 0 };
  const speak = voice.speak = (tone) => {
    const ctx = voice.ctx ??= new AudioContext();
    const out = createMediaStreamDestination.call(ctx);
    const hum = new ConstantSourceNode(ctx, { offset: 0 }); // a destination without a running source sends nothing
    const osc = new OscillatorNode(ctx, { frequency: tone });
    const gain = voice.gain = new GainNode(ctx, { gain: voice.loudness });
    osc.connect(gain).connect(out);
    hum.connect(out);
    osc.start();
    hum.start();
    voice.tracks.push(out.stream.getAudioTracks()[0]);
    return out.stream;
  };
  /** From now on the voice is so loud, of 1. */
  voice.quieter = (level) => { voice.gain.gain.value = level; };
  if (voice.tone && navigator.mediaDevices) {
    voice.real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async () => {
      voice.asked += 1;
      if (voice.refuse) throw new DOMException("refused by the test", voice.refuse);
      return speak(voice.tone);
    };
  }

  // --- an ear: the level of each tone, block by block, at whatever an element plays ----------------------------
  /** The amplitude of each tone in a block (Goertzel). */
  const levelsOf = (TONES, block, rate) => TONES.map((tone) => {
    const k = 2 * Math.cos(2 * Math.PI * tone / rate);
    let s1 = 0, s2 = 0;
    for (const x of block) { const s = x + k * s1 - s2; s2 = s1; s1 = s; }
    return 2 / block.length * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - k * s1 * s2));
  });
  const worklet = `
    const TONES = ${JSON.stringify(TONES)}, FRAMES = ${FRAMES}, levelsOf = ${levelsOf};
    registerProcessor("ear", class extends AudioWorkletProcessor {
      constructor() {
        super();
        this.buffer = new Float32Array(FRAMES);
        this.blocks = [];
        this.port.onmessage = () => { this.ended = true; };
      }
      process([input]) {
        if (this.ended) return false;
        const at = currentFrame % FRAMES;
        const samples = input[0];
        if (samples) this.buffer.set(samples, at); else this.buffer.fill(0, at, at + 128);
        if (at + 128 === FRAMES) {
          const peak = this.buffer.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          this.blocks.push({ index: Math.floor(currentFrame / FRAMES), levels: levelsOf(TONES, this.buffer, sampleRate), peak });
          if (this.blocks.length === 2) { this.port.postMessage(this.blocks); this.blocks = []; }
        }
        return true;
      }
    });`;
  /** A node that gives blocks. Without an AudioWorklet one on the main thread has to do, and loses blocks where that is busy. */
  const listener = (take) => {
    if (ear.worklet) {
      const node = new AudioWorkletNode(ear.ctx, "ear");
      node.port.onmessage = ({ data }) => take(data);
      return node;
    }
    const node = ear.ctx.createScriptProcessor(FRAMES, 1, 1);
    node.onaudioprocess = ({ inputBuffer, playbackTime }) => {
      const index = Math.round(playbackTime * ear.ctx.sampleRate / FRAMES);
      take([{ index, levels: levelsOf(TONES, inputBuffer.getChannelData(0), ear.ctx.sampleRate) }]);
    };
    return node;
  };
  const ear = globalThis.ear = {
    ready: null, ctx: null, worklet: false, elements: new Map(), levels: new Map(), last: 0, firstHeard: {}, THRESHOLD: 0.03,
    /** The largest sample that any element played. */
    peak: 0,
    /** How loud a tone is now, as an amplitude, where it is loudest: others leak a little into its place. */
    loudness(tone) {
      const at = TONES.indexOf(tone);
      return Math.max(0, ...[...this.elements.values()].map(({ recent }) => (recent.length ? median(recent.map((l) => l[at])) : 0)));
    },
    /** The tones heard now, element by element: [[500], [700]]. */
    now() {
      const lists = [];
      for (const node of this.elements.values()) {
        const tones = TONES.filter((_, i) => node.recent.length && median(node.recent.map((l) => l[i])) > this.THRESHOLD);
        if (tones.length) lists.push(tones);
      }
      return lists;
    },
    /** The longest silence of a tone, in ms, from block `from` on. */
    gap(tone, from = 0) {
      const row = this.levels.get(tone) ?? [];
      let longest = 0, run = 0;
      for (let i = from; i <= this.last; i++) {
        run = (row[i] ?? 0) > this.THRESHOLD ? 0 : run + 1;
        longest = Math.max(longest, run);
      }
      return longest * FRAMES / this.ctx.sampleRate * 1000;
    },
    mark() { return this.last; },
    /** The first block from `from` on in which a tone is heard, in ms after `from`; null: not yet. */
    heardAfter(tone, from) {
      const row = this.levels.get(tone) ?? [];
      for (let i = from; i <= this.last; i++) if ((row[i] ?? 0) > this.THRESHOLD) return (i - from) * FRAMES / this.ctx.sampleRate * 1000;
      return null;
    },
    /** The last block in which a tone was heard, in ms before now; null: never. */
    silentFor(tone) {
      const row = this.levels.get(tone) ?? [];
      for (let i = this.last; i >= 0; i--) if ((row[i] ?? 0) > this.THRESHOLD) return (this.last - i) * FRAMES / this.ctx.sampleRate * 1000;
      return null;
    },
  };
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const open = () => ear.ready ??= (async () => {
    ear.ctx = new AudioContext();
    const url = URL.createObjectURL(new Blob([worklet], { type: "text/javascript" }));
    const loads = (from) => ear.ctx.audioWorklet?.addModule(from).then(() => true, () => false);
    // Where the page's policy holds (Firefox), the test answers for its origin.
    ear.worklet = await loads(url) || await loads(`/as-said.js?${encodeURIComponent(worklet)}`);
    await resume.call(ear.ctx);
    // Keeps the clock running, whoever speaks.
    new ConstantSourceNode(ear.ctx, { offset: 0 }).connect(ear.ctx.destination);
  })();
  /** An element that is done with would go on being listened to, as long as the page lives. */
  const forget = (element, node) => {
    node.source?.disconnect();
    node.blocks.disconnect();
    node.blocks.port?.postMessage("end");
    ear.elements.delete(element);
  };
  const listen = async (element, stream) => {
    await open();
    let node = ear.elements.get(element);
    if (node && !stream && !element.srcObject) return forget(element, node);
    if (!node && !stream?.getAudioTracks().length) return;
    if (!node) {
      node = { source: null, recent: [] };
      node.blocks = listener((blocks) => {
        const silent = element.paused || element.muted || element.volume === 0 || !element.srcObject;
        for (const { index, levels, peak = 0 } of blocks) {
          const heard = levels.map((level) => (silent ? 0 : level * element.volume));
          if (!silent) ear.peak = Math.max(ear.peak, peak * element.volume);
          node.recent.push(heard);
          if (node.recent.length > 8) node.recent.shift();
          ear.last = Math.max(ear.last, index);
          heard.forEach((level, i) => {
            const row = ear.levels.get(TONES[i]) ?? [];
            row[index] = Math.max(row[index] ?? 0, level);
            ear.levels.set(TONES[i], row);
            if (level > ear.THRESHOLD) ear.firstHeard[TONES[i]] ??= performance.now();
          });
        }
      });
      node.blocks.connect(ear.ctx.destination);
      ear.elements.set(element, node);
    }
    node.source?.disconnect();
    node.source = null;
    if (stream && stream.getAudioTracks().length && element.srcObject === stream) {
      node.source = createMediaStreamSource.call(ear.ctx, stream);
      node.source.connect(node.blocks);
    }
  };
  const property = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...property,
    set(stream) {
      property.set.call(this, stream);
      void listen(this, stream);
    },
  });
  if (TONES.length && isSecureContext) void open();

  // A clone is a microphone, too.
  const { clone } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.clone = function () {
    const made = clone.call(this);
    voice.tracks.push(made);
    return made;
  };

  // --- what the page did, for tests that ask ------------------------------------------------------------------
  const seen = globalThis.seen = { room: null, connections: [], channels: [], sockets: [], events: [] };
  document.addEventListener("meshvoice:room", (event) => {
    seen.room = event.detail.room;
    const told = ["state", "people", "pairs", "between", "announce", "notice", "server", "microphone", "playback", "closing", "knock", "volumerange",
      "note", "safety"];
    for (const name of told) {
      seen.room.addEventListener(name, ({ detail }) => seen.events.push({ name, detail, at: performance.now() }));
    }
  }, true);
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      seen.connections.push(this);
    }
    createDataChannel(...args) {
      const channel = super.createDataChannel(...args);
      seen.channels.push(channel);
      return channel;
    }
  };
  const NativeSocket = globalThis.WebSocket;
  globalThis.WebSocket = class extends NativeSocket {
    constructor(...args) {
      super(...args);
      seen.sockets.push(this);
    }
  };
})();
