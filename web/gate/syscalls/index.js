// tabux.syscall: Linux system calls by number.
import { ENOSYS } from "../errno.js";
import { DESCRIPTOR_CALLS } from "./descriptors.js";
import { PATH_CALLS } from "./paths.js";
import { PROCESS_CALLS } from "./processes.js";
import { SIGNAL_CALLS } from "./signals.js";
import { SYSTEM_CALLS } from "./system.js";
import { TERMINAL_CALLS } from "./terminal.js";

/** @typedef {import("../gate.js").Gate} Gate */
/** @typedef {import("../process.js").Program} Program */
/**
 * One system call: decodes its arguments, answers a result, -errno or BLOCKED.
 * @typedef {(gate: Gate, program: Program, a: number, b: number, c: number, d: number, e: number, f: number) => number} Call
 */

/** @type {(Call | undefined)[]} by Linux number (asm-generic) */
const CALLS = [];
for (const group of [DESCRIPTOR_CALLS, PATH_CALLS, PROCESS_CALLS, SIGNAL_CALLS, SYSTEM_CALLS, TERMINAL_CALLS])
  for (const [number, call] of Object.entries(group)) CALLS[Number(number)] = call;

/** Ends what tabux_vfork has begun, also where the child has been killed and no other call is answered. */
const TABUX_VEXIT = 1003;

/**
 * The import `tabux.syscall` of one program.
 * @param {Gate} gate
 * @param {Program} program
 */
export function dispatch(gate, program) {
  return (
    /** @type {number} */ number,
    /** @type {number} */ a,
    /** @type {number} */ b,
    /** @type {number} */ c,
    /** @type {number} */ d,
    /** @type {number} */ e,
    /** @type {number} */ f,
  ) => {
    const call = CALLS[number];
    if (!call) return -ENOSYS;
    if (number === TABUX_VEXIT) return gate.attempt(() => call(gate, program, a, b, c, d, e, f));
    return gate.enter(program, () => {
      gate.report();
      return call(gate, program, a, b, c, d, e, f);
    });
  };
}

