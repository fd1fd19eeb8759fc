// A process as the gate sees it, and the program (memory + instance) that runs in it.
import { BLOCKED, EFAULT, EINTR, ESRCH } from "./errno.js";

/** Thrown through a program to end it; its process has ended already. */
export const ENDED = Object.freeze({ reason: "the process has ended" });
/** Thrown through a program that has called execve; `program.next` is what to run. */
export const REPLACED = Object.freeze({ reason: "execve" });

/** A bad address given by a program. */
export class AddressError extends RangeError {}

/** Longest path, with its NUL (PATH_MAX). */
const PATH_MAX = 4096;
/** Longest sum of the arguments and environment of execve(2), pointers included, bytes. */
export const MAX_ARGUMENTS = 2 * 1024 * 1024;

/** The gate's half of a process: what it needs of it between two calls of the kernel. */
export class Process {
  /** @param {number} pid */
  constructor(pid) {
    this.pid = pid;
    /** @type {(import("./open-file.js").OpenFile | undefined)[]} */
    this.files = [];
    /** @type {Program | null} */
    this.program = null;
    /** @type {Uint8Array[]} */
    this.argv = [];
    /** @type {Uint8Array[]} */
    this.environ = [];
    /** @type {Map<number, string>} what a foreign program finds open: names by descriptor */
    this.preopens = new Map();
    this.dead = false;
    this.stopped = false;
    /** A signal handler is due. */
    this.signalDue = false;
    /** How long its programs have run, up to the last suspension; milliseconds. */
    this.cpuMs = 0;
    /** RLIMIT_FSIZE: no write goes beyond this offset. */
    this.fileSizeLimit = Infinity;
  }
}

/**
 * An instance and its memory. It belongs to one process, `owner`, and acts for another only between
 * tabux_vfork and the execve or tabux_vexit that ends it.
 */
export class Program {
  /**
   * @param {Process} owner
   * @param {import("./image.js").Image | import("./host-image.js").HostImage} image
   * @param {WebAssembly.Memory | null} memory null for a foreign program, which brings its own
   */
  constructor(owner, image, memory) {
    this.owner = owner;
    this.process = owner;
    this.image = image;
    this.memory = memory;
    /** @type {WebAssembly.Instance | null} */
    this.instance = null;
    /** Where libc looks for due signals, an address. */
    this.sigword = 0;

    /** @type {(() => number) | null} makes the blocked call again */
    this.retry = null;
    /** @type {((result: number) => number) | null} runs once when the blocked call ends; may replace its result */
    this.finish = null;
    /** @type {((result: number) => void) | null} resumes the suspended program; set while it is suspended */
    this.resume = null;
    /** @type {(thrown: unknown) => void} throws something through the suspended program */
    this.abort = () => {};
    this.wakeQueued = false;
    /** Whether the call in progress is being made again. */
    this.retrying = false;
    /** Whether the call in progress waits for storage: no signal ends it early. */
    this.uninterruptible = false;
    /** @type {number | null} what the save that the program waits for has come to, once it has */
    this.saved = null;
    /** Bytes that the write in progress has moved so far. */
    this.progress = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} wakes the call in progress */
    this.timer = undefined;
    /** When poll_oneoff began to wait, by performance.now(); milliseconds. */
    this.waitStartedMs = 0;
    /** When the wait in progress ends, by performance.now(); milliseconds. */
    this.deadlineMs = 0;

    /** Set between the unwinding of a fork and its end. */
    this.forking = false;
    this.forkResult = 0;
    /** @type {import("./exec.js").Execution | null} */
    this.next = null;
    /** @type {Set<Program> | null} of a host program (host-program.js): what makes its calls, and waits in them */
    this.strands = null;
    /** @type {(() => void) | null} of a host program: hears that its process has ended */
    this.onEnd = null;
    /** @type {ArrayBuffer | null} what the two below are views of */
    this.buffer = null;
    this.cachedBytes = new Uint8Array(0);
    this.cachedData = new DataView(this.cachedBytes.buffer);
  }

  /** @param {ArrayBuffer} buffer */
  #view(buffer) {
    this.buffer = buffer;
    this.cachedBytes = new Uint8Array(buffer);
    this.cachedData = new DataView(buffer);
  }

  /** The memory as bytes. Growing detaches views, so ask for it anew after anything that runs guest code. */
  get bytes() {
    const { buffer } = /** @type {WebAssembly.Memory} */ (this.memory);
    if (buffer !== this.buffer) this.#view(buffer);
    return this.cachedBytes;
  }

  /** The memory as a DataView, under the same rule. */
  get data() {
    const { buffer } = /** @type {WebAssembly.Memory} */ (this.memory);
    if (buffer !== this.buffer) this.#view(buffer);
    return this.cachedData;
  }

  // Addresses come as signed numbers. Each function throws a RangeError for one outside the memory, which
  // becomes EFAULT (Gate.attempt); the null pointer is refused where much is written.

  /** @param {number} address @returns {number} */
  u32(address) {
    return this.data.getUint32(address >>> 0, true);
  }

  /** @param {number} address @returns {number} */
  i32(address) {
    return this.data.getInt32(address >>> 0, true);
  }

  /** @param {number} address @returns {bigint} */
  i64(address) {
    return this.data.getBigInt64(address >>> 0, true);
  }

  /** @param {number} address @param {number} value */
  setU32(address, value) {
    this.data.setUint32(address >>> 0, value, true);
  }

  /** @param {number} address @param {bigint} value */
  setU64(address, value) {
    this.data.setBigUint64(address >>> 0, value, true);
  }

  /**
   * A piece of the memory.
   * @param {number} address
   * @param {number} length
   * @returns {Uint8Array} a view, under the same rule as `bytes`
   * @throws {AddressError}
   */
  piece(address, length) {
    const { bytes } = this;
    const end = (address >>>= 0) + (length >>> 0);
    if (end > bytes.length || !address) throw new AddressError();
    return bytes.subarray(address, end);
  }

  /**
   * Copies bytes into the memory.
   * @param {number} address
   * @param {Uint8Array} data
   * @throws {RangeError}
   */
  put(address, data) {
    if (!address) throw new AddressError();
    this.bytes.set(data, address >>> 0);
  }

  /**
   * A NUL-terminated string, as a copy of its bytes.
   * @param {number} address
   * @returns {Uint8Array}
   * @throws {AddressError}
   */
  cstring(address) {
    const { bytes } = this;
    const end = address ? bytes.indexOf(0, address >>> 0) : -1;
    if (end < 0) throw new AddressError();
    return bytes.slice(address >>> 0, end);
  }

  /**
   * A NUL-terminated string with one character for each byte (how paths go to the kernel).
   * @param {number} address
   * @returns {string} of what is longer than any path, so much that the kernel sees it (ENAMETOOLONG)
   * @throws {AddressError}
   */
  string(address) {
    const { bytes } = this;
    let end = (address >>>= 0);
    if (!address) throw new AddressError();
    const most = end + PATH_MAX;
    while (bytes[end] && end < most) end++;
    if (end >= bytes.length) throw new AddressError();
    return latin1(bytes.subarray(address, end));
  }

  /**
   * An array of pointers to strings, ended by a null pointer.
   * @param {number} address 0 for none
   * @returns {Uint8Array[] | null} null where they are more than execve takes
   * @throws {AddressError}
   */
  strings(address) {
    const found = [];
    let total = 0;
    if (address)
      for (; ; address += 4) {
        const pointer = this.u32(address);
        if (!pointer) break;
        const string = this.cstring(pointer);
        total += string.length + 5;
        if (total > MAX_ARGUMENTS) return null;
        found.push(string);
      }
    return found;
  }

  /**
   * A timespec { i64 sec; i32 nsec } in milliseconds.
   * @param {number} address
   */
  timespecMs(address) {
    return Number(this.i64(address)) * 1000 + this.i32(address + 8) / 1e6;
  }

  /** Whether it is suspended: not, any more, where making its call again has ended its process. */
  get asleep() {
    return this.resume !== null;
  }

  /** Tells libc whether a signal handler is due. */
  showSignalDue() {
    if (this.sigword) this.setU32(this.sigword, this.process.signalDue ? 1 : 0);
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
   * Makes the blocked call again.
   * @returns {number} its result, or BLOCKED
   */
  again() {
    // (the child that this instance acted for has been killed meanwhile)
    if (this.process.dead) return this.finished(-ESRCH);
    this.retrying = true;
    // (what it waits for next may be something else)
    this.uninterruptible = false;
    let result = /** @type {() => number} */ (this.retry)();
    this.retrying = false;
    if (result === BLOCKED) {
      if (!this.process.signalDue || this.uninterruptible) return BLOCKED;
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
}

/**
 * Bytes as a string of the same length, one character each.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function latin1(bytes) {
  if (bytes.length <= 8192) return String.fromCharCode.apply(null, /** @type {any} */ (bytes));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192)
    text += String.fromCharCode.apply(null, /** @type {any} */ (bytes.subarray(i, i + 8192)));
  return text;
}

/**
 * The inverse of latin1().
 * @param {string} text of characters up to U+00FF
 * @returns {Uint8Array}
 */
export function fromLatin1(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * A bad address, or memory that is too short, as an error of the call.
 * @param {unknown} error thrown while a call was decoded
 * @returns {number} -EFAULT
 * @throws whatever is not about addresses
 */
export function addressFault(error) {
  if (error instanceof RangeError) return -EFAULT;
  throw error;
}
