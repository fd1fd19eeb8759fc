// The life of a program: instantiate, run, fork, be replaced, end.
import { BLOCKED, EAGAIN, ENOSYS } from "./errno.js";
import { HostImage } from "./host-image.js";
import { startHost } from "./host-program.js";
import { PAGE } from "./memory-pool.js";
import { ENDED, Process, Program, REPLACED } from "./process.js";
import { dispatch } from "./syscalls/index.js";
import { preview1 } from "./wasi.js";
import { preopen } from "./wasi-foreign.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./exec.js").Execution} Execution */

const SIGILL = 4;
const SIGFPE = 8;
const SIGKILL = 9;
const SIGSEGV = 11;

/** Where Asyncify keeps what it unwinds, and the first byte of that data (docs/abi.md). */
const UNWIND = 1024;
const UNWIND_DATA = UNWIND + 8;
/** The unwound stack must end so far below the live one, bytes. */
const STACK_MARGIN = 256;

/**
 * The tabux.* imports of a program.
 * @param {Gate} gate
 * @param {Program} program
 */
function extension(gate, program) {
  return {
    syscall: dispatch(gate, program),
    wait: new WebAssembly.Suspending(() => gate.suspend(program)),
    preempt: new WebAssembly.Suspending(() => gate.preempt(program)),
    fork: () => fork(program),
  };
}

/**
 * The three moments of tabux.fork (docs/abi.md).
 * @param {Program} program
 * @returns {number}
 */
function fork(program) {
  const { process } = program;
  if (process.dead) throw ENDED;
  const exports = /** @type {any} */ (program.instance).exports;
  if (!exports.asyncify_get_state) return -ENOSYS;
  if (exports.asyncify_get_state() === 2) {
    exports.asyncify_stop_rewind();
    return program.forkResult;
  }
  if (process !== program.owner) return -EAGAIN;
  const limit = (exports.__stack_pointer.value - STACK_MARGIN) & ~15;
  program.setU32(UNWIND, UNWIND_DATA);
  program.setU32(UNWIND + 4, limit);
  exports.asyncify_start_unwind(UNWIND);
  program.forking = true;
  return 0;
}

/**
 * @param {Gate} gate
 * @param {Process} process
 * @param {import("./image.js").Image} image
 * @param {number} pages the fewest its memory is to have
 * @param {boolean} clean whether the memory must be zero
 * @returns {Program}
 * @throws {RangeError} when the browser has no memory left
 */
function instantiate(gate, process, image, pages, clean) {
  const memory = image.native ? gate.memories.take(Math.max(pages, image.pages), clean) : null;
  try {
    return instantiateIn(memory, gate, process, image);
  } catch (error) {
    if (memory) gate.memories.give(memory);
    throw error;
  }
}

/**
 * @param {WebAssembly.Memory | null} memory
 * @param {Gate} gate
 * @param {Process} process
 * @param {import("./image.js").Image} image
 */
function instantiateIn(memory, gate, process, image) {
  const program = new Program(process, image, memory);
  /** @type {Record<string, Function>} */
  const wasi = preview1(gate, program);
  /** @type {Record<string, any>} */
  const tabux = extension(gate, program);
  /** @type {Record<string, Record<string, any>>} */
  const imports = { wasi_snapshot_preview1: {}, tabux: {}, env: { memory } };
  for (const { module, name } of image.imports) {
    const known = module === "tabux" ? tabux[name] : module === "wasi_snapshot_preview1" ? wasi[name] : undefined;
    const provided = known && !image.native ? suspending(gate, program, known) : known;
    (imports[module] ??= {})[name] = provided ?? (() => wasiNotSupported(module, name));
  }
  program.instance = new WebAssembly.Instance(image.module, imports);
  if (!memory) program.memory = /** @type {WebAssembly.Memory} */ (program.instance.exports.memory);
  process.program = program;
  return program;
}

/**
 * A function for a program that does not know of tabux.wait: where it would block it suspends the program itself.
 * @param {Gate} gate
 * @param {Program} program
 * @param {Function} call
 */
function suspending(gate, program, call) {
  return new WebAssembly.Suspending((/** @type {any[]} */ ...args) => {
    const result = call(...args);
    return result === -BLOCKED ? gate.suspend(program) : result;
  });
}

/** @param {string} module @param {string} name */
function wasiNotSupported(module, name) {
  console.warn(`tabux: a program called ${module}.${name}, which the gate does not have`);
  return 52; // WASI ENOSYS
}

/**
 * Runs a program as the new image of a process; comes back at once.
 * @param {Gate} gate
 * @param {Process} process
 * @param {Execution} execution
 */
export function start(gate, process, execution) {
  const program = replace(gate, process, execution);
  if (program) run(gate, program);
}

/**
 * @param {Gate} gate
 * @param {Process} process
 * @param {Execution} execution
 * @returns {Program | null} null where nothing is left to run here: a host program runs by itself, or there was no
 *   memory for it, and the process has been killed, as on Linux
 */
function replace(gate, process, execution) {
  process.argv = execution.argv;
  process.environ = execution.environ;
  process.preopens.clear();
  const { image } = execution;
  if (image instanceof HostImage) {
    startHost(gate, process, image);
    return null;
  }
  try {
    if (!image.native) preopen(gate, process);
    return instantiate(gate, process, image, 0, true);
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
 * Runs a program until its process ends.
 * @param {Gate} gate
 * @param {Program} program
 */
async function run(gate, program) {
  const process = program.owner;
  gate.charge(null);
  for (;;) {
    /** @type {unknown} */
    let thrown = null;
    try {
      const { _start } = /** @type {any} */ (program.instance).exports;
      await WebAssembly.promising(_start)();
    } catch (error) {
      thrown = error;
    }
    if (program.forking && !thrown && !process.dead) {
      try {
        finishFork(gate, program);
        // (the child has run already, and may have killed its parent)
        if (!process.dead) continue;
      } catch (error) {
        thrown = error;
      }
    }
    if (thrown === REPLACED && !process.dead) {
      const { next } = program;
      gate.charge(process);
      gate.release(program);
      const replaced = replace(gate, process, /** @type {Execution} */ (next));
      if (!replaced) return;
      program = replaced;
      continue;
    }
    const { process: child } = program;
    if (child !== process && !child.dead) gate.kernel.exit_signal(child.pid, trapSignal(thrown));
    if (!process.dead) {
      gate.report();
      gate.charge(process);
      if (thrown === null) gate.kernel.exit(process.pid, 0);
      else {
        console.debug(`tabux: process ${process.pid} trapped:`, thrown);
        gate.kernel.exit_signal(process.pid, trapSignal(thrown));
      }
    }
    gate.release(program);
    return;
  }
}

/**
 * The stack is unwound: makes the child, rewinds both.
 * @param {Gate} gate
 * @param {Program} program the parent
 */
function finishFork(gate, program) {
  const exports = /** @type {any} */ (program.instance).exports;
  program.forking = false;
  exports.asyncify_stop_unwind();
  const parent = program.owner;
  gate.charge(parent);
  const child = makeChild(gate, program);
  program.forkResult = child ? child.owner.pid : -EAGAIN;
  if (child) {
    /** @type {any} */ (child.instance).exports.asyncify_start_rewind(UNWIND);
    run(gate, child);
  }
  if (!parent.dead) exports.asyncify_start_rewind(UNWIND);
}

/**
 * @param {Gate} gate
 * @param {Program} program the parent, unwound
 * @returns {Program | null} the child, ready to rewind; null when there is no room for it
 */
function makeChild(gate, program) {
  const parent = program.owner;
  const pid = gate.kernel.fork(parent.pid);
  if (pid < 0) return null;
  const process = mirrorChild(gate, parent, pid);
  try {
    const image = /** @type {import("./image.js").Image} */ (program.image);
    const child = instantiate(gate, process, image, program.bytes.length / PAGE, false);
    copyMemory(program, child);
    return child;
  } catch {
    // about 125 memories in a renderer: a full house is EAGAIN, and a shell tries again
    gate.processes.delete(pid);
    if (process.program) gate.release(process.program);
    gate.kernel.fork_abort(pid);
    return null;
  }
}

/**
 * What of the parent's memory counts: all from the unwound stack's end and the live stack's begin on.
 * @param {Program} parent
 * @param {Program} child
 * @throws {RangeError} where the stack pointer is none
 */
function copyMemory(parent, child) {
  const stackPointer = /** @type {any} */ (parent.instance).exports.__stack_pointer.value;
  const unwoundEnd = parent.u32(UNWIND);
  const from = parent.bytes;
  const to = child.bytes;
  to.set(from.subarray(UNWIND, unwoundEnd), UNWIND);
  to.set(from.subarray(stackPointer >>> 0), stackPointer >>> 0);
  if (to.length > from.length) to.fill(0, from.length);
  /** @type {any} */ (child.instance).exports.__stack_pointer.value = stackPointer;
  child.sigword = parent.sigword;
  child.showSignalDue();
}

/**
 * The gate's half of a process that the kernel has just forked.
 * @param {Gate} gate
 * @param {Process} parent
 * @param {number} pid
 * @returns {Process}
 */
export function mirrorChild(gate, parent, pid) {
  const process = new Process(pid);
  process.files = parent.files.slice();
  process.argv = parent.argv;
  process.environ = parent.environ;
  process.fileSizeLimit = parent.fileSizeLimit;
  gate.processes.set(pid, process);
  return process;
}

