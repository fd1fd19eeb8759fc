// One end of a connection of TCP that no program has but the kernel's worker: its bytes as promises.
import { RECEIVE, SEND, State } from "../gate/socket.js";

/** @typedef {import("../gate/gate.js").Gate} Gate */

/** One read gives at most so many bytes. */
const CHUNK = 65_536;

/** The connection has been broken off by the other side, or has never come about. */
export class ConnectionLost extends Error {
  name = "ConnectionLost";
}

export class SocketStream {
  /** @type {(() => void)[]} who waits for a change */
  #waiting = [];
  #gate;
  #socket;

  /**
   * @param {Gate} gate
   * @param {number} number of the kernel's socket
   */
  constructor(gate, number) {
    const socket = gate.sockets.get(number);
    if (!socket) throw new Error(`there is no socket ${number}`);
    this.number = number;
    this.#gate = gate;
    this.#socket = socket;
    socket.onChange = () => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const tell of waiting) tell();
    };
  }

  /** @returns {Promise<void>} settles at the next change */
  #change() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get #lost() {
    const { state, dead, shut } = this.#socket;
    return dead || state === State.ENDED || state === State.CLOSED || (shut & RECEIVE && !this.#socket.heardEnd);
  }

  /**
   * @param {AbortSignal} [signal] nobody wants it any more
   * @returns {Promise<Uint8Array<ArrayBuffer> | null>} what has come, null at the end
   * @throws {ConnectionLost}
   */
  async read(signal) {
    const socket = this.#socket;
    for (;;) {
      signal?.throwIfAborted();
      const { received } = socket;
      if (received.size) {
        const chunk = new Uint8Array(Math.min(received.size, CHUNK));
        received.peek(chunk, 0);
        received.skip(chunk.length);
        socket.wake();
        socket.peer?.wake();
        return chunk;
      }
      if (socket.heardEnd) return null;
      if (this.#lost) throw new ConnectionLost("the connection has been broken off");
      await this.#change();
    }
  }

  /**
   * Settles when nobody is on the other side any more: it may say that it sends no more, and still read.
   * @returns {Promise<void>}
   */
  async gone() {
    while (!this.#lost && !this.#socket.peer?.dead) await this.#change();
  }

  /**
   * @param {Uint8Array} data
   * @returns {Promise<void>} settles when the other side has room for more
   * @throws {ConnectionLost}
   */
  async write(data) {
    const socket = this.#socket;
    let done = 0;
    while (done < data.length) {
      const { peer } = socket;
      if (socket.state === State.CONNECTING) {
        await this.#change();
        continue;
      }
      if (socket.state !== State.CONNECTED || socket.shut & SEND || !peer || peer.dead)
        throw new ConnectionLost("the connection has been broken off");
      // (what it has shut down for reading is dropped there)
      const count = Math.min(peer.room, data.length - done);
      if (count) {
        if (!(peer.shut & RECEIVE)) peer.received.put(data.subarray(done, done + count));
        done += count;
        peer.wake();
      } else await this.#change();
    }
  }

  /** Says that nothing more comes. */
  end() {
    if (this.#socket.state === State.CONNECTED) this.#socket.shutdown(1);
    this.#gate.scheduler.breathe();
  }

  /** The connection is broken off, or has not come about after all. @param {number} errno that the program sees */
  fail(errno) {
    const { peer } = this.#socket;
    if (peer && !peer.dead && peer.state === State.CONNECTED) peer.fail(errno);
    this.#gate.scheduler.breathe();
  }

  /** The last word to those who wait here; the socket itself is the kernel's to close. */
  drop() {
    this.#socket.onChange = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell();
  }
}
