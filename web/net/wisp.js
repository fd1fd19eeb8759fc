// The client's side of a relay: WISP 1 (github.com/MercuryWorkshop/wisp-protocol), a connection of TCP in a WebSocket.
// There is one WebSocket for each connection: WISP itself holds up who sends too much to the relay, but not the relay,
// so that one slow reader would hold up all connections that share a WebSocket.
import { ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT } from "../gate/errno.js";
import { openSocket, SocketFailed } from "./message-socket.js";

const CONNECT = 1;
const DATA = 2;
const CONTINUE = 3;
const CLOSE = 4;
const TCP = 1;
/** A type and the number of a stream. */
const HEADER = 5;
/** The stream of the only connection. */
const STREAM = 1;
/** Reasons for CLOSE. */
const VOLUNTARY = 2;
/** @type {Record<number, [errno: number, text: string]>} */
const REASONS = {
  0x41: [ENETUNREACH, "the relay does not understand the address"],
  0x42: [EHOSTUNREACH, "the host cannot be reached"],
  0x43: [ETIMEDOUT, "the host does not answer"],
  0x44: [ECONNREFUSED, "the host refuses the connection"],
  0x47: [ETIMEDOUT, "nothing has been sent for too long"],
  0x48: [EHOSTUNREACH, "the relay does not allow this host"],
  0x49: [ECONNREFUSED, "the relay allows no more connections"],
};
/** So much is read ahead, to see what the relay says of what has been sent, bytes. */
const AHEAD = 1 << 18;

/** There is no connection (any more); `errno` is what a program sees. */
export class RelayFailed extends Error {
  name = "RelayFailed";

  /** @param {number} errno @param {string} message */
  constructor(errno, message) {
    super(message);
    this.errno = errno;
  }
}

/**
 * Bytes both ways, to and from a host outside.
 * @typedef {object} RemoteStream
 * @property {() => Promise<Uint8Array<ArrayBuffer> | null>} read what has come, null at the end
 * @property {(data: Uint8Array) => Promise<void>} write settles when there is room for more
 * @property {() => void} close what comes after is dropped
 * @property {boolean} ended whether nothing more comes, and nothing waits
 */

/** @param {number} type @param {number} stream @param {Uint8Array} payload */
function packet(type, stream, payload) {
  const bytes = new Uint8Array(HEADER + payload.length);
  bytes[0] = type;
  new DataView(bytes.buffer).setUint32(1, stream, true);
  bytes.set(payload, HEADER);
  return bytes;
}

/** @implements {RemoteStream} */
export class WispStream {
  /** @type {Uint8Array<ArrayBuffer>[]} what has come and is not read */
  #queue = [];
  #queued = 0;
  /** Packets that the relay still takes. */
  #credit = 0;
  /** @type {RelayFailed | null} */
  #failure = null;
  #over = false;
  #heard = false;
  /** @type {(() => void)[]} who waits for a change */
  #waiting = [];
  #socket;
  #onEvent;

  /**
   * @param {import("./message-socket.js").MessageSocket} socket
   * @param {number} credit
   * @param {() => void} onEvent at every message
   */
  constructor(socket, credit, onEvent) {
    this.#socket = socket;
    this.#credit = credit;
    this.#onEvent = onEvent;
    void this.#pump();
  }

  /**
   * @param {string} url of the relay
   * @param {string} host
   * @param {number} port
   * @param {AbortSignal} signal
   * @param {() => void} onEvent at every message
   * @returns {Promise<WispStream>} settles when the relay has been asked: whether the host answers, only what comes tells
   * @throws {RelayFailed}
   */
  static async open(url, host, port, signal, onEvent) {
    /** @type {import("./message-socket.js").MessageSocket | undefined} */
    let socket;
    const giveUp = () => socket?.close();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      socket = await openSocket(url, [], signal);
      onEvent();
      const first = await socket.read();
      onEvent();
      if (!(first instanceof Uint8Array) || first.length < HEADER + 4 || first[0] !== CONTINUE) {
        socket.close();
        throw new RelayFailed(ENETUNREACH, `the relay ${url} does not speak WISP`);
      }
      const credit = new DataView(first.buffer, first.byteOffset).getUint32(HEADER, true);
      const name = new TextEncoder().encode(host);
      const asked = new Uint8Array(3 + name.length);
      asked[0] = TCP;
      new DataView(asked.buffer).setUint16(1, port, true);
      asked.set(name, 3);
      await socket.write(packet(CONNECT, STREAM, asked));
      return new WispStream(socket, credit, onEvent);
    } catch (error) {
      socket?.close();
      if (error instanceof SocketFailed) throw new RelayFailed(ENETUNREACH, `the relay cannot be reached: ${error.message}`);
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #tell() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell();
  }

  /** @returns {Promise<void>} */
  #change() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Reads what the relay sends, as long as somebody reads it here. */
  async #pump() {
    try {
      while (!this.#over) {
        while (this.#queued > AHEAD && !this.#over) await this.#change();
        const message = await this.#socket.read();
        this.#onEvent();
        if (message === null) throw new RelayFailed(ECONNRESET, "the relay has closed its connection");
        if (this.#over) break;
        this.#hear(message);
        this.#tell();
      }
    } catch (error) {
      if (!this.#over) {
        this.#failure =
          error instanceof RelayFailed ? error : new RelayFailed(ECONNRESET, error instanceof Error ? error.message : "");
        this.#over = true;
      }
    }
    this.#socket.close();
    this.#tell();
  }

  /** @param {string | Uint8Array<ArrayBuffer>} message */
  #hear(message) {
    if (typeof message === "string" || message.length < HEADER)
      throw new RelayFailed(ECONNRESET, "the relay has sent something that is not of WISP");
    const payload = message.subarray(HEADER);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (new DataView(message.buffer, message.byteOffset).getUint32(1, true) !== STREAM) return;
    if (message[0] === DATA) {
      this.#heard = true;
      if (!payload.length) return;
      this.#queue.push(payload);
      this.#queued += payload.length;
    } else if (message[0] === CONTINUE && payload.length >= 4) this.#credit = view.getUint32(0, true);
    else if (message[0] === CLOSE) {
      const reason = payload[0];
      this.#over = true;
      if (reason === VOLUNTARY) return;
      const [errno, text] =
        REASONS[reason] ??
        (this.#heard ? [ECONNRESET, "the connection has been broken off"] : [ECONNREFUSED, "the host cannot be connected to"]);
      this.#failure = new RelayFailed(errno, text);
    }
  }

  get ended() {
    return this.#over && !this.#queue.length;
  }

  /** @returns {Promise<Uint8Array<ArrayBuffer> | null>} @throws {RelayFailed} */
  async read() {
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk) {
        this.#queued -= chunk.length;
        this.#tell();
        return chunk;
      }
      if (this.#failure) throw this.#failure;
      if (this.#over) return null;
      await this.#change();
    }
  }

  /** @param {Uint8Array} data @returns {Promise<void>} @throws {RelayFailed} */
  async write(data) {
    while (this.#credit <= 0 && !this.#over) await this.#change();
    if (this.#over) throw this.#failure ?? new RelayFailed(ECONNRESET, "the connection has ended");
    this.#credit--;
    try {
      await this.#socket.write(packet(DATA, STREAM, data));
    } catch (error) {
      throw this.#failure ?? new RelayFailed(ECONNRESET, error instanceof Error ? error.message : String(error));
    }
  }

  close() {
    if (!this.#over) {
      this.#over = true;
      this.#queue = [];
      const end = packet(CLOSE, STREAM, Uint8Array.of(VOLUNTARY));
      this.#socket.write(end).catch(() => {}).finally(() => this.#socket.close());
    }
    this.#tell();
  }
}
