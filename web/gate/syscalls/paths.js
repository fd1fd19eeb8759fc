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
  17(gate, program, buffer, size) {
    const length = gate.kernel.getcwd(program.process.pid, size >>> 0);
    if (length > 0) program.put(buffer, gate.mail(0, length));
    return length;
  },
  // mknodat(dirfd, path, mode, dev)
  33: (gate, program, dirfd, path, mode, dev) =>
    gate.kernel.mknodat(program.process.pid, dirfd, program.string(path), mode, dev),
  // mkdirat(dirfd, path, mode)
  34: (gate, program, dirfd, path, mode) => gate.kernel.mkdirat(program.process.pid, dirfd, program.string(path), mode),
  // unlinkat(dirfd, path, flags)
  35: (gate, program, dirfd, path, flags) =>
    gate.kernel.unlinkat(program.process.pid, dirfd, program.string(path), flags),
  // symlinkat(target, dirfd, path)
  36: (gate, program, target, dirfd, path) =>
    gate.kernel.symlinkat(program.process.pid, program.string(target), dirfd, program.string(path)),
  // linkat(olddirfd, oldpath, newdirfd, newpath, flags)
  37: (gate, program, oldDir, oldPath, newDir, newPath, flags) =>
    gate.kernel.linkat(program.process.pid, oldDir, program.string(oldPath), newDir, program.string(newPath), flags),
  // renameat(olddirfd, oldpath, newdirfd, newpath)
  38: (gate, program, oldDir, oldPath, newDir, newPath) =>
    gate.kernel.renameat2(program.process.pid, oldDir, program.string(oldPath), newDir, program.string(newPath), 0),
  // renameat2(olddirfd, oldpath, newdirfd, newpath, flags)
  276: (gate, program, oldDir, oldPath, newDir, newPath, flags) =>
    gate.kernel.renameat2(program.process.pid, oldDir, program.string(oldPath), newDir, program.string(newPath), flags),
  // statfs(path, buffer)
  43(gate, program, path, buffer) {
    const error = gate.kernel.statfs(program.process.pid, program.string(path));
    if (!error) program.put(buffer, gate.mail(0, STATFS));
    return error;
  },
  // fstatfs(fd, buffer)
  44(gate, program, fd, buffer) {
    const error = gate.kernel.fstatfs(program.process.pid, fd);
    if (!error) program.put(buffer, gate.mail(0, STATFS));
    return error;
  },
  // truncate(path, length)
  45(gate, program, path, low, high) {
    const { process } = program;
    const result = high < 0 ? -EINVAL : gate.kernel.truncate(process.pid, program.string(path), wide(low, high));
    program.uninterruptible = result === BLOCKED;
    if (result === BLOCKED) gate.cutters.add(process);
    return result;
  },
  // faccessat(dirfd, path, mode)
  48: (gate, program, dirfd, path, mode) =>
    gate.kernel.faccessat(program.process.pid, dirfd, program.string(path), mode, 0),
  // faccessat2(dirfd, path, mode, flags)
  439: (gate, program, dirfd, path, mode, flags) =>
    gate.kernel.faccessat(program.process.pid, dirfd, program.string(path), mode, flags),
  // chdir(path)
  49: (gate, program, path) => gate.kernel.chdir(program.process.pid, program.string(path)),
  // fchdir(fd)
  50: (gate, program, fd) => gate.kernel.fchdir(program.process.pid, fd),
  // chroot(path)
  51: (gate, program, path) => gate.kernel.chroot(program.process.pid, program.string(path)),
  // fchmod(fd, mode)
  52: (gate, program, fd, mode) => gate.kernel.fchmod(program.process.pid, fd, mode),
  // fchmodat(dirfd, path, mode)
  53: (gate, program, dirfd, path, mode) =>
    gate.kernel.fchmodat(program.process.pid, dirfd, program.string(path), mode),
  // fchownat(dirfd, path, uid, gid, flags)
  54: (gate, program, dirfd, path, uid, gid, flags) =>
    gate.kernel.fchownat(program.process.pid, dirfd, program.string(path), uid, gid, flags),
  // fchown(fd, uid, gid)
  55: (gate, program, fd, uid, gid) => gate.kernel.fchown(program.process.pid, fd, uid, gid),
  // openat(dirfd, path, flags, mode)
  56(gate, program, dirfd, path, flags, mode) {
    const { process } = program;
    const fd = gate.kernel.openat(process.pid, dirfd, program.string(path), flags, mode);
    if (fd === BLOCKED)
      program.finish = (result) => {
        if (result === -EINTR) gate.kernel.abandon_open(process.pid);
        return result;
      };
    if (fd >= 0) gate.installOpened(process, fd);
    return fd;
  },
  // readlinkat(dirfd, path, buffer, size)
  78(gate, program, dirfd, path, buffer, size) {
    if (size <= 0) return -EINVAL;
    const length = gate.kernel.readlinkat(program.process.pid, dirfd, program.string(path), size);
    if (length > 0) program.put(buffer, gate.mail(0, length));
    return length;
  },
  // utimensat(dirfd, path, times, flags)
  88(gate, program, dirfd, path, times, flags) {
    const name = path ? program.string(path) : "";
    const half = (/** @type {number} */ at) =>
      times ? [Number(program.i64(times + at)), program.i32(times + at + 8)] : [0, UTIME_NOW];
    const [accessSec, accessNsec] = half(0);
    const [modifySec, modifyNsec] = half(16);
    return gate.kernel.utimensat(
      program.process.pid, dirfd, name, path ? flags : flags | AT_EMPTY_PATH, accessSec, accessNsec, modifySec, modifyNsec,
    );
  },
  // statx(dirfd, path, flags, mask, buffer)
  291(gate, program, dirfd, path, flags, _mask, buffer) {
    const error = gate.kernel.statx(program.process.pid, dirfd, program.string(path), flags);
    if (!error) program.put(buffer, gate.mail(0, STATX));
    return error;
  },
};
