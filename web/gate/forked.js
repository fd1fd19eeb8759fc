// The child of a fork: once the parent's stack is unwound its memory is copied, and both are wound up again.
import { copyLibraries } from "./dynlink.js";
import { EAGAIN } from "./errno.js";
import { STACK_END, unwindPlace } from "./fork.js";
import { instantiate } from "./instance.js";
import { release } from "./kernel-requests.js";
import { PAGE } from "./memory-pool.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */

/**
 * The stack is unwound: makes the child, has both rewound by whoever enters them next.
 * @param {Gate} gate
 * @param {Thread} thread the parent
 * @returns {Thread | null} the child; null when there is no room for it
 */
export function finishFork(gate, thread) {
  const { exports } = /** @type {any} */ (thread.program.instance);
  thread.forking = false;
  exports.asyncify_stop_unwind();
  gate.scheduler.charge(thread);
  const child = makeChild(gate, thread);
  thread.forkResult = child ? child.tid : -EAGAIN;
  const place = unwindPlace(thread);
  if (child) /** @type {any} */ (child.program.instance).exports.asyncify_start_rewind(place);
  exports.asyncify_start_rewind(place);
  return child;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread the parent, unwound
 * @returns {Thread | null} the child, ready to rewind
 */
function makeChild(gate, thread) {
  const parent = thread.process;
  const pid = gate.kernel.fork(thread.tid);
  if (pid < 0) return null;
  const process = parent.forked(pid);
  gate.processes.set(pid, process);
  try {
    const image = /** @type {import("./image.js").Image} */ (thread.program.image);
    const child = instantiate(gate, process, image, thread.bytes.length / PAGE, false, thread.entry);
    copyLibraries(thread.program, child.program);
    copyMemory(thread, child);
    return child;
  } catch {
    // about 125 memories in a renderer: a full house is EAGAIN, and a shell tries again
    gate.processes.delete(pid);
    gate.threads.delete(pid);
    if (process.program) release(gate, process.program);
    gate.kernel.fork_abort(pid);
    return null;
  }
}

/**
 * What of the parent's memory counts: of the first thread's stack only its ends, what is unwound and what is live, when
 * it is that one which forks; and everything above.
 * @param {Thread} parent
 * @param {Thread} child
 * @throws {RangeError} where the stack pointer is none
 */
function copyMemory(parent, child) {
  const stackPointer = /** @type {any} */ (parent.program.instance).exports.__stack_pointer.value;
  const from = parent.bytes;
  const to = child.bytes;
  let live = STACK_END;
  if (!parent.stackEnd) {
    live = stackPointer >>> 0;
    to.set(from.subarray(STACK_END, parent.u32(STACK_END)), STACK_END);
  }
  to.set(from.subarray(live), live);
  if (to.length > from.length) to.fill(0, from.length);
  /** @type {any} */ (child.program.instance).exports.__stack_pointer.value = stackPointer;
  child.stackEnd = parent.stackEnd;
  child.program.sigword = parent.program.sigword;
  child.showSignalDue();
}
