// The system-call gate: processes suspend and resume here, and every call of a program passes enter().
import { ContentStore } from "./content-store.js";
import { BLOCKED, EINTR, EIO, ESRCH } from "./errno.js";
import { MemoryPool } from "./memory-pool.js";
import { Kind, OpenFile } from "./open-file.js";
import { Mounts } from "../mounts/mounts.js";
import { Pipe } from "./pipe.js";
import { ENDED, REPLACED, Process, addressFault } from "./process.js";
import { Shelf } from "./shelf.js";
import { afterEvents } from "./turn.js";

/** @typedef {import("./process.js").Program} Program */

/**
 * What a session has of files that the kernel has not come to yet.
 * @typedef {object} Session
 * @property {(records: number[]) => string} rows a JSON array
 * @property {(pairs: [ino: number, record: number][]) => void} attach gives inodes the contents of rows
 */

/** How long programs may run before events (messages, timers, the terminal) get their turn, milliseconds. */
const SLICE_MS = 8;
const SIGKILL = 9;
/** The clock is looked at once in so many calls. */
const CALLS_PER_LOOK = 32;

/** One kernel's gate. The kernel is set by connect() before anything runs. */
export class Gate {
  constructor() {
    this.contents = new ContentStore();
    this.memories = new MemoryPool();
    this.shelf = new Shelf();
    /** @type {Map<number, Process>} */
    this.processes = new Map();
    /** @type {Map<number, Pipe>} */
    this.pipes = new Map();
    /** @type {Map<number, (data: Uint8Array | null) => void>} by sink number; null tells that the last writer has gone */
    this.sinks = new Map();
    /** @type {Map<number, import("./screen.js").Screen>} by terminal number */
    this.terminals = new Map();
    /** @type {Map<number, (status: number) => void>} by pid; hears the wait status */
    this.exits = new Map();
    /** @type {Map<number, ReturnType<typeof setTimeout>>} */
    this.timers = new Map();
    /** @type {Map<string, import("./host-program.js").HostFunction>} what host programs run, by name */
    this.hostFunctions = new Map();

    /** @type {any} the kernel's system calls (PyProxies of functions) */
    this.kernel = null;
    /** @type {() => Uint8Array} the kernel's whole heap */
    this.heap = () => new Uint8Array(0);
    this.mailbox = 0;

    /** @type {Program[]} */
    this.ready = [];
    this.flushing = false;
    /** @type {(process: Process, execution: import("./exec.js").Execution) => void} runs a program (runner.js) */
    this.start = () => {
      throw new Error("no runner");
    };
    /** @type {Set<Process>} wait for a file of the site that they are to cut */
    this.cutters = new Set();
    /** @type {(() => Promise<void>) | null} saves everything written so far; null where nothing is ever saved */
    this.save = null;
    /** @type {Session | null} where the kernel finds what it has not asked for yet */
    this.session = null;
    /** Files that somebody else keeps. */
    this.mounts = new Mounts();
    this.calls = 0;
    this.lastBreathMs = 0;
    /** Up to when CPU time has been charged to somebody. */
    this.chargedMs = 0;
  }

  /**
   * @param {any} kernel an object of callables, one for each system call the kernel decides
   * @param {() => Uint8Array} heap gives the kernel's memory as it is now
   * @param {number} mailbox where in it the mailbox is, an address
   */
  connect(kernel, heap, mailbox) {
    this.kernel = kernel;
    this.heap = heap;
    this.mailbox = mailbox;
  }

  // ---- the mailbox

  /** @param {number} offset @param {number} length @returns {Uint8Array} a view, good until the kernel runs */
  mail(offset, length) {
    const at = this.mailbox + offset;
    return this.heap().subarray(at, at + length);
  }

  /** @param {number} index @returns {number} the i32 at 4 × index */
  mailInt(index) {
    const heap = this.heap();
    const at = this.mailbox + 4 * index;
    return heap[at] | (heap[at + 1] << 8) | (heap[at + 2] << 16) | (heap[at + 3] << 24);
  }

  // ---- a call

  /**
   * Makes a call for a program: at once, or later where it blocks or it is somebody else's turn.
   * @param {Program} program
   * @param {() => number} attempt a result, -errno or BLOCKED; made again after each wake
   * @param {((result: number) => number) | null} [finish] runs once with the final result and may replace it
   * @returns {number} what the program gets now: the result, or BLOCKED
   * @throws {typeof ENDED} when the process has ended meanwhile
   */
  enter(program, attempt, finish = null) {
    const { process } = program;
    if (process.dead) {
      if (program.owner === process) throw ENDED;
      // the child that this instance acts for has been killed: only tabux_vexit (not made through here) ends that
      return finish ? finish(-ESRCH) : -ESRCH;
    }
    if (process.stopped || this.#sliceOver()) {
      if (!process.stopped) this.#yield(program);
      return program.block(() => {
        program.retrying = false;
        const result = this.attempt(attempt);
        if (result === BLOCKED) program.retry = () => this.attempt(attempt);
        return result;
      }, finish);
    }
    let result = this.attempt(attempt);
    if (result === BLOCKED) {
      // (a call that waits with another signal mask may have let a deadly signal through)
      if (process.dead && program.owner === process) throw ENDED;
      if (!process.signalDue || program.uninterruptible) return program.block(() => this.attempt(attempt), finish);
      result = -EINTR;
    }
    if (finish) program.finish = finish;
    if (program.finish || program.timer) result = program.finished(result);
    const now = program.process;
    if (now.dead && program.owner === now) throw ENDED;
    if (now.stopped) return program.block(() => result);
    return result;
  }

  /**
   * @param {() => number} attempt
   * @returns {number} its result; an error inside the gate or the kernel becomes -EIO, never more
   */
  attempt(attempt) {
    try {
      return attempt();
    } catch (error) {
      if (error === ENDED || error === REPLACED) throw error;
      if (error instanceof RangeError) return addressFault(error);
      console.error("tabux: a system call failed inside the kernel:", error);
      return -EIO;
    }
  }

  /** Tells the kernel of every file that has been written, or read afterwards, since it last looked. */
  report() {
    const { unreported } = this.contents;
    if (unreported.size === 0) return;
    for (const content of unreported) {
      const { ino, writtenMs, readMs } = content;
      if (writtenMs) this.kernel.inode_written(ino, content.size, content.blocks, writtenMs, content.writer);
      if (readMs) this.kernel.inode_read(ino, readMs);
      content.writtenMs = content.readMs = 0;
    }
    unreported.clear();
  }

  // ---- suspending and waking

  /** @returns {boolean} whether programs have run long enough without a turn for events */
  #sliceOver() {
    if (++this.calls % CALLS_PER_LOOK) return false;
    return performance.now() - this.lastBreathMs > SLICE_MS;
  }

  /** An event has had its turn: a message, a timer, a task. */
  breathe() {
    this.lastBreathMs = performance.now();
  }

  /** @param {Program} program goes on after the events that wait now */
  #yield(program) {
    afterEvents(() => {
      this.breathe();
      this.#queue(program);
    });
  }

  /**
   * The body of tabux.wait: suspends the program until its blocked call is done.
   * @param {Program} program
   * @returns {Promise<number>} never settles when the process is killed meanwhile
   * @throws {Error} where no call is blocked: the program would sleep for ever
   */
  suspend(program) {
    if (program.process.dead && program.owner === program.process) throw ENDED;
    if (!program.retry) throw new Error("tabux.wait without a blocked call");
    this.charge(program.process);
    return new Promise((resolve, reject) => {
      program.resume = resolve;
      program.abort = reject;
    });
  }

  /**
   * The body of tabux.preempt: the program goes on after the events that wait now, unless it is stopped or killed.
   * @param {Program} program
   * @returns {Promise<number>}
   * @throws {typeof ENDED} when its process has ended
   */
  preempt(program) {
    if (program.process.dead && program.owner === program.process) throw ENDED;
    program.block(() => 0);
    this.#yield(program);
    return this.suspend(program);
  }

  /** @param {Program | null} program has its call made again, soon */
  #queue(program) {
    if (program?.strands) for (const strand of program.strands) this.#queue(strand);
    if (!program || !program.resume || program.wakeQueued) return;
    program.wakeQueued = true;
    this.ready.push(program);
    if (this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush() {
    this.flushing = false;
    const { ready } = this;
    this.ready = [];
    for (const program of ready) {
      program.wakeQueued = false;
      if (!program.resume || program.process.stopped) continue;
      let result;
      try {
        result = program.again();
      } catch (thrown) {
        // ENDED or REPLACED: to be thrown through the program, which is suspended
        if (program.asleep) program.abort(thrown);
        program.resume = null;
        continue;
      }
      if (!program.resume || result === BLOCKED) continue;
      if (program.process.stopped) {
        program.block(() => result);
        continue;
      }
      const { resume } = program;
      program.resume = null;
      resume(result);
    }
    // what is resumed runs after this, one after the other
    this.charge(null);
  }

  /**
   * The time since the last charge was somebody's CPU time. One thread runs everything, so it is enough to ask
   * the clock when a program suspends, starts or ends.
   * @param {Process | null} process who has run; null where that was the gate, or nobody
   */
  charge(process) {
    const now = performance.now();
    if (process) process.cpuMs += now - this.chargedMs;
    this.chargedMs = now;
  }

  /** @param {Process} process the one that runs now @returns {number} its CPU time, milliseconds */
  cpuTime(process) {
    this.charge(process);
    return process.cpuMs;
  }

  /** @param {number} pid */
  wake(pid) {
    this.#queue(this.processes.get(pid)?.program ?? null);
  }

  /** @param {Set<Process>} waiters are woken and taken off the list */
  wakeAll(waiters) {
    if (waiters.size === 0) return;
    for (const process of waiters) this.#queue(process.program);
    waiters.clear();
  }

  /**
   * Has the call in progress made again after a time; the timer goes with the call.
   * @param {Program} program
   * @param {number} ms
   */
  wakeAfter(program, ms) {
    clearTimeout(program.timer);
    const wait = Math.min(Math.ceil(ms), 0x7fffffff);
    program.timer = setTimeout(() => {
      this.breathe();
      if (performance.now() < program.deadlineMs && program.retry)
        this.wakeAfter(program, program.deadlineMs - performance.now());
      else this.#queue(program);
    }, wait);
  }

  // ---- files

  /**
   * Mirrors a descriptor that the kernel has made.
   * @param {Process} process
   * @param {number} fd
   * @param {number} id of the open file description
   * @param {number} kind
   * @param {number} target an inode number or a pipe number, by kind
   * @param {number} flags
   * @returns {OpenFile}
   */
  install(process, fd, id, kind, target, flags) {
    const file = new OpenFile(id, kind, flags);
    if (kind === Kind.REGULAR) file.content = this.contents.of(target);
    else if (kind === Kind.PIPE) file.pipe = this.pipe(target);
    else if (kind === Kind.SINK) file.sink = (data) => this.sinks.get(target)?.(data);
    process.files[fd] = file;
    return file;
  }

  /**
   * Mirrors the descriptor that the kernel's openat has just made; it has put the rest into the mailbox.
   * @param {Process} process
   * @param {number} fd
   * @returns {OpenFile}
   */
  installOpened(process, fd) {
    const file = this.install(process, fd, this.mailInt(0), this.mailInt(1), this.mailInt(2), this.mailInt(3));
    if (file.content && this.mailInt(4)) file.content.unread = true;
    return file;
  }

  /** @param {number} id @returns {Pipe} */
  pipe(id) {
    let pipe = this.pipes.get(id);
    if (!pipe) this.pipes.set(id, (pipe = new Pipe(id)));
    return pipe;
  }

  // ---- what the kernel asks of the gate

  /**
   * The kernel has ended a process. Its program is dropped now, or when it comes out of the running call.
   * @param {number} pid
   * @param {number} status wait status
   * @returns {number} the CPU time it has used, milliseconds
   */
  gone(pid, status) {
    const process = this.processes.get(pid);
    if (process) {
      this.processes.delete(pid);
      process.dead = true;
      process.files = [];
      // it may have waited for several of them, and be on the list of one where nothing happens any more
      for (const pipe of this.pipes.values()) pipe.waiters.delete(process);
      const { program } = process;
      if (program?.owner === process) {
        program.onEnd?.();
        this.#drop(program);
      }
      // a child without an instance of its own (tabux_vfork): the parent goes on, when the kernel has finished
      else if (program) this.#queue(program);
    }
    const exit = this.exits.get(pid);
    if (exit) {
      this.exits.delete(pid);
      exit(status);
    }
    return process?.cpuMs ?? 0;
  }

  /** @param {Program} program of a process that has just ended */
  #drop(program) {
    const { process: child } = program;
    if (!program.resume) return;
    program.resume = null;
    this.release(program);
    // killed in the middle of a posix_spawn: nobody can go on as its child
    if (child !== program.owner && !child.dead) queueMicrotask(() => this.kernel.exit_signal(child.pid, SIGKILL));
  }

  /**
   * Takes a program's memory back; nothing runs in it any more.
   * @param {Program} program
   */
  release(program) {
    const { memory, owner } = program;
    clearTimeout(program.timer);
    program.retry = program.finish = program.instance = program.memory = null;
    program.sigword = 0;
    if (owner.program === program) owner.program = null;
    if (memory && program.image.native) this.memories.give(memory);
  }

  /**
   * Tells the kernel that a process becomes another program, and drops its close-on-exec descriptors.
   * @param {Process} process
   * @returns {number} 0 or -errno
   */
  commitExec(process) {
    this.report();
    const closed = this.kernel.exec_commit(process.pid);
    for (let i = 0; i < closed; i++) process.files[this.mailInt(i)] = undefined;
    return Math.min(closed, 0);
  }

  /** @param {number} pid @param {boolean} due whether a handler is to run */
  signalDue(pid, due) {
    const process = this.processes.get(pid);
    if (!process) return;
    process.signalDue = due;
    const { program } = process;
    if (!program || program.process !== process) return;
    program.showSignalDue();
    if (due) this.#queue(program);
  }

  /** @param {number} pid @param {boolean} stopped */
  setStopped(pid, stopped) {
    const process = this.processes.get(pid);
    if (!process) return;
    process.stopped = stopped;
    if (!stopped) this.#queue(process.program);
  }

  /** @param {number} id @param {number} readers @param {number} writers how many of its ends are open */
  pipeEnds(id, readers, writers) {
    const pipe = this.pipe(id);
    pipe.readers = readers;
    pipe.writers = writers;
    if (readers || writers) this.wakeAll(pipe.waiters);
    else {
      this.wakeAll(pipe.waiters);
      pipe.drop();
      this.pipes.delete(id);
    }
  }

  /** @param {number} id a SINK that no descriptor refers to any more */
  sinkClosed(id) {
    const sink = this.sinks.get(id);
    this.sinks.delete(id);
    sink?.(null);
  }

  /** @param {number} timer the kernel's number @param {number} ms */
  setTimer(timer, ms) {
    this.clearTimer(timer);
    const wait = Math.min(Math.ceil(ms), 0x7fffffff);
    const fire = () => {
      this.breathe();
      this.timers.delete(timer);
      this.attempt(() => this.kernel.timer_fired(timer));
    };
    this.timers.set(timer, setTimeout(fire, wait));
  }

  /** @param {number} timer */
  clearTimer(timer) {
    clearTimeout(this.timers.get(timer));
    this.timers.delete(timer);
  }
}
