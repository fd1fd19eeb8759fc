// tabux_vfork: an instance acts as a child of its process until that executes a program or exits (docs/abi.md).
import { Thread } from "./thread.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./process.js").Process} Process */

/**
 * From here on a thread of the child makes the calls, on the parent's stack; no other thread of the program runs.
 * @param {Gate} gate
 * @param {Thread} parent
 * @param {Process} child
 */
export function actAsChild(gate, parent, child) {
  const { program } = parent;
  const thread = new Thread(child, program, child.pid, parent.entry);
  thread.vforkParent = parent;
  parent.vforkChild = thread;
  child.program = program;
  child.threads.add(thread);
  gate.processes.set(child.pid, child);
  gate.threads.set(child.pid, thread);
  program.current = program.exclusive = thread;
}

/**
 * The child has an instance of its own, or has ended: the parent makes the calls again.
 * @param {Gate} gate
 * @param {Thread} child
 * @param {Thread} parent
 */
export function actAsParent(gate, child, parent) {
  const { program } = parent;
  child.process.threads.delete(child);
  if (child.process.program === program) child.process.program = null;
  gate.threads.delete(child.tid);
  parent.vforkChild = program.exclusive = null;
  program.current = parent;
  parent.showSignalDue();
}
