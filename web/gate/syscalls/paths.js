// System calls that name files.
import { BLOCKED, EINTR, EINVAL } from "../errno.js";

/** @typedef {import("./index.js").Call} Call */

/** Size of struct statx, bytes. */
const STATX = 256;
/** Size of struct statfs64 with 64-bit counts, bytes. */
const STATFS = 88;
/** utimensat(2): the present time. */
export const UTIME_NOW = 0x3fffffff;
/** The file behind the descriptor itself, where the path is empty. */
export const AT_EMPTY_PATH = 0x1000;

/**
 * A 64-bit argument in two registers, as a number.
 * @param {number} low
 * @param {number} high
 */
export const wide = (low, high) => high * 0x100000000 + (low >>> 0);

/** @type {Record<number, Call>} */
export const PATH_CALLS = {
  // getcwd(buffer, size)
  17(gate, thread, buffer, size) {
    const length = gate.kernel.getcwd(thread.process.pid, size >>> 0);
    if (length > 0) thread.put(buffer, gate.mail(0, length));
    return length;
  },
  // mknodat(dirfd, path, mode, dev)
  33: (gate, thread, dirfd, path, mode, dev) =>
    gate.kernel.mknodat(thread.process.pid, dirfd, thread.string(path), mode, dev),
  // mkdirat(dirfd, path, mode)
  34: (gate, thread, dirfd, path, mode) => gate.kernel.mkdirat(thread.process.pid, dirfd, thread.string(path), mode),
  // unlinkat(dirfd, path, flags)
  35: (gate, thread, dirfd, path, flags) =>
    gate.kernel.unlinkat(thread.process.pid, dirfd, thread.string(path), flags),
  // symlinkat(target, dirfd, path)
  36: (gate, thread, target, dirfd, path) =>
    gate.kernel.symlinkat(thread.process.pid, thread.string(target), dirfd, thread.string(path)),
  // linkat(olddirfd, oldpath, newdirfd, newpath, flags)
  37: (gate, thread, oldDir, oldPath, newDir, newPath, flags) =>
    gate.kernel.linkat(thread.process.pid, oldDir, thread.string(oldPath), newDir, thread.string(newPath), flags),
  // renameat(olddirfd, oldpath, newdirfd, newpath)
  38: (gate, thread, oldDir, oldPath, newDir, newPath) =>
    gate.kernel.renameat2(thread.process.pid, oldDir, thread.string(oldPath), newDir, thread.string(newPath), 0),
  // renameat2(olddirfd, oldpath, newdirfd, newpath, flags)
  276: (gate, thread, oldDir, oldPath, newDir, newPath, flags) =>
    gate.kernel.renameat2(thread.process.pid, oldDir, thread.string(oldPath), newDir, thread.string(newPath), flags),
  // statfs(path, buffer)
  43(gate, thread, path, buffer) {
    const error = gate.kernel.statfs(thread.process.pid, thread.string(path));
    if (!error) thread.put(buffer, gate.mail(0, STATFS));
    return error;
  },
  // fstatfs(fd, buffer)
  44(gate, thread, fd, buffer) {
    const error = gate.kernel.fstatfs(thread.process.pid, fd);
    if (!error) thread.put(buffer, gate.mail(0, STATFS));
    return error;
  },
  // truncate(path, length)
  45(gate, thread, path, low, high) {
    const { process } = thread;
    const result = high < 0 ? -EINVAL : gate.kernel.truncate(process.pid, thread.string(path), wide(low, high));
    thread.uninterruptible = result === BLOCKED;
    if (result === BLOCKED) gate.cutters.add(thread);
    return result;
  },
  // faccessat(dirfd, path, mode)
  48: (gate, thread, dirfd, path, mode) =>
    gate.kernel.faccessat(thread.process.pid, dirfd, thread.string(path), mode, 0),
  // faccessat2(dirfd, path, mode, flags)
  439: (gate, thread, dirfd, path, mode, flags) =>
    gate.kernel.faccessat(thread.process.pid, dirfd, thread.string(path), mode, flags),
  // chdir(path)
  49: (gate, thread, path) => gate.kernel.chdir(thread.process.pid, thread.string(path)),
  // fchdir(fd)
  50: (gate, thread, fd) => gate.kernel.fchdir(thread.process.pid, fd),
  // chroot(path)
  51: (gate, thread, path) => gate.kernel.chroot(thread.process.pid, thread.string(path)),
  // fchmod(fd, mode)
  52: (gate, thread, fd, mode) => gate.kernel.fchmod(thread.process.pid, fd, mode),
  // fchmodat(dirfd, path, mode)
  53: (gate, thread, dirfd, path, mode) =>
    gate.kernel.fchmodat(thread.process.pid, dirfd, thread.string(path), mode),
  // fchownat(dirfd, path, uid, gid, flags)
  54: (gate, thread, dirfd, path, uid, gid, flags) =>
    gate.kernel.fchownat(thread.process.pid, dirfd, thread.string(path), uid, gid, flags),
  // fchown(fd, uid, gid)
  55: (gate, thread, fd, uid, gid) => gate.kernel.fchown(thread.process.pid, fd, uid, gid),
  // openat(dirfd, path, flags, mode)
  56(gate, thread, dirfd, path, flags, mode) {
    const { process } = thread;
    const fd = gate.kernel.openat(thread.tid, dirfd, thread.string(path), flags, mode);
    if (fd === BLOCKED)
      thread.finish = (result) => {
        if (result === -EINTR) gate.kernel.abandon_open(thread.tid);
        return result;
      };
    if (fd >= 0) gate.installOpened(process, fd);
    return fd;
  },
  // readlinkat(dirfd, path, buffer, size)
  78(gate, thread, dirfd, path, buffer, size) {
    if (size <= 0) return -EINVAL;
    const length = gate.kernel.readlinkat(thread.process.pid, dirfd, thread.string(path), size);
    if (length > 0) thread.put(buffer, gate.mail(0, length));
    return length;
  },
  // utimensat(dirfd, path, times, flags)
  88(gate, thread, dirfd, path, times, flags) {
    const name = path ? thread.string(path) : "";
    const half = (/** @type {number} */ at) =>
      times ? [Number(thread.i64(times + at)), thread.i32(times + at + 8)] : [0, UTIME_NOW];
    const [accessSec, accessNsec] = half(0);
    const [modifySec, modifyNsec] = half(16);
    return gate.kernel.utimensat(
      thread.process.pid, dirfd, name, path ? flags : flags | AT_EMPTY_PATH, accessSec, accessNsec, modifySec, modifyNsec,
    );
  },
  // statx(dirfd, path, flags, mask, buffer)
  291(gate, thread, dirfd, path, flags, _mask, buffer) {
    const error = gate.kernel.statx(thread.process.pid, dirfd, thread.string(path), flags);
    if (!error) thread.put(buffer, gate.mail(0, STATX));
    return error;
  },
};
