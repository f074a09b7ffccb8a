// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { step } from "../../static/voice/signaling/signaling-machine.js";
import { idle, wakeAt } from "../../static/voice/signaling/signaling-state.js";

const HELLO = { name: "Ana", muted: false, deafened: false };
const SERVERS = { ttl: 3600, iceServers: [] };

/** A machine with its clock and its luck, and a memory of the effects of the last event. */
function machine() {
  let state = idle();
  const m = {
    now: 1_000_000,
    random: 0.5,
    /** @type {any[]} */ effects: [],
    get state() {
      return state;
    },
    /** @param {any} event */
    on(event) {
      const before = JSON.stringify(state);
      const result = step(state, event, m.now, m.random);
      assert.equal(JSON.stringify(state), before, "the state given is never changed");
      state = result.state;
      m.effects = result.effects;
      return m;
    },
    /** What came by the current question or socket. @param {any} event */
    here: (event) => m.on({ ...event, serial: state.serial }),
    /** @param {any} message */
    frame: (message) => m.here({ type: "frame", message }),
    /** Let time pass with ticks as a page that is awake gets them. @param {number} ms */
    pass(ms) {
      /** @type {any[]} */
      const all = [];
      for (const end = m.now + ms; m.now < end; ) {
        m.now = Math.min(end, Math.max(m.now + 1, wakeAt(state) ?? end));
        m.on({ type: "tick" });
        all.push(...m.effects);
      }
      m.effects = all;
      return m;
    },
    /** Sit out the backoff. */
    wait() {
      assert.equal(state.phase, "waiting");
      return m.pass((state.deadline ?? 0) - m.now);
    },
    /** @param {number} ms */
    sleep(ms) {
      m.now += ms;
      return m.on({ type: "tick" });
    },
    get types() {
      return m.effects.map((effect) => effect.name ?? effect.type);
    },
    get sent() {
      return m.effects.filter(({ type }) => type === "transmit").map(({ text }) => JSON.parse(text));
    },
  };
  return m;
}

/** @param {object} [more] */
const welcome = (more) => ({
  type: "welcome", source: "a", order: 5, ticket: "t1", resumed: false, got: 0, ping: 10, seq: 1, ...more,
});

const OK = { type: "answer", status: 200, code: "", credentials: SERVERS };

const dialing = () => machine().on({ type: "start" }).here(OK);
const greeting = () => dialing().here({ type: "open", hello: HELLO });
const joined = () => greeting().frame(welcome()).frame({ type: "pong", t: 1, seq: 2 });

test("it dials beside its first question, and says hello once that is answered and the credentials are handed on", () => {
  const m = machine().on({ type: "start" });
  assert.deepEqual(m.types, ["ask", "dial"]);
  assert.deepEqual(m.here({ type: "open", hello: HELLO }).types, []);
  assert.deepEqual(m.here(OK).types, ["credentials", "transmit", "transmit"]);
  assert.equal(m.effects[0].detail, SERVERS);
  assert.deepEqual(m.sent, [{ type: "hello", ...HELLO }, { type: "ping", t: 1 }]);
});

test("a socket that opens after the answer says hello at once, and has its own patience", () => {
  const m = machine().on({ type: "start" }).pass(9000).here(OK);
  assert.deepEqual(m.types, ["credentials"]);
  assert.deepEqual(m.pass(9999).types, []);
  assert.deepEqual(m.here({ type: "open", hello: HELLO }).types, ["transmit", "transmit"]);
});

for (const [what, opens] of /** @type {[string, boolean][]} */ ([["refused", false], ["closed for want of a hello", true]])) {
  test(`a socket beside the first question that is ${what} counts for nothing: the answer decides`, () => {
    const beside = () => {
      const m = machine().on({ type: "start" });
      if (opens) m.here({ type: "open", hello: HELLO });
      m.here({ type: "closed", code: opens ? 4400 : 1006 });
      assert.deepEqual(m.types, []);
      return m;
    };
    assert.deepEqual(beside().here(OK).types, ["credentials", "dial"]);
    assert.deepEqual(beside().here({ ...OK, status: 404, code: "no-room" }).types, ["drop", "over"]);
    assert.deepEqual(beside().here({ ...OK, status: 502 }).types, ["trouble"]);
  });
}

test("a socket beside a first question that is refused, or not answered, is let go without a word", () => {
  const open = () => machine().on({ type: "start" }).here({ type: "open", hello: HELLO });
  assert.deepEqual(open().here({ ...OK, status: 401, code: "signed-out" }).types, ["drop", "over"]);
  assert.deepEqual(open().here({ ...OK, status: 502 }).types, ["drop", "trouble"]);
  assert.deepEqual(open().pass(10_000).types, ["drop", "trouble"]);
  assert.deepEqual(open().on({ type: "bye" }).types, ["drop"]);
});

test("without a TURN secret (our own 503) it goes on without a relay; a proxy's 503 is tried again", () => {
  const own = machine().on({ type: "start" }).here({ type: "answer", status: 503, code: "no-secret", credentials: {} });
  assert.deepEqual(own.types, ["credentials"]);
  assert.equal(own.effects[0].detail, null);
  assert.deepEqual(own.here({ type: "open", hello: HELLO }).types, ["transmit", "transmit"]);
  const proxy = machine().on({ type: "start" }).here({ type: "answer", status: 503, code: "", credentials: null });
  assert.deepEqual(proxy.types, ["drop", "trouble"]);
  assert.deepEqual(proxy.wait().types, ["ask"]);
});

for (const status of [401, 403, 404]) {
  test(`a refusal of ${status} is the end`, () => {
    const m = machine().on({ type: "start" }).here({ type: "answer", status, code: "x", credentials: {} });
    assert.deepEqual(m.types, ["drop", "over"]);
    assert.equal(m.effects[1].detail.status, status);
    assert.equal(wakeAt(m.state), null);
  });
}

// Without our own JSON a refusal is a proxy's, which knows no room during a deploy.
for (const status of [0, 401, 403, 404, 429, 500, 502]) {
  test(`${status} to the first question is tried again, for as long as the person stays`, () => {
    const m = machine().on({ type: "start" });
    for (let i = 0; i < 20; i += 1) {
      m.here({ type: "answer", status, code: "", credentials: null });
      assert.deepEqual(m.types, i === 0 ? ["drop", "trouble"] : ["trouble"]);
      assert.deepEqual(m.wait().types, ["ask"], "a server in trouble gets no socket beside it");
    }
  });
}

test("the hello goes first and unnumbered, and a ping behind it marks the end of the list of those present", () => {
  const m = greeting();
  assert.deepEqual(m.sent, [{ type: "hello", ...HELLO }, { type: "ping", t: 1 }]);
  assert.deepEqual(m.frame(welcome()).types, ["welcome"]);
  assert.deepEqual(m.frame({ type: "present", source: "b", seq: 2 }).types, ["message"]);
  assert.deepEqual(m.frame({ type: "pong", t: 1, seq: 3 }).types, ["roster"]);
});

test("frames are numbered with n last, from 1", () => {
  const m = joined().on({ type: "send", message: { type: "offer", target: "b", gen: 1, sdp: "v=0" } });
  assert.equal(m.effects[0].text, '{"type":"offer","target":"b","gen":1,"sdp":"v=0","n":1}');
});

test("after a drop it dials at once and shows its ticket and what it saw", () => {
  const m = joined();
  m.now += 6000;
  m.here({ type: "closed", code: 1006 });
  assert.deepEqual(m.types, ["wake", "transmit", "drop", "lost", "dial"]);
  m.here({ type: "open", hello: HELLO });
  assert.deepEqual(m.sent[0], { type: "hello", ...HELLO, ticket: "t1", seen: 2 });
});

test("a resumed seat sends again what the server didn't take, and what was kept while away, once and in order", () => {
  const m = joined();
  for (const gen of [1, 2, 3]) m.on({ type: "send", message: { type: "repair", target: "b", gen, why: "stalled" } });
  m.here({ type: "closed", code: 1006 }).on({ type: "send", message: { type: "repair", target: "b", gen: 4, why: "stalled" } });
  assert.deepEqual(m.effects, []);
  m.here({ type: "open", hello: HELLO }).frame(welcome({ resumed: true, got: 2, seq: 3 }));
  assert.deepEqual(m.sent.map(({ gen, n }) => [gen, n]), [[3, 3], [4, 4]]);
  assert.deepEqual(m.on({ type: "send", message: { type: "bye" } }).sent.map(({ n }) => n), [5]);
});

test("what a newer offer to the same peer has overtaken is not sent again, and the numbers have a gap", () => {
  const m = joined().here({ type: "closed", code: 1006 });
  const say = (/** @type {any} */ message) => m.on({ type: "send", message });
  say({ type: "offer", target: "b", gen: 1, sdp: "1" });
  say({ type: "ice", target: "b", gen: 1, candidates: [null] });
  say({ type: "state", muted: true, deafened: false });
  say({ type: "offer", target: "c", gen: 1, sdp: "1" });
  say({ type: "answer", target: "d", gen: 1, sdp: "1" });
  say({ type: "offer", target: "b", gen: 2, sdp: "2" });
  say({ type: "ice", target: "b", gen: 2, candidates: [null] });
  say({ type: "abort", target: "b", gen: 2 });
  m.here({ type: "open", hello: HELLO }).frame(welcome({ resumed: true, got: 0, seq: 3 }));
  assert.deepEqual(m.sent.map(({ type, target, n }) => [type, target, n]), [
    ["state", undefined, 3], ["offer", "c", 4], ["answer", "d", 5], ["offer", "b", 6], ["ice", "b", 7], ["abort", "b", 8],
  ]);
});

test("a seat begun anew counts from 1 and sends nothing of before", () => {
  const m = joined().on({ type: "send", message: { type: "state", muted: true } });
  m.here({ type: "closed", code: 1012 }).here({ type: "open", hello: HELLO }).frame(welcome({ ticket: "t2" }));
  assert.deepEqual(m.sent, []);
  assert.deepEqual(m.on({ type: "send", message: { type: "state", muted: true } }).sent.map(({ n }) => n), [1]);
});

test("what is kept is bounded by 256 frames and by 256 KiB", () => {
  const m = joined().here({ type: "closed", code: 1006 });
  for (let i = 0; i < 300; i += 1) m.on({ type: "send", message: { type: "repair", gen: i } });
  assert.deepEqual([m.state.kept.length, m.state.kept[0].n], [256, 45]);
  for (let i = 0; i < 30; i += 1) m.on({ type: "send", message: { type: "offer", sdp: "x".repeat(16_000) } });
  assert.ok(m.state.kept.reduce((sum, { text }) => sum + text.length, 0) <= 256 * 1024);
  assert.equal(m.state.kept.at(-1)?.n, 330);
});

test("a frame seen before is dropped; a gap drops the socket and resumes", () => {
  const m = joined().frame({ type: "away", source: "b", seq: 3 });
  assert.deepEqual(m.types, ["message"]);
  assert.deepEqual(m.frame({ type: "away", source: "b", seq: 3 }).types, []);
  assert.deepEqual(m.frame({ type: "back", source: "b", seq: 5 }).types, ["drop", "lost", "dial"]);
  m.here({ type: "open", hello: HELLO });
  assert.equal(m.sent[0].seen, 3);
});

test("a resumed welcome may be numbered behind what was missed", () => {
  const m = joined().here({ type: "closed", code: 1006 }).here({ type: "open", hello: HELLO });
  m.frame(welcome({ resumed: true, seq: 5 }));
  assert.deepEqual(m.frame({ type: "away", source: "b", seq: 3 }).types, ["message"]);
  assert.deepEqual(m.frame({ type: "back", source: "b", seq: 4 }).types, ["message"]);
  assert.deepEqual(m.frame({ type: "away", source: "b", seq: 6 }).types, ["message"]);
});

test("a socket that keeps losing frames is not dialed in a hot loop", () => {
  const m = joined();
  let atOnce = 0;
  for (let i = 0; i < 5; i += 1) {
    m.frame({ type: "away", source: "b", seq: 99 });
    if (m.types.includes("dial")) atOnce += 1;
    else m.wait();
    m.here({ type: "open", hello: HELLO }).frame(welcome({ resumed: true, seq: 0 }));
  }
  assert.equal(atOnce, 1);
});

for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 4408]) {
  test(`it comes back after ${code}`, () => {
    assert.deepEqual(joined().here({ type: "closed", code }).types, ["drop", "lost", "dial"]);
  });
}

for (const code of [4400, 4401, 4403, 4404, 4409, 4410, 4413, 4429]) {
  test(`it never comes back after ${code}`, () => {
    const m = joined().here({ type: "closed", code });
    assert.deepEqual(m.types, ["drop", "over"]);
    assert.deepEqual(m.pass(60_000).on({ type: "probe", why: "online" }).types, []);
  });
}

test("a server that gave up waiting for the hello of a frozen page (4400) is dialed again", () => {
  const m = greeting().here({ type: "closed", code: 4400 });
  assert.deepEqual(m.types, ["drop", "dial"]);
  const anew = joined().here({ type: "closed", code: 1006 }).here({ type: "open", hello: HELLO });
  assert.deepEqual(anew.here({ type: "closed", code: 4400 }).wait().types, ["dial"]);
});

test("a frame that was too large (1009) is not sent again", () => {
  const m = joined().on({ type: "send", message: { type: "offer", sdp: "x" } }).here({ type: "closed", code: 1009 });
  m.here({ type: "open", hello: HELLO }).frame(welcome({ resumed: true, seq: 3 }));
  assert.deepEqual(m.sent, []);
});

test("a dial refused before opening asks why", () => {
  const m = joined().here({ type: "closed", code: 1006 }).here({ type: "closed", code: 1006 });
  assert.deepEqual(m.types, ["ask"]);
  assert.deepEqual(m.here({ type: "answer", status: 404, code: "no-room", credentials: {} }).types, ["drop", "over"]);
});

test("a server that answers but twice opens no socket is told as such, and dialed with backoff", () => {
  const m = dialing().here({ type: "closed", code: 1006 }).here({ type: "answer", status: 200, code: "", credentials: SERVERS });
  assert.deepEqual(m.types, ["credentials"]);
  assert.deepEqual(m.wait().types, ["dial"]);
  m.here({ type: "closed", code: 1006 }).here({ type: "answer", status: 200, code: "", credentials: SERVERS });
  assert.deepEqual(m.types, ["credentials", "trouble"]);
  assert.equal(m.effects[1].detail.status, 101);
  assert.deepEqual(m.wait().types, ["dial"]);
});

test("the backoff is full jitter up to 15 s", () => {
  const m = joined();
  m.random = 0.999_999;
  m.here({ type: "closed", code: 1006 });
  const waits = [];
  for (let i = 0; i < 8; i += 1) {
    m.here({ type: "closed", code: 1006 }).here({ type: "answer", status: 0, code: "", credentials: null });
    waits.push(Math.round((m.state.deadline ?? 0) - m.now));
    m.wait();
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
  m.random = 0;
  m.here({ type: "closed", code: 1006 }).here({ type: "answer", status: 0, code: "", credentials: null });
  assert.equal(m.state.deadline, m.now);
});

test("being online again dials at once", () => {
  const m = joined().here({ type: "closed", code: 1006 }).here({ type: "closed", code: 1006 });
  m.here({ type: "answer", status: 0, code: "", credentials: null });
  assert.equal(m.state.phase, "waiting");
  assert.deepEqual(m.on({ type: "probe", why: "online" }).types, ["dial"]);
});

test("it pings every 10 s, and a pong in time keeps the socket", () => {
  const m = joined();
  for (let t = 2; t < 6; t += 1) {
    assert.deepEqual(m.pass(10_000).sent, [{ type: "ping", t }]);
    assert.deepEqual(m.frame({ type: "pong", t, seq: t + 1 }).types, []);
  }
});

test("5 s without a pong drop the socket and dial a new one at once", () => {
  const m = joined().pass(10_000);
  assert.deepEqual(m.pass(4999).types, []);
  assert.deepEqual(m.pass(1).types, ["drop", "lost", "dial"]);
});

test("after a wake the pong has 2.5 s", () => {
  const m = joined().sleep(3600_000);
  assert.deepEqual(m.types, ["wake", "transmit"]);
  assert.deepEqual(m.pass(2499).types, []);
  assert.deepEqual(m.pass(1).types, ["drop", "lost", "dial"]);
});

test("a look pings at once, and shortens the patience with a ping that is out", () => {
  assert.deepEqual(joined().on({ type: "probe", why: "visible" }).sent, [{ type: "ping", t: 2 }]);
  const m = joined().pass(10_000).on({ type: "probe", why: "online" });
  assert.deepEqual(m.types, []);
  assert.deepEqual(m.pass(2500).types, ["drop", "lost", "dial"]);
});

test("a late timer alone never drops a socket whose pong lies unread", () => {
  const m = joined().pass(10_000).sleep(60_000);
  assert.deepEqual(m.types, ["wake", "transmit"]);
  assert.deepEqual(m.frame({ type: "pong", t: 3, seq: 3 }).types, []);
  assert.equal(m.state.phase, "joined");
});

test("timers throttled to one a minute still find a dead socket", () => {
  const m = joined().pass(10_000).sleep(60_000).sleep(60_000);
  assert.deepEqual(m.types, ["wake", "drop", "lost", "dial"]);
});

test("a frame does a late timer's work", () => {
  const m = joined();
  m.now += 10_000;
  m.frame({ type: "away", source: "b", seq: 3 });
  assert.deepEqual(m.types, ["wake", "transmit", "message"]);
});

test("a socket that doesn't open, or gives no welcome, is let go after 10 s", () => {
  assert.deepEqual(dialing().pass(10_000).types, ["drop", "ask"]);
  assert.deepEqual(greeting().pass(10_000).types, ["drop", "dial"]);
});

test("the first dial of a return is given up after 2.5 s, without a question, and the next has 10 s", () => {
  const m = joined().here({ type: "closed", code: 1006 });
  assert.deepEqual(m.pass(2499).types, []);
  assert.deepEqual(m.pass(1).types, ["drop", "dial"]);
  assert.deepEqual(m.pass(9999).types, []);
  assert.deepEqual(m.pass(1).types, ["drop", "ask"]);
});

test("so is one that opens in vain: its hello had an answer, which went to where it was", () => {
  const m = joined().here({ type: "closed", code: 1006 }).pass(2000).here({ type: "open", hello: HELLO });
  assert.deepEqual(m.pass(2499).types, [], "each sign of life has its own time");
  assert.deepEqual(m.pass(1).types, ["drop", "dial"]);
  m.here({ type: "open", hello: HELLO });
  assert.deepEqual(m.sent.map(({ type, ticket }) => [type, ticket]), [["hello", "t1"], ["ping", undefined]]);
  assert.deepEqual(m.pass(9999).types, []);
  assert.equal(m.pass(1).types[0], "drop");
});

test("a server that is far has four times as long as it took the last time, and 10 s at most", () => {
  for (const [took, patience] of [[500, 2500], [1500, 6000], [9000, 10_000]]) {
    const m = dialing().pass(took).here({ type: "open", hello: HELLO }).frame(welcome()).here({ type: "closed", code: 1006 });
    assert.deepEqual([m.pass(patience - 1).types, m.pass(1).types.includes("drop")], [[], true]);
  }
});

test("who opens just when a late timer would give it up is greeted", () => {
  const m = joined().here({ type: "closed", code: 1006 }).sleep(2400);
  m.now += 700;
  assert.deepEqual(m.here({ type: "open", hello: HELLO }).sent[0].type, "hello");
  m.now += 2900;
  assert.equal(m.frame(welcome({ resumed: true, seq: 3 })).state.phase, "joined");
});

test("a hello whose server says anything but welcome is given up after 10 s all the same", () => {
  const m = joined().here({ type: "closed", code: 1006 }).here({ type: "open", hello: HELLO });
  for (let at = 0; at < 4; at += 1) m.pass(2400).frame({ type: "error", code: "too-fast" });
  assert.deepEqual(m.pass(399).types, []);
  assert.deepEqual(m.pass(1).types, ["drop", "dial"]);
});

test("a return's first dial that is refused asks why, and what is said meanwhile goes out once, behind the welcome", () => {
  const m = joined().here({ type: "closed", code: 1006 });
  assert.deepEqual(m.here({ type: "closed", code: 1006 }).types, ["ask"]);
  const other = joined().here({ type: "closed", code: 1006 });
  other.on({ type: "send", message: { type: "abort", target: "b", gen: 1 } });
  assert.deepEqual(other.sent, []);
  assert.deepEqual(other.pass(2500).types, ["drop", "dial"]);
  assert.deepEqual(other.here({ type: "open", hello: HELLO }).sent.map(({ type }) => type), ["hello", "ping"]);
  other.frame(welcome({ resumed: true, seq: 3 }));
  assert.deepEqual(other.sent, [{ type: "abort", target: "b", gen: 1, n: 1 }]);
});

test("after half a minute without a word of the server nobody dials twice: the first may have got a seat for a ticket that is over", () => {
  const m = joined().sleep(30_001);
  m.here({ type: "closed", code: 1006 });
  assert.deepEqual(m.pass(9999).types, []);
  assert.deepEqual(m.pass(1).types, ["drop", "ask"]);
});

test("being online again shortens what was begun before, and nothing else", () => {
  const m = joined().here({ type: "closed", code: 1006 }).pass(500).on({ type: "probe", why: "online" });
  assert.deepEqual(m.pass(1999).types, [], "a hasty dial has its 2.5 s, not 2.5 s more");
  assert.deepEqual(m.pass(1).types, ["drop", "dial"]);
  const late = joined().here({ type: "closed", code: 1006 });
  late.now += 2600;
  assert.deepEqual(late.on({ type: "probe", why: "online" }).types, ["drop", "dial"]);
  assert.deepEqual(late.pass(9999).types, [], "what this very word began has all of its time");
});

test("after a join that was never answered nothing is hasty", () => {
  const m = greeting().pass(10_000);
  assert.deepEqual(m.pass(9999).types, []);
});

test("a bye has two dials as well, where the first hangs", () => {
  const m = joined().here({ type: "closed", code: 1006 }).on({ type: "bye" });
  assert.deepEqual(m.pass(2500).types, ["drop", "dial"]);
  m.here({ type: "open", hello: HELLO });
  assert.deepEqual(m.sent.map(({ type }) => type), ["hello", "bye"]);
  assert.equal(wakeAt(m.state), null);
});

test("a list of those present that a drop cut off ends behind the next welcome, a resumed one, too", () => {
  const m = greeting().frame(welcome()).here({ type: "closed", code: 1006 }).here({ type: "open", hello: HELLO });
  m.frame(welcome({ resumed: true, seq: 2 }));
  assert.deepEqual(m.frame({ type: "pong", t: 2, seq: 3 }).types, ["roster"]);
});

test("what an earlier socket says is ignored", () => {
  const m = joined();
  const { serial } = m.state;
  m.here({ type: "closed", code: 1006 });
  assert.deepEqual(m.on({ type: "closed", serial, code: 4409 }).types, []);
  assert.deepEqual(m.on({ type: "frame", serial, message: { type: "away", seq: 3 } }).types, []);
});

test("bye is told before the welcome, too: the hello has made a seat", () => {
  assert.deepEqual(greeting().on({ type: "bye" }).sent, [{ type: "bye" }]);
  assert.deepEqual(dialing().on({ type: "bye" }).sent, []);
});

test("whoever leaves while the socket is away dials once more, to give the seat back", () => {
  const m = joined();
  m.here({ type: "closed", code: 1006 });
  assert.equal(m.state.phase, "dialing");
  assert.deepEqual(m.on({ type: "bye" }).types, [], "the dial that is under way will do");
  m.here({ type: "open", hello: HELLO });
  assert.deepEqual(m.sent.map(({ type, ticket }) => [type, ticket]), [["hello", "t1"], ["bye", undefined]]);
  assert.deepEqual(m.types, ["transmit", "transmit", "drop"]);
  assert.equal(wakeAt(m.state), null);
});

for (const [what, after] of /** @type {[string, (m: any) => any][]} */ ([
  ["is refused", (m) => m.here({ type: "closed", code: 1006 })],
  ["hangs", (m) => m.pass(10_000)],
  ["is no longer wanted", (m) => m.on({ type: "forget" })],
])) {
  test(`a dial for a bye that ${what} is given up for good`, () => {
    const m = joined();
    m.here({ type: "closed", code: 1006 });
    m.here({ type: "closed", code: 1006 });
    assert.notEqual(m.state.phase, "dialing");
    assert.deepEqual(m.on({ type: "bye" }).types, ["dial"]);
    assert.deepEqual(after(m).types, ["drop"]);
    assert.equal(wakeAt(m.state), null);
    assert.deepEqual(m.here({ type: "open", hello: HELLO }).types, []);
  });
}

test("bye is told, and nothing follows it", () => {
  const m = joined().on({ type: "bye" });
  assert.deepEqual(m.sent, [{ type: "bye" }]);
  assert.deepEqual(m.types, ["transmit", "drop"]);
  assert.deepEqual(m.on({ type: "send", message: { type: "state" } }).types, []);
  assert.equal(wakeAt(m.state), null);
});
