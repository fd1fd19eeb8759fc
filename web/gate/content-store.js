// All contents: which the kernel has not been told of, which have changed since they were saved, and the room there is.
import { Content } from "./content.js";

/** @typedef {import("./chunk.js").Chunk} Chunk */

/** The contents of one sandbox's files. */
export class ContentStore {
  constructor() {
    /** @type {Map<number, Content>} */
    this.byInode = new Map();
    /** @type {Set<Content>} the kernel does not know of their last write */
    this.unreported = new Set();
    /** @type {Set<Content>} written since the last cut of the session's store */
    this.changed = new Set();
    /** What all of them take, bytes; the site's own count for nothing. */
    this.allocated = 0;
    /** How much they may take, bytes. */
    this.limit = Infinity;
    /** Whether the browser cannot save more: what is there can be read and written over, but nothing added. */
    this.full = false;
    /** @type {(content: Content, chunks: Chunk[]) => Promise<void>} has pieces come (`Content.arrived`) */
    this.load = async () => {
      throw new Error("nothing is stored");
    };
  }

  /**
   * @param {number} bytes more than there are
   * @returns {boolean}
   */
  hasRoom(bytes) {
    return !this.full && this.allocated + bytes <= this.limit;
  }

  /**
   * @param {number} ino
   * @returns {Content}
   */
  of(ino) {
    let content = this.byInode.get(ino);
    if (!content) this.byInode.set(ino, (content = new Content(ino, this)));
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
    this.allocated -= content.allocated;
    this.unreported.delete(content);
    this.changed.delete(content);
    this.byInode.delete(ino);
  }
}
