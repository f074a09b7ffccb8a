// The model relay: seats, order, grace and resume as the server keeps them, and each client's socket to it.

import { ModelNetwork } from "./model-connections.js";

const GRACE = 45000;

export class ModelRelay extends ModelNetwork {
  /** @abstract @param {any[]} _given what World does with them @returns {void} */
  perform(..._given) {}

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
    // What a dead socket didn't bring stays first in the queue, for the next one.
    seat.queue.push(message);
    if (seat.away) return;
    this.carry(client, seat);
    if (this.random() < this.options.duplicate && message.gen) {
      this.clock.at(this.between(0, 3000), () => {
        if (client.peer === target && client.table && !client.asleep) this.arrive(client, message);
      });
    }
  }

  /** One frame, the first that waits, on the socket of now. */
  carry(client, seat) {
    const { line } = seat;
    this.later(line, () => {
      if (this.seats.get(client.peer) !== seat || seat.line !== line || seat.away || !client.reachable) return;
      const message = seat.queue.shift();
      if (!message) return;
      if (client.asleep) client.inbox.push(() => this.arrive(client, message));
      else this.arrive(client, message);
    });
  }

  arrive(client, message) {
    const { table } = client;
    if (!table) return;
    const moment = this.moment();
    if (message.type === "present") client.listed?.set(message.source, { peer: message.source, order: message.order });
    if (message.type === "left") client.listed?.delete(message.source);
    switch (message.type) {
      case "present": this.perform(client, table.present({ peer: message.source, order: message.order }, moment)); break;
      case "left": {
        const leave = () => this.perform(client, table.left(message.source, message.reason, moment));
        if (message.reason === "lost") this.unharmed(client, "a lost socket", leave);
        else leave();
        break;
      }
      default: this.perform(client, table.deliver(message, moment));
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
      if (client.asleep || !client.reachable) this.dial(client);
      else this.welcome(client);
    });
  }

  welcome(client) {
    const seat = this.seats.get(client.peer);
    client.socket = "open";
    const socket = client.link = {};
    // The list of those present ends behind this socket's welcome, unless the socket drops before.
    const wait = this.between(5, 300);
    this.clock.at(wait, () => client.link === socket && this.listEnds(client));
    if (this.random() < this.options.cutOff) this.clock.at(this.between(0, wait), () => client.link === socket && this.drop(client));
    if (seat) {
      Object.assign(seat, { away: false, line: {} });
      for (let count = seat.queue.length; count > 0; count -= 1) this.carry(client, seat);
      for (const message of client.outbox.splice(0)) this.toServer(client, message);
      this.perform(client, client.table.setSelf({ peer: client.peer, order: client.order }, this.moment()));
      this.perform(client, client.table.reassess("resume", this.moment()));
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
    });
    client.listed = new Map(roster.map((each) => [each.peer, each]));
  }

  /** The whole roster is known: a list that a drop cut off ends behind the next welcome. */
  listEnds(client) {
    if (!client.table || client.socket !== "open" || !client.listed) return;
    const seats = [...client.listed.values()];
    client.listed = null;
    this.unharmed(client, "a roster", () => this.perform(client, client.table.sync(seats, this.moment())));
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
    const won = [...client.table.links.values()].filter((link) => link.live.at(-1)?.won);
    const playing = won.map((link) => `${link.peer}/${link.playing}`);
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
}
