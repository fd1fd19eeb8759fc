// The host mounts of one sandbox, by number.

/** @typedef {import("./host-mount.js").HostMount} HostMount */

export class Mounts {
  /** @type {Map<number, HostMount>} */
  #byNumber = new Map();
  #last = 0;
  /** @type {(() => void)[]} */
  #owner = [];

  /** @returns {number} for a new mount, never used before */
  number() {
    return ++this.#last;
  }

  /** @param {HostMount} mount */
  add(mount) {
    this.#byNumber.set(mount.number, mount);
  }

  /** @param {number} number @returns {HostMount | undefined} */
  get(number) {
    return this.#byNumber.get(number);
  }

  /** @param {HostMount} mount */
  remove(mount) {
    mount.end();
    this.#byNumber.delete(mount.number);
  }

  /**
   * Sees to it that all providers have everything written so far.
   * @returns {Promise<number> | null} 0 or the first error, -errno; null where there is nothing to wait for
   */
  flush() {
    const pending = [...this.#byNumber.values()].map((mount) => mount.flush()).filter((promise) => promise !== null);
    if (!pending.length) return null;
    return Promise.all(pending).then((errors) => errors.find((error) => error !== 0) ?? 0);
  }

  /** Something has come that calls of the API wait for. */
  wakeOwner() {
    const woken = this.#owner;
    this.#owner = [];
    for (const resolve of woken) resolve();
  }

  /**
   * Makes a call of the API, again until it does not wait for a provider any more.
   * @template T
   * @param {() => T} attempt
   * @param {unknown} blocked what it answers while it waits
   * @returns {Promise<T>}
   */
  async settled(attempt, blocked) {
    for (;;) {
      const result = attempt();
      if (result !== blocked) return result;
      await new Promise((resolve) => this.#owner.push(() => resolve(undefined)));
    }
  }
}
