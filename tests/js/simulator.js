// A room of link tables in a model world: who comes and goes, seeded faults, and what must always hold.

import { LIMITS, pollInterval } from "../../static/voice/link/link-state.js";
import { LinkTable } from "../../static/voice/link/link-table.js";
import { ModelRelay } from "./model-relay.js";

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
  /** an older client, without data channels */
  older = false;
  stay = 0;

  constructor(world, id) {
    Object.assign(this, { world, id, order: 0 });
  }
}

export class World extends ModelRelay {
  /** the last gen forged to each peer */
  forged = new Map();
  paces = new Map();

  join(id) {
    const client = this.clients.get(id) ?? new Client(this, id);
    this.clients.set(id, client);
    if (client.table) return;
    this.note(`${id} joins`);
    client.stay += 1;
    client.peer = `${id}.${client.stay}`;
    client.order = 0;
    client.muted = this.random() < 0.3;
    client.older = this.random() < this.options.older;
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
    const next = Math.min(1000, ...[...client.table.links.values()].map(pollInterval));
    this.clock.at(Math.max(next, this.options.throttle) + this.between(0, 30), () => this.listen(client, stay));
  }

  tick(client) {
    for (const peer of [...client.table.links.keys()]) {
      const samples = [...client.ends.values()].filter((end) => end.peer === peer).map((end) => (
        { gen: end.gen, packets: this.count(end), path: end.relayOnly ? "relay" : "direct", rtt: null, loss: null,
          age: end.packetAt ? this.clock.now - end.packetAt : null, unanswered: this.ask(end) }));
      this.tell(client, peer, { type: "tick", samples });
    }
  }

  tell(client, peer, event) {
    this.perform(client, client.table.advance(peer, event, this.moment()));
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
      this.pace(client, peer);
      const held = [...client.ends.values()];
      if (held.filter((each) => each.peer === peer).length > 2) this.fail(`${client.id} holds three generations to ${peer}`);
      if (held.length > 2 * client.table.links.size) this.fail(`${client.id} holds ${held.length} connections`);
    }
  }

  // ---- somebody who means harm ----

  /** Beside what its own links do, say at random what the protocol allows, to everybody, as fast as the server lets it. */
  attack(id) {
    this.hostile.add(id);
    this.join(id);
    const client = this.clients.get(id);
    const again = () => {
      if (!client.table) return;
      const targets = [...this.clients.values()].filter((other) => other !== client && other.table);
      const { peer } = targets[Math.floor(this.random() * targets.length)] ?? {};
      if (peer && client.order) this.send(client, this.forge(client, peer));
      this.clock.at(this.random() < 0.02 ? this.between(500, 20000) : 20, again);
    };
    again();
  }

  forge(client, target) {
    const last = this.forged.get(target) ?? 0;
    const known = this.clientOf(target)?.table.links.get(client.peer)?.gen ?? 0;
    const gen = this.random() < 0.05 ? 2 ** 31 - 1 - Math.floor(this.random() * 100) : known + Math.floor(this.random() * 3);
    const lure = { target, gen };
    const kind = this.random();
    if (kind < 0.2) return { type: "repair", why: "stalled", ...lure };
    if (kind < 0.3) return { type: "abort", ...lure };
    if (kind < 0.4) return { type: "ice", candidates: [{ candidate: "candidate:1" }], ...lure };
    // A count that leapt would be the last of this link.
    const next = last + 1 + Math.floor(this.random() * 2);
    this.forged.set(target, next);
    const sdp = JSON.stringify({ token: -1, gen: next, to: target, for: null });
    return { type: "offer", target, gen: next, sdp };
  }

  /** No more than four at once and one a second after, closed ones counted. */
  pace(client, peer) {
    const key = `${client.peer} ${peer}`;
    const since = this.clock.now - 10_000;
    const made = [...(this.paces.get(key) ?? []).filter((at) => at > since), this.clock.now];
    this.paces.set(key, made);
    if (made.length > 15) this.fail(`${client.id} made ${made.length} generations to ${peer} in 10 s`);
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
    const add = (one) => this.change(() => {
      for (const key of keys) map.set(key, (map.get(key) ?? 0) + one);
    });
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
    this.perform(client, client.table.reassess("addresses", this.moment()));
  }

  // ---- what must hold ----

  honest() {
    return [...this.clients.values()].filter((client) => client.table && !this.hostile.has(client.id));
  }

  /** Whether each pair of honest people in the room hears each other now. */
  deafPairs() {
    const here = this.honest();
    return here.flatMap((client) => here.filter((other) => other !== client).flatMap((other) => {
      const link = client.table.links.get(other.peer);
      const heard = link && link.heard && this.clock.now - link.heardAt < LIMITS.stalled;
      return heard ? [] : [`${client.id} does not hear ${other.id}`];
    }));
  }

  /** Who holds more than one connection to someone, or one to nobody. */
  leftovers() {
    const here = this.honest();
    const peers = new Set(here.map(({ peer }) => peer));
    return here.filter((client) => [...client.ends.values()].filter(({ peer }) => peers.has(peer)).length !== here.length - 1)
      .map((client) => `${client.id} holds ${[...client.ends.keys()].join(" ")}`);
  }
}
