// File contents: one growable byte array for each inode number.
import { BLOCKED, EFBIG, EIO, ENOSPC } from "./errno.js";

/** The largest file, bytes: what one ArrayBuffer can be trusted to give. */
const MAX_SIZE = 0x7fff0000;
const EMPTY = new Uint8Array(0);

/** The bytes of one inode. */
export class Content {
  /** @param {number} ino the inode number */
  constructor(ino) {
    this.ino = ino;
    /** @type {Uint8Array} capacity, of which the first `size` bytes count */
    this.bytes = EMPTY;
    this.size = 0;
    /** Nanoseconds would need a BigInt: milliseconds since the epoch of the last write not yet reported. */
    this.writtenMs = 0;
    /** Who has written it then, a pid; 0 for the API. */
    this.writer = 0;
    /** True while `bytes` is shared with somebody who must not see writes (a downloaded program). */
    this.shared = false;
    /** @type {import("./image.js").Image | null} the program these bytes are, compiled */
    this.image = null;
    /** @type {Promise<void> | "failed" | null} the compilation under way */
    this.compiling = null;
    /** @type {import("./download.js").Download | null} where the bytes come from until they are here */
    this.download = null;
    /** Where they begin in the download. */
    this.offset = 0;
  }

  /**
   * Says where the bytes will come from when they are asked for.
   * @param {import("./download.js").Download} download
   * @param {number} offset where they begin in it
   * @param {number} size how many they are
   */
  comesFrom(download, offset, size) {
    this.download = download;
    this.offset = offset;
    this.size = size;
  }

  /** Gives up what has not come yet: somebody replaces it. */
  abandon() {
    if (!this.download) return;
    this.download = null;
    this.size = 0;
  }

  /**
   * Makes room for `end` bytes.
   * @param {number} end
   * @returns {number} 0, -EFBIG or -ENOSPC
   */
  reserve(end) {
    if (end > MAX_SIZE) return -EFBIG;
    if (end <= this.bytes.length && !this.shared) return 0;
    let grown;
    try {
      grown = new Uint8Array(Math.max(end, Math.min(this.bytes.length * 2, MAX_SIZE), 256));
    } catch {
      return -ENOSPC;
    }
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
    this.shared = false;
    return 0;
  }

  /**
   * @param {number} position
   * @param {Uint8Array} data
   * @returns {number} bytes written or -errno
   */
  write(position, data) {
    const end = position + data.length;
    const error = this.reserve(end);
    if (error) return error;
    if (position > this.size) this.bytes.fill(0, this.size, position);
    this.bytes.set(data, position);
    if (end > this.size) this.size = end;
    this.image = this.compiling = null;
    return data.length;
  }

  /**
   * @param {number} size
   * @returns {number} 0 or -errno
   */
  truncate(size) {
    const error = this.reserve(size);
    if (error) return error;
    if (size > this.size) this.bytes.fill(0, this.size, size);
    this.size = size;
    this.image = this.compiling = null;
    if (size === 0 && this.bytes.length > 65536) this.bytes = EMPTY;
    return 0;
  }

  /**
   * Sees to it that the bytes are here.
   * @param {() => void} ready called once, when they are or cannot be
   * @returns {number} 0, BLOCKED, or -EIO when the download failed
   */
  demand(ready) {
    const { download } = this;
    if (!download) return 0;
    if (download.bytes) {
      const whole = this.size === download.bytes.length;
      this.bytes = whole ? download.bytes : download.bytes.subarray(this.offset, this.offset + this.size);
      this.shared = true;
      this.download = null;
      return 0;
    }
    if (download.hasFailed()) return -EIO;
    download.whenSettled(ready);
    return BLOCKED;
  }
}

/** All contents, and which of them the kernel has not yet been told of. */
export class ContentStore {
  constructor() {
    /** @type {Map<number, Content>} */
    this.byInode = new Map();
    /** @type {Set<Content>} */
    this.unreported = new Set();
  }

  /**
   * @param {number} ino
   * @returns {Content}
   */
  of(ino) {
    let content = this.byInode.get(ino);
    if (!content) this.byInode.set(ino, (content = new Content(ino)));
    return content;
  }

  /**
   * @param {Content} content has just been written
   * @param {number} writer by this pid; 0 for the API
   */
  touched(content, writer) {
    content.writer = writer;
    content.writtenMs = performance.timeOrigin + performance.now();
    this.unreported.add(content);
  }

  /** @param {number} ino is gone: no name and no open file refers to it */
  discard(ino) {
    const content = this.byInode.get(ino);
    if (!content) return;
    this.unreported.delete(content);
    this.byInode.delete(ino);
  }
}
