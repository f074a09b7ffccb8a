// Named stories of a room, for the simulator here and for real browsers elsewhere: what is done, and when.

/**
 * One step: [second, action, who, with whom]. cut and deaf take a pair, or one person and a direction; heal ends them all.
 *   join, leave     a person enters, or leaves on purpose
 *   cut, heal       no packet between two people / everything works again
 *   deaf            the second no longer hears the first, while ICE goes on
 *   offline, online a person has no server, and has it again; media goes on
 *   sleep, wake     a page is frozen, and runs again
 *   move            a person's own address changes
 *   stop, start     the server
 *   hears           from here on, at that second, everyone must hear everyone
 * @type {Record<string, (readonly [number, string, string?, string?])[]>}
 */
export const SCENARIOS = {
  "two people meet": [[0, "join", "ana"], [1, "join", "bo"], [4, "hears"]],
  "six people come at once": [
    ...["ana", "bo", "cleo", "dan", "eve", "fay"].map((who) => /** @type {const} */ ([0, "join", who])), [6, "hears"],
  ],
  "a cut of 3 s heals by itself": [
    [0, "join", "ana"], [1, "join", "bo"], [10, "cut", "ana", "bo"], [13, "heal"], [15, "hears"],
  ],
  "a cut of 12 s is over a second after it ends": [
    [0, "join", "ana"], [1, "join", "bo"], [10, "cut", "ana", "bo"], [22, "heal"], [24, "hears"],
  ],
  "a cut of 45 s, longer than ICE consent": [
    [0, "join", "ana"], [1, "join", "bo"], [10, "cut", "ana", "bo"], [55, "heal"], [70, "hears"],
  ],
  "only the owner is deaf": [[0, "join", "ana"], [1, "join", "bo"], [10, "deaf", "ana", "bo"], [20, "heal"], [24, "hears"]],
  "only the other is deaf": [[0, "join", "ana"], [1, "join", "bo"], [10, "deaf", "bo", "ana"], [20, "heal"], [24, "hears"]],
  "the server restarts": [
    [0, "join", "ana"], [0, "join", "bo"], [1, "join", "cleo"], [10, "stop"], [15, "start"], [18, "hears"],
  ],
  "the server restarts while people meet": [
    [0, "join", "ana"], [1, "join", "bo"], [1.3, "join", "cleo"], [1.6, "stop"], [5, "start"], [15, "hears"],
  ],
  "a socket drops and its seat is kept": [
    [0, "join", "ana"], [1, "join", "bo"], [10, "offline", "bo"], [40, "online", "bo"], [42, "hears"],
  ],
  "a network changes under a call": [[0, "join", "ana"], [1, "join", "bo"], [10, "move", "bo"], [13, "hears"]],
  "the other's network changes": [[0, "join", "ana"], [1, "join", "bo"], [10, "move", "ana"], [13, "hears"]],
  "a laptop sleeps for a minute": [[0, "join", "ana"], [1, "join", "bo"], [10, "sleep", "bo"], [70, "wake", "bo"], [85, "hears"]],
  "a nap of 8 s is not noticed": [[0, "join", "ana"], [1, "join", "bo"], [10, "sleep", "ana"], [18, "wake", "ana"], [20, "hears"]],
  "someone leaves and comes back": [
    [0, "join", "ana"], [1, "join", "bo"], [5, "leave", "ana"], [6, "join", "ana"], [10, "hears"],
  ],
};

/**
 * Let a world of the simulator live a story.
 * @param {import("./simulator.js").World} world
 * @param {(readonly [number, string, string?, string?])[]} steps
 */
export function play(world, steps) {
  const start = world.clock.now;
  /** @type {(() => void)[]} */
  const heals = [];
  /** @type {Record<string, () => void>} */
  const undo = {};
  for (const [second, action, who = "", other = ""] of steps) {
    world.clock.runUntil(start + second * 1000);
    switch (action) {
      case "join": world.join(who); break;
      case "leave": world.leave(who); break;
      case "cut": heals.push(world.cut(who, other)); break;
      case "deaf": heals.push(world.deafen(who, other)); break;
      case "heal": for (const heal of heals.splice(0)) heal(); break;
      case "offline": undo[who] = world.partition(who); break;
      case "sleep": undo[who] = world.sleep(who); break;
      case "online": case "wake": undo[who](); break;
      case "move": world.move(who); break;
      case "stop": undo.server = world.restart(); break;
      case "start": undo.server(); break;
      case "hears": if (world.deafPairs().length) world.fail(`at ${second} s ${world.deafPairs().join(", ")}`); break;
      default: throw new Error(`no such step: ${action}`);
    }
  }
}
