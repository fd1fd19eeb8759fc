// The child of a fork: once the parent's stack is unwound its memory is copied, and both are wound up again.
import { copyLibraries } from "./dynlink.js";
import { EAGAIN } from "./errno.js";
import { UNWIND } from "./fork.js";
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
  if (child) /** @type {any} */ (child.program.instance).exports.asyncify_start_rewind(UNWIND);
  exports.asyncify_start_rewind(UNWIND);
  return child;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread the parent, unwound
 * @returns {Thread | null} the child, ready to rewind
 */
function makeChild(gate, thread) {
  const parent = thread.process;
  const pid = gate.kernel.fork(parent.pid);
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
 * What of the parent's memory counts: all from the unwound stack's end and the live stack's begin on.
 * @param {Thread} parent
 * @param {Thread} child
 * @throws {RangeError} where the stack pointer is none
 */
function copyMemory(parent, child) {
  const stackPointer = /** @type {any} */ (parent.program.instance).exports.__stack_pointer.value;
  const unwoundEnd = parent.u32(UNWIND);
  const from = parent.bytes;
  const to = child.bytes;
  to.set(from.subarray(UNWIND, unwoundEnd), UNWIND);
  to.set(from.subarray(stackPointer >>> 0), stackPointer >>> 0);
  if (to.length > from.length) to.fill(0, from.length);
  /** @type {any} */ (child.program.instance).exports.__stack_pointer.value = stackPointer;
  child.program.sigword = parent.program.sigword;
  child.showSignalDue();
}
