// System calls on descriptors that preview1 has no word for.
import { BLOCKED, EBADF, EINTR, EINVAL, ENOTDIR } from "../errno.js";
import { demanded } from "../descriptors.js";
import { O_APPEND, O_NONBLOCK, Kind } from "../open-file.js";
import { ppoll, pselect6 } from "../poll.js";
import { waitForAll, waitForFlush, waitForSave } from "../saving.js";
import { wide } from "./paths.js";

/** @typedef {import("./index.js").Call} Call */
/** @typedef {import("../gate.js").Gate} Gate */
/** @typedef {import("../thread.js").Thread} Thread */

const F_DUPFD = 0;
const F_SETFL = 4;
const F_GETLK = 5;
const F_OFD_GETLK = 36;
/**
 * The commands with a struct flock, F_GETLK, F_SETLK and F_SETLKW, as the kernel knows them: those of 64-bit
 * machines, those of 32-bit ones with a 64-bit off_t (which musl uses), those of open file descriptions.
 * @type {Record<number, number>}
 */
const LOCK_COMMANDS = { 5: 5, 6: 6, 7: 7, 12: 5, 13: 6, 14: 7, 36: 36, 37: 37, 38: 38 };
/** Size of struct flock, bytes. */
const FLOCK = 32;
const F_DUPFD_CLOEXEC = 1030;
const F_UNLCK = 2;
/** The mailbox holds so many bytes of directory entries. */
export const DIRENTS = 65536;

/**
 * @param {import("../process.js").Process} process
 * @param {number} from
 * @param {number} to the new descriptor, or -errno
 */
function duplicated(process, from, to) {
  if (to >= 0) process.files[to] = process.files[from];
  return to;
}

/**
 * fcntl with a struct flock { i16 type; i16 whence; i64 start; i64 length; i32 pid } (fcntl_locking(2)).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} command
 * @param {number} address of the struct
 * @returns {number}
 */
function recordLock(gate, thread, fd, command, address) {
  const { process } = thread;
  const lock = thread.piece(address, FLOCK);
  const view = new DataView(lock.buffer, lock.byteOffset, FLOCK);
  const result = gate.kernel.record_lock(
    process.pid, fd, command, view.getInt16(0, true), view.getInt16(2, true), process.files[fd]?.position ?? 0,
    view.getBigInt64(8, true), view.getBigInt64(16, true), view.getInt32(24, true),
  );
  if (result === BLOCKED)
    thread.finish = (final) => {
      if (final === -EINTR) gate.kernel.abandon_lock(process.pid);
      return final;
    };
  if (result === 0 && (command === F_GETLK || command === F_OFD_GETLK)) {
    const found = gate.mail(0, FLOCK);
    // where nothing is in the way only the type changes
    if (found[0] === F_UNLCK) view.setInt16(0, F_UNLCK, true);
    else lock.set(found);
  }
  return result;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} size
 * @returns {number} 0, -errno, or BLOCKED until the file's bytes are here
 */
export function ftruncate(gate, thread, fd, size) {
  // (of the site's own what remains has to be here; of a piece of the sandbox's own nothing)
  const waiting = thread.process.files[fd]?.content?.download && size > 0 ? demanded(gate, thread, fd, 0, size) : 0;
  return waiting || gate.kernel.ftruncate(thread.process.pid, fd, size);
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} mode FALLOC_FL_…
 * @param {number} offset
 * @param {number} length
 * @returns {number} 0, -errno, or BLOCKED until the file's bytes are here
 */
export function fallocate(gate, thread, fd, mode, offset, length) {
  return (
    demanded(gate, thread, fd, offset, offset + length) ||
    gate.kernel.fallocate(thread.process.pid, fd, mode, offset, length)
  );
}

/** @type {Record<number, Call>} */
export const DESCRIPTOR_CALLS = {
  // dup(fd)
  23: (gate, { process }, fd) => duplicated(process, fd, gate.kernel.dup(process.pid, fd)),
  // dup3(oldfd, newfd, flags)
  24(gate, thread, fd, to, flags) {
    const { process } = thread;
    // (what that closes nobody hears the error of)
    if (fd !== to && waitForFlush(gate, thread, process.files[to]) === BLOCKED) return BLOCKED;
    return duplicated(process, fd, gate.kernel.dup3(process.pid, fd, to, flags));
  },
  // fcntl(fd, command, argument)
  25(gate, thread, fd, command, argument) {
    const { process } = thread;
    const lock = LOCK_COMMANDS[command];
    if (lock) return recordLock(gate, thread, fd, lock, argument);
    const result = gate.kernel.fcntl(process.pid, fd, command, argument);
    if (result < 0) return result;
    if (command === F_DUPFD || command === F_DUPFD_CLOEXEC) return duplicated(process, fd, result);
    const file = process.files[fd];
    if (command === F_SETFL && file)
      file.flags = (file.flags & ~(O_APPEND | O_NONBLOCK)) | (argument & (O_APPEND | O_NONBLOCK));
    return result;
  },
  // flock(fd, operation)
  32: (gate, { process }, fd, operation) => gate.kernel.flock(process.pid, fd, operation),
  // ftruncate(fd, length)
  46: (gate, thread, fd, low, high) => (high < 0 ? -EINVAL : ftruncate(gate, thread, fd, wide(low, high))),
  // fallocate(fd, mode, offset, length)
  47: (gate, thread, fd, mode, low, high, sizeLow, sizeHigh) =>
    fallocate(gate, thread, fd, mode, wide(low, high), wide(sizeLow, sizeHigh)),
  // pipe2(fds, flags)
  59(gate, thread, fds, flags) {
    const { process } = thread;
    thread.piece(fds, 8); // EFAULT before there are descriptors that nobody would know of
    const error = gate.kernel.pipe2(process.pid, flags);
    if (error) return error;
    const [readEnd, writeEnd, readFile, writeFile, pipe] = [0, 1, 2, 3, 4].map((i) => gate.mailInt(i));
    gate.install(process, readEnd, readFile, Kind.PIPE, pipe, flags & O_NONBLOCK);
    gate.install(process, writeEnd, writeFile, Kind.PIPE, pipe, 1 | (flags & O_NONBLOCK));
    thread.setU32(fds, readEnd);
    thread.setU32(fds + 4, writeEnd);
    return 0;
  },
  // getdents64(fd, buffer, size)
  61(gate, thread, fd, buffer, size) {
    const file = thread.process.files[fd];
    if (!file) return -EBADF;
    if (file.kind !== Kind.DIRECTORY) return -ENOTDIR;
    const length = gate.kernel.getdents64(thread.process.pid, fd, Math.min(size >>> 0, DIRENTS));
    if (length > 0) thread.put(buffer, gate.mail(0, length));
    return length;
  },
  // pselect6(count, read, write, except, timeout, mask)
  72: pselect6,
  // ppoll(fds, count, timeout, mask, size)
  73: (gate, thread, list, count, timeout, mask) => ppoll(gate, thread, list, count, timeout, mask),
  // splice, tee, vmsplice: EINVAL makes cp and cat fall back; ENOSYS does not
  75: () => -EINVAL,
  76: () => -EINVAL,
  77: () => -EINVAL,
  // sync(), syncfs(fd), sync_file_range()
  81: (gate, thread) => (waitForAll(gate, thread) === BLOCKED ? BLOCKED : 0),
  267: (gate, thread, fd) => (thread.process.files[fd] ? waitForAll(gate, thread) : -EBADF),
  84(gate, thread, fd) {
    const file = thread.process.files[fd];
    return file ? waitForSave(gate, thread, file) : -EBADF;
  },
  // fadvise64(): advice
  223: (_gate, { process }, fd) => (process.files[fd] ? 0 : -EBADF),
  // close_range(first, last, flags)
  436(gate, { process }, first, last, flags) {
    const error = gate.kernel.close_range(process.pid, first >>> 0, last >>> 0, flags);
    if (!error && !(flags & 4))
      for (let fd = first >>> 0; fd <= Math.min(last >>> 0, process.files.length - 1); fd++) process.files[fd] = undefined;
    return error;
  },
};
