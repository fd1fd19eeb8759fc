// sync(2), fsync(2), and close(2) of a file that somebody else keeps: a program waits until what it has written is there.
import { BLOCKED, EIO, ENOSPC } from "./errno.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./process.js").Program} Program */
/** @typedef {import("./open-file.js").OpenFile} OpenFile */

/**
 * @param {Gate} gate
 * @param {Program} program
 * @param {() => Promise<number> | null} begin starts what answers 0 or -errno; null: nothing is to be waited for
 * @returns {number} its answer, or BLOCKED
 */
function waitFor(gate, program, begin) {
  if (!program.retrying) {
    const pending = begin();
    if (!pending) return 0;
    program.saved = null;
    pending.then((result) => {
      program.saved = result;
      gate.wake(program.process.pid);
    });
  }
  if (program.saved !== null) return program.saved;
  program.uninterruptible = true;
  return BLOCKED;
}

/** @param {Gate} gate @returns {Promise<number> | null} settles when the session has been saved; null without one */
function save(gate) {
  if (!gate.save) return null;
  return gate.save().then(
    () => 0,
    (error) => (error.name === "NoSpaceError" ? -ENOSPC : -EIO),
  );
}

/**
 * Waits until everything written so far has been saved, in the session and in host mounts; where there is neither,
 * that is that.
 * @param {Gate} gate
 * @param {Program} program
 * @returns {number} 0, BLOCKED, or -errno where it could not be saved
 */
export function waitForAll(gate, program) {
  return waitFor(gate, program, () => {
    const [saved, flushed] = [save(gate), gate.mounts.flush()];
    if (!saved || !flushed) return saved ?? flushed;
    return Promise.all([saved, flushed]).then((results) => results.find((result) => result !== 0) ?? 0);
  });
}

/**
 * Waits until what has been written to a file has been saved.
 * @param {Gate} gate
 * @param {Program} program
 * @param {OpenFile} file
 * @returns {number} 0, BLOCKED, or -errno where it could not be saved
 */
export function waitForSave(gate, program, file) {
  return waitFor(gate, program, () => (file.content?.mount ? file.content.flush() : save(gate)));
}

/**
 * Waits until somebody else who keeps a file has what has been written; for any other file there is nothing to wait for.
 * @param {Gate} gate
 * @param {Program} program
 * @param {OpenFile | undefined} file
 * @returns {number} 0, BLOCKED, or -errno where he has not
 */
export function waitForFlush(gate, program, file) {
  const content = file?.content;
  return content?.mount ? waitFor(gate, program, () => content.flush()) : 0;
}
