// Linux error numbers, the answer "blocked", and the preview1 numbers that stand for them.

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const E2BIG = 7;
export const ENOEXEC = 8;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENOTTY = 25;
export const EFBIG = 27;
export const ENOSPC = 28;
export const ESPIPE = 29;
export const EPIPE = 32;
export const EDOM = 33;
export const ENAMETOOLONG = 36;
export const ENOSYS = 38;
export const ETIMEDOUT = 110;
export const ENETUNREACH = 101;
export const EHOSTUNREACH = 113;
export const ELOOP = 40;
export const ENOTSOCK = 88;
export const EMSGSIZE = 90;
export const ENOPROTOOPT = 92;
export const EOPNOTSUPP = 95;
export const ECONNRESET = 104;
export const EISCONN = 106;
export const ENOTCONN = 107;
export const ECONNREFUSED = 111;

/** What a call answers that cannot finish now (ERESTARTSYS; see docs/abi.md). */
export const BLOCKED = -512;

/** errno of wasi_snapshot_preview1, in its order; the index is the WASI number. */
const WASI_ORDER = [
  0, 7, 13, 98, 99, 97, 11, 114, 9, 74, 16, 125, 10, 103, 111, 104, 35, 89, 33, 122, 17, 14, 27, 113, 43, 84, 115, 4,
  22, 5, 106, 21, 40, 24, 31, 90, 72, 36, 100, 102, 101, 23, 105, 19, 2, 8, 37, 67, 12, 42, 92, 28, 38, 107, 20, 39,
  131, 88, 95, 25, 6, 75, 130, 1, 32, 71, 93, 91, 34, 30, 29, 3, 116, 110, 26, 18,
];
const LINUX_TO_WASI = new Uint16Array(256).fill(29 /* EIO */);
WASI_ORDER.forEach((linux, wasi) => {
  LINUX_TO_WASI[linux] = wasi;
});

/**
 * The preview1 error number for a system call's result.
 * @param {number} result -errno, or a value that is not negative
 * @returns {number} 0 for success
 */
export function wasiErrno(result) {
  if (result >= 0) return 0;
  return result === BLOCKED ? -BLOCKED : LINUX_TO_WASI[-result];
}
