// A thread: one line of calls, which is suspended while a call of it waits.
import { BLOCKED, EINTR, ESRCH } from "./errno.js";
import { UserMemory } from "./user-memory.js";

/** Thrown through a thread to end it: its process has ended, or it alone. */
export const ENDED = Object.freeze({ reason: "the process has ended" });
/** Thrown through a thread that has called execve; `program.next` is what to run. */
export const REPLACED = Object.freeze({ reason: "execve" });

/**
 * The function that a thread begins in, which a fork begins in again.
 * @typedef {{ name: string, args: number[] }} Entry
 */

/** One thread of a process. To the functions behind the calls it is also the memory of its program. */
export class Thread extends UserMemory {
  /**
   * @param {import("./process.js").Process} process
   * @param {import("./program.js").Program} program
   * @param {number} tid the process's number for its first thread
   * @param {Entry} entry
   */
  constructor(process, program, tid, entry) {
    super(program.memory);
    this.process = process;
    this.program = program;
    this.tid = tid;
    this.entry = entry;

    /** @type {(() => number) | null} makes the blocked call again */
    this.retry = null;
    /** @type {((result: number) => number) | null} runs once when the blocked call ends; may replace its result */
    this.finish = null;
    /** @type {((result: number) => void) | null} resumes the suspended thread; set while it is suspended */
    this.resume = null;
    /** @type {(thrown: unknown) => void} throws something through the suspended thread */
    this.abort = () => {};
    this.wakeQueued = false;
    /** Whether it has only given way to events. */
    this.yielding = false;
    /** Whether the call in progress is being made again. */
    this.retrying = false;
    /** Whether the call in progress waits for storage: no signal ends it early. */
    this.uninterruptible = false;
    /** @type {number | null} what the save that the thread waits for has come to, once it has */
    this.saved = null;
    /** Bytes that the write in progress has moved so far. */
    this.progress = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} wakes the call in progress */
    this.timer = undefined;
    /** When poll_oneoff began to wait, by performance.now(); milliseconds. */
    this.waitStartedMs = 0;
    /** When the wait in progress ends, by performance.now(); milliseconds. */
    this.deadlineMs = 0;

    /** A signal handler is due. */
    this.signalDue = false;
    /** How long it has run, up to the last suspension; milliseconds. */
    this.cpuMs = 0;
    /** @type {import("./futex.js").Waiter | null} what it waits in, in a futex call */
    this.futex = null;
    /** Cleared, and a futex woken there, when it ends (set_tid_address); an address, 0 for none. */
    this.clearTid = 0;
    /** Whether it has ended; its process may go on. */
    this.exited = false;
    /** @type {Thread | null} of a child without an instance of its own (tabux_vfork): whose place it has taken */
    this.vforkParent = null;
    /** @type {Thread | null} the thread of such a child, as long as it acts in this one's place */
    this.vforkChild = null;
    /** The low end of its stack in the memory, an address; 0 for the first thread's. */
    this.stackEnd = 0;
    /** Set between the unwinding of a fork and its end. */
    this.forking = false;
    this.forkResult = 0;
  }

  /** Whether it is suspended: not, any more, where making its call again has ended its process. */
  get asleep() {
    return this.resume !== null;
  }

  /** Whether it goes on by itself: it runs, or waits for its turn or for storage only. */
  get goesOn() {
    return this.retry === null || this.wakeQueued || this.yielding || this.uninterruptible;
  }

  /** Tells libc whether a signal handler is due, where it is this thread that runs. */
  showSignalDue() {
    const { sigword, current } = this.program;
    if (sigword && current === this) this.setU32(sigword, this.signalDue ? 1 : 0);
  }

  /**
   * Remembers how to make the call in progress again, and answers "blocked" for it.
   * @param {() => number} retry
   * @param {((result: number) => number) | null} [finish]
   * @returns {number} BLOCKED
   */
  block(retry, finish = null) {
    this.retry = retry;
    if (finish) this.finish = finish;
    return BLOCKED;
  }

  /**
   * It runs when its turn comes: as if it slept before its first step.
   * @param {() => void} run enters it
   */
  begin(run) {
    this.retry = () => 0;
    this.resume = run;
    this.abort = () => {
      // it has no stack yet
      this.program.stacks--;
    };
  }

  /**
   * Makes the blocked call again.
   * @returns {number} its result, or BLOCKED
   */
  again() {
    // (the child that it acted for has been killed meanwhile)
    if (this.process.dead) return this.finished(-ESRCH);
    this.retrying = true;
    // (what it waits for next may be something else)
    this.uninterruptible = false;
    let result = /** @type {() => number} */ (this.retry)();
    this.retrying = false;
    if (result === BLOCKED) {
      if (!this.signalDue || this.uninterruptible) return BLOCKED;
      result = -EINTR;
    }
    return this.finished(result);
  }

  /**
   * @param {number} result of the call that was blocked
   * @returns {number} what the program is to get
   */
  finished(result) {
    const { finish } = this;
    this.retry = this.finish = null;
    this.uninterruptible = false;
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    return finish ? finish(result) : result;
  }

  /**
   * Leaves the stack to the thread that this one has acted in place of.
   * @param {Thread} parent
   */
  handOver(parent) {
    parent.resume = this.resume;
    parent.abort = this.abort;
    this.resume = null;
  }

  /**
   * Its process has ended, or goes on without it: nothing resumes it. A stack that sleeps is unwound, else V8 would
   * keep it.
   */
  end() {
    clearTimeout(this.timer);
    this.retry = this.finish = null;
    if (!this.resume) return;
    this.resume = null;
    this.abort(ENDED);
  }
}
