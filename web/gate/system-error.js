// A failed system call as an exception, for what is written in JavaScript; with the words of
// glibc's strerror(3).

/** @type {Record<number, string>} */
const MEANINGS = {
  1: "Operation not permitted",
  2: "No such file or directory",
  4: "Interrupted system call",
  5: "Input/output error",
  6: "No such device or address",
  9: "Bad file descriptor",
  11: "Resource temporarily unavailable",
  12: "Cannot allocate memory",
  13: "Permission denied",
  14: "Bad address",
  16: "Device or resource busy",
  17: "File exists",
  18: "Invalid cross-device link",
  20: "Not a directory",
  21: "Is a directory",
  22: "Invalid argument",
  23: "Too many open files in system",
  24: "Too many open files",
  25: "Inappropriate ioctl for device",
  26: "Text file busy",
  27: "File too large",
  28: "No space left on device",
  29: "Illegal seek",
  30: "Read-only file system",
  31: "Too many links",
  32: "Broken pipe",
  36: "File name too long",
  38: "Function not implemented",
  39: "Directory not empty",
  40: "Too many levels of symbolic links",
};

/**
 * @param {number} errno positive
 * @returns {string}
 */
export function strerror(errno) {
  return MEANINGS[errno] ?? `Unknown error ${errno}`;
}

/** What a failed call throws. */
export class SystemError extends Error {
  /** @param {number} errno positive */
  constructor(errno) {
    super(strerror(errno));
    this.name = "SystemError";
    this.errno = errno;
  }
}
