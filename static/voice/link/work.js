// @ts-check
/** What is done to one connection, one thing after the other: the first that fails ends it, but for what may fail without harm. */

export class Work {
  #jobs = Promise.resolve();
  #over = false;
  #error;
  #fault;

  /** @param {{error: (reason: string) => void, fault: (reason: string) => void}} hooks  fault: something smaller failed */
  constructor({ error, fault }) {
    this.#error = error;
    this.#fault = fault;
  }

  get over() {
    return this.#over;
  }

  /** No step begins, and none is told of, from now on. */
  end() {
    this.#over = true;
  }

  /**
   * One after the other; the first that fails ends the generation.
   * @param {() => Promise<unknown>} job
   */
  run(job) {
    this.#jobs = this.#jobs.then(async () => {
      if (this.#over) return;
      try {
        await job();
      } catch (problem) {
        if (!this.#over) this.#error(String(problem));
      }
    });
  }

  /**
   * What may fail without harm to the link, at once.
   * @param {() => Promise<unknown>} job
   */
  async attempt(job) {
    if (this.#over) return;
    try {
      await job();
    } catch (problem) {
      if (!this.#over) this.#fault(String(problem));
    }
  }
}
