// The gate's mirror of an open file description: what read and write need to know.

/** Kinds of open file; the same numbers as tabux.kernel.files.Kind. */
export const Kind = Object.freeze({
  REGULAR: 1,
  DIRECTORY: 2,
  PIPE: 3,
  TTY: 4,
  NULL: 5,
  ZERO: 6,
  FULL: 7,
  RANDOM: 8,
  SINK: 9,
  PATH: 10,
  SIGNALS: 11,
  SOCKET: 12,
});

export const O_ACCMODE = 3;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_NOATIME = 0o1000000;

/** An open file description. Descriptors of several processes may share it. */
export class OpenFile {
  /**
   * @param {number} id the kernel's number for it
   * @param {number} kind one of Kind
   * @param {number} flags as of fcntl(F_GETFL)
   */
  constructor(id, kind, flags) {
    this.id = id;
    this.kind = kind;
    this.flags = flags;
    this.position = 0;
    /** @type {import("./content.js").Content | null} */
    this.content = null;
    /** @type {import("./pipe.js").Pipe | null} */
    this.pipe = null;
    /** @type {import("./socket.js").Socket | null} */
    this.socket = null;
    /** @type {import("./sink.js").Sink | null} who takes what is written to a SINK */
    this.sink = null;
  }

  get readable() {
    return (this.flags & O_ACCMODE) !== O_WRONLY && this.kind !== Kind.PATH;
  }

  get writable() {
    return (this.flags & O_ACCMODE) !== 0 && this.kind !== Kind.PATH;
  }
}
