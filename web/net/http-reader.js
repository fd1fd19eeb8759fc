// Messages of HTTP/1.1 out of a stream of bytes: heads, and bodies by their framing (RFC 9112).
import { fromLatin1, latin1 } from "../gate/latin1.js";

/** @typedef {{ read: (signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer> | null> }} Source */

/** The longest head, and the longest line of a chunk, bytes. */
const MAX_HEAD = 65_536;
const MAX_LINE = 4096;
/** The largest chunk whose size fits a number. */
const CHUNK_SIZE = /^([0-9a-fA-F]{1,13})[ \t]*(?:;.*)?$/;
const LF = 10;
const CR = 13;

/** What has come is no message of HTTP/1.1, or is too large; `status` is what a server answers. */
export class MalformedMessage extends Error {
  name = "MalformedMessage";

  /** @param {string} message @param {number} [status] */
  constructor(message, status = 400) {
    super(message);
    this.status = status;
  }
}

export class HttpReader {
  /** @type {Uint8Array<ArrayBuffer>} what has been read and not been used */
  #rest = new Uint8Array(0);
  #stream;

  /** @param {Source} stream @param {AbortSignal} [signal] */
  constructor(stream, signal) {
    this.#stream = stream;
    this.signal = signal;
  }

  /** @returns {Promise<boolean>} whether there was more */
  async #more() {
    const chunk = await this.#stream.read(this.signal);
    if (!chunk) return false;
    if (this.#rest.length) {
      const both = new Uint8Array(this.#rest.length + chunk.length);
      both.set(this.#rest);
      both.set(chunk, this.#rest.length);
      this.#rest = both;
    } else this.#rest = chunk;
    return true;
  }

  /** @returns {Promise<number>} the first byte of what comes, -1 at the end; it stays to be read */
  async peek() {
    while (!this.#rest.length) if (!(await this.#more())) return -1;
    return this.#rest[0];
  }

  /**
   * @param {boolean} [lenient] whether empty lines before it are skipped, as of a request
   * @returns {Promise<string | null>} a head without the empty line at its end (latin-1); null at the end of the stream
   * @throws {MalformedMessage}
   */
  async head(lenient = false) {
    let from = 0;
    for (;;) {
      const rest = this.#rest;
      if (lenient && from === 0) {
        let skipped = 0;
        while (rest[skipped] === CR || rest[skipped] === LF) skipped++;
        if (skipped) {
          this.#rest = rest.subarray(skipped);
          continue;
        }
      }
      for (let at = rest.indexOf(LF, from); at >= 0; at = rest.indexOf(LF, at + 1)) {
        const next = rest[at + 1] === CR ? at + 2 : at + 1;
        if (rest[next] !== LF) continue;
        if (at > MAX_HEAD) break;
        this.#rest = rest.subarray(next + 1);
        return latin1(rest.subarray(0, rest[at - 1] === CR ? at - 1 : at));
      }
      if (rest.length > MAX_HEAD) throw new MalformedMessage("the head is too large", 431);
      from = Math.max(0, rest.length - 2);
      if (await this.#more()) continue;
      if (!this.#rest.length) return null;
      throw new MalformedMessage("the connection has ended within a head");
    }
  }

  /**
   * The next bytes of a body.
   * @param {number} most
   * @returns {Promise<Uint8Array<ArrayBuffer> | null>} null at the end of the stream
   */
  async take(most) {
    while (!this.#rest.length) if (!(await this.#more())) return null;
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async #line() {
    for (;;) {
      const at = this.#rest.indexOf(LF);
      if (at >= 0) {
        const line = this.#rest.subarray(0, this.#rest[at - 1] === CR ? at - 1 : at);
        this.#rest = this.#rest.subarray(at + 1);
        return latin1(line);
      }
      if (this.#rest.length > MAX_LINE) throw new MalformedMessage("a line of a chunk is too long");
      if (!(await this.#more())) throw new MalformedMessage("the connection has ended within a body");
    }
  }

  /**
   * @param {number} length bytes; -1: in chunks, Infinity: to the end of the stream
   * @param {boolean} [framed] whether what frames chunks, and the trailers, are among the bytes
   * @returns {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>}
   * @throws {MalformedMessage}
   */
  async *body(length, framed = false) {
    if (length >= 0) {
      yield* this.#plain(length);
      return;
    }
    for (;;) {
      const begin = await this.#line();
      const size = CHUNK_SIZE.exec(begin);
      if (!size) throw new MalformedMessage("the size of a chunk is malformed");
      if (framed) yield fromLatin1(`${begin}\r\n`);
      const count = parseInt(size[1], 16);
      if (count === 0) break;
      yield* this.#plain(count);
      if (await this.#line()) throw new MalformedMessage("a chunk has more bytes than it says");
      if (framed) yield fromLatin1("\r\n");
    }
    let trailers = 0;
    for (let line = await this.#line(); line; line = await this.#line()) {
      trailers += line.length;
      if (trailers > MAX_HEAD) throw new MalformedMessage("the trailers are too large", 431);
      if (framed) yield fromLatin1(`${line}\r\n`);
    }
    if (framed) yield fromLatin1("\r\n");
  }

  /** @param {number} length @returns {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>} */
  async *#plain(length) {
    for (let left = length; left > 0; ) {
      const bytes = await this.take(left);
      if (!bytes && length === Infinity) return;
      if (!bytes) throw new MalformedMessage("the connection has ended within a body");
      left -= bytes.length;
      yield bytes;
    }
  }
}
