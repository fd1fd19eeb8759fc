// A program's memory as its calls see it: addresses are checked here (Linux: uaccess).
import { EFAULT } from "./errno.js";
import { latin1 } from "./latin1.js";

/** A bad address given by a program. */
export class AddressError extends RangeError {}

/** Longest path, with its NUL (PATH_MAX). */
const PATH_MAX = 4096;
/** Longest sum of the arguments and environment of execve(2), pointers included, bytes. */
export const MAX_ARGUMENTS = 2 * 1024 * 1024;

const NO_BYTES = new Uint8Array(0);
const NO_DATA = new DataView(NO_BYTES.buffer);

/** Reads and writes a memory by addresses that nobody has checked. */
export class UserMemory {
  /** @param {WebAssembly.Memory | null} memory null where there is none yet */
  constructor(memory) {
    this.memory = memory;
    /** @type {ArrayBuffer | null} what the two below are views of */
    this.buffer = null;
    this.cachedBytes = NO_BYTES;
    this.cachedData = NO_DATA;
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
