// What a host program reads and writes: its descriptors, and files by their paths.
import { readv, writev } from "./descriptors.js";
import { ENAMETOOLONG } from "./errno.js";
import { CHUNK, DATA, Strand, VECTOR } from "./strand.js";
import { SystemError } from "./system-error.js";

/** @typedef {import("./host-program.js").HostProgram} HostProgram */

/** Flags of open(2). */
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;

const AT_FDCWD = -100;
const PATH_MAX = 4096;
/** ioctl, mkdirat, unlinkat, openat, statx, close_range */
const IOCTL = 29;
const MKDIRAT = 34;
const UNLINKAT = 35;
const OPENAT = 56;
const STATX = 291;
const CLOSE_RANGE = 436;
/** The request that only a terminal answers, and its struct, bytes. */
const TCGETS = 0x5401;
const TERMIOS = 64;
/** A struct statx, bytes, and where in it mode and size are. */
const STATX_LENGTH = 256;
const STATX_MODE = 28;
const STATX_SIZE = 40;
const S_IFMT = 0o170000;
/** @type {Record<number, "file" | "dir" | "other">} */
const TYPES = { 0o100000: "file", 0o040000: "dir" };

const encoder = new TextEncoder();

/** A descriptor that is read. */
export class Input {
  /** @type {Strand | null} */
  #strand = null;

  /** @param {HostProgram} program @param {number} fd */
  constructor(program, fd) {
    this.program = program;
    this.fd = fd;
  }

  /**
   * Waits for something to read.
   * @param {number} [most] bytes
   * @returns {Promise<Uint8Array<ArrayBuffer>>} empty at the end
   * @throws {SystemError}
   */
  async read(most = CHUNK) {
    const length = Math.min(Math.max(Math.trunc(most) || 0, 0), CHUNK);
    const strand = (this.#strand ??= new Strand(this.program));
    return strand.turn(async () => {
      strand.setU32(VECTOR, DATA);
      strand.setU32(VECTOR + 4, length);
      const { gate } = this.program;
      const count = await strand.call(() => readv(gate, strand, this.fd, VECTOR, 1, -1));
      return /** @type {Uint8Array<ArrayBuffer>} */ (strand.bytes.slice(DATA, DATA + count));
    });
  }

  /** Its buffer is not needed any more. */
  release() {
    this.#strand?.drop();
    this.#strand = null;
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const chunk = await this.read();
      if (chunk.length === 0) return;
      yield chunk;
    }
  }

  /** @returns {Promise<string>} all that is to come, as UTF-8 */
  async text() {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let text = "";
    for await (const chunk of this) text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  }

  /**
   * @returns {ReadableStream<Uint8Array<ArrayBuffer>>} all that is to come, read as it is asked for
   */
  stream() {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk.length) controller.enqueue(chunk);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }
}

/** A descriptor that is written. */
export class Output {
  /** @type {Strand | null} */
  #strand = null;
  /** @type {Set<Promise<void>>} writes that nobody may have waited for */
  #pending = new Set();

  /** @param {HostProgram} program @param {number} fd */
  constructor(program, fd) {
    this.program = program;
    this.fd = fd;
  }

  /**
   * Writes all of it; waits while the reader is behind.
   * @param {string | ArrayBuffer | ArrayBufferView} data text is written as UTF-8
   * @returns {Promise<void>}
   * @throws {SystemError}
   */
  write(data) {
    const writing = this.#write(bytesOf(data));
    this.#pending.add(writing);
    const done = () => this.#pending.delete(writing);
    writing.then(done, done);
    return writing;
  }

  /** @param {Uint8Array} data */
  #write(data) {
    const strand = (this.#strand ??= new Strand(this.program));
    return strand.turn(async () => {
      for (let at = 0; at < data.length; ) {
        const piece = data.subarray(at, at + CHUNK);
        strand.put(DATA, piece);
        strand.setU32(VECTOR, DATA);
        strand.setU32(VECTOR + 4, piece.length);
        at += await strand.call(() => writev(this.program.gate, strand, this.fd, VECTOR, 1, -1));
      }
    });
  }

  /** @returns {Promise<boolean>} whether somebody looks at it */
  async isTerminal() {
    const strand = new Strand(this.program, TERMIOS);
    try {
      await strand.syscall(IOCTL, this.fd, TCGETS, DATA);
      return true;
    } catch (error) {
      if (error instanceof SystemError) return false;
      throw error;
    } finally {
      strand.drop();
    }
  }

  /** Its buffer is not needed any more. */
  release() {
    this.#strand?.drop();
    this.#strand = null;
  }

  /** @returns {Promise<unknown>} waits for all writes; rejects as the first of them that fails */
  flushed() {
    return Promise.all(this.#pending);
  }
}

/**
 * @param {unknown} data
 * @returns {Uint8Array}
 */
function bytesOf(data) {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return encoder.encode(String(data));
}

/** An open file: `input` and `output` as far as it was opened for them. */
export class HostFile {
  /** @param {HostProgram} program @param {number} fd */
  constructor(program, fd) {
    this.program = program;
    this.fd = fd;
    this.input = new Input(program, fd);
    this.output = new Output(program, fd);
  }

  async close() {
    this.input.release();
    this.output.release();
    const strand = new Strand(this.program, 0);
    await strand.syscall(CLOSE_RANGE, this.fd, this.fd, 0);
    strand.drop();
  }
}

/**
 * Files by their paths, with the rights of the process. A path that is not text is given as bytes.
 */
export class HostFiles {
  /** @type {Strand | null} */
  #strand = null;

  /** @param {HostProgram} program */
  constructor(program) {
    this.program = program;
  }

  /**
   * @param {string | Uint8Array} path
   * @param {(strand: Strand) => Promise<number>} call finds the path at DATA
   * @returns {Promise<number>}
   */
  #at(path, call) {
    const bytes = bytesOf(path);
    if (bytes.length >= PATH_MAX) return Promise.reject(new SystemError(ENAMETOOLONG));
    const strand = (this.#strand ??= new Strand(this.program, PATH_MAX + STATX_LENGTH));
    return strand.turn(() => {
      strand.put(DATA, bytes);
      strand.bytes[DATA + bytes.length] = 0;
      return call(strand);
    });
  }

  /**
   * @param {string | Uint8Array} path
   * @param {number} [flags] O_RDONLY, or O_WRONLY with O_CREAT, O_EXCL, O_TRUNC
   * @param {number} [mode] of a new file; umask takes from it
   * @returns {Promise<HostFile>}
   * @throws {SystemError}
   */
  async open(path, flags = O_RDONLY, mode = 0o666) {
    const fd = await this.#at(path, (strand) =>
      strand.syscall(OPENAT, AT_FDCWD, DATA, flags, mode),
    );
    return new HostFile(this.program, fd);
  }

  /**
   * About a file; symbolic links are followed.
   * @param {string | Uint8Array} path
   * @returns {Promise<{ type: "file" | "dir" | "other", size: number }>}
   * @throws {SystemError}
   */
  async stat(path) {
    const found = { mode: 0, size: 0 };
    const buffer = DATA + PATH_MAX;
    await this.#at(path, async (strand) => {
      const result = await strand.syscall(STATX, AT_FDCWD, DATA, 0, 0, buffer);
      found.mode = strand.data.getUint16(buffer + STATX_MODE, true);
      found.size = Number(strand.i64(buffer + STATX_SIZE));
      return result;
    });
    return { type: TYPES[found.mode & S_IFMT] ?? "other", size: found.size };
  }

  /** @param {string | Uint8Array} path @throws {SystemError} */
  async makeDir(path) {
    await this.#at(path, (strand) => strand.syscall(MKDIRAT, AT_FDCWD, DATA, 0o777));
  }

  /** @param {string | Uint8Array} path of a file @throws {SystemError} */
  async remove(path) {
    await this.#at(path, (strand) => strand.syscall(UNLINKAT, AT_FDCWD, DATA, 0));
  }
}
