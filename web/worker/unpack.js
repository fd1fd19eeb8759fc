// Files from an archive: a stream of bytes through gunzip; headers go to the kernel, contents to the gate.
import { ENOSPC } from "../gate/errno.js";
import { latin1 } from "../gate/latin1.js";
import { afterEvents } from "../gate/turn.js";
import { apiError } from "./errors.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../gate/content.js").Content} Content */

/** Compressed bytes are unpacked so many at once: they become a thousand times as many at most. */
const COMPRESSED_PIECE = 8192;
/** So long it works until it gives way to events, milliseconds. */
const SLICE_MS = 4;

/**
 * Extracts an archive.
 * @param {System} system
 * @param {number} number of the extraction, as the kernel's `extract` answered
 * @param {Blob} archive a tar file, compressed by gzip or not
 * @returns {Promise<{ members: number, notes: string[] }>}
 * @throws {Error} ArchiveError, NoSpaceError, with the member at which it ends
 */
export async function unpack(system, number, archive) {
  const { gate, api } = system;
  const source = new Source(await plain(archive));
  /** @type {{ members: number, notes: string[] }} */
  let done;
  try {
    await follow(system, number, source);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    throw archiveError("ArchiveError", api.extract_fail(number, error.message));
  } finally {
    await source.cancel();
    gate.report();
    done = JSON.parse(api.extract_end(number));
  }
  return done;
}

/**
 * Does what the kernel wants until all is done.
 * @param {System} system
 * @param {number} number
 * @param {Source} source
 */
async function follow({ gate, api }, number, source) {
  let given = "";
  for (;;) {
    gate.report();
    const wanted = api.extract_next(number, given);
    if (typeof wanted === "number") throw apiError(wanted, "the archive");
    if (!wanted) break;
    const [what, ...words] = wanted.split(" ");
    if (what === "failed") {
      const [space, ...reason] = words;
      throw archiveError(space === "1" ? "NoSpaceError" : "ArchiveError", reason.join(" "));
    }
    const numbers = words.map(Number);
    if (what === "bytes") given = latin1(source.ready(numbers[0]) ?? (await source.take(numbers[0])));
    else if (what === "skip") given = String(await source.skip(numbers[0]));
    else given = await fill(gate.contents.of(numbers[0]), numbers, source);
    if (source.isOverdue()) await source.giveWay();
  }
  // what comes after the end mark tells whether the compressed data is whole
  await source.skip(Infinity);
}

/**
 * Puts the next bytes into a content.
 * @param {Content} content
 * @param {number[]} numbers its inode number, its size, offset and length of each piece
 * @param {Source} source
 * @returns {Promise<string>} what it takes, -errno, or "" where the archive has ended
 */
async function fill(content, [, size, ...places], source) {
  for (let i = 0; i < places.length; i += 2) {
    let at = places[i];
    const end = at + places[i + 1];
    while (at < end) {
      const bytes = source.waiting ? source.some(end - at) : await source.next(end - at);
      if (!bytes.length) return "";
      const count = content.write(at, bytes);
      if (count < 0) return String(count);
      if (count < bytes.length) return String(-ENOSPC);
      at += count;
      if (source.isOverdue()) await source.giveWay();
    }
  }
  if (content.size < size) {
    const error = content.truncate(size);
    if (error) return String(error);
  }
  return String(content.blocks);
}

/** The archive's compressed data is not what it should be. */
class DamagedError extends Error {}

/** Bytes of a stream, in the amounts that are asked for. */
class Source {
  /** @type {Uint8Array} what has come and not been taken */
  #bytes = new Uint8Array(0);
  #ended = false;
  #sinceMs = performance.now();

  /** @param {ReadableStream<Uint8Array>} stream */
  constructor(stream) {
    this.reader = stream.getReader();
  }

  /** @returns {Promise<boolean>} whether more has come; only when all has been taken */
  async #more() {
    if (this.#ended) return false;
    try {
      for (;;) {
        const { done, value } = await this.reader.read();
        if (done) {
          this.#ended = true;
          return false;
        }
        if (!value.length) continue;
        this.#bytes = value;
        return true;
      }
    } catch (error) {
      this.#ended = true;
      throw new DamagedError("the compressed data is damaged or ends too early", { cause: error });
    }
  }

  /** @returns {boolean} whether bytes are here */
  get waiting() {
    return this.#bytes.length > 0;
  }

  /**
   * @param {number} count
   * @returns {Uint8Array | null} the next so many, if they are here
   */
  ready(count) {
    return this.#bytes.length >= count ? this.some(count) : null;
  }

  /** @param {number} most @returns {Uint8Array} the next of those that are here */
  some(most) {
    const bytes = this.#bytes.subarray(0, most);
    this.#bytes = this.#bytes.subarray(bytes.length);
    return bytes;
  }

  /** @param {number} most @returns {Promise<Uint8Array>} the next; none at the end */
  async next(most) {
    if (!this.#bytes.length) await this.#more();
    return this.some(most);
  }

  /** @param {number} count @returns {Promise<Uint8Array>} the next so many, fewer at the end */
  async take(count) {
    const parts = [];
    let length = 0;
    while (length < count) {
      const part = await this.next(count - length);
      if (!part.length) break;
      parts.push(part);
      length += part.length;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** @param {number} count @returns {Promise<number>} how many were left out: fewer at the end */
  async skip(count) {
    let length = 0;
    while (length < count) {
      const part = await this.next(count - length);
      if (!part.length) break;
      length += part.length;
      if (this.isOverdue()) await this.giveWay();
    }
    return length;
  }

  /** @returns {boolean} whether it is time to give way */
  isOverdue() {
    return performance.now() - this.#sinceMs > SLICE_MS;
  }

  /** Events come first, and programs. */
  async giveWay() {
    await new Promise((resolve) => afterEvents(() => resolve(undefined)));
    this.#sinceMs = performance.now();
  }

  async cancel() {
    await this.reader.cancel().catch(() => {});
  }
}

/**
 * The bytes of an archive, unpacked if they are compressed.
 * @param {Blob} archive
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
async function plain(archive) {
  const [first, second] = new Uint8Array(await archive.slice(0, 2).arrayBuffer());
  const stream = archive.stream();
  if (first !== 0x1f || second !== 0x8b) return stream;
  return inPieces(stream).pipeThrough(new DecompressionStream("gzip"));
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>} the same in small pieces
 */
function inPieces(stream) {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  return new ReadableStream({
    async pull(out) {
      while (!rest.length) {
        const { done, value } = await reader.read();
        if (done) return out.close();
        rest = value;
      }
      out.enqueue(rest.slice(0, COMPRESSED_PIECE));
      rest = rest.subarray(COMPRESSED_PIECE);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** @param {string} name @param {string} message @returns {Error} */
function archiveError(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}
