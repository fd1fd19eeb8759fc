// What a session consists of, in memory: rows, their pages, what of them is not stored yet,
// snapshots.
import { CHUNK } from "../gate/chunk.js";
import { decodeRoot } from "./format.js";
import { Ref, Row, Stored, pageNow, pageOf } from "./rows.js";

/** @typedef {import("../gate/chunk.js").Chunk} Chunk */
/** @typedef {import("../gate/content.js").Content} Content */
/** @typedef {import("../gate/content-store.js").ContentStore} ContentStore */
/** @typedef {import("./rows.js").Page} Page */
/** @typedef {import("./format.js").Head} Head */
/** @typedef {import("./format.js").SnapshotRecord} SnapshotRecord */

/** About so many bytes a version of a page takes. */
const PAGE_BYTES = 12_000;
/** No record has a lower number: below are the site's own inodes. */
const FIRST_RECORD = 2 ** 20;

/**
 * A snapshot: a root that is kept.
 * @typedef {object} Snapshot
 * @property {string} id
 * @property {string} name
 * @property {number} createdMs
 * @property {number} files
 * @property {number} bytes
 * @property {string} session
 * @property {Map<number, number>} root
 * @property {boolean} stored
 */

/**
 * What one save writes.
 * @typedef {object} Batch
 * @property {number} edits the state that it stores, see Ledger.edits
 * @property {Ref[]} refs whose bytes are not stored yet
 * @property {Map<number, Page>} pages by version, not stored yet
 * @property {Snapshot[]} snapshots not stored yet
 * @property {string[]} dropped ids of stored snapshots to be deleted
 * @property {Map<number, number>} root
 * @property {Omit<Head, "generation" | "writer" | "root" | "nextBlob" | "createdMs" |
 *   "lastUsedMs">} head
 */

export class Ledger {
  /**
   * @param {{ volatile: boolean }} options a volatile one is never stored: it keeps all bytes
   *   itself
   */
  constructor({ volatile }) {
    this.volatile = volatile;
    /** @type {Map<number, Row>} by record */
    this.rows = new Map();
    /** @type {Map<number, number>} which version of each page counts */
    this.root = new Map();
    /** @type {Map<number, number>} ... in what is stored */
    this.storedRoot = new Map();
    /** @type {Map<number, Page>} by version: those of both roots, and those not stored yet */
    this.versions = new Map();
    /** @type {Set<number>} versions not stored yet and in no batch */
    this.newVersions = new Set();
    /** @type {Set<Ref>} whose bytes are not stored yet and in no batch */
    this.newRefs = new Set();
    /** @type {Batch | null} being stored */
    this.batch = null;
    /** @type {Map<number, number>} inode number → record */
    this.records = new Map();
    /** @type {Map<number, number>} record → inode number */
    this.inodes = new Map();
    /** @type {Set<Content>} changed, without a row so far */
    this.rowless = new Set();
    /** @type {Map<string, Snapshot>} */
    this.snapshots = new Map();
    /** @type {string[]} ids of stored snapshots that shall go */
    this.dropped = [];
    this.nextBlob = 1;
    this.nextPage = 1;
    this.nextRecord = FIRST_RECORD;
    this.files = 0;
    this.bytes = 0;
    /** About so many stored bytes nothing leads to any more. */
    this.deadBytes = 0;
    /** What the kernel keeps besides its rows, JSON. */
    this.session = "{}";
    /**
     * Grows with every change; the state that is stored, and the one that certainly is on the disk.
     */
    this.edits = 0;
    this.storedEdits = 0;
    /**
     * True when a save may or may not have been stored: nothing may be deleted by what is known.
     */
    this.uncertain = false;
  }

  /**
   * Takes over what is stored.
   * @param {Head} head
   * @param {Map<number, Page>} pages by version, those of the head's root that can be read
   * @param {SnapshotRecord[]} snapshots
   */
  load(head, pages, snapshots) {
    this.root = decodeRoot(head.root);
    this.storedRoot = new Map(this.root);
    this.versions = pages;
    for (const { rows } of pages.values()) for (const [record, row] of rows) this.#set(record, row);
    for (const { root, ...rest } of snapshots) {
      this.snapshots.set(rest.id, { ...rest, root: decodeRoot(root), stored: true });
    }
    this.nextBlob = head.nextBlob;
    this.nextPage = head.nextPage;
    this.nextRecord = head.nextRecord;
    this.deadBytes = head.deadBytes;
    this.session = head.session;
  }

  /**
   * Begins with a snapshot of another session. Volatile: what of it is stored is stored there.
   * @param {Map<number, number>} root
   * @param {Map<number, Page>} pages by version
   * @param {{ nextRecord: number, nextPage: number, session: string }} head of that session
   */
  begin(root, pages, { nextRecord, nextPage, session }) {
    this.root = root;
    this.versions = pages;
    for (const { rows } of pages.values()) for (const [record, row] of rows) this.#set(record, row);
    this.nextRecord = nextRecord;
    this.nextPage = nextPage;
    this.session = session;
  }

  /** @returns {boolean} whether there is anything that is not stored */
  get changed() {
    return this.edits !== this.storedEdits;
  }

  /** Makes the next save write a head even if nothing has changed. */
  touch() {
    this.edits++;
  }

  /**
   * Takes over how things are at this moment. Copies no contents: it freezes them.
   * @param {Iterable<[record: number, text: string, ino: number]>} rows that have changed, or are
   *   new
   * @param {Iterable<number>} gone records
   * @param {ContentStore} contents
   */
  cut(rows, gone, contents) {
    /** @type {Set<number>} */
    const pages = new Set();
    const changed = new Set([...this.rowless, ...contents.changed]);
    contents.changed.clear();
    this.rowless.clear();
    for (const record of gone) {
      if (!this.rows.has(record)) continue;
      this.#set(record, null);
      this.#forgetInode(record);
      pages.add(pageOf(record));
    }
    for (const [record, text, ino] of rows) {
      const content = contents.byInode.get(ino);
      const before = this.rows.get(record);
      let stored = before?.content ?? null;
      if (content) {
        const own = content.own && (changed.delete(content) || !before || !stored);
        stored = own ? this.#store(content) : content.own ? stored : null;
      }
      this.#set(record, new Row(text, stored));
      this.place(ino, record);
      pages.add(pageOf(record));
    }
    for (const content of changed) {
      const record = this.records.get(content.ino);
      const row = record === undefined ? undefined : this.rows.get(record);
      if (record !== undefined && row) {
        this.#set(record, new Row(row.text, this.#store(content)));
        pages.add(pageOf(record));
      } else if (contents.byInode.get(content.ino) === content) {
        this.rowless.add(content);
      }
    }
    for (const page of pages) this.#renew(page);
    if (pages.size) this.edits++;
  }

  /**
   * Notes which inode a row is about.
   * @param {number} ino
   * @param {number} record
   */
  place(ino, record) {
    if (!ino) return;
    this.records.set(ino, record);
    this.inodes.set(record, ino);
  }

  /** @param {number} record */
  #forgetInode(record) {
    const ino = this.inodes.get(record);
    if (ino === undefined) return;
    this.inodes.delete(record);
    if (this.records.get(ino) === record) this.records.delete(ino);
  }

  /**
   * @param {number} record
   * @param {Row | null} row null: there is none any more
   */
  #set(record, row) {
    const before = this.rows.get(record)?.content;
    const after = row?.content;
    if (row) this.rows.set(record, row);
    else this.rows.delete(record);
    if (record >= this.nextRecord) this.nextRecord = record + 1;
    if (before === after) return;
    if (before) {
      this.files--;
      this.bytes -= before.bytes;
      for (const [i, ref] of before.refs) if (ref !== after?.refs.get(i)) this.#release(ref);
    }
    if (!after) return;
    this.files++;
    this.bytes += after.bytes;
    for (const ref of after.refs.values()) ref.released = false;
  }

  /** @param {Ref} ref that no row needs any more */
  #release(ref) {
    if (ref.kept || ref.released) return;
    ref.released = true;
    this.newRefs.delete(ref);
    if (!ref.bytes) this.deadBytes += ref.length;
  }

  /**
   * @param {Content} content
   * @returns {Stored} as it is now
   */
  #store(content) {
    const { chunks, size } = content;
    const refs = new Map();
    for (const [i, chunk] of chunks) {
      refs.set(i, this.#freeze(chunk, Math.max(0, Math.min(CHUNK, size - i * CHUNK))));
    }
    return new Stored(size, refs);
  }

  /**
   * @param {Chunk} chunk
   * @param {number} used how many of its bytes count at most
   * @returns {Ref} to its bytes as they are now
   */
  #freeze(chunk, used) {
    const { bytes, blocks } = chunk;
    // (one that was cut while its bytes were in the store only has a shorter copy of its Ref)
    const saved = /** @type {Ref | null} */ (chunk.saved);
    if (saved instanceof Ref && saved.blocks === blocks) return saved;
    const length = saved ? saved.length : Math.min(used, bytes?.length ?? 0);
    const ref = new Ref(length, blocks, saved ? saved.bytes : bytes);
    if (saved) {
      ref.blob = saved.blob;
      ref.offset = saved.offset;
      ref.total = saved.total;
      chunk.holder = null; // (two share the array: neither can say that it is free)
    } else {
      chunk.freeze(ref);
      ref.chunk = chunk;
    }
    chunk.saved = ref;
    if (ref.bytes && !this.volatile) this.newRefs.add(ref);
    return ref;
  }

  /**
   * Has the bytes of some chunks stored anew, elsewhere: what they are in now can go then.
   * @param {Map<number, Uint8Array>} blobs by number
   * @param {ContentStore | null} contents
   */
  move(blobs, contents) {
    const pages = new Set();
    for (const [record, { text, content }] of this.rows) {
      const refs = new Map(content?.refs);
      const chunks = contents?.byInode.get(this.inodes.get(record) ?? 0)?.chunks;
      let moved = false;
      for (const [i, ref] of refs) {
        const bytes = ref.bytes ? undefined : blobs.get(ref.blob);
        if (!bytes) continue;
        const part = bytes.slice(ref.offset, ref.offset + ref.length);
        const again = new Ref(ref.length, ref.blocks, part);
        refs.set(i, again);
        this.newRefs.add(again);
        const chunk = chunks?.get(i);
        if (chunk?.saved === ref) chunk.saved = again;
        moved = true;
      }
      if (!content || !moved) continue;
      this.#set(record, new Row(text, new Stored(content.size, refs)));
      pages.add(pageOf(record));
    }
    for (const page of pages) this.#renew(page);
    for (const { length } of blobs.values()) this.deadBytes += length;
    if (pages.size) this.edits++;
  }

  /** @param {number} page some rows of which have changed: it gets a new version */
  #renew(page) {
    const old = this.root.get(page);
    if (old !== undefined) this.#retire(old);
    const now = pageNow(page, this.rows);
    if (!now.rows.length) {
      this.root.delete(page);
      return;
    }
    const version = this.nextPage++;
    this.root.set(page, version);
    this.versions.set(version, now);
    if (!this.volatile) this.newVersions.add(version);
  }

  /** @param {number} version that the root does not name any more */
  #retire(version) {
    if (this.volatile || !this.newVersions.has(version)) {
      this.deadBytes += PAGE_BYTES;
    } else if (!this.#inSnapshot(version)) {
      this.newVersions.delete(version);
      this.versions.delete(version);
    }
  }

  /** @param {number} version @returns {boolean} */
  #inSnapshot(version) {
    const page = /** @type {Page} */ (this.versions.get(version)).page;
    for (const { root, stored } of this.snapshots.values())
      if (!stored && root.get(page) === version) return true;
    return false;
  }

  /**
   * Keeps the last cut.
   * @param {string} name for people
   * @param {string} id
   * @returns {Snapshot}
   */
  snapshot(name, id) {
    const { files, bytes, session } = this;
    const root = new Map(this.root);
    const snapshot = {
      id,
      name,
      createdMs: Date.now(),
      files,
      bytes,
      session,
      root,
      stored: false,
    };
    this.snapshots.set(id, snapshot);
    for (const ref of this.newRefs) ref.kept = true;
    for (const ref of this.batch?.refs ?? []) ref.kept = true;
    this.edits++;
    return snapshot;
  }

  /** @param {string} id of a snapshot that is not wanted any more */
  dropSnapshot(id) {
    const snapshot = this.snapshots.get(id);
    if (!snapshot) return;
    this.snapshots.delete(id);
    if (snapshot.stored || this.batch?.snapshots.includes(snapshot)) this.dropped.push(id);
    this.deadBytes += snapshot.bytes;
    this.edits++;
    if (this.volatile) this.#prune();
  }

  /**
   * Makes the rows what they were.
   * @param {Snapshot} snapshot
   * @param {Map<number, Page>} pages by version: those that the root does not name
   * @returns {{ rows: string[], gone: number[] }} texts of rows that differ, records that are not
   *   there any more
   */
  restore(snapshot, pages) {
    const rows = [];
    const gone = [];
    for (const page of new Set([...this.root.keys(), ...snapshot.root.keys()])) {
      const old = this.root.get(page);
      const version = snapshot.root.get(page);
      if (old === version) continue;
      const before = pageNow(page, this.rows).rows;
      const after = version === undefined ? [] : /** @type {Page} */ (pages.get(version)).rows;
      const kept = new Set();
      for (const [record, row] of after) {
        kept.add(record);
        const now = this.rows.get(record);
        const same =
          now &&
          now.text === row.text &&
          (row.content ? row.content.equals(now.content) : !now.content);
        if (!same) rows.push(row.text);
        this.#set(record, row);
      }
      for (const [record] of before) {
        if (kept.has(record)) continue;
        gone.push(record);
        this.#set(record, null);
        this.#forgetInode(record);
      }
      if (old !== undefined) this.#retire(old);
      if (version === undefined) this.root.delete(page);
      else {
        this.root.set(page, version);
        this.versions.set(version, { page, rows: after });
      }
    }
    this.session = snapshot.session;
    this.edits++;
    return { rows, gone };
  }

  /**
   * @returns {Batch} all that is not stored
   */
  take() {
    const { edits, nextPage, nextRecord, files, bytes, session, deadBytes } = this;
    const pages = new Map();
    for (const version of this.newVersions) pages.set(version, this.versions.get(version));
    this.batch = {
      edits,
      refs: [...this.newRefs],
      pages,
      snapshots: [...this.snapshots.values()].filter(({ stored }) => !stored),
      dropped: this.dropped,
      root: new Map(this.root),
      head: {
        nextPage,
        nextRecord,
        files,
        bytes,
        deadBytes,
        session,
        snapshots: this.snapshots.size,
      },
    };
    this.newRefs.clear();
    this.newVersions.clear();
    this.dropped = [];
    return this.batch;
  }

  /** The batch is stored. */
  stored() {
    const batch = /** @type {Batch} */ (this.batch);
    this.batch = null;
    this.uncertain = false;
    this.storedEdits = batch.edits;
    this.storedRoot = batch.root;
    for (const ref of batch.refs) {
      ref.bytes = null;
      ref.chunk?.release(ref);
      ref.chunk = null;
      if (ref.released) this.deadBytes += ref.length;
    }
    for (const snapshot of batch.snapshots) snapshot.stored = true;
    this.#prune();
  }

  /** The batch is not stored: what of it is still wanted waits for the next one. */
  notStored() {
    const batch = /** @type {Batch} */ (this.batch);
    this.batch = null;
    // (what of them may have been written ahead counts for nothing)
    for (const ref of batch.refs) ref.blob = 0;
    const later = [...this.newRefs];
    this.newRefs = new Set(batch.refs.filter(({ released }) => !released));
    for (const ref of later) this.newRefs.add(ref);
    for (const [version, { page }] of batch.pages) {
      if (this.root.get(page) === version || this.#inSnapshot(version))
        this.newVersions.add(version);
    }
    this.dropped.push(...batch.dropped);
    this.#prune();
  }

  /** Forgets versions of pages that nobody needs here any more. */
  #prune() {
    const needed = new Set([
      ...this.root.values(),
      ...this.storedRoot.values(),
      ...this.newVersions,
    ]);
    if (this.volatile)
      for (const { root } of this.snapshots.values()) for (const v of root.values()) needed.add(v);
    for (const version of this.versions.keys())
      if (!needed.has(version)) this.versions.delete(version);
  }

  /**
   * Nothing is stored any more: all that is here waits to be stored anew. Bytes that are not here
   * are lost, and so are snapshots of which pages are not here.
   * @param {ContentStore | null} contents
   * @returns {{ records: number[], snapshots: string[] }} what is lost: rows of files, names of
   *   snapshots
   */
  storeAll(contents) {
    if (contents) {
      for (const content of contents.byInode.values()) {
        for (const chunk of content.chunks.values()) {
          if (!(chunk.saved instanceof Ref) || !chunk.bytes || chunk.saved.bytes) continue;
          chunk.saved.bytes = chunk.bytes;
          chunk.freeze(null);
        }
      }
    }
    const records = [];
    for (const [record, { content }] of this.rows) {
      let lost = false;
      for (const ref of content?.refs.values() ?? []) {
        if (!ref.length) continue;
        if (ref.bytes) this.newRefs.add(ref);
        else {
          ref.offset = -1;
          lost = true;
        }
      }
      if (lost) records.push(record);
    }
    const snapshots = [];
    for (const [id, { name, root, stored }] of this.snapshots) {
      if (!stored && [...root.values()].every((version) => this.versions.has(version))) continue;
      this.snapshots.delete(id);
      snapshots.push(name || id);
    }
    this.dropped = [];
    this.storedRoot = new Map();
    for (const version of this.root.values()) this.newVersions.add(version);
    this.deadBytes = 0;
    this.edits++;
    return { records, snapshots };
  }
}
