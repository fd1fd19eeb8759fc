// wasi_snapshot_preview1: the functions our libc uses, shared with foreign programs.
import { readv, seek, writev, randomFill } from "./descriptors.js";
import { BLOCKED, EINVAL, wasiErrno } from "./errno.js";
import { ENDED } from "./thread.js";
import { waitForFlush, waitForSave } from "./saving.js";
import { RESOLUTION, clockTime } from "./time.js";
import { foreignPreview1 } from "./wasi-foreign.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./program.js").Program} Program */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./open-file.js").OpenFile} OpenFile */

/**
 * @param {Thread} thread
 * @param {Uint8Array[]} strings
 * @param {number} pointers where the array of addresses goes
 * @param {number} at where the strings go
 */
function storeStrings(thread, strings, pointers, at) {
  for (const string of strings) {
    thread.setU32(pointers, at);
    pointers += 4;
    thread.put(at, string);
    at += string.length;
    thread.piece(at++, 1)[0] = 0;
  }
  return 0;
}

/** @param {Thread} thread @param {Uint8Array[]} strings @param {number} count @param {number} size */
function storeSizes(thread, strings, count, size) {
  thread.setU32(count, strings.length);
  thread.setU32(size, strings.reduce((sum, string) => sum + string.length + 1, 0));
  return 0;
}

/**
 * The functions of one program. Each answers a WASI errno, or 512 where it blocks (docs/abi.md).
 * @param {Gate} gate
 * @param {Program} program
 * @returns {Record<string, Function>}
 */
export function preview1(gate, program) {
  /** The thread that makes the call: the one that runs. */
  const caller = () => /** @type {Thread} */ (program.current);
  /**
   * @param {(thread: Thread) => number} attempt
   * @param {number} out where a count goes, or 0
   * @returns {number}
   */
  const call = (attempt, out) => {
    const thread = caller();
    const result = gate.enter(thread, attempt, (result) => {
      if (result >= 0 && out) thread.setU32(out, result);
      return wasiErrno(result);
    });
    return result === BLOCKED ? -BLOCKED : result;
  };
  /**
   * A call that never blocks: made before libc is set up to wait, or too short to.
   * @param {(thread: Thread) => number} attempt
   */
  const atOnce = (attempt) => wasiErrno(gate.attempt(caller(), attempt));
  const shared = {
    args_sizes_get: (/** @type {number} */ count, /** @type {number} */ size) =>
      atOnce((thread) => storeSizes(thread, thread.process.argv, count, size)),
    args_get: (/** @type {number} */ pointers, /** @type {number} */ at) =>
      atOnce((thread) => storeStrings(thread, thread.process.argv, pointers, at)),
    environ_sizes_get: (/** @type {number} */ count, /** @type {number} */ size) =>
      atOnce((thread) => storeSizes(thread, thread.process.environ, count, size)),
    environ_get: (/** @type {number} */ pointers, /** @type {number} */ at) =>
      atOnce((thread) => storeStrings(thread, thread.process.environ, pointers, at)),
    // (nobody loses its turn by it, as on Linux, where it enters no kernel: vim sleeps until the next key
    // where time passes between the two readings of a peek)
    clock_time_get: (/** @type {number} */ clock, /** @type {bigint} */ _precision, /** @type {number} */ out) =>
      atOnce((thread) => {
        if (clock >>> 0 > 3) return -EINVAL;
        thread.setU64(out, clockTime(gate, thread, clock));
        return 0;
      }),
    clock_res_get: (/** @type {number} */ clock, /** @type {number} */ out) =>
      atOnce((thread) => {
        if (clock >>> 0 > 3) return -EINVAL;
        thread.setU64(out, RESOLUTION);
        return 0;
      }),
    random_get: (/** @type {number} */ address, /** @type {number} */ length) =>
      atOnce((thread) => {
        if (length) randomFill(thread.piece(address, length));
        return 0;
      }),
    sched_yield: () =>
      call((thread) => {
        if (thread.retrying || thread.process.threads.size === 1) return 0;
        // the other threads that wait for their turn come first
        queueMicrotask(() => gate.scheduler.queue(thread));
        thread.uninterruptible = true;
        return BLOCKED;
      }, 0),
    proc_exit(/** @type {number} */ code) {
      const thread = caller();
      gate.report();
      gate.scheduler.charge(thread);
      gate.kernel.exit(thread.process.pid, code);
      throw ENDED;
    },
    fd_read: (/** @type {number} */ fd, /** @type {number} */ vector, /** @type {number} */ entries, /** @type {number} */ out) =>
      call((thread) => readv(gate, thread, fd, vector, entries, -1), out),
    fd_write: (/** @type {number} */ fd, /** @type {number} */ vector, /** @type {number} */ entries, /** @type {number} */ out) =>
      call((thread) => writev(gate, thread, fd, vector, entries, -1), out),
    fd_pread: (/** @type {number} */ fd, /** @type {number} */ vector, /** @type {number} */ entries, /** @type {bigint} */ offset, /** @type {number} */ out) =>
      call((thread) => (offset < 0n ? -EINVAL : readv(gate, thread, fd, vector, entries, Number(offset))), out),
    fd_pwrite: (/** @type {number} */ fd, /** @type {number} */ vector, /** @type {number} */ entries, /** @type {bigint} */ offset, /** @type {number} */ out) =>
      call((thread) => (offset < 0n ? -EINVAL : writev(gate, thread, fd, vector, entries, Number(offset))), out),
    fd_seek: (/** @type {number} */ fd, /** @type {bigint} */ offset, /** @type {number} */ whence, /** @type {number} */ out) =>
      call((thread) => {
        const result = seek(gate, thread, fd, Number(offset), whence);
        if (result >= 0) thread.setU64(out, BigInt(result));
        return Math.min(result, 0);
      }, 0),
    fd_sync: (/** @type {number} */ fd) => 
      call((thread) => {
        const { pid, files } = thread.process;
        return gate.kernel.fsync(pid, fd) || waitForSave(gate, thread, /** @type {OpenFile} */ (files[fd]));
      }, 0),
    fd_close: (/** @type {number} */ fd) =>
      call((thread) => {
        const flushed = waitForFlush(gate, thread, thread.process.files[fd]);
        if (flushed === BLOCKED) return BLOCKED;
        gate.report();
        const result = gate.kernel.close(thread.process.pid, fd);
        if (result === 0) thread.process.files[fd] = undefined;
        return result || flushed;
      }, 0),
  };
  return program.image.native ? shared : { ...shared, ...foreignPreview1(gate, caller(), call) };
}
