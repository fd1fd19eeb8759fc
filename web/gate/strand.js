// How a program written in JavaScript makes system calls.
import { BLOCKED } from "./errno.js";
import { SystemError } from "./system-error.js";
import { systemCall } from "./syscalls/index.js";
import { ENDED, Thread } from "./thread.js";

/** @typedef {import("./host-program.js").HostProgram} HostProgram */

/** What one call moves at most, bytes. */
export const CHUNK = 65536;
/** Where a strand's memory has the struct iovec of a call, and its data. */
export const VECTOR = 8;
export const DATA = 16;

/** It begins in no function of a module. */
const NOWHERE = { name: "", args: [] };

/**
 * Makes one call at a time for a host program, which has several strands: a read that waits must
 * not hold up a write. To the functions behind the calls it is a thread with a small memory.
 */
export class Strand extends Thread {
  /** The call before, settled or not. */
  #last = Promise.resolve();

  /**
   * @param {HostProgram} host
   * @param {number} [room] for data, bytes
   */
  constructor(host, room = CHUNK) {
    super(host.owner, host, host.owner.pid, NOWHERE);
    this.memory = /** @type {any} */ ({ buffer: new ArrayBuffer(DATA + room) });
    this.host = host;
    host.owner.threads.add(this);
  }

  /**
   * Has its turn after what has been asked for before.
   * @template T
   * @param {() => Promise<T>} action makes calls
   * @returns {Promise<T>}
   */
  turn(action) {
    const result = this.#last.then(action);
    this.#last = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  /**
   * A call that has no number here: read and write.
   * @param {() => number} attempt a result, -errno or BLOCKED
   * @returns {Promise<number>} its result
   * @throws {SystemError} and, when the process has ended, the reason of its signal
   */
  call(attempt) {
    return this.#settle(() => this.host.gate.enter(this, attempt));
  }

  /**
   * A system call by its number (docs/abi.md); addresses are those of this strand's memory.
   * @param {number} number
   * @param {...number} args
   * @returns {Promise<number>} as `call`
   */
  syscall(number, ...args) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
    return this.#settle(() => systemCall(this.host.gate, this, number, a, b, c, d, e, f));
  }

  /** @param {() => number} make makes the call @returns {Promise<number>} */
  async #settle(make) {
    const { gate } = this.host;
    gate.scheduler.charge(null); // what JavaScript did meanwhile is nobody's
    let result;
    try {
      result = make();
      if (result === BLOCKED) result = await gate.scheduler.suspend(this);
    } catch (thrown) {
      throw thrown === ENDED ? this.host.endedReason : thrown;
    }
    if (result < 0) throw new SystemError(-result);
    return result;
  }

  /** It is not needed any more; a call that waits fails as if the process had ended. */
  drop() {
    this.host.owner.threads.delete(this);
    this.end();
  }
}
