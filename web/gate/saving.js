// sync(2), fsync(2): a program waits until what it has written is on disk.
import { BLOCKED, EIO, ENOSPC } from "./errno.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./process.js").Program} Program */

/**
 * Waits until everything written so far has been saved; without a session nothing is ever saved, and that is that.
 * @param {Gate} gate
 * @param {Program} program
 * @returns {number} 0, BLOCKED, or -ENOSPC or -EIO where it could not be saved
 */
export function waitForSave(gate, program) {
  if (!gate.save) return 0;
  if (!program.retrying) {
    program.uninterruptible = true;
    program.saved = null;
    const told = (/** @type {number} */ result) => {
      program.saved = result;
      gate.wake(program.process.pid);
    };
    gate.save().then(
      () => told(0),
      (error) => told(error.name === "NoSpaceError" ? -ENOSPC : -EIO),
    );
    return BLOCKED;
  }
  return program.saved ?? BLOCKED;
}
