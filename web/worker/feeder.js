// Standard input that comes from the page, as it comes.
import { EPIPE } from "../gate/errno.js";
import { apiError } from "./errors.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../gate/pipe.js").Pipe} Pipe */

/** The page's end of a pipe that a command reads. */
export class Feeder {
  #system;
  #pipe;
  #writer;
  #closed = false;
  /** @type {{ data: Uint8Array, at: number, done: () => void, fail: (error: Error) => void }[]} */
  #queue = [];

  /**
   * @param {System} system
   * @param {Pipe} pipe
   * @param {number} writer the kernel's number of the writing end
   */
  constructor(system, pipe, writer) {
    this.#system = system;
    this.#pipe = pipe;
    this.#writer = writer;
    pipe.refill = () => this.#flow();
  }

  /**
   * @param {Uint8Array} data
   * @returns {Promise<void>} when all of it is in the pipe
   * @throws {Error} NotFoundError: nobody reads any more, or the end has been given away
   */
  write(data) {
    return new Promise((done, fail) => {
      this.#queue.push({ data, at: 0, done, fail });
      this.#flow();
    });
  }

  #flow() {
    const pipe = this.#pipe;
    while (this.#queue.length) {
      const first = this.#queue[0];
      if (pipe.readers === 0 || this.#closed) {
        this.#queue.shift();
        first.fail(apiError(-EPIPE, "sendStdin"));
        continue;
      }
      const piece = first.data.subarray(first.at, first.at + pipe.room);
      if (piece.length) {
        pipe.put(piece);
        first.at += piece.length;
        this.#system.gate.wakeAll(pipe.waiters);
      }
      if (first.at < first.data.length) return;
      this.#queue.shift();
      first.done();
    }
  }

  /** What reads finds the end, after what has been written. */
  close() {
    if (this.#closed) return;
    // (what still waits for room fails: whoever closes does not wait for it)
    this.#closed = true;
    this.#flow();
    this.#system.api.close_stdin(this.#writer);
  }
}
