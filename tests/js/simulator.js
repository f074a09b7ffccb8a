// A room of link tables on a virtual clock: a model relay, model connections, seeded faults, and what must always hold.

import { LinkTable } from "../../static/voice/link-table.js";
import { LIMITS, pace } from "../../static/voice/link-state.js";

/** How a connection of the model behaves, in ms; measured in real browsers (research, sections 2 and 3). */
const CONSENT = 30000;
const PACKET = 20;
const MUTED_PACKET = 500;
const GRACE = 45000;

/** mulberry32: small, seedable, good enough to shuffle faults. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Clock {
  now = 1_700_000_000_000;
  #queue = [];
  #count = 0;

  at(delay, task) {
    const entry = { time: this.now + Math.max(delay, 0), order: this.#count++, task };
    let index = this.#queue.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, this.#queue[parent])) break;
      this.#queue[index] = this.#queue[parent];
      index = parent;
    }
    this.#queue[index] = entry;
    return entry;
  }

  runUntil(time) {
    while (this.#queue.length && this.#queue[0].time <= time) {
      const { time: at, task } = this.#pop();
      this.now = at;
      task?.();
    }
    this.now = time;
  }

  #pop() {
    const first = this.#queue[0];
    const last = this.#queue.pop();
    if (this.#queue.length) {
      let index = 0;
      for (;;) {
        let child = 2 * index + 1;
        if (child >= this.#queue.length) break;
        if (child + 1 < this.#queue.length && before(this.#queue[child + 1], this.#queue[child])) child += 1;
        if (!before(this.#queue[child], last)) break;
        this.#queue[index] = this.#queue[child];
        index = child;
      }
      this.#queue[index] = last;
    }
    return first;
  }
}

const before = (a, b) => a.time < b.time || (a.time === b.time && a.order < b.order);

/** One end of a connection of the model: it carries only what both ends described to each other in one generation. */
class End {
  local = null;
  remote = null;
  candidates = 0;
  established = null;
  dead = false;
  cutAt = null;
  packets = 0;
  countedAt = 0;
  state = "new";

  constructor(world, owner, peer, gen, relayOnly) {
    Object.assign(this, { world, owner, peer, gen, relayOnly, address: owner.address, closed: false });
    // A few generations carry nothing one way, for ever: the browsers' own bugs, which only a new generation mends.
    this.wedged = world.random() < world.options.wedge;
  }
}

class Client {
  /** null: not in the room */
  table = null;
  ends = new Map();
  socket = "closed";
  outbox = [];
  asleep = false;
  inbox = [];
  address = 0;
  muted = false;
  reachable = true;
  stay = 0;

  constructor(world, id) {
    Object.assign(this, { world, id, order: 0 });
  }
}

export class World {
  clock = new Clock();
  clients = new Map();
  /** the server's: peer -> {order, queue (while away), awaySince} */
  seats = new Map();
  boot = 0;
  cuts = new Map();
  deafness = new Map();
  lastOrder = 1000;
  offers = new Map();
  answers = new Set();
  trace = [];
  tokens = 0;

  constructor(seed, options = {}) {
    this.options = { wedge: 0.03, duplicate: 0.1, latency: 150, throttle: 0, ...options };
    this.random = randomOf(seed);
    this.seed = seed;
  }

  fail(claim) {
    throw new Error(`seed ${this.seed}: ${claim}\n  SEED=${this.seed} node --test tests/js/simulator.test.js\n${this.trace.slice(this.options.whole ? 0 : -40).join("\n")}`);
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

  // ---- people ----

  join(id) {
    const client = this.clients.get(id) ?? new Client(this, id);
    this.clients.set(id, client);
    if (client.table) return;
    this.note(`${id} joins`);
    client.stay += 1;
    client.peer = `${id}.${client.stay}`;
    client.order = 0;
    client.muted = this.random() < 0.3;
    client.table = new LinkTable({ peer: client.peer, order: 0 });
    this.dial(client);
    this.listen(client, client.stay);
  }

  leave(id) {
    const client = this.clients.get(id);
    if (!client?.table || client.asleep) return;
    this.note(`${id} leaves`);
    if (client.socket === "open" && client.reachable) this.toServer(client, { type: "bye" });
    else this.away(client.peer);
    const { table } = client;
    this.perform(client, table.close(this.moment()));
    if (client.ends.size) this.fail(`${id} left and ${client.ends.size} connections stayed`);
    if (table.links.size) this.fail(`${id} left and ${table.links.size} links stayed`);
    client.table = null;
    client.socket = "closed";
    client.outbox = [];
    client.inbox = [];
  }

  listen(client, stay) {
    if (client.stay !== stay || !client.table) return;
    if (!client.asleep) this.tick(client);
    const next = Math.min(1000, ...[...client.table.links.values()].map(pace));
    this.clock.at(Math.max(next, this.options.throttle) + this.between(0, 30), () => this.listen(client, stay));
  }

  tick(client) {
    for (const peer of [...client.table.links.keys()]) {
      const samples = [...client.ends.values()].filter((end) => end.peer === peer)
        .map((end) => ({ gen: end.gen, packets: this.count(end), path: end.relayOnly ? "relay" : "direct", rtt: null, loss: null }));
      this.tell(client, peer, { type: "tick", samples });
    }
  }

  tell(client, peer, event) {
    this.perform(client, client.table.tell(peer, event, this.moment()));
  }

  perform(client, tasks) {
    for (const { peer, effect } of tasks) {
      const key = `${peer}/${effect.gen}`;
      const end = client.ends.get(key);
      switch (effect.type) {
        case "open": this.open(client, peer, effect); break;
        case "apply": this.apply(client, end, effect.sdp); break;
        case "candidates":
          if (!end) this.fail(`${client.id} takes candidates of a generation that is not there: ${key}`);
          end.candidates += 1;
          this.check(end);
          break;
        case "close": this.close(client, end, key); break;
        case "send": this.send(client, effect.message); break;
        case "play": if (effect.gen !== null && !end) this.fail(`${client.id} plays ${key}, which is not there`); break;
        default:
      }
      if (effect.type !== "open") continue;
      const held = [...client.ends.values()];
      if (held.filter((each) => each.peer === peer).length > 2) this.fail(`${client.id} holds three generations to ${peer}`);
      if (held.length > 2 * client.table.links.size) this.fail(`${client.id} holds ${held.length} connections`);
    }
  }

  // ---- model connections ----

  open(client, peer, { gen, sdp, relayOnly }) {
    const end = new End(this, client, peer, gen, relayOnly);
    client.ends.set(`${peer}/${gen}`, end);
    const pair = `${[client.peer, peer].sort().join("+")}/${gen}`;
    const stay = client.stay;
    this.note(`${client.id} ${sdp ? "answers" : "offers"} ${peer} gen ${gen}${relayOnly ? " relay" : ""} (${client.table.links.get(peer)?.live.at(-1)?.why})`);
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
    if (!this.passes(other, end) || other.wedged || this.deafness.get(`${other.owner.id}>${end.owner.id}`) > 0) return Math.floor(end.packets);
    end.packets += (now - since) / (other.owner.muted ? MUTED_PACKET : PACKET);
    return Math.floor(end.packets);
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
          this.clock.at(CONSENT / 2, () => this.stillCut(end, cutAt) && this.random() < 0.5 && this.connection(end, "failed"));
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

  // ---- model relay ----

  send(client, message) {
    if (client.socket === "open") this.toServer(client, message);
    else client.outbox.push(message);
  }

  delay() {
    return this.between(5, this.options.latency);
  }

  /** In order, each after a while of its own. */
  later(line, task) {
    const { now } = this.clock;
    line.readyAt = Math.max(line.readyAt ?? 0, now + this.delay());
    this.clock.at(line.readyAt - now, task);
  }

  toServer(client, message) {
    const { boot } = this;
    const source = client.peer;
    // The socket may be dead without anyone knowing: a resume sends it again, a restart loses it.
    if (!client.reachable) {
      client.outbox.push(message);
      return;
    }
    client.uplink ??= {};
    this.later(client.uplink, () => {
      if (this.boot === boot) this.serve(source, message);
    });
  }

  serve(source, message) {
    if (!this.seats.has(source)) return;
    if (message.type === "bye") {
      this.remove(source, "left");
      return;
    }
    const { target, ...rest } = message;
    if (this.seats.has(target)) this.deliver(target, { ...rest, source });
  }

  deliver(target, message) {
    const seat = this.seats.get(target);
    const client = this.clientOf(target);
    if (!seat || !client) return;
    if (seat.away) {
      seat.queue.push(message);
      return;
    }
    const { boot } = this;
    const line = seat.line;
    const arrive = () => {
      if (this.boot !== boot || this.seats.get(target) !== seat) return;
      if (seat.away || !client.reachable) seat.queue.push(message);
      else if (client.asleep) client.inbox.push(() => this.arrive(client, message));
      else this.arrive(client, message);
    };
    this.later(line, arrive);
    if (this.random() < this.options.duplicate && message.gen) {
      this.clock.at(this.between(0, 3000), () => client.peer === target && client.table && !client.asleep && this.arrive(client, message));
    }
  }

  arrive(client, message) {
    const { table } = client;
    if (!table) return;
    const moment = this.moment();
    switch (message.type) {
      case "present": this.perform(client, table.present({ peer: message.source, order: message.order }, moment)); break;
      case "left": {
        const leave = () => this.perform(client, table.left(message.source, message.reason, moment));
        if (message.reason === "lost") this.unharmed(client, "a lost socket", leave);
        else leave();
        break;
      }
      default: this.perform(client, table.receive(message, moment));
    }
  }

  clientOf(peer) {
    return [...this.clients.values()].find((each) => each.peer === peer && each.table);
  }

  /** The client dials, or dials again: hello, then welcome, resumed or not. */
  dial(client) {
    const { stay } = client;
    client.socket = "dialing";
    this.clock.at(this.between(50, 1500), () => {
      if (client.stay !== stay || !client.table || client.socket !== "dialing") return;
      if (client.asleep || !client.reachable || this.down) this.dial(client);
      else this.welcome(client);
    });
  }

  welcome(client) {
    const seat = this.seats.get(client.peer);
    client.socket = "open";
    if (seat) {
      Object.assign(seat, { away: false, line: {} });
      for (const message of seat.queue.splice(0)) this.deliver(client.peer, message);
      for (const message of client.outbox.splice(0)) this.toServer(client, message);
      this.perform(client, client.table.look("resume", this.moment()));
      return;
    }
    client.outbox = [];
    client.order ||= ++this.lastOrder;
    const roster = [...this.seats].map(([peer, { order }]) => ({ peer, order }));
    this.seats.set(client.peer, { order: client.order, queue: [], away: false, line: {} });
    this.note(`${client.id} is welcome anew (${roster.map(({ peer }) => peer).join(" ")})`);
    for (const { peer } of roster) this.deliver(peer, { type: "present", source: client.peer, order: client.order });
    this.perform(client, client.table.setSelf({ peer: client.peer, order: client.order }, this.moment()));
    this.unharmed(client, "a welcome", () => {
      for (const seat of roster) this.perform(client, client.table.present(seat, this.moment()));
      this.perform(client, client.table.sync(roster, this.moment()));
    });
  }

  remove(peer, reason) {
    this.seats.delete(peer);
    for (const other of this.seats.keys()) this.deliver(other, { type: "left", source: peer, reason });
  }

  drop(client) {
    if (!client?.table || client.socket !== "open") return;
    client.socket = "closed";
    this.away(client.peer);
    this.dial(client);
  }

  /** What the server says of itself and its sockets touches no link that plays. */
  unharmed(client, cause, task) {
    const playing = [...client.table.links.values()].filter((link) => link.live.at(-1)?.won).map((link) => `${link.peer}/${link.playing}`);
    task();
    const lost = playing.filter((key) => !client.ends.has(key));
    if (lost.length) this.fail(`${client.id} closed ${lost.join(" ")} for ${cause}`);
  }

  away(peer) {
    const seat = this.seats.get(peer);
    if (!seat || seat.away) return;
    const token = {};
    Object.assign(seat, { away: true, token });
    this.clock.at(GRACE, () => {
      if (this.seats.get(peer) === seat && seat.away && seat.token === token) this.remove(peer, "lost");
    });
  }

  // ---- faults: each returns what heals it ----

  cut(a, b, oneWay = false) {
    return this.#count(this.cuts, oneWay ? [`${a}>${b}`] : [`${a}>${b}`, `${b}>${a}`], `cut ${a}${oneWay ? ">" : "-"}${b}`);
  }

  deafen(a, b) {
    return this.#count(this.deafness, [`${a}>${b}`], `media ${a}>${b} lost`);
  }

  #count(map, keys, text) {
    this.note(text);
    const add = (one) => this.change(() => keys.forEach((key) => map.set(key, (map.get(key) ?? 0) + one)));
    add(1);
    return () => {
      this.note(`heal ${text}`);
      add(-1);
    };
  }

  partition(id) {
    const client = this.clients.get(id);
    if (!client || !client.reachable) return () => {};
    this.note(`${id} can't reach the server`);
    client.reachable = false;
    this.clock.at(this.between(100, 15000), () => client.reachable || this.drop(client));
    return () => {
      this.note(`${id} reaches the server`);
      client.reachable = true;
      if (client.socket !== "open") return;
      for (const message of client.outbox.splice(0)) this.toServer(client, message);
      for (const message of this.seats.get(client.peer)?.queue.splice(0) ?? []) this.deliver(client.peer, message);
    };
  }

  sleep(id) {
    const client = this.clients.get(id);
    if (!client?.table || client.asleep) return () => {};
    this.note(`${id} sleeps`);
    this.change(() => { client.asleep = true; });
    this.clock.at(20000, () => client.asleep && this.away(client.peer));
    const { stay } = client;
    return () => {
      if (client.stay !== stay || !client.asleep) return;
      this.note(`${id} wakes`);
      this.change(() => { client.asleep = false; });
      const seat = this.seats.get(client.peer);
      if (client.socket === "open" && (!seat || seat.away)) {
        client.socket = "closed";
        this.dial(client);
      }
      for (const task of client.inbox.splice(0)) if (client.table) task();
    };
  }

  restart() {
    this.note("the server restarts");
    this.boot += 1;
    this.seats.clear();
    this.down = true;
    for (const client of this.clients.values()) {
      if (!client.table || client.socket !== "open") continue;
      client.socket = "closed";
      this.dial(client);
    }
    return () => {
      this.note("the server is back");
      this.down = false;
    };
  }

  move(id) {
    const client = this.clients.get(id);
    if (!client?.table || client.asleep) return;
    this.note(`${id} changes its address`);
    this.change(() => { client.address += 1; });
    for (const end of client.ends.values()) if (end.established) end.dead = true;
    this.perform(client, client.table.look("addresses", this.moment()));
  }

  // ---- what must hold ----

  /** Whether each pair of people in the room hears each other now. */
  deafPairs() {
    const here = [...this.clients.values()].filter((client) => client.table);
    return here.flatMap((client) => here.filter((other) => other !== client).flatMap((other) => {
      const link = client.table.links.get(other.peer);
      const heard = link && link.heard && this.clock.now - link.heardAt < LIMITS.stalled;
      return heard ? [] : [`${client.id} does not hear ${other.id}`];
    }));
  }

  /** Who holds more than one connection to someone, or one to nobody. */
  leftovers() {
    const here = [...this.clients.values()].filter((client) => client.table);
    return here.filter((client) => client.ends.size !== here.length - 1).map((client) => `${client.id} holds ${[...client.ends.keys()].join(" ")}`);
  }
}
