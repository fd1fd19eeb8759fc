/** Signals by name and number, as kill(1) takes them. */

import { InvalidArgumentError } from "./errors.js";

/** In the order of their numbers (signal(7)), from 1. */
const NAMES = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP " +
  "TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
).split(" ");

/**
 * @param {unknown} value "SIGTERM", "TERM" or 15
 * @param {string} name the argument's, for messages
 * @returns {number}
 */
export function signalNumber(value, name) {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 64) return value;
  if (typeof value === "string") {
    const at = NAMES.indexOf(value.toUpperCase().replace(/^SIG/, ""));
    if (at >= 0) return at + 1;
  }
  throw new InvalidArgumentError(`${name} must be a signal, as "SIGTERM" or 15`);
}

/**
 * @param {number} number 0 for none
 * @returns {string | null} "SIGTERM"; null for none
 */
export function signalName(number) {
  if (number === 0) return null;
  return number <= NAMES.length ? `SIG${NAMES[number - 1]}` : `SIGRTMIN+${number - 34}`;
}
