// The life of a program: instantiate, run, be replaced, end.
import { finishFork } from "./forked.js";
import { HostImage } from "./host-image.js";
import { startHost } from "./host-program.js";
import { instantiate } from "./instance.js";
import { release } from "./kernel-requests.js";
import { REPLACED } from "./thread.js";
import { preopen } from "./wasi-foreign.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./exec.js").Execution} Execution */
/** @typedef {import("./process.js").Process} Process */
/** @typedef {import("./thread.js").Thread} Thread */

const SIGILL = 4;
const SIGFPE = 8;
const SIGKILL = 9;
const SIGSEGV = 11;

/** @type {import("./thread.js").Entry} */
const START = { name: "_start", args: [] };

/**
 * Runs a program as the new image of a process; comes back at once.
 * @param {Gate} gate
 * @param {Process} process
 * @param {Execution} execution
 */
export function start(gate, process, execution) {
  const thread = replace(gate, process, execution);
  if (thread) run(gate, thread);
}

/**
 * @param {Gate} gate
 * @param {Process} process
 * @param {Execution} execution
 * @returns {Thread | null} the new program's; null where nothing is left to run here: a host program runs by itself,
 *   or there was no memory for it, and the process has been killed, as on Linux
 */
function replace(gate, process, execution) {
  process.argv = execution.argv;
  process.environ = execution.environ;
  process.preopens.clear();
  gate.audit?.exec(process);
  const { image } = execution;
  if (image instanceof HostImage) {
    startHost(gate, process, image);
    return null;
  }
  try {
    if (!image.native) preopen(gate, process);
    return instantiate(gate, process, image, 0, true, START);
  } catch (error) {
    console.error("tabux: cannot start a program:", error);
    gate.kernel.exit_signal(process.pid, SIGKILL);
    return null;
  }
}

/** @param {unknown} error @returns {number} the signal a Unix would have sent */
function trapSignal(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    if (/divide|unrepresentable/.test(error.message)) return SIGFPE;
    if (/unreachable/.test(error.message)) return SIGILL;
  }
  return SIGSEGV; // memory or table access out of bounds, stack overflow
}

/**
 * Runs a thread, and what it becomes by execve, until it ends.
 * @param {Gate} gate
 * @param {Thread} thread
 */
export async function run(gate, thread) {
  const { process } = thread;
  const { scheduler } = gate;
  scheduler.charge(null);
  for (;;) {
    const { program, entry } = thread;
    program.current = thread;
    program.running = true;
    /** @type {unknown} */
    let thrown = null;
    try {
      const exports = /** @type {any} */ (program.instance).exports;
      await WebAssembly.promising(exports[entry.name])(...entry.args);
    } catch (error) {
      thrown = error;
    }
    if (thread.forking && !thrown && !process.dead) {
      try {
        const child = finishFork(gate, thread);
        if (child) run(gate, child);
        // (the child has run already, and may have killed its parent)
        if (!process.dead) continue;
      } catch (error) {
        thrown = error;
      }
    }
    const replaced = thrown === REPLACED && !process.dead;
    if (replaced) {
      scheduler.charge(thread);
      process.threads.delete(thread);
      gate.threads.delete(thread.tid);
    } else endProcess(gate, thread, thrown);
    scheduler.leave(program);
    if (--program.stacks === 0) release(gate, program);
    if (!replaced) return;
    const next = replace(gate, process, /** @type {Execution} */ (program.next));
    if (!next) return;
    thread = next;
  }
}

/**
 * A thread has returned from its first function, or something has been thrown through all of it: that is the end of
 * its process, where it has not ended before.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {unknown} thrown
 */
function endProcess(gate, thread, thrown) {
  const { process, vforkChild } = thread;
  if (vforkChild && !vforkChild.process.dead)
    gate.kernel.exit_signal(vforkChild.process.pid, trapSignal(thrown));
  if (process.dead || thread.exited) return;
  gate.report();
  gate.scheduler.charge(thread);
  if (thrown === null) gate.kernel.exit(process.pid, 0);
  else {
    console.debug(`tabux: process ${process.pid} trapped:`, thrown);
    gate.kernel.exit_signal(process.pid, trapSignal(thrown));
  }
}
