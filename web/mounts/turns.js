// Who may use a provider when: changes one after the other, in the order they were asked for; looks in between.

/** Tasks that look share their turn; one that changes something has it alone. */
export class Turns {
  /** @type {Promise<unknown>} settles with the last task that has its turn alone; never rejects */
  #last = Promise.resolve();
  /** @type {Set<Promise<unknown>>} */
  #sharing = new Set();

  /**
   * @template T
   * @param {() => Promise<T>} task begins when the changes asked for before are done
   * @returns {Promise<T>}
   */
  shared(task) {
    const run = this.#last.then(task);
    const settled = run.then(
      () => {},
      () => {},
    );
    this.#sharing.add(settled);
    settled.then(() => this.#sharing.delete(settled));
    return run;
  }

  /**
   * @template T
   * @param {() => Promise<T>} task begins when everything asked for before is done
   * @returns {Promise<T>}
   */
  alone(task) {
    const run = Promise.all([this.#last, ...this.#sharing]).then(task);
    this.#last = run.then(
      () => {},
      () => {},
    );
    return run;
  }
}
