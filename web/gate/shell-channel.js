// How a persistent shell gets its commands and tells of their ends: by a system call, which nothing
// that the commands print, redirect, close or redefine can touch.

/**
 * How a command has ended, as the shell says.
 * @typedef {{ status: number, pipeStatus: number[] }} Report
 */

/** The commands of one shell. */
export class ShellChannel {
  /** @type {Uint8Array | null} what the shell has not taken yet */
  #text = null;
  #busy = false;
  #report = (/** @type {Report} */ _report) => {};

  /** Has the shell asked again; set by whoever has it. */
  wake = () => {};

  /**
   * @param {Uint8Array} text a command
   * @returns {Promise<Report>} never settled where the command ends the shell
   */
  execute(text) {
    this.#text = text;
    const ended = /** @type {Promise<Report>} */ (new Promise((done) => (this.#report = done)));
    this.wake();
    return ended;
  }

  /**
   * The shell wants its next command.
   * @param {Report} report of the one before; heard once
   * @returns {number} the length of the next, or -1 while there is none
   */
  next(report) {
    if (this.#busy) {
      this.#busy = false;
      this.#report(report);
    }
    return this.#text ? this.#text.length : -1;
  }

  /** @returns {Uint8Array | null} the command, which the shell is about to execute */
  take() {
    const text = this.#text;
    this.#text = null;
    this.#busy = text !== null;
    return text;
  }
}
