// Who runs next. Threads suspend here and are resumed, one after the other; events get their turn in between.
import { BLOCKED } from "./errno.js";
import { ENDED } from "./thread.js";
import { afterEvents } from "./turn.js";

/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./program.js").Program} Program */

/** How long programs may run before events (messages, timers, the terminal) get their turn, milliseconds. */
const SLICE_MS = 8;
/** The clock is looked at once in so many calls. */
const CALLS_PER_LOOK = 32;
/** The longest time setTimeout takes, milliseconds. */
const MAX_TIMEOUT = 0x7fffffff;

/** The queue of one gate, and the accounts of who has run. */
export class Scheduler {
  constructor() {
    /** @type {Thread[]} */
    this.ready = [];
    this.flushing = false;
    this.calls = 0;
    this.lastBreathMs = 0;
    /** Up to when CPU time has been charged to somebody. */
    this.chargedMs = 0;
    /** @type {(process: import("./process.js").Process) => void} is told of one that has used the CPU time it may */
    this.overCpuLimit = () => {};
  }

  // ---- slices

  /** @returns {boolean} whether programs have run long enough without a turn for events */
  sliceOver() {
    if (++this.calls % CALLS_PER_LOOK) return false;
    return performance.now() - this.lastBreathMs > SLICE_MS;
  }

  /** An event has had its turn: a message, a timer, a task. */
  breathe() {
    this.lastBreathMs = performance.now();
  }

  /** @param {Thread} thread is blocked, and goes on after the events that wait now */
  yield(thread) {
    thread.yielding = true;
    afterEvents(() => {
      thread.yielding = false;
      this.breathe();
      this.queue(thread);
    });
  }

  // ---- suspending

  /**
   * The body of tabux.wait: suspends the thread until its blocked call is done.
   * @param {Thread} thread the one that runs
   * @returns {Promise<number>} rejected with ENDED when the process is killed meanwhile
   * @throws {Error} where no call is blocked: the thread would sleep for ever
   */
  suspend(thread) {
    if (thread.process.dead && !thread.vforkParent) throw ENDED;
    if (!thread.retry) throw new Error("tabux.wait without a blocked call");
    this.charge(thread);
    this.leave(thread.program);
    return new Promise((resolve, reject) => {
      thread.resume = resolve;
      thread.abort = reject;
    });
  }

  /**
   * The body of tabux.preempt: the thread goes on after the events that wait now, unless it is stopped or killed.
   * @param {Thread} thread the one that runs
   * @returns {Promise<number>}
   * @throws {typeof ENDED} when its process has ended
   */
  preempt(thread) {
    if (thread.process.dead && !thread.vforkParent) throw ENDED;
    thread.block(() => 0);
    this.yield(thread);
    return this.suspend(thread);
  }

  /** @param {Program} program nobody runs in it any more: those of its threads go on that waited for that */
  leave(program) {
    program.running = false;
    if (program.waiting.length === 0) return;
    const { waiting } = program;
    program.waiting = [];
    for (const thread of waiting) {
      thread.wakeQueued = false;
      this.queue(thread);
    }
  }

  // ---- waking

  /** @param {Thread} thread has its call made again, soon */
  queue(thread) {
    if (!thread.resume || thread.wakeQueued) return;
    thread.wakeQueued = true;
    this.ready.push(thread);
    if (this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush() {
    this.flushing = false;
    const { ready } = this;
    this.ready = [];
    for (const thread of ready) {
      const { program, process } = thread;
      // (here it is suspended, so that a signal may end it as one from elsewhere does)
      if (process.cpuMs >= process.cpuLimitMs && thread.resume) this.overCpuLimit(process);
      if (thread.resume && !thread.process.stopped && !program.admits(thread)) {
        program.waiting.push(thread);
        continue;
      }
      thread.wakeQueued = false;
      if (thread.resume && !thread.process.stopped) this.#goOn(thread);
    }
    // what is resumed runs after this, one after the other
    this.charge(null);
  }

  /** @param {Thread} thread is suspended: has its call made again, and is resumed where that is done */
  #goOn(thread) {
    const { program } = thread;
    program.current = thread;
    let result;
    try {
      result = thread.again();
    } catch (thrown) {
      // ENDED or REPLACED: to be thrown through the thread, which is suspended
      program.running = thread.asleep;
      if (thread.asleep) thread.abort(thrown);
      thread.resume = null;
      return;
    }
    if (!thread.resume || result === BLOCKED) return;
    // (after the execve of a child, its parent goes on in its place)
    const { current } = program;
    if (current && current !== thread) thread.handOver(current);
    const now = current ?? thread;
    if (now.process.stopped) {
      now.block(() => result);
      return;
    }
    const resume = /** @type {(result: number) => void} */ (now.resume);
    now.resume = null;
    program.running = true;
    now.showSignalDue();
    resume(result);
  }

  /** @param {Iterable<Thread>} threads have their calls made again */
  wake(threads) {
    for (const thread of threads) this.queue(thread);
  }

  /** @param {Set<Thread>} waiters are woken and taken off the list */
  wakeAll(waiters) {
    if (waiters.size === 0) return;
    for (const thread of waiters) this.queue(thread);
    waiters.clear();
  }

  /**
   * Has the call in progress made again after a time; the timer goes with the call.
   * @param {Thread} thread
   * @param {number} ms
   */
  wakeAfter(thread, ms) {
    clearTimeout(thread.timer);
    const wait = Math.min(Math.ceil(ms), MAX_TIMEOUT);
    thread.timer = setTimeout(() => {
      this.breathe();
      if (performance.now() < thread.deadlineMs && thread.retry)
        this.wakeAfter(thread, thread.deadlineMs - performance.now());
      else this.queue(thread);
    }, wait);
  }

  // ---- accounts

  /**
   * The time since the last charge was somebody's CPU time. One thread of the browser runs everything, so it is
   * enough to ask the clock when a thread suspends, starts or ends.
   * @param {Thread | null} thread who has run; null where that was the gate, or nobody
   */
  charge(thread) {
    const now = performance.now();
    if (thread) {
      const ms = now - this.chargedMs;
      thread.cpuMs += ms;
      thread.process.cpuMs += ms;
    }
    this.chargedMs = now;
  }
}
