// All contents: which the kernel has not been told of, which have changed since they were saved, and the room there is.
import { Content } from "./content.js";

/** @typedef {import("./chunk.js").Chunk} Chunk */

/** How much files may take where nobody says otherwise, bytes: they are in memory. */
export const DEFAULT_LIMIT = 2 ** 31;

/** The contents of one sandbox's files. */
export class ContentStore {
  constructor() {
    /** @type {Map<number, Content>} */
    this.byInode = new Map();
    /** @type {Set<Content>} the kernel does not know of their last write, or read */
    this.unreported = new Set();
    /** @type {Set<Content>} written since the last cut of the session's store */
    this.changed = new Set();
    /** What all of these take, bytes; the site's own count for nothing. */
    this.allocated = 0;
    /** What those of a session take that nobody has looked for yet, bytes: they have no `Content`. */
    this.unseen = 0;
    /** How much they may take, bytes (web/worker/limits.js). */
    this.limit = DEFAULT_LIMIT;
    /** Whether the browser cannot save more: what is there can be read and written over, but nothing added. */
    this.full = false;
    /** @type {(content: Content, chunks: Chunk[]) => Promise<void>} has pieces come (`Content.arrived`) */
    this.load = async () => {
      throw new Error("nothing is stored");
    };
  }

  /** What all files but the site's own take, bytes. */
  get taken() {
    return this.allocated + this.unseen;
  }

  /**
   * @param {number} bytes more than there are
   * @returns {boolean}
   */
  hasRoom(bytes) {
    return !this.full && this.allocated + this.unseen + bytes <= this.limit;
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
    content.unread = true;
    this.unreported.add(content);
  }

  /** @param {Content} content has just been read for the first time since it was written (`unread`) */
  read(content) {
    content.unread = false;
    content.readMs = performance.timeOrigin + performance.now();
    this.unreported.add(content);
  }

  /** @param {Content} content is what the kernel and the store know: nothing is to be told of it */
  forget(content) {
    content.writtenMs = content.readMs = 0;
    this.unreported.delete(content);
    this.changed.delete(content);
  }

  /** @param {number} ino is gone: no name and no open file refers to it */
  discard(ino) {
    const content = this.byInode.get(ino);
    if (!content) return;
    this.byInode.delete(ino);
    this.unreported.delete(content);
    content.store.dropped(content);
  }

  /** @param {Content} content is gone */
  dropped(content) {
    this.allocated -= content.allocated;
    this.forget(content);
  }
}
