// A process as the gate sees it: what it needs of it between two calls of the kernel.

/** The gate's half of a process. */
export class Process {
  /** @param {number} pid */
  constructor(pid) {
    this.pid = pid;
    /** @type {(import("./open-file.js").OpenFile | undefined)[]} */
    this.files = [];
    /** @type {import("./program.js").Program | null} */
    this.program = null;
    /** @type {Set<import("./thread.js").Thread>} what makes its calls, and waits in them */
    this.threads = new Set();
    /** @type {Uint8Array[]} */
    this.argv = [];
    /** @type {Uint8Array[]} */
    this.environ = [];
    /** @type {Map<number, string>} what a foreign program finds open: names by descriptor */
    this.preopens = new Map();
    this.dead = false;
    this.stopped = false;
    /** How long its programs have run, up to the last suspension; milliseconds. */
    this.cpuMs = 0;
    /** RLIMIT_FSIZE: no write goes beyond this offset. */
    this.fileSizeLimit = Infinity;
    /** The soft RLIMIT_CPU, milliseconds: past it the kernel is told. */
    this.cpuLimitMs = Infinity;
  }

  /**
   * Its copy for a child that the kernel has just forked.
   * @param {number} pid
   * @returns {Process}
   */
  forked(pid) {
    const child = new Process(pid);
    child.files = this.files.slice();
    child.argv = this.argv;
    child.environ = this.environ;
    child.fileSizeLimit = this.fileSizeLimit;
    child.cpuLimitMs = this.cpuLimitMs;
    return child;
  }
}
