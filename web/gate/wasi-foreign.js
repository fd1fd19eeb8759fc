// The rest of wasi_snapshot_preview1, for programs that were not linked with our libc: files by capability, and
// poll_oneoff. "/" is preopened. A wasi-libc takes the "/" off an absolute path before it asks, so "tmp/x" may be
// either: it is looked for in the working directory first (see `place`).
import { seek } from "./descriptors.js";
import { BLOCKED, EBADF, EINVAL, ENOTDIR } from "./errno.js";
import { Kind, O_APPEND, O_NONBLOCK, O_RDWR, O_WRONLY } from "./open-file.js";
import { POLLNVAL, READABLE, WRITABLE, ready } from "./poll.js";
import { latin1 } from "./latin1.js";
import { DIRENTS, fallocate, ftruncate } from "./syscalls/descriptors.js";
import { AT_EMPTY_PATH, UTIME_NOW } from "./syscalls/paths.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./process.js").Process} Process */
/** @typedef {(attempt: () => number, out: number) => number} Call */

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_DIRECTORY = 0o200000;
const O_NOFOLLOW = 0o400000;
const F_GETFL = 3;
const F_SETFL = 4;
const UTIME_OMIT = 0x3ffffffe;

// preview1: rights, flags and types
const RIGHT_FD_READ = 1n << 1n;
const RIGHT_FD_WRITE = 1n << 6n;
const RIGHT_FD_READDIR = 1n << 14n;
const LOOKUP_FOLLOW = 1;
const OFLAGS = [O_CREAT, O_DIRECTORY, O_EXCL, O_TRUNC];
const FDFLAG_APPEND = 1;
const FDFLAG_NONBLOCK = 4;
const FILETYPE = Object.freeze({ UNKNOWN: 0, BLOCK: 1, CHARACTER: 2, DIRECTORY: 3, REGULAR: 4, SOCKET: 6, LINK: 7 });
/** By the four bits of S_IFMT. */
const FILETYPE_OF_MODE = new Map([
  [2, FILETYPE.CHARACTER], [4, FILETYPE.DIRECTORY], [6, FILETYPE.BLOCK], [8, FILETYPE.REGULAR], [10, FILETYPE.LINK],
  [12, FILETYPE.SOCKET],
]);
/** Size of a preview1 dirent before its name, of a subscription and of an event, bytes. */
const DIRENT = 24;
const SUBSCRIPTION = 48;
const EVENT = 32;

/**
 * Opens the directory that a foreign program starts with, at its lowest free descriptor from 3.
 * @param {Gate} gate
 * @param {Process} process
 */
export function preopen(gate, process) {
  const fd = gate.kernel.openat(process.pid, AT_FDCWD, "/", O_DIRECTORY, 0);
  if (fd < 0) return;
  gate.installOpened(process, fd);
  process.preopens.set(fd, "/");
}

/**
 * Where a path below the preopened "/" is meant to be: in the working directory when its first part is there, or is
 * nowhere (a new file); else in the root.
 * @param {Gate} gate
 * @param {Process} process
 * @param {number} fd
 * @param {string} path
 * @returns {[fd: number, path: string]} for a Linux ...at call
 */
function place(gate, process, fd, path) {
  if (!process.preopens.has(fd) || path.startsWith("/")) return [fd, path];
  const first = path.split("/", 1)[0];
  const there = (/** @type {string} */ name) => {
    const found = gate.kernel.faccessat(process.pid, AT_FDCWD, name, 0, AT_SYMLINK_NOFOLLOW);
    // (where that has to come first, the call itself waits for the same, and then asks again)
    return found === 0 || found === BLOCKED;
  };
  return there(first) || !there(`/${first}`) ? [AT_FDCWD, path] : [AT_FDCWD, `/${path}`];
}

/**
 * The file's attributes that the kernel has put into the mailbox (struct statx) as a preview1 filestat.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} at
 */
function storeFilestat(gate, thread, at) {
  const statx = gate.mail(0, 144).slice();
  const from = new DataView(statx.buffer);
  const to = thread.data;
  const time = (/** @type {number} */ offset) =>
    from.getBigInt64(offset, true) * 1_000_000_000n + BigInt(from.getUint32(offset + 8, true));
  to.setBigUint64(at, BigInt(from.getUint32(140, true)), true);
  to.setBigUint64(at + 8, from.getBigUint64(32, true), true);
  to.setBigUint64(at + 16, BigInt(FILETYPE_OF_MODE.get(from.getUint16(28, true) >> 12) ?? FILETYPE.UNKNOWN), true);
  to.setBigUint64(at + 24, BigInt(from.getUint32(16, true)), true);
  to.setBigUint64(at + 32, from.getBigUint64(40, true), true);
  to.setBigUint64(at + 40, time(64), true);
  to.setBigUint64(at + 48, time(112), true);
  to.setBigUint64(at + 56, time(96), true);
  return 0;
}

/**
 * One half of a times argument: (seconds, nanoseconds) for utimensat.
 * @param {bigint} value nanoseconds
 * @param {boolean} set to the value
 * @param {boolean} now set to the present time
 * @returns {[number, number]}
 */
function timePair(value, set, now) {
  if (now) return [0, UTIME_NOW];
  if (!set) return [0, UTIME_OMIT];
  return [Number(value / 1_000_000_000n), Number(value % 1_000_000_000n)];
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Call} call makes a call, its count stored at `out`
 * @returns {Record<string, Function>}
 */
export function foreignPreview1(gate, thread, call) {
  const { process } = thread;
  const { pid } = process;
  /**
   * A descriptor and a path below it, as the kernel's ...at calls take them.
   * @param {number} fd
   * @param {number} at
   * @param {number} length
   */
  const path = (fd, at, length) => place(gate, process, fd, latin1(thread.piece(at, length >>> 0)));
  /** The kernel's answer to a call about files. @param {(kernel: any) => number} ask */
  const kernel = (ask) => {
    gate.report();
    return ask(gate.kernel);
  };
  const times = (/** @type {bigint} */ access, /** @type {bigint} */ modify, /** @type {number} */ flags) => [
    ...timePair(access, (flags & 1) !== 0, (flags & 2) !== 0),
    ...timePair(modify, (flags & 4) !== 0, (flags & 8) !== 0),
  ];

  /** @type {Record<string, (...args: any[]) => number>} */
  const functions = {
    fd_prestat_get: (fd, at) =>
      call(() => {
        const name = process.preopens.get(fd);
        if (name === undefined) {
          // descriptors that were inherited lie between: not the end of the list, but no directory either
          if (!process.files[fd]) return -EBADF;
          thread.setU32(at, 255);
          return 0;
        }
        thread.setU32(at, 0);
        thread.setU32(at + 4, name.length);
        return 0;
      }, 0),
    fd_prestat_dir_name: (fd, at, length) =>
      call(() => {
        const name = process.preopens.get(fd);
        if (name === undefined) return -EBADF;
        if (length < name.length) return -EINVAL;
        thread.put(at, new TextEncoder().encode(name));
        return 0;
      }, 0),
    fd_fdstat_get: (fd, at) =>
      call(() => {
        const file = process.files[fd];
        if (!file) return -EBADF;
        const flags = kernel((k) => k.fcntl(pid, fd, F_GETFL, 0));
        const error = kernel((k) => k.statx(pid, fd, "", AT_EMPTY_PATH));
        if (error) return error;
        const mode = gate.mail(28, 2);
        const type = FILETYPE_OF_MODE.get(mode[1] >> 4) ?? FILETYPE.UNKNOWN;
        const fdflags = (flags & O_APPEND ? FDFLAG_APPEND : 0) | (flags & O_NONBLOCK ? FDFLAG_NONBLOCK : 0);
        thread.setU32(at, type | (fdflags << 16));
        thread.setU32(at + 4, 0);
        thread.data.setBigUint64(at + 8, (1n << 30n) - 1n, true);
        thread.data.setBigUint64(at + 16, (1n << 30n) - 1n, true);
        return 0;
      }, 0),
    fd_fdstat_set_flags: (fd, fdflags) =>
      call(() => {
        const file = process.files[fd];
        if (!file) return -EBADF;
        const flags = (fdflags & FDFLAG_APPEND ? O_APPEND : 0) | (fdflags & FDFLAG_NONBLOCK ? O_NONBLOCK : 0);
        file.flags = (file.flags & ~(O_APPEND | O_NONBLOCK)) | flags;
        return kernel((k) => k.fcntl(pid, fd, F_SETFL, file.flags));
      }, 0),
    fd_fdstat_set_rights: () => 0,
    fd_advise: (fd) => call(() => (process.files[fd] ? 0 : -EBADF), 0),
    fd_allocate: (fd, offset, length) => call(() => kernel(() => fallocate(gate, thread, fd, 0, Number(offset), Number(length))), 0),
    fd_datasync: (fd) => call(() => kernel((k) => k.fsync(pid, fd)), 0),
    fd_tell: (fd, out) =>
      call(() => {
        const position = seek(gate, thread, fd, 0, 1);
        if (position < 0) return position;
        thread.data.setBigUint64(out, BigInt(position), true);
        return 0;
      }, 0),
    fd_renumber: (from, to) =>
      call(() => {
        const result = kernel((k) => k.dup3(pid, from, to, 0));
        if (result < 0) return result;
        process.files[to] = process.files[from];
        const error = kernel((k) => k.close(pid, from));
        process.files[from] = undefined;
        return error;
      }, 0),
    fd_filestat_get: (fd, at) =>
      call(() => kernel((k) => k.statx(pid, fd, "", AT_EMPTY_PATH)) || storeFilestat(gate, thread, at), 0),
    fd_filestat_set_size: (fd, size) => call(() => kernel(() => ftruncate(gate, thread, fd, Number(size))), 0),
    fd_filestat_set_times: (fd, access, modify, flags) =>
      call(() => kernel((k) => k.utimensat(pid, fd, "", AT_EMPTY_PATH, ...times(access, modify, flags))), 0),
    fd_readdir: (fd, at, length, cookie, out) => call(() => readdir(gate, thread, fd, at, length >>> 0, Number(cookie)), out),
    path_filestat_get: (fd, flags, at, length, out) =>
      call(() => {
        const follow = flags & LOOKUP_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
        return kernel((k) => k.statx(pid, ...path(fd, at, length), follow)) || storeFilestat(gate, thread, out);
      }, 0),
    path_filestat_set_times: (fd, flags, at, length, access, modify, which) =>
      call(() => {
        const follow = flags & LOOKUP_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
        return kernel((k) => k.utimensat(pid, ...path(fd, at, length), follow, ...times(access, modify, which)));
      }, 0),
    path_open: (fd, lookup, at, length, oflags, rights, _inheriting, fdflags, out) =>
      call(() => {
        const reads = (rights & (RIGHT_FD_READ | RIGHT_FD_READDIR)) !== 0n;
        const writes = (rights & RIGHT_FD_WRITE) !== 0n;
        let flags = writes ? (reads ? O_RDWR : O_WRONLY) : 0;
        OFLAGS.forEach((flag, bit) => {
          if (oflags & (1 << bit)) flags |= flag;
        });
        // a directory is opened for what can be done with one, whatever rights are asked for
        if (flags & O_DIRECTORY) flags &= ~(O_RDWR | O_WRONLY);
        if (!(lookup & LOOKUP_FOLLOW)) flags |= O_NOFOLLOW;
        if (fdflags & FDFLAG_APPEND) flags |= O_APPEND;
        if (fdflags & FDFLAG_NONBLOCK) flags |= O_NONBLOCK;
        const opened = kernel((k) => k.openat(pid, ...path(fd, at, length), flags, 0o666));
        if (opened < 0) return opened;
        gate.installOpened(process, opened);
        return opened;
      }, out),
    path_create_directory: (fd, at, length) => call(() => kernel((k) => k.mkdirat(pid, ...path(fd, at, length), 0o777)), 0),
    path_remove_directory: (fd, at, length) =>
      call(() => kernel((k) => k.unlinkat(pid, ...path(fd, at, length), AT_REMOVEDIR)), 0),
    path_unlink_file: (fd, at, length) => call(() => kernel((k) => k.unlinkat(pid, ...path(fd, at, length), 0)), 0),
    path_rename: (fd, at, length, toFd, toAt, toLength) =>
      call(() => kernel((k) => k.renameat2(pid, ...path(fd, at, length), ...path(toFd, toAt, toLength), 0)), 0),
    path_link: (fd, flags, at, length, toFd, toAt, toLength) =>
      call(() => {
        const follow = flags & LOOKUP_FOLLOW ? AT_SYMLINK_FOLLOW : 0;
        return kernel((k) => k.linkat(pid, ...path(fd, at, length), ...path(toFd, toAt, toLength), follow));
      }, 0),
    path_symlink: (at, length, fd, toAt, toLength) =>
      call(() => kernel((k) => k.symlinkat(pid, latin1(thread.piece(at, length >>> 0)), ...path(fd, toAt, toLength))), 0),
    path_readlink: (fd, at, length, buffer, size, out) =>
      call(() => {
        const count = kernel((k) => k.readlinkat(pid, ...path(fd, at, length), size >>> 0));
        if (count > 0) thread.put(buffer, gate.mail(0, count));
        return count;
      }, out),
    poll_oneoff: (subscriptions, events, count, out) =>
      call(() => pollOneoff(gate, thread, subscriptions, events, count >>> 0), out),
    proc_raise: (sig) => call(() => kernel((k) => k.kill(pid, pid, sig)), 0),
  };
  return functions;
}

/**
 * fd_readdir: entries from `cookie` on, the last one cut where the buffer ends.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} at
 * @param {number} length
 * @param {number} cookie
 * @returns {number} bytes stored
 */
function readdir(gate, thread, fd, at, length, cookie) {
  const { pid, files } = thread.process;
  if (files[fd]?.kind !== Kind.DIRECTORY) return files[fd] ? -ENOTDIR : -EBADF;
  const position = gate.kernel.seekdir(pid, fd, cookie, 0);
  if (position < 0) return position;
  const size = gate.kernel.getdents64(pid, fd, DIRENTS);
  if (size < 0) return size;
  const entries = gate.mail(0, size).slice();
  const view = new DataView(entries.buffer);
  let used = 0;
  for (let from = 0; from < size && used < length; from += view.getUint16(from + 16, true)) {
    const end = entries.indexOf(0, from + 19);
    const name = entries.subarray(from + 19, end);
    const entry = new Uint8Array(DIRENT + name.length);
    const head = new DataView(entry.buffer);
    head.setBigUint64(0, view.getBigUint64(from + 8, true), true);
    head.setBigUint64(8, view.getBigUint64(from, true), true);
    head.setUint32(16, name.length, true);
    head.setUint8(20, FILETYPE_OF_MODE.get(entries[from + 18]) ?? FILETYPE.UNKNOWN);
    entry.set(name, DIRENT);
    const fits = entry.subarray(0, Math.min(entry.length, length - used));
    thread.put(at + used, fits);
    used += fits.length;
  }
  return used;
}

/**
 * poll_oneoff: waits for descriptors and clocks.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} subscriptions
 * @param {number} events
 * @param {number} count
 * @returns {number} how many events were stored, or BLOCKED
 */
function pollOneoff(gate, thread, subscriptions, events, count) {
  if (count === 0) return -EINVAL;
  const now = performance.now();
  let found = 0;
  let nextMs = Infinity;
  const { data } = thread;
  if (!thread.retrying) thread.waitStartedMs = now;
  for (let i = 0; i < count; i++) {
    const at = subscriptions + SUBSCRIPTION * i;
    const type = data.getUint8(at + 8);
    let happened = false;
    let error = 0;
    if (type === 0) {
      const clock = data.getUint32(at + 16, true);
      const value = Number(data.getBigUint64(at + 24, true)) / 1e6;
      const absolute = (data.getUint16(at + 40, true) & 1) !== 0;
      const origin = absolute ? (clock === 0 ? -performance.timeOrigin : 0) : thread.waitStartedMs;
      happened = origin + value <= now;
      nextMs = Math.min(nextMs, origin + value);
    } else {
      const bits = ready(gate, thread, data.getUint32(at + 16, true), type === 1 ? READABLE : WRITABLE);
      happened = bits !== 0;
      if (bits & POLLNVAL) error = 8; // WASI EBADF
    }
    if (!happened) continue;
    const event = events + EVENT * found++;
    thread.piece(event, EVENT).fill(0);
    data.setBigUint64(event, data.getBigUint64(at, true), true);
    data.setUint16(event + 8, error, true);
    data.setUint8(event + 10, type);
    if (type) data.setBigUint64(event + 16, 1n, true);
  }
  if (found) return found;
  if (nextMs !== Infinity) {
    thread.deadlineMs = nextMs;
    gate.wakeAfter(thread, nextMs - now);
  }
  return BLOCKED;
}
