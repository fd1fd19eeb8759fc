// Frames of WebSockets (RFC 6455, 5), as a server reads and writes them.

export const Opcode = Object.freeze({ CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 });
/** The longest payload of a control frame, bytes. */
const MAX_CONTROL = 125;
const FINAL = 0x80;
const MASKED = 0x80;

/** A client breaks the protocol: `code` is what the connection is closed with (7.4.1). */
export class ProtocolViolation extends Error {
  name = "ProtocolViolation";

  /** @param {number} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {number} opcode
 * @param {Uint8Array} payload
 * @returns {Uint8Array<ArrayBuffer>} a whole message, or a control frame, without a mask
 */
export function frame(opcode, payload) {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = new Uint8Array(2 + extended + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = FINAL | opcode;
  bytes[1] = extended === 0 ? length : extended === 2 ? 126 : 127;
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  bytes.set(payload, 2 + extended);
  return bytes;
}

/** @param {number} code 1005: none @param {string} reason @returns {Uint8Array<ArrayBuffer>} the payload of a close frame */
export function closing(code, reason) {
  if (code === 1005) return new Uint8Array(0);
  const text = new TextEncoder().encode(reason);
  const bytes = new Uint8Array(2 + text.length);
  new DataView(bytes.buffer).setUint16(0, code);
  bytes.set(text, 2);
  return bytes;
}

/** @param {Uint8Array} payload of a close frame @returns {{ code: number, reason: string }} @throws {ProtocolViolation} */
export function closed(payload) {
  if (!payload.length) return { code: 1005, reason: "" };
  const code = payload.length > 1 ? payload[0] * 256 + payload[1] : 0;
  if (code < 1000 || code > 4999 || [1004, 1005, 1006, 1015].includes(code) || (code > 1014 && code < 3000))
    throw new ProtocolViolation(1002, "this code cannot be sent");
  return { code, reason: utf8(payload.subarray(2)) };
}

/** @param {Uint8Array} bytes @returns {string} @throws {ProtocolViolation} */
export function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolViolation(1007, "a text is not UTF-8");
  }
}

export class FrameReader {
  #reader;
  #most;
  /** Of the message that is being read; 0 between messages. */
  #opcode = 0;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #parts = [];
  #size = 0;

  /**
   * @param {import("./http-reader.js").HttpReader} reader
   * @param {number} most bytes of a message
   */
  constructor(reader, most) {
    this.#reader = reader;
    this.#most = most;
  }

  /** @param {number} count @returns {Promise<Uint8Array<ArrayBuffer> | null>} exactly so many; null at the end */
  async #bytes(count) {
    const bytes = new Uint8Array(count);
    for (let done = 0; done < count; ) {
      const part = await this.#reader.take(count - done);
      if (!part) return null;
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /**
   * The next message, or control frame between the parts of one.
   * @returns {Promise<{ opcode: number, payload: Uint8Array<ArrayBuffer> } | null>} null where the connection has ended
   * @throws {ProtocolViolation}
   */
  async next() {
    for (;;) {
      const head = await this.#bytes(2);
      if (!head) return null;
      const final = Boolean(head[0] & FINAL);
      const opcode = head[0] & 15;
      const control = opcode >= 8;
      if (head[0] & 0x70) throw new ProtocolViolation(1002, "no extension has been agreed on");
      if (!(head[1] & MASKED)) throw new ProtocolViolation(1002, "a client has to mask what it sends");
      let length = head[1] & 127;
      if (control && (!final || length > MAX_CONTROL)) throw new ProtocolViolation(1002, "a control frame is too long");
      if (opcode > Opcode.PONG || (opcode > Opcode.BINARY && !control))
        throw new ProtocolViolation(1002, "there is no such kind of frame");
      if (!control && (opcode === Opcode.CONTINUATION) !== this.#opcode > 0)
        throw new ProtocolViolation(1002, "a message does not begin, or another has not ended");
      if (length > 125) {
        const more = await this.#bytes(length === 126 ? 2 : 8);
        if (!more) return null;
        const view = new DataView(more.buffer);
        length = more.length === 2 ? view.getUint16(0) : Number(view.getBigUint64(0));
      }
      if (!control && this.#size + length > this.#most) throw new ProtocolViolation(1009, "a message is too long");
      const mask = await this.#bytes(4);
      const payload = mask && (await this.#bytes(length));
      if (!payload) return null;
      for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
      if (control) return { opcode, payload };
      if (opcode !== Opcode.CONTINUATION) this.#opcode = opcode;
      this.#parts.push(payload);
      this.#size += length;
      if (final) return this.#message();
    }
  }

  #message() {
    const opcode = this.#opcode;
    const [first, ...more] = this.#parts;
    let payload = first;
    if (more.length) {
      payload = new Uint8Array(this.#size);
      let at = 0;
      for (const part of this.#parts) {
        payload.set(part, at);
        at += part.length;
      }
    }
    this.#opcode = this.#size = 0;
    this.#parts = [];
    return { opcode, payload };
  }
}
