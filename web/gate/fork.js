// The import tabux.fork: Asyncify unwinds the stack of the thread that calls it, and winds it up again (docs/abi.md).
import { belowLibrary } from "./dynlink.js";
import { EAGAIN, ENOSYS } from "./errno.js";
import { ENDED } from "./thread.js";

/** @typedef {import("./thread.js").Thread} Thread */

/** Where Asyncify keeps what it unwinds, and the first byte of that data (docs/abi.md). */
export const UNWIND = 1024;
const UNWIND_DATA = UNWIND + 8;
/** The unwound stack must end so far below the live one, bytes. */
const STACK_MARGIN = 256;

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
  thread.setU32(UNWIND, UNWIND_DATA);
  thread.setU32(UNWIND + 4, limit);
  exports.asyncify_start_unwind(UNWIND);
  thread.forking = true;
  return 0;
}
