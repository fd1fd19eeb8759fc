// Whose turn it is to start when many commands come at once: as many as there is room for, in their order.

/** So many may be starting at a time; what is older than AGE_MS counts as started. */
const STARTING = 24;
const AGE_MS = 1000;
/** So many processes are left for what those that run start themselves. */
const RESERVE = 15;

/** A place among those that are starting. */
/** @typedef {{ sinceMs: number }} Place */

/**
 * Each command wants processes of its own soon after its start: two hundred at once would take each other's. A
 * command that lives long gives its place away after AGE_MS, and where nothing ends for so long, the next one tries
 * its luck: nobody waits for ever.
 */
export class StartQueue {
  /** @type {Set<Place>} */
  #starting = new Set();
  /** @type {((place: Place) => void)[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #movedMs = 0;

  /** @param {() => number} room how many processes there may still be */
  constructor(room) {
    this.room = room;
  }

  /** @returns {Place | Promise<Place>} to be given back by `leave` */
  take() {
    if (!this.#waiting.length && this.#isFree()) return this.#place();
    const turn = new Promise((/** @type {(place: Place) => void} */ resolve) => this.#waiting.push(resolve));
    this.#look();
    return turn;
  }

  /** @param {Place} place its command has ended, or could not be started */
  leave(place) {
    this.#starting.delete(place);
    this.#movedMs = performance.now();
    this.#advance();
  }

  #isFree() {
    const old = performance.now() - AGE_MS;
    for (const place of this.#starting) {
      if (place.sinceMs > old) break; // (in their order)
      this.#starting.delete(place);
    }
    return this.#starting.size < STARTING && this.room() > RESERVE;
  }

  #place() {
    const place = { sinceMs: performance.now() };
    this.#starting.add(place);
    this.#movedMs = place.sinceMs;
    return place;
  }

  #advance() {
    while (this.#waiting.length && this.#isFree()) this.#waiting.shift()?.(this.#place());
    if (this.#waiting.length) this.#look();
  }

  /** Looks again after a while, whether anything has ended or not. */
  #look() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (performance.now() - this.#movedMs >= AGE_MS) this.#waiting.shift()?.(this.#place());
      this.#advance();
    }, AGE_MS);
  }
}
