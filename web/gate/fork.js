// The import tabux.fork: Asyncify unwinds the stack of the thread that calls it, and winds it up again (docs/abi.md).
import { belowLibrary } from "./dynlink.js";
import { EAGAIN, ENOSYS } from "./errno.js";
import { ENDED } from "./thread.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** The low end of the first thread's stack; the program has nothing below it. */
export const STACK_END = 1024;
/** Before the data that Asyncify unwinds come two words: where they end so far, and where at most. */
const HEADER = 8;
/** The unwound stack must end so far below the live one, bytes. */
const STACK_MARGIN = 256;

/**
 * Where Asyncify keeps what it unwinds (docs/abi.md): at the low end of the same stack, which is not in use.
 * @param {Thread} thread
 * @returns {number} an address
 */
export function unwindPlace(thread) {
  return thread.stackEnd ? (thread.stackEnd + 15) & ~15 : STACK_END;
}

/**
 * The three moments of tabux.fork.
 * @param {Thread} thread
 * @returns {number}
 */
export function fork(thread) {
  if (thread.process.dead) throw ENDED;
  const exports = /** @type {any} */ (thread.program.instance).exports;
  if (!exports.asyncify_get_state) return -ENOSYS;
  if (exports.asyncify_get_state() === 2) {
    exports.asyncify_stop_rewind();
    return thread.forkResult;
  }
  if (thread.vforkParent) return -EAGAIN;
  if (belowLibrary(thread.program)) return -ENOSYS;
  const limit = (exports.__stack_pointer.value - STACK_MARGIN) & ~15;
  const place = unwindPlace(thread);
  thread.setU32(place, place + HEADER);
  thread.setU32(place + 4, limit);
  exports.asyncify_start_unwind(place);
  thread.forking = true;
  return 0;
}
