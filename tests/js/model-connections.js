// Model connections: what two ends described to each other in one generation carries packets where the network lets it.

import { Clock, randomOf } from "./virtual-clock.js";

/** In ms, as measured in Chromium and Firefox; RFC 7675 for consent. */
const CONSENT = 30000;
const PACKET = 20;
const MUTED_PACKET = 500;
/** As in generation.js and channels.js. */
const SILENT = 600;
const FEW = 4;

/** One end of a connection of the model: it carries only what both ends described to each other in one generation. */
class End {
  /** @type {any} */
  local = null;
  remote = null;
  candidates = 0;
  closed = false;
  established = null;
  dead = false;
  cutAt = null;
  packets = 0;
  countedAt = 0;
  state = "new";
  packetAt = 0;
  /** Questions in its data channel that nobody answered yet, and when the first was asked. */
  open = 0;
  openAt = 0;

  constructor(world, owner, peer, gen, relayOnly) {
    Object.assign(this, { world, owner, peer, gen, relayOnly, address: owner.address });
    // A few generations carry nothing one way, for ever: the browsers' own bugs, which only a new generation mends.
    this.wedged = world.random() < world.options.wedge;
  }
}

/** Everyone's clock, network and connections. */
export class ModelNetwork {
  clock = new Clock();
  clients = new Map();
  /** the server's: peer -> {order, queue (while away), awaySince} */
  seats = new Map();
  boot = 0;
  cuts = new Map();
  deafness = new Map();
  lastOrder = 1000;
  /** ids of those that attack: nobody owes them anything */
  hostile = new Set();
  offers = new Map();
  answers = new Set();
  trace = [];
  tokens = 0;

  constructor(seed, options = {}) {
    this.options = { wedge: 0.03, duplicate: 0.1, cutOff: 0.1, older: 0.2, latency: 150, throttle: 0, whole: false, ...options };
    this.random = randomOf(seed);
    this.seed = seed;
  }

  /** @abstract @param {any[]} _given what ModelRelay does with them @returns {void} */
  send(..._given) {}

  /** @abstract @param {any[]} _given what World does with them @returns {void} */
  tell(..._given) {}

  fail(claim) {
    const replay = `SEED=${this.seed} node --test tests/js/simulator.test.js`;
    const trace = this.trace.slice(this.options.whole ? 0 : -40);
    throw new Error([`seed ${this.seed}: ${claim}`, `  ${replay}`, ...trace].join("\n"));
  }

  note(text) {
    this.trace.push(`  ${((this.clock.now - 1_700_000_000_000) / 1000).toFixed(2)} ${text}`);
  }

  between(low, high) {
    return low + this.random() * (high - low);
  }

  moment() {
    return { now: this.clock.now, random: this.random };
  }

  open(client, peer, { gen, sdp, relayOnly }) {
    const end = new End(this, client, peer, gen, relayOnly);
    client.ends.set(`${peer}/${gen}`, end);
    const pair = `${[client.peer, peer].sort().join("+")}/${gen}`;
    const stay = client.stay;
    const why = client.table.links.get(peer)?.live.at(-1)?.why;
    this.note(`${client.id} ${sdp ? "answers" : "offers"} ${peer} gen ${gen}${relayOnly ? " relay" : ""} (${why})`);
    if (!sdp) {
      if (this.offers.has(pair)) this.fail(`two offers in ${pair}: ${this.offers.get(pair)} and ${client.peer}`);
      this.offers.set(pair, client.peer);
    } else {
      const offer = JSON.parse(sdp);
      if (offer.gen !== gen || offer.to !== client.peer) this.fail(`${client.id} answers a stale offer in ${pair}`);
      if (this.answers.has(pair)) this.fail(`two answers in ${pair}`);
      this.answers.add(pair);
      end.remote = offer.token;
    }
    this.clock.at(this.between(2, 20), () => {
      if (end.closed || client.stay !== stay) return;
      end.local = ++this.tokens;
      const description = { token: end.local, gen, to: peer, for: end.remote };
      this.send(client, { type: sdp ? "answer" : "offer", target: peer, gen, sdp: JSON.stringify(description) });
      this.clock.at(50, () => {
        if (!end.closed) this.send(client, { type: "ice", target: peer, gen, candidates: [{ candidate: "candidate:1" }, null] });
      });
      this.check(end);
    });
  }

  apply(client, end, sdp) {
    const answer = JSON.parse(sdp);
    // Whoever forges offers is answered what fits none of its own.
    if (this.hostile.has(client.id) && answer.for !== end?.local) return;
    if (!end) this.fail(`${client.id} applies an answer to a closed generation`);
    if (answer.gen !== end.gen || answer.for !== end.local) this.fail(`${client.id} applies a stale answer in gen ${end.gen}`);
    if (end.remote !== null) this.fail(`${client.id} applies a second answer in gen ${end.gen}`);
    end.remote = answer.token;
    this.check(end);
  }

  close(client, end, key) {
    if (!end) this.fail(`${client.id} closes ${key} twice`);
    const other = this.other(end);
    for (const each of other ? [end, other] : [end]) this.count(each);
    end.closed = true;
    client.ends.delete(key);
    this.note(`${client.id} closes ${key}`);
  }

  other(end) {
    const client = [...this.clients.values()].find((each) => each.peer === end.peer && each.table);
    const other = client?.ends.get(`${end.owner.peer}/${end.gen}`);
    return other && other.local !== null && other.local === end.remote && other.remote === end.local ? other : undefined;
  }

  /** Let ICE try, again and again while both ends stand. */
  check(end) {
    const other = this.other(end);
    if (!other || end.established || end.dead || end.closed || end.checking) return;
    if (!end.candidates && !other.candidates) return;
    end.checking = other.checking = true;
    const attempt = () => {
      if (end.closed || other.closed || end.dead || other.dead) return;
      if (!this.passes(end, other) || !this.passes(other, end)) {
        this.clock.at(this.between(200, 500), attempt);
        return;
      }
      for (const each of [end, other]) {
        each.established = true;
        each.countedAt = this.clock.now;
        this.connection(each, "connected");
      }
    };
    this.clock.at(this.between(60, 400), attempt);
  }

  connection(end, state) {
    end.state = state;
    const { owner, peer, gen } = end;
    if (owner.asleep) owner.inbox.push(() => this.tell(owner, peer, { type: "connection", gen, state }));
    else if (!end.closed) this.tell(owner, peer, { type: "connection", gen, state });
  }

  passes(from, to) {
    if (from.owner.address !== from.address || to.owner.address !== to.address) return false;
    if (from.owner.asleep || to.owner.asleep) return false;
    return !(this.cuts.get(`${from.owner.id}>${to.owner.id}`) > 0);
  }

  /** What this end has received so far. */
  count(end) {
    const { now } = this.clock;
    const since = end.countedAt;
    end.countedAt = now;
    const other = this.other(end);
    if (!end.established || !other || end.dead) return Math.floor(end.packets);
    if (this.passes(end, other) && this.passes(other, end)) end.open = 0;
    const deaf = other.wedged || this.deafness.get(`${other.owner.id}>${end.owner.id}`) > 0;
    if (deaf || !this.passes(other, end)) return Math.floor(end.packets);
    end.packetAt = now;
    end.packets += (now - since) / (other.owner.muted ? MUTED_PACKET : PACKET);
    return Math.floor(end.packets);
  }

  /** For how long no question was answered, in a look that asks one more where nothing is heard. */
  ask(end) {
    const { now } = this.clock;
    const other = this.other(end);
    if (!other || !end.established || end.owner.older || other.owner.older) return null;
    if (now - end.packetAt < SILENT) return end.open < FEW ? 0 : now - end.openAt;
    if (end.open === 0) end.openAt = now;
    end.open += 1;
    return end.open < FEW ? 0 : now - end.openAt;
  }

  /** Settle what was heard until now, change the network, and see who lost consent. */
  change(task) {
    for (const client of this.clients.values()) for (const end of client.ends.values()) this.count(end);
    task();
    for (const client of this.clients.values()) {
      for (const end of client.ends.values()) {
        const other = this.other(end);
        if (!end.established || end.dead || !other) continue;
        const broken = !this.passes(end, other) || !this.passes(other, end);
        if (!broken) end.cutAt = null;
        else if (end.cutAt === null) {
          const cutAt = end.cutAt = this.clock.now;
          this.clock.at(CONSENT / 2, () => {
            if (this.stillCut(end, cutAt) && this.random() < 0.5) this.connection(end, "failed");
          });
          this.clock.at(CONSENT, () => {
            if (this.stillCut(end, cutAt)) end.dead = true;
          });
        }
      }
    }
  }

  stillCut(end, cutAt) {
    return end.cutAt === cutAt && !end.closed;
  }
}
