// sync(2), fsync(2), and close(2) of a file that somebody else keeps: a program waits until what it has written is there.
import { BLOCKED, EIO, ENOSPC } from "./errno.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./open-file.js").OpenFile} OpenFile */

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {() => Promise<number> | null} begin starts what answers 0 or -errno; null: nothing is to be waited for
 * @returns {number} its answer, or BLOCKED
 */
function waitFor(gate, thread, begin) {
  if (!thread.retrying) {
    const pending = begin();
    if (!pending) return 0;
    thread.saved = null;
    pending.then((result) => {
      thread.saved = result;
      gate.wake(thread.process.pid);
    });
  }
  if (thread.saved !== null) return thread.saved;
  thread.uninterruptible = true;
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
 * @param {Thread} thread
 * @returns {number} 0, BLOCKED, or -errno where it could not be saved
 */
export function waitForAll(gate, thread) {
  return waitFor(gate, thread, () => {
    const [saved, flushed] = [save(gate), gate.mounts.flush()];
    if (!saved || !flushed) return saved ?? flushed;
    return Promise.all([saved, flushed]).then((results) => results.find((result) => result !== 0) ?? 0);
  });
}

/**
 * Waits until what has been written to a file has been saved.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {OpenFile} file
 * @returns {number} 0, BLOCKED, or -errno where it could not be saved
 */
export function waitForSave(gate, thread, file) {
  return waitFor(gate, thread, () => (file.content?.mount ? file.content.flush() : save(gate)));
}

/**
 * Waits until somebody else who keeps a file has what has been written; for any other file there is nothing to wait for.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {OpenFile | undefined} file
 * @returns {number} 0, BLOCKED, or -errno where he has not
 */
export function waitForFlush(gate, thread, file) {
  const content = file?.content;
  return content?.mount ? waitFor(gate, thread, () => content.flush()) : 0;
}
