import assert from "node:assert/strict";
import test from "node:test";

import { step } from "../../static/voice/link/link-machine.js";
import { inFlight, makeLink, pollInterval, report } from "../../static/voice/link/link-state.js";

/** One link, told one thing after the other; `random` 0.5 is no jitter. */
class Told {
  now = 1_000_000;
  packets = {};
  /** which generations are heard */
  hearing = new Set();
  all = [];
  /** @type {number | null} */ rtt = null;

  constructor(seed = {}) {
    this.link = makeLink({ peer: "p", owner: true, now: this.now, ...seed });
    this.tell({ type: "begin" });
  }

  /** @param {any} event @returns {any[]} */
  tell(event) {
    const { state, effects } = step(this.link, event, this.now, 0.5);
    this.link = state;
    this.all.push(...effects);
    return effects;
  }

  /** Seconds go by, a tick in each. */
  wait(seconds, path = "direct") {
    const effects = [];
    for (let count = 0; count < seconds; count += 1) {
      this.now += 1000;
      effects.push(...this.tick(path));
    }
    return effects;
  }

  tick(path = "direct") {
    for (const gen of this.hearing) this.packets[gen] = (this.packets[gen] ?? 0) + 50;
    const samples = this.link.live.map(({ gen }) => ({ gen, packets: this.packets[gen] ?? 0, path, rtt: null, loss: null }));
    return this.tell({ type: "tick", samples });
  }

  /** Up on its newest generation. */
  up() {
    if (!this.link.owner) this.tell({ type: "offer", gen: this.link.gen + 1, sdp: "offer" });
    else this.tell({ type: "answer", gen: this.link.gen, sdp: "answer" });
    this.tell({ type: "connection", gen: this.link.gen, state: "connected" });
    this.hearing = new Set([this.link.gen]);
    this.wait(12);
    return this;
  }
}

const owner = () => new Told().up();
const other = () => new Told({ owner: false }).up();
const opened = (effects) => effects.filter(({ type }) => type === "open").map(({ gen }) => gen);
const sent = (effects) => effects.filter(({ type }) => type === "send").map(({ message }) => message);

test("a step changes nothing of the state it was given", () => {
  const { link } = owner();
  const before = structuredClone(link);
  const frozen = /** @type {any} */ (Object.freeze)({ ...link, live: Object.freeze(link.live.map(Object.freeze)) });
  step(frozen, { type: "tick", samples: [] }, link.tickedAt + 9999, 0.5);
  assert.deepEqual(link, before);
});

test("the owner offers at once, the other waits, and asks after 4 s and each 5 s", () => {
  assert.deepEqual(opened(new Told().all), [1]);
  const waiting = new Told({ owner: false });
  assert.deepEqual(sent(waiting.wait(3)), []);
  assert.deepEqual(sent(waiting.wait(6)), [4, 9].map(() => ({ type: "repair", target: "p", gen: 0, why: "first" })));
});

test("generations go on from the last that the pair is known to have used", () => {
  assert.deepEqual(opened(new Told({ gen: 5 }).all), [6]);
});

test("an offer counts only from the owner, with a higher generation", () => {
  assert.deepEqual(owner().tell({ type: "offer", gen: 9, sdp: "" }), []);
  const link = other();
  assert.deepEqual(link.tell({ type: "offer", gen: 1, sdp: "" }), []);
  assert.deepEqual(opened(link.tell({ type: "offer", gen: 4, sdp: "" })), [4]);
});

test("an answer counts once, for a live generation", () => {
  const link = new Told();
  assert.deepEqual(link.tell({ type: "answer", gen: 2, sdp: "" }), []);
  assert.deepEqual(link.tell({ type: "answer", gen: 1, sdp: "x" }), [{ type: "apply", gen: 1, sdp: "x" }]);
  assert.deepEqual(link.tell({ type: "answer", gen: 1, sdp: "x" }), []);
});

test("candidates that come before their offer wait for it, as many as one connection takes; those of the past are dropped", () => {
  const link = new Told({ owner: false, gen: 3 });
  const list = (count, type) => Array.from({ length: count }, (_, at) => ({ candidate: `candidate:${at} 1 udp 1 192.0.2.1 9 typ ${type}` }));
  const [hosts, relayed] = [list(200, "host"), list(10, "relay")];
  link.tell({ type: "ice", gen: 3, candidates: list(1, "host") });
  link.tell({ type: "ice", gen: 4, candidates: hosts });
  link.tell({ type: "ice", gen: 4, candidates: [...hosts, ...relayed, null] });
  const effects = link.tell({ type: "offer", gen: 4, sdp: "" });
  assert.deepEqual(effects.filter(({ type }) => type === "candidates"),
    [{ type: "candidates", gen: 4, candidates: [...hosts.slice(0, 80), ...relayed, null] }]);
});

test("either end that has heard nothing for 8 s says that it takes longer than a first attempt", () => {
  const waiting = new Told({ owner: false });
  waiting.wait(7);
  assert.ok(report(waiting.link).attempt < 2);
  waiting.wait(1);
  assert.deepEqual([report(waiting.link).state, report(waiting.link).attempt], ["connecting", 2]);
  waiting.up();
  assert.deepEqual([report(waiting.link).state, report(waiting.link).attempt], ["up", 0]);
});

test("silence is shown at 2.5 s and repaired at 4 s, the old generation running on", () => {
  const link = owner();
  link.hearing.clear();
  assert.deepEqual([link.wait(2).length, report(link.link).state], [0, "up"]);
  assert.deepEqual([link.wait(1).length, report(link.link).state], [0, "stalled"]);
  assert.deepEqual(link.wait(1), [{ type: "open", gen: 2, sdp: null, relayOnly: false }]);
  assert.deepEqual([report(link.link).state, link.link.live.length, link.link.playing], ["repairing", 2, 1]);
});

test("failed or new addresses need 1 s of silence, not 4", () => {
  for (const event of [{ type: "connection", gen: 1, state: "failed" }, { type: "reassess", reason: "addresses" }]) {
    const link = owner();
    link.hearing.clear();
    link.tell(event);
    assert.deepEqual(opened(link.wait(1)), [2]);
  }
});

test("no state, no trigger and no server touches a link that is heard", () => {
  for (const link of [owner(), other()]) {
    link.all = [];
    for (const reason of ["online", "visible", "wake", "resume", "addresses"]) link.tell({ type: "reassess", reason });
    for (const state of ["disconnected", "failed", "connected"]) link.tell({ type: "connection", gen: 1, state });
    link.tell({ type: "lost" });
    link.wait(30);
    link.tell({ type: "sync" });
    link.wait(30);
    assert.deepEqual(link.all, []);
  }
});

test("disconnected alone is no reason", () => {
  const link = owner();
  link.hearing.clear();
  link.tell({ type: "connection", gen: 1, state: "disconnected" });
  assert.deepEqual(link.wait(3), []);
});

test("the new generation wins by 5 packets, is played, and the other is closed 300 ms later", () => {
  const link = owner();
  link.hearing.clear();
  link.wait(4);
  link.packets[2] = 4;
  link.now += 100;
  assert.deepEqual(link.tick(), []);
  link.packets[2] = 5;
  link.now += 100;
  assert.deepEqual(link.tick(), [{ type: "play", gen: 2 }]);
  assert.equal(pollInterval(link.link), 100);
  link.now += 300;
  assert.deepEqual(link.tick(), [{ type: "close", gen: 1 }]);
  assert.equal(pollInterval(link.link), 1000);
});

test("the old generation, heard first again, takes the new one back", () => {
  const link = owner();
  link.hearing.clear();
  link.wait(4);
  link.hearing.add(1);
  assert.deepEqual(link.wait(1),
    [{ type: "send", message: { type: "abort", target: "p", gen: 2 } }, { type: "close", gen: 2 }]);
});

test("the other side keeps the loser for 2 s, and goes back to it at an abort", () => {
  const link = other();
  link.tell({ type: "offer", gen: 2, sdp: "" });
  link.hearing.add(2);
  assert.deepEqual(link.wait(1), [{ type: "play", gen: 2 }]);
  assert.deepEqual(link.tell({ type: "abort", gen: 2 }), [{ type: "close", gen: 2 }, { type: "play", gen: 1 }]);
  assert.deepEqual(link.wait(5), []);
  assert.deepEqual(link.tell({ type: "offer", gen: 2, sdp: "" }), []);
});

test("an owner that hears fine obeys a repair, once, and does not take it back for its own hearing", () => {
  const link = owner();
  assert.deepEqual(opened(link.tell({ type: "repair", gen: 1 })), [2]);
  assert.deepEqual(link.tell({ type: "repair", gen: 1 }), []);
  assert.deepEqual(link.wait(3), []);
});

test("a repair that names a higher generation lifts ours", () => {
  const link = owner();
  assert.deepEqual(opened(link.tell({ type: "repair", gen: 7 })), [8]);
});

test("a repair still counts where the generation after it is gone, its offer and abort lost", () => {
  const link = owner();
  link.hearing.clear();
  link.wait(4);
  link.hearing.add(1);
  link.wait(1);
  assert.deepEqual(opened([...link.tell({ type: "repair", gen: 1 }), ...link.wait(5)]), [3]);
});

test("signalling and checking have 8 s each, being connected without a sound 5 s", () => {
  const link = new Told();
  link.wait(7);
  assert.ok(inFlight(link.link));
  link.tell({ type: "answer", gen: 1, sdp: "" });
  link.wait(7);
  assert.ok(inFlight(link.link));
  link.tell({ type: "connection", gen: 1, state: "connected" });
  assert.deepEqual(link.wait(4), []);
  assert.deepEqual(opened(link.wait(1)), [2]);
});

test("an answer later than its deadline is better than none", () => {
  const link = owner();
  link.hearing.clear();
  link.wait(4 + 8);
  link.tell({ type: "offer", gen: 2, sdp: "" });
  const late = link.link.live.at(-1)?.gen;
  assert.deepEqual(link.tell({ type: "answer", gen: late, sdp: "x" }), [{ type: "apply", gen: late, sdp: "x" }]);
  assert.equal(inFlight(link.link)?.gen, late);
});

test("attempts begin further and further apart, never over 12 s, and never end", () => {
  const link = new Told({ relay: true });
  const starts = [0];
  for (let second = 1; second <= 120; second += 1) {
    const waiting = inFlight(link.link);
    const effects = waiting ? link.tell({ type: "error", gen: waiting.gen }) : [];
    if (opened([...effects, ...link.wait(1)]).length) starts.push(second);
  }
  assert.deepEqual(starts, [0, 1, 3, 7, 15, 27, 39, 51, 63, 75, 87, 99, 111]);
});

test("from the third attempt on relay only where there is one, and each third again by every path", () => {
  const relayOnly = (relay) => {
    const link = new Told({ relay });
    link.wait(100);
    return link.all.filter(({ type }) => type === "open").map((effect) => effect.relayOnly).slice(0, 8);
  };
  assert.deepEqual(relayOnly(true), [false, false, true, true, false, true, true, false]);
  assert.ok(relayOnly(false).every((each) => !each));
});

test("online and new addresses reset the backoff", () => {
  const link = new Told();
  link.wait(60);
  for (const { gen } of [...link.link.live]) link.tell({ type: "error", gen });
  assert.deepEqual(opened(link.tell({ type: "reassess", reason: "visible" })), []);
  assert.equal(opened(link.tell({ type: "reassess", reason: "online" })).length, 1);
});

test("never more than two generations live", () => {
  for (const link of [owner(), other()]) {
    link.hearing.clear();
    for (let second = 0; second < 200; second += 1) {
      link.wait(1);
      if (second % 7 === 0) link.tell({ type: "offer", gen: link.link.gen + 1, sdp: "" });
      assert.ok(link.link.live.length <= 2);
    }
    const count = (type) => link.all.filter((effect) => effect.type === type).length;
    assert.equal(count("open") - count("close"), link.link.live.length);
  }
});

test("a sync starts what negotiates over at once", () => {
  const link = owner();
  link.hearing.clear();
  link.wait(5);
  assert.deepEqual(link.tell({ type: "sync" }), [{ type: "close", gen: 2 }, { type: "open", gen: 3, sdp: null, relayOnly: false }]);
});

test("waking up is no reason for a repair: silence counts from then, with 1.5 s of grace", () => {
  for (const link of [owner(), other()]) {
    link.hearing.clear();
    link.now += 60000;
    assert.deepEqual(link.tick(), []);
    assert.deepEqual(link.wait(5), []);
    assert.equal(link.wait(1).length, 1);
  }
});

test("a message that comes before the first tick after a sleep judges nothing", () => {
  const link = owner();
  link.now += 60000;
  assert.deepEqual(link.tell({ type: "reassess", reason: "wake" }), []);
  assert.deepEqual(link.tell({ type: "ice", gen: 9, candidates: [] }), []);
});

test("a generation that negotiates when the machine sleeps has its whole time after it", () => {
  const link = new Told();
  link.now += 60000;
  link.tick();
  assert.deepEqual(link.wait(7), []);
});

test("a page whose ticks are always late still repairs", () => {
  const link = owner();
  link.hearing.clear();
  const effects = [];
  for (let count = 0; count < 4; count += 1) {
    link.now += 5000;
    effects.push(...link.tick());
  }
  assert.ok(opened(effects).length >= 1);
});

test("an orphan is closed when nothing is heard for 10 s, and repaired by nobody", () => {
  const link = owner();
  link.tell({ type: "lost" });
  link.hearing.clear();
  assert.deepEqual(link.wait(9), []);
  assert.deepEqual(link.wait(1), [{ type: "close", gen: 1 }, { type: "play", gen: null }, { type: "gone" }]);
});

test("a relayed generation moves at 80 % of its ttl, once fresh credentials are there; the other side asks", () => {
  for (const make of [owner, other]) {
    const link = make();
    link.tell({ type: "credentials", relay: true, moveAt: link.now + 5000 });
    link.link.live[0].moveAt = link.now + 5000;
    assert.deepEqual(link.wait(10, "relay"), []);
    const [effect] = link.tell({ type: "credentials", relay: true, moveAt: link.now + 60000 });
    if (link.link.owner) assert.equal(effect.type, "open");
    else assert.deepEqual(effect.message, { type: "repair", target: "p", gen: 1, why: "credentials" });
  }
});

test("closing ends everything", () => {
  const link = owner();
  link.hearing.clear();
  link.wait(5);
  const effects = link.tell({ type: "close" });
  assert.deepEqual(effects.filter(({ type }) => type === "close").map(({ gen }) => gen), [1, 2]);
  assert.equal(effects.at(-1).type, "gone");
});

/** One look 100 ms later, of a peer that answers no question for so long. */
function unanswered(link, ms) {
  link.now += 100;
  const samples = link.link.live.map(({ gen }) => ({ gen, packets: link.packets[gen] ?? 0, path: "direct", rtt: link.rtt ?? null, loss: null, unanswered: ms }));
  return link.tell({ type: "tick", samples });
}

/** When, in ms after the last packet, something is done about a silence in which questions stay open from 700 ms on. */
function doneAfter(link, open = (ms) => Math.max(ms - 700, 0)) {
  link.hearing.clear();
  for (let ms = 100; ms <= 6000; ms += 100) if (unanswered(link, open(ms)).length > 0) return ms;
  return null;
}

test("who answers nothing either is given up after 1.5 s of silence: the owner makes the next, the other asks", () => {
  for (const link of [owner(), other()]) {
    assert.equal(doneAfter(link), 1500);
    const [effect] = link.all.slice(-1);
    if (link.link.owner) assert.deepEqual([effect.type, effect.gen], ["open", 2]);
    else assert.deepEqual(effect.message, { type: "repair", target: "p", gen: 1, why: "stalled" });
  }
});

test("who answers is waited for as long as one that can't be asked", () => {
  for (const answers of /** @type {any[]} */ ([() => 0, () => null])) assert.equal(doneAfter(owner(), answers), 4000);
});

test("an answer has the time of the path to come back", () => {
  const link = owner();
  link.rtt = 400;
  assert.equal(doneAfter(link), 1800);
});

test("silence without an answer reads as trouble at once", () => {
  const link = other();
  doneAfter(link);
  assert.equal(report(link.link).state, "repairing");
});

test("who slept judges nobody by questions of before", () => {
  const link = owner();
  link.hearing.clear();
  link.now += 60_000;
  assert.deepEqual(unanswered(link, 60_000), []);
  assert.equal(doneAfter(link, (ms) => 60_000 + ms), 3000);
});
