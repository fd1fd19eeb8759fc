// A program that runs: an instance, its memory, and whose turn it is among its threads.

/** @typedef {import("./thread.js").Thread} Thread */

/** An instance and its memory. They belong to one process, the owner. */
export class Program {
  /**
   * @param {import("./process.js").Process} owner
   * @param {import("./image.js").Image | import("./host-image.js").HostImage} image
   * @param {WebAssembly.Memory | null} memory null for a foreign program, which brings its own
   */
  constructor(owner, image, memory) {
    this.owner = owner;
    this.image = image;
    this.memory = memory;
    /** @type {WebAssembly.Instance | null} */
    this.instance = null;
    /** Where libc looks for due signals, an address. */
    this.sigword = 0;
    /** @type {import("./exec.js").Execution | null} what execve has found to run next */
    this.next = null;
    /** @type {(() => void) | null} of a host program: hears that its process has ended */
    this.onEnd = null;

    /** Whether its threads are strands (strand.js), which do not run on an instance: each has its turn at once. */
    this.concurrent = false;
    /** @type {Thread | null} the thread whose calls the instance makes: the last one that ran */
    this.current = null;
    /** Whether that one runs: it has been started or resumed, and neither ended nor suspended since. */
    this.running = false;
    /** @type {Thread[]} threads that go on when the one that runs has suspended */
    this.waiting = [];
    /** @type {Thread | null} acts for a child (tabux_vfork): no other thread runs before it has done with that */
    this.exclusive = null;
    /** How many stacks there are in the instance, those of threads that are still to start included. */
    this.stacks = 0;
  }

  /**
   * @param {Thread} thread
   * @returns {boolean} whether it may run now
   */
  admits(thread) {
    return this.concurrent || (!this.running && (!this.exclusive || this.exclusive === thread));
  }
}
