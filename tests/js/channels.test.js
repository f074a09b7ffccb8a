// @ts-check
import assert from "node:assert/strict";
import test from "node:test";

import { LONGEST, fresh, judge } from "../../static/voice/link/channel-limits.js";
import { Channels } from "../../static/voice/link/channels.js";

/** One end of both channels, with the other end in a test's hands. */
class End {
  now = 1000;
  /** @type {any[]} */ made = [];
  /** @type {string[]} */ words = [];
  /** @type {boolean[]} */ opened = [];
  floods = 0;

  constructor() {
    const connection = { createDataChannel: (/** @type {string} */ label, /** @type {any} */ options) => this.#make(label, options) };
    this.channels = new Channels(/** @type {any} */ (connection), {
      word: (text) => void this.words.push(text), open: (open) => void this.opened.push(open), flooded: () => { this.floods += 1; },
    }, () => this.now);
    /** @type {any} */
    this.word = this.made[0];
    /** @type {any} */
    this.question = this.made[1];
  }

  /** @param {string} label @param {any} options */
  #make(label, options) {
    const made = {
      label, options, readyState: "open", bufferedAmount: 0, sent: /** @type {string[]} */ ([]),
      send: (/** @type {string} */ text) => made.sent.push(text), close() { made.readyState = "closed"; },
    };
    this.made.push(made);
    return made;
  }

  /** @param {unknown} data */
  hear(data, channel = this.word) {
    channel.onmessage?.({ data });
  }

  /** The peer answers once, so that it is known to. */
  answering() {
    this.channels.ask(false);
    this.hear("pong 1", this.question);
    return this;
  }
}

test("both channels are agreed on beforehand, and a question is never sent twice", () => {
  assert.deepEqual(new End().made.map(({ options }) => options),
    [{ negotiated: true, id: 0 }, { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 }]);
});

test("what is longer than a note, or is no text, is dropped unread", () => {
  const end = new End();
  for (const data of ["x".repeat(LONGEST + 1), new ArrayBuffer(3), new Blob(["x"]), null, 7]) end.hear(data);
  end.hear("x".repeat(LONGEST));
  assert.deepEqual(end.words.map(({ length }) => length), [LONGEST]);
});

test("of a flood 40 are read, and after some hundreds the channels are shut for good", () => {
  const end = new End();
  for (let count = 0; count < 1000; count += 1) end.hear("{}");
  assert.deepEqual([end.words.length, end.floods, end.opened], [40, 1, [false]]);
  assert.deepEqual(end.made.map(({ readyState }) => readyState), ["closed", "closed"]);
  end.now += 60_000;
  end.hear("{}");
  assert.deepEqual([end.words.length, end.channels.open, end.channels.say("x"), end.channels.unanswered], [40, false, false, null]);
});

test("a few messages of a browser's largest size shut them, too", () => {
  const end = new End();
  for (let count = 0; count < 3; count += 1) end.hear("x".repeat(256 * 1024));
  assert.equal(end.floods, 1);
});

test("ten a second are read for as long as one likes", () => {
  const pace = { burst: 40, rate: 10 };
  let allowance = fresh(pace, 0);
  const verdicts = new Set();
  for (let at = 0; at < 600_000; at += 100) {
    const judged = judge(allowance, pace, 100, at);
    allowance = judged.allowance;
    verdicts.add(judged.verdict);
  }
  assert.deepEqual([...verdicts], ["take"]);
});

test("a question is answered by its own number, anything else by nothing", () => {
  const end = new End();
  for (const text of ["ping 7", "ping", "ping -1", "ping 7\n", "PING 7", "ping 1234567890", "pong 7", "hello"]) end.hear(text, end.question);
  assert.deepEqual(end.question.sent, ["pong 7"]);
});

test("a peer that takes nothing gets neither answers nor questions, however often it asks", () => {
  const end = new End().answering();
  end.question.sent.length = 0;
  end.question.bufferedAmount = 64 * 1024 + 1;
  end.hear("ping 7", end.question);
  end.channels.ask(true);
  assert.deepEqual(end.question.sent, []);
  end.question.bufferedAmount = 0;
  end.hear("ping 8", end.question);
  assert.deepEqual(end.question.sent, ["pong 8"]);
});

test("who never answered is asked ten times, and its silence says nothing", () => {
  const end = new End();
  for (let count = 0; count < 50; count += 1) end.channels.ask(true);
  end.now += 5000;
  assert.deepEqual([new Set(end.question.sent).size, end.channels.unanswered], [10, null]);
});

test("a peer is asked as soon as it can be, so that the silence of a path that ends in its first second counts", () => {
  const end = new End();
  end.question.onopen();
  assert.deepEqual(end.question.sent, ["ping 1", "ping 1"]);
  end.hear("pong 1", end.question);
  assert.equal(end.channels.unanswered, 0);
  for (let count = 0; count < 4; count += 1) end.channels.ask(true);
  end.now += 700;
  assert.equal(end.channels.unanswered, 700);
});

test("who answered once is asked when nothing is heard, and four questions without an answer count from the first", () => {
  const end = new End().answering();
  end.channels.ask(false);
  assert.deepEqual(end.question.sent, ["ping 1", "ping 1"]);
  const seen = [0, 1, 2, 3, 4].map(() => {
    end.channels.ask(true);
    const { unanswered } = end.channels;
    end.now += 100;
    return unanswered;
  });
  assert.deepEqual(seen, [0, 0, 0, 300, 400]);
  end.hear("pong 3", end.question);
  assert.equal(end.channels.unanswered, 0);
});

test("any word is an answer, too", () => {
  const end = new End().answering();
  for (let count = 0; count < 6; count += 1) end.channels.ask(true);
  end.now += 500;
  assert.equal(end.channels.unanswered, 500);
  end.hear("{}");
  assert.equal(end.channels.unanswered, 0);
});

test("a peer for whom much waits is told no more, and a text that is too long is told nobody", () => {
  const end = new End();
  assert.equal(end.channels.say("x".repeat(LONGEST + 1)), false);
  end.word.bufferedAmount = 64 * 1024 + 1;
  assert.equal(end.channels.say("x"), false);
  end.word.bufferedAmount = 0;
  assert.equal(end.channels.say("x"), true);
  assert.deepEqual(end.word.sent, ["x"]);
});

test("nothing is heard or said after the end", () => {
  const end = new End().answering();
  end.channels.close();
  end.hear("{}");
  end.channels.ask(true);
  assert.deepEqual([end.words, end.question.sent.length, end.channels.say("x"), end.question.onopen], [[], 2, false, null]);
});
