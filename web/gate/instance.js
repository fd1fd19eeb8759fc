// From an image to an instance with a memory, its imports, and its first thread.
import { BLOCKED } from "./errno.js";
import { fork } from "./fork.js";
import { Program } from "./program.js";
import { systemCall } from "./syscalls/index.js";
import { Thread } from "./thread.js";
import { preview1 } from "./wasi.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./process.js").Process} Process */

/**
 * The tabux.* imports of a program.
 * @param {Gate} gate
 * @param {Program} program
 */
function extension(gate, program) {
  const { scheduler } = gate;
  const caller = () => /** @type {Thread} */ (program.current);
  return {
    /** @type {(number: number, a: number, b: number, c: number, d: number, e: number, f: number) => number} */
    syscall: (number, a, b, c, d, e, f) => systemCall(gate, caller(), number, a, b, c, d, e, f),
    wait: new WebAssembly.Suspending(() => scheduler.suspend(caller())),
    preempt: new WebAssembly.Suspending(() => scheduler.preempt(caller())),
    fork: () => fork(caller()),
  };
}

/**
 * @param {Gate} gate
 * @param {Process} process
 * @param {import("./image.js").Image} image
 * @param {number} pages the fewest its memory is to have
 * @param {boolean} clean whether the memory must be zero
 * @param {import("./thread.js").Entry} entry where its first thread begins
 * @returns {Thread} that thread
 * @throws {RangeError} when the browser has no memory left
 */
export function instantiate(gate, process, image, pages, clean, entry) {
  const memory = image.native ? gate.memories.take(Math.max(pages, image.pages), clean) : null;
  try {
    return instantiateIn(memory, gate, process, image, entry);
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
 * @param {import("./thread.js").Entry} entry
 */
function instantiateIn(memory, gate, process, image, entry) {
  const program = new Program(process, image, memory);
  const thread = new Thread(process, program, process.pid, entry);
  program.current = thread;
  /** @type {Record<string, Function>} */
  const wasi = preview1(gate, program);
  /** @type {Record<string, any>} */
  const tabux = extension(gate, program);
  /** @type {Record<string, Record<string, any>>} */
  const imports = { wasi_snapshot_preview1: {}, tabux: {}, env: { memory } };
  for (const { module, name } of image.imports) {
    const known = module === "tabux" ? tabux[name] : module === "wasi_snapshot_preview1" ? wasi[name] : undefined;
    const provided = known && !image.native ? suspending(gate, thread, known) : known;
    (imports[module] ??= {})[name] = provided ?? (() => wasiNotSupported(module, name));
  }
  program.instance = new WebAssembly.Instance(image.module, imports);
  if (!memory) program.memory = thread.memory = /** @type {WebAssembly.Memory} */ (program.instance.exports.memory);
  program.stacks = 1;
  process.program = program;
  process.threads.add(thread);
  gate.threads.set(thread.tid, thread);
  return thread;
}

/**
 * A function for a program that does not know of tabux.wait: where it would block it suspends the program itself.
 * @param {Gate} gate
 * @param {Thread} thread its only one
 * @param {Function} call
 */
function suspending(gate, thread, call) {
  return new WebAssembly.Suspending((/** @type {any[]} */ ...args) => {
    const result = call(...args);
    return result === -BLOCKED ? gate.scheduler.suspend(thread) : result;
  });
}

/** @param {string} module @param {string} name */
function wasiNotSupported(module, name) {
  console.warn(`tabux: a program called ${module}.${name}, which the gate does not have`);
  return 52; // WASI ENOSYS
}
