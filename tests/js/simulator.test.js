// SEEDS=10000 runs more, FROM=10001 others, SEED=7 replays one, ATTACKED=1 with an attacker.

import assert from "node:assert/strict";
import test from "node:test";

import { SCENARIOS, play } from "./scenarios.js";
import { World } from "./simulator.js";

const SEEDS = Number(process.env.SEEDS ?? 1000);
const FROM = Number(process.env.FROM ?? 1);
/** An attacked room has many times the messages. */
const ATTACKED = Math.ceil(SEEDS / 20);
const ONE = process.env.SEED === undefined ? null : Number(process.env.SEED);
const PEOPLE = ["ana", "bo", "cleo", "dan", "eve", "fay"];

/** One room's life: people come, the network fails them, it stops failing, they must hear each other, they leave. */
function live(seed, { attacked = false } = {}) {
  const world = new World(seed, { whole: ONE !== null });
  const { random } = world;
  const two = () => {
    const one = Math.floor(random() * people.length);
    return [people[one], people[(one + 1 + Math.floor(random() * (people.length - 1))) % people.length]];
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const people = PEOPLE.slice(0, 2 + Math.floor(random() * 5));
  if (random() < 0.15) world.options.throttle = 1000;
  if (random() < 0.2) world.options.latency = 1500;
  for (const who of people) world.clock.at(world.between(0, 4000), () => world.join(who));

  if (attacked) world.clock.at(world.between(0, 8000), () => world.attack("mal"));

  const end = world.between(15000, 100000);
  const heals = new Set();
  const until = (heal, longest = 60000) => {
    const entry = { heal };
    heals.add(entry);
    world.clock.at(world.between(200, longest), () => heals.delete(entry) && heal());
  };
  const faults = [
    () => until(world.cut(...two())),
    () => until(world.cut(...two(), true)),
    () => until(world.deafen(...two())),
    () => until(world.partition(pick(people))),
    () => until(world.sleep(pick(people)), 90000),
    () => until(world.restart(), 8000),
    () => world.drop(world.clients.get(pick(people))),
    () => world.move(pick(people)),
    () => world.leave(pick(people)),
    () => world.join(pick(people)),
  ];
  const begin = world.clock.now;
  for (let count = Math.floor(random() * random() * 30); count >= 0; count -= 1) {
    world.clock.at(world.between(500, end), () => { if (world.clock.now < begin + end) pick(faults)(); });
  }
  world.clock.runUntil(begin + end);
  world.note("the faults stop");
  Object.assign(world.options, { wedge: 0, cutOff: 0, latency: Math.min(world.options.latency, 300) });
  for (const { heal } of heals) heal();
  heals.clear();
  world.clock.runUntil(begin + end + 15000);
  const deaf = world.deafPairs();
  if (deaf.length) world.fail(`15 s after the faults stopped ${deaf.join(", ")}`);
  world.clock.runUntil(begin + end + 75000);
  if (world.leftovers().length) world.fail(`a minute later ${world.leftovers().join(", ")}`);

  for (const who of [...people, "mal"]) world.leave(who);
  world.clock.runUntil(begin + end + 90000);
  for (const client of world.clients.values()) if (client.ends.size) world.fail(`${client.id} holds a connection after leaving`);
  return world;
}

if (ONE === null) {
  test(`whatever fails, every pair hears each other 15 s later (${SEEDS} seeds)`, () => {
    for (let seed = FROM; seed < FROM + SEEDS; seed += 1) live(seed);
  });

  test(`whoever floods the room with offers and repairs harms nobody's links but its own (${ATTACKED} seeds)`, () => {
    for (let seed = FROM; seed < FROM + ATTACKED; seed += 1) live(seed, { attacked: true });
  });

  for (const [name, steps] of Object.entries(SCENARIOS)) {
    test(name, () => {
      for (let seed = 1; seed <= 20; seed += 1) play(new World(seed, { wedge: 0, cutOff: 0, duplicate: 0.1, older: 0 }), steps);
    });
  }

  test("one seed is one story", () => {
    assert.deepEqual(live(7).trace, live(7).trace);
  });
} else {
  test(`seed ${ONE}`, (context) => {
    for (const line of live(ONE, { attacked: Boolean(process.env.ATTACKED) }).trace) context.diagnostic(line);
  });
}
