// Time and chance of the simulator: both begin anew with a seed, and neither waits.

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

export class Clock {
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
