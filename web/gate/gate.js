// The system-call gate: every call of a program passes enter(), and finds here what all programs share.
import { ContentStore } from "./content-store.js";
import { BLOCKED, EINTR, EIO, ESRCH } from "./errno.js";
import { reachCpuLimit } from "./kernel-requests.js";
import { MemoryPool } from "./memory-pool.js";
import { Kind, OpenFile } from "./open-file.js";
import { Mounts } from "../mounts/mounts.js";
import { Pipe } from "./pipe.js";
import { Scheduler } from "./scheduler.js";
import { Shelf } from "./shelf.js";
import { DISCARD } from "./sink.js";
import { ENDED, REPLACED } from "./thread.js";
import { addressFault } from "./user-memory.js";

/** @typedef {import("./process.js").Process} Process */
/** @typedef {import("./thread.js").Thread} Thread */

/**
 * What a session has of files that the kernel has not come to yet.
 * @typedef {object} Session
 * @property {(records: number[]) => string} rows a JSON array
 * @property {(pairs: [ino: number, record: number][]) => void} attach gives inodes the contents of rows
 */

/** One kernel's gate. The kernel is set by connect() before anything runs. */
export class Gate {
  constructor() {
    this.contents = new ContentStore();
    this.memories = new MemoryPool();
    this.shelf = new Shelf();
    /** @type {(event: import("./download.js").DownloadEvent) => void} hears of files of the site that are fetched */
    this.onDownload = () => {};
    /** Why the last file of the site that was wanted did not come; empty when all did. */
    this.loadFailure = "";
    this.scheduler = new Scheduler();
    this.scheduler.overCpuLimit = (process) => reachCpuLimit(this, process);
    /** @type {Map<number, Process>} */
    this.processes = new Map();
    /** @type {Map<number, Thread>} by tid: a process's first thread has the number of the process */
    this.threads = new Map();
    /** @type {Map<number, Pipe>} */
    this.pipes = new Map();
    /** @type {Map<number, import("./socket.js").Socket>} */
    this.sockets = new Map();
    /** @type {Map<number, import("./sink.js").Sink>} by sink number */
    this.sinks = new Map();
    /** @type {Map<number, import("./screen.js").Screen>} by terminal number */
    this.terminals = new Map();
    /** @type {Map<number, (status: number) => void>} by pid; hears the wait status */
    this.exits = new Map();
    /** @type {Pick<import("../net/gateway.js").Gateway, "open"> | null} serves connections that lead out */
    this.gateway = null;
    /** @type {(port: number, address: string | null, pid: number) => void} a port opens, or (null) closes */
    this.onPort = () => {};
    /** @type {import("../worker/audit.js").Audit | null} hears of what programs do */
    this.audit = null;
    /** @type {Map<number, (kind: string, path: string) => void>} what hears of changed files */
    this.watches = new Map();
    /** @type {Map<number, import("./shell-channel.js").ShellChannel>} of persistent shells, by pid */
    this.shells = new Map();
    /** @type {Map<number, ReturnType<typeof setTimeout>>} */
    this.timers = new Map();
    /** @type {Map<string, import("./host-program.js").HostFunction>} what host programs run, by name */
    this.hostFunctions = new Map();

    /** @type {any} the kernel's system calls (PyProxies of functions) */
    this.kernel = null;
    /** @type {() => Uint8Array} the kernel's whole heap */
    this.heap = () => new Uint8Array(0);
    this.mailbox = 0;

    /** @type {(process: Process, execution: import("./exec.js").Execution) => void} runs a program (runner.js) */
    this.start = () => {
      throw new Error("no runner");
    };
    /** @type {(thread: Thread) => void} runs a thread that has been made (runner.js) */
    this.run = () => {
      throw new Error("no runner");
    };
    /** @type {Set<Thread>} wait for a file of the site that they are to cut */
    this.cutters = new Set();
    /** @type {(() => Promise<void>) | null} saves everything written so far; null where nothing is ever saved */
    this.save = null;
    /** @type {Session | null} where the kernel finds what it has not asked for yet */
    this.session = null;
    /** Files that somebody else keeps. */
    this.mounts = new Mounts();
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

  /** @param {import("./download.js").DownloadEvent} event */
  loading(event) {
    if (event.error) this.loadFailure = `${event.url}: ${event.error}`;
    this.onDownload(event);
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
   * Makes a call for a thread: at once, or later where it blocks or it is somebody else's turn.
   * @param {Thread} thread the one that runs
   * @param {(thread: Thread) => number} call answers a result, -errno or BLOCKED; made again after each wake
   * @param {((result: number) => number) | null} [finish] runs once with the final result and may replace it
   * @returns {number} what the program gets now: the result, or BLOCKED
   * @throws {typeof ENDED} when the process has ended meanwhile
   */
  enter(thread, call, finish = null) {
    const { process } = thread;
    const { scheduler } = this;
    if (process.dead) {
      if (!thread.vforkParent) throw ENDED;
      // the child that it acts for has been killed: only tabux_vexit (not made through here) ends that
      return finish ? finish(-ESRCH) : -ESRCH;
    }
    if (process.stopped || scheduler.sliceOver()) {
      if (!process.stopped) scheduler.yield(thread);
      return thread.block(() => {
        thread.retrying = false;
        const result = this.attempt(thread, call);
        if (result === BLOCKED) thread.retry = () => this.attempt(thread, call);
        return result;
      }, finish);
    }
    let result = this.attempt(thread, call);
    if (result === BLOCKED) {
      // (a call that waits with another signal mask may have let a deadly signal through)
      if (process.dead && !thread.vforkParent) throw ENDED;
      if (!thread.signalDue || thread.uninterruptible) return thread.block(() => this.attempt(thread, call), finish);
      result = -EINTR;
    }
    if (finish) thread.finish = finish;
    if (thread.finish || thread.timer) result = thread.finished(result);
    // (tabux_vfork, and an execve after it, change who makes the calls of the instance)
    const now = thread.program.current ?? thread;
    if (now.process.dead && !now.vforkParent) throw ENDED;
    if (now.process.stopped) return now.block(() => result);
    return result;
  }

  /**
   * @param {Thread} thread
   * @param {(thread: Thread) => number} call
   * @returns {number} its result; an error inside the gate or the kernel becomes -EIO, never more
   */
  attempt(thread, call) {
    try {
      return call(thread);
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

  // ---- waking

  /** @param {number} pid a process whose blocked calls are made again, soon */
  wake(pid) {
    const process = this.processes.get(pid);
    if (process) this.scheduler.wake(process.threads);
  }

  /** @param {Set<Thread>} waiters are woken and taken off the list */
  wakeAll(waiters) {
    this.scheduler.wakeAll(waiters);
  }

  /**
   * Has the call in progress made again after a time; the timer goes with the call.
   * @param {Thread} thread
   * @param {number} ms
   */
  wakeAfter(thread, ms) {
    this.scheduler.wakeAfter(thread, ms);
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
    else if (kind === Kind.SOCKET) file.socket = this.sockets.get(target) ?? null;
    else if (kind === Kind.SINK) file.sink = this.sinks.get(target) ?? DISCARD;
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
}
