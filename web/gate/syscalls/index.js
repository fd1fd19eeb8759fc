// tabux.syscall: Linux system calls by number.
import { ENOSYS } from "../errno.js";
import { DESCRIPTOR_CALLS } from "./descriptors.js";
import { DYNLINK_CALLS } from "./dynlink.js";
import { PATH_CALLS } from "./paths.js";
import { PROCESS_CALLS } from "./processes.js";
import { SHELL_CALLS } from "./shells.js";
import { SIGNAL_CALLS } from "./signals.js";
import { SOCKET_CALLS } from "./sockets.js";
import { SYSTEM_CALLS } from "./system.js";
import { TERMINAL_CALLS } from "./terminal.js";
import { THREAD_CALLS } from "./threads.js";

/** @typedef {import("../gate.js").Gate} Gate */
/** @typedef {import("../thread.js").Thread} Thread */
/**
 * One system call: decodes its arguments, answers a result, -errno or BLOCKED.
 * @typedef {(gate: Gate, thread: Thread, a: number, b: number, c: number, d: number, e: number, f: number) => number} Call
 */

/** @type {(Call | undefined)[]} by Linux number (asm-generic) */
const CALLS = [];
const GROUPS = [
  DESCRIPTOR_CALLS, DYNLINK_CALLS, PATH_CALLS, PROCESS_CALLS, SHELL_CALLS, SIGNAL_CALLS, SOCKET_CALLS,
  SYSTEM_CALLS, TERMINAL_CALLS, THREAD_CALLS,
];
for (const group of GROUPS)
  for (const [number, call] of Object.entries(group)) CALLS[Number(number)] = call;

/**
 * Never waits for a turn, and is answered in every state: the end of a thread, and of what tabux_vfork has begun (also
 * where the child has been killed and no other call is answered).
 */
const AT_ONCE = new Set([93, 1003]);

/**
 * Makes a system call for a thread.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} number
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} d
 * @param {number} e
 * @param {number} f
 * @returns {number} its result, -errno or BLOCKED
 */
export function systemCall(gate, thread, number, a, b, c, d, e, f) {
  const call = CALLS[number];
  if (!call) return -ENOSYS;
  if (AT_ONCE.has(number)) return gate.attempt(thread, () => call(gate, thread, a, b, c, d, e, f));
  return gate.enter(thread, () => {
    gate.report();
    return call(gate, thread, a, b, c, d, e, f);
  });
}
