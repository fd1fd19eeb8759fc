// read, write and seek on whatever a descriptor may be. Results are as in Linux: a count, or -errno.
import {
  BLOCKED, EAGAIN, EBADF, EFBIG, EINVAL, EISDIR, ENOSPC, ENXIO, EPIPE, ESPIPE,
} from "./errno.js";
import { Kind, O_APPEND, O_NOATIME, O_NONBLOCK } from "./open-file.js";
import { PIPE_BUF } from "./pipe.js";
import { latin1 } from "./latin1.js";
import { readSocket, writeSocket } from "./syscalls/sockets.js";
import { AddressError } from "./user-memory.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./open-file.js").OpenFile} OpenFile */
/** @typedef {import("./content.js").Content} Content */
/** @typedef {import("./pipe.js").Pipe} Pipe */

/** One read or write moves at most so many bytes to or from a terminal. */
const TTY_CHUNK = 4096;
/** crypto.getRandomValues gives at most so many bytes at once. */
const RANDOM_CHUNK = 65536;
/** Most buffers in one call (IOV_MAX), and most bytes in all of them. */
const MAX_BUFFERS = 1024;
const MAX_BYTES = 0x7fffffff;
/** The largest position of a file: what a double holds exactly. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER;
// What has no position.
/** @type {Set<number>} */
const STREAMS = new Set([Kind.PIPE, Kind.TTY, Kind.SINK, Kind.SIGNALS, Kind.SOCKET]);
const SIGPIPE = 13;
const SIGXFSZ = 25;

/**
 * @param {Uint8Array} target is filled with random bytes
 */
export function randomFill(target) {
  for (let i = 0; i < target.length; i += RANDOM_CHUNK)
    crypto.getRandomValues(/** @type {Uint8Array<ArrayBuffer>} */ (target.subarray(i, i + RANDOM_CHUNK)));
}

/**
 * @param {Thread} thread
 * @param {number} result BLOCKED where it waits for bytes of a file: no signal ends that (as from a disk)
 * @returns {number} the same
 */
function storageWait(thread, result) {
  thread.uninterruptible = result === BLOCKED;
  return result;
}

/**
 * Sees to it that what is about to be cut or cleared of a file is here.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} from
 * @param {number} to
 * @returns {number} 0, BLOCKED or -EIO
 */
export function demanded(gate, thread, fd, from, to) {
  const content = thread.process.files[fd]?.content;
  if (!content || !(content.download || content.absent)) return 0;
  return storageWait(thread, content.demand(from, to, () => gate.wake(thread.process.pid)));
}

/**
 * Reads into one buffer of the program.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {OpenFile} file
 * @param {number} address
 * @param {number} length
 * @param {number} position where in the file, or -1 for the file's own position
 * @returns {number}
 */
function readInto(gate, thread, file, address, length, position) {
  switch (file.kind) {
    case Kind.REGULAR: {
      const content = /** @type {Content} */ (file.content);
      const from = position < 0 ? file.position : position;
      if (content.download || content.absent) {
        const error = content.demand(from, from + length, () => gate.wake(thread.process.pid));
        if (error) return storageWait(thread, error);
      }
      const count = content.read(from, thread.bytes, address, length);
      if (content.unread && length && !(file.flags & O_NOATIME)) gate.contents.read(content);
      if (position < 0) file.position = from + count;
      return count;
    }
    case Kind.PIPE: {
      const pipe = /** @type {Pipe} */ (file.pipe);
      if (length === 0) return 0;
      if (pipe.size) {
        const count = pipe.take(thread.bytes.subarray(address, address + length));
        gate.wakeAll(pipe.waiters);
        return count;
      }
      if (pipe.writers === 0) return 0;
      if (file.flags & O_NONBLOCK) return -EAGAIN;
      pipe.waiters.add(thread);
      return BLOCKED;
    }
    case Kind.TTY: {
      const most = Math.min(length, TTY_CHUNK);
      const count = gate.kernel.tty_read(thread.tid, file.id, most, thread.retrying ? 1 : 0);
      if (count > 0) thread.bytes.set(gate.mail(0, count), address);
      return count;
    }
    case Kind.SIGNALS: {
      const count = gate.kernel.signalfd_read(thread.tid, file.id, length);
      if (count > 0) thread.bytes.set(gate.mail(0, count), address);
      return count;
    }
    case Kind.NULL:
      return 0;
    case Kind.ZERO:
    case Kind.FULL:
      thread.bytes.fill(0, address, address + length);
      return length;
    case Kind.RANDOM:
      randomFill(thread.bytes.subarray(address, address + length));
      return length;
    case Kind.DIRECTORY:
      return -EISDIR;
    default:
      return -EBADF;
  }
}

/**
 * readv: fills the buffers in order; stops at the first that is not filled.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} vector address of { u32 address; u32 length } entries
 * @param {number} entries
 * @param {number} position where in the file, or -1
 * @returns {number}
 */
export function readv(gate, thread, fd, vector, entries, position) {
  const file = thread.process.files[fd];
  if (!file || !file.readable) return file?.kind === Kind.DIRECTORY ? -EISDIR : -EBADF;
  if (position >= 0 && !seekable(file)) return -ESPIPE;
  if (entries >>> 0 > MAX_BUFFERS) return -EINVAL;
  if (file.socket) return readSocket(gate, thread, file, vector, entries);
  let total = 0;
  for (let i = 0; i < entries; i++) {
    const address = thread.u32(vector + 8 * i);
    const length = thread.u32(vector + 8 * i + 4);
    if (length === 0 && i < entries - 1) continue;
    if (address + length > thread.bytes.length) throw new AddressError();
    if (total + length > MAX_BYTES) return total || -EINVAL;
    const count = readInto(gate, thread, file, address, length, position);
    if (count < 0) return total || count;
    total += count;
    if (position >= 0) position += count;
    if (count < length || file.kind === Kind.TTY || file.kind === Kind.SIGNALS) break;
    // a pipe gives what it has; asking again could block
    if (file.kind === Kind.PIPE && !(/** @type {Pipe} */ (file.pipe).size)) break;
  }
  return total;
}

/**
 * Writes one buffer of the program.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {OpenFile} file
 * @param {Uint8Array} data a view of the program's memory
 * @param {number} position where in the file, or -1
 * @returns {number} may be less than data.length where the rest would block
 */
function writeFrom(gate, thread, file, data, position) {
  switch (file.kind) {
    case Kind.REGULAR: {
      const content = /** @type {Content} */ (file.content);
      // (as in Linux, pwrite appends too where O_APPEND says so)
      const at = file.flags & O_APPEND ? content.size : position >= 0 ? position : file.position;
      if (content.download || content.absent) {
        const error = content.demand(at, at + data.length, () => gate.wake(thread.process.pid));
        if (error) return storageWait(thread, error);
      }
      if (data.length === 0) return 0;
      const { process } = thread;
      if (at + data.length > process.fileSizeLimit) {
        if (at >= process.fileSizeLimit) {
          gate.kernel.sigself(thread.tid, SIGXFSZ);
          return -EFBIG;
        }
        data = data.subarray(0, process.fileSizeLimit - at);
      }
      // the kernel takes set-user-ID from what somebody without privilege writes: it must hear of each writer
      if (content.writer !== process.pid) gate.report();
      const count = content.write(at, data);
      if (count < 0) return count;
      if (position < 0) file.position = at + count;
      gate.contents.touched(content, process.pid);
      return count;
    }
    case Kind.PIPE: {
      const pipe = /** @type {Pipe} */ (file.pipe);
      if (pipe.readers === 0) {
        gate.kernel.sigself(thread.tid, SIGPIPE);
        return -EPIPE;
      }
      if (data.length === 0) return 0;
      const { room } = pipe;
      const count = data.length <= PIPE_BUF && room < data.length ? 0 : Math.min(room, data.length);
      if (count > 0) {
        pipe.put(count === data.length ? data : data.subarray(0, count));
        gate.wakeAll(pipe.waiters);
        return count;
      }
      if (file.flags & O_NONBLOCK) return -EAGAIN;
      pipe.waiters.add(thread);
      return BLOCKED;
    }
    case Kind.TTY:
      return gate.kernel.tty_write(thread.tid, file.id, latin1(data.subarray(0, TTY_CHUNK)));
    case Kind.SINK: {
      const sink = /** @type {import("./sink.js").Sink} */ (file.sink);
      if (data.length === 0) return 0;
      const count = sink.take(data, thread.process.pid);
      if (count) return count;
      if (file.flags & O_NONBLOCK) return -EAGAIN;
      sink.waiters.add(thread);
      return BLOCKED;
    }
    case Kind.NULL:
    case Kind.ZERO:
    case Kind.RANDOM:
      return data.length;
    case Kind.FULL:
      return data.length ? -ENOSPC : 0;
    case Kind.DIRECTORY:
      return -EISDIR;
    case Kind.SIGNALS:
      return -EINVAL;
    default:
      return -EBADF;
  }
}

/**
 * writev: all of the buffers, or as much as goes. A blocking write that has moved something remembers it in
 * `thread.progress`, so that a retry goes on where it stopped and a signal answers with the count.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} vector
 * @param {number} entries
 * @param {number} position where in the file, or -1
 * @returns {number}
 */
export function writev(gate, thread, fd, vector, entries, position) {
  const file = thread.process.files[fd];
  if (!file || !file.writable) return -EBADF;
  if (position >= 0 && !seekable(file)) return -ESPIPE;
  if (entries >>> 0 > MAX_BUFFERS) return -EINVAL;
  if (file.socket) return writeSocket(gate, thread, fd, file, vector, entries);
  if (!thread.retrying) thread.progress = 0;
  // a stream gets one write, whatever it was gathered from: up to PIPE_BUF it is atomic
  if (entries > 1 && !seekable(file)) return writeStream(gate, thread, file, gathered(thread, vector, entries));
  let skip = thread.progress;
  for (let i = 0; i < entries; i++) {
    const address = thread.u32(vector + 8 * i);
    const length = thread.u32(vector + 8 * i + 4);
    if (address + length > thread.bytes.length) throw new AddressError();
    if (thread.progress - skip + length > MAX_BYTES) return thread.progress || -EINVAL;
    if (skip >= length && length > 0) {
      skip -= length;
      continue;
    }
    for (let done = skip; done < length || length === 0; ) {
      const data = thread.bytes.subarray(address + done, address + length);
      const count = writeFrom(gate, thread, file, data, position);
      if (count === BLOCKED) return thread.signalDue && thread.progress ? thread.progress : BLOCKED;
      if (count < 0) return thread.progress || count;
      done += count;
      thread.progress += count;
      if (position >= 0) position += count;
      if (length === 0 || count === 0) break;
    }
    skip = 0;
  }
  return thread.progress;
}

/**
 * The buffers of a writev as one, copied.
 * @param {Thread} thread
 * @param {number} vector
 * @param {number} entries
 * @returns {Uint8Array}
 */
function gathered(thread, vector, entries) {
  const pieces = [];
  let total = 0;
  for (let i = 0; i < entries; i++) {
    const length = thread.u32(vector + 8 * i + 4);
    // (an empty buffer may be anywhere, also at address 0)
    if (length === 0) continue;
    const piece = thread.piece(thread.u32(vector + 8 * i), length);
    pieces.push(piece);
    total += piece.length;
  }
  if (total > thread.bytes.length) throw new AddressError();
  const whole = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Writes to a pipe, a sink or a terminal what is left of `data` after `thread.progress` bytes.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {OpenFile} file
 * @param {Uint8Array} data
 * @returns {number}
 */
function writeStream(gate, thread, file, data) {
  do {
    const count = writeFrom(gate, thread, file, data.subarray(thread.progress), -1);
    if (count === BLOCKED) return thread.signalDue && thread.progress ? thread.progress : BLOCKED;
    if (count < 0) return thread.progress || count;
    thread.progress += count;
  } while (thread.progress < data.length);
  return thread.progress;
}

/** @param {OpenFile} file */
function seekable(file) {
  return !STREAMS.has(file.kind);
}

/**
 * lseek on anything but a directory (the kernel keeps the position of those).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} offset
 * @param {number} whence 0 SEEK_SET, 1 SEEK_CUR, 2 SEEK_END, 3 SEEK_DATA, 4 SEEK_HOLE
 * @returns {number} the new position
 */
export function seek(gate, thread, fd, offset, whence) {
  const file = thread.process.files[fd];
  if (!file || file.kind === Kind.PATH) return -EBADF;
  if (!seekable(file)) return -ESPIPE;
  if (file.kind === Kind.DIRECTORY) return gate.kernel.seekdir(thread.process.pid, fd, offset, whence);
  if (file.kind !== Kind.REGULAR) return 0;
  const content = /** @type {Content} */ (file.content);
  const { size } = content;
  let to;
  if (whence === 0) to = offset;
  else if (whence === 1) to = file.position + offset;
  else if (whence === 2) to = size + offset;
  else if (whence === 3 || whence === 4) {
    if (offset < 0 || offset >= size) return -ENXIO;
    to = whence === 3 ? content.nextData(offset) : content.nextHole(offset);
    if (to < 0) return -ENXIO;
  } else return -EINVAL;
  if (to < 0 || to > MAX_OFFSET) return -EINVAL;
  file.position = to;
  return to;
}

