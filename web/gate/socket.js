// The gate's half of a socket: its bytes, what the other side has done, and who waits. Which socket is connected
// to which, names and ports are the kernel's (py/tabux/net). The rules are Linux's, per family.
import { ECONNRESET, ENOTCONN, EPIPE } from "./errno.js";
import { StreamBuffer } from "./stream-buffer.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;

/** How far a socket is. ENDED: a connection of TCP that both sides have ended, or one has broken off. */
export const State = Object.freeze({ CLOSED: 0, LISTENING: 1, CONNECTING: 2, CONNECTED: 3, ENDED: 4 });
/** Bits of `shut`: what a socket does not do any more. */
export const RECEIVE = 1;
export const SEND = 2;

const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLHUP = 16;
const POLLRDHUP = 0x2000;

/** SO_SNDBUF and SO_RCVBUF of a new socket, bytes. */
const BUFFER = 212_992;
/** A connection of TCP holds so many bytes that are not read yet, whatever SO_RCVBUF says (Linux tunes it). */
const TCP_BUFFER = 262_144;
/** More messages than this do not wait in a Unix datagram socket (/proc/sys/net/unix/max_dgram_qlen). */
const DATAGRAMS = 10;

/**
 * What travels beside the bytes of a Unix socket: descriptors (a parcel of the kernel and the gate's mirrors of what
 * is in it) and who has sent it.
 * @typedef {object} Baggage
 * @property {number} parcel 0 for none
 * @property {import("./open-file.js").OpenFile[]} files
 * @property {number[] | null} credentials pid, uid and gid
 */

/**
 * @typedef {object} Message
 * @property {Uint8Array} data
 * @property {Uint8Array | null} from the sender's address (UDP); with a sender it is that one's name
 * @property {number} cost what it takes of a buffer, bytes
 * @property {Socket | null} sender whose buffer that is; null: the receiver's
 * @property {Baggage | null} baggage
 */

export class Socket {
  /**
   * @param {Gate} gate
   * @param {number} id the kernel's number for it
   * @param {number} family
   * @param {number} type
   */
  constructor(gate, id, family, type) {
    this.gate = gate;
    this.id = id;
    this.family = family;
    this.type = type;
    this.tcp = family !== AF_UNIX && type === SOCK_STREAM;
    /** @type {number} one of State */
    this.state = State.CLOSED;
    this.shut = 0;
    /** What the next call hears of, an errno. */
    this.error = 0;
    /** The other side has said that it sends no more (TCP). */
    this.heardEnd = false;
    /** Connections to accept. */
    this.pending = 0;
    /** @type {Socket | null} the other side; of a datagram socket, where messages go */
    this.peer = null;
    /** A UDP socket sends to an address that the kernel knows. */
    this.directed = false;
    this.dead = false;
    /** @type {Uint8Array | null} its own address, as receivers see it */
    this.name = null;
    this.received = new StreamBuffer();
    /** @type {Message[]} */
    this.queue = [];
    /** What its queue costs it (UDP), and what is on its way from it (Unix), bytes. */
    this.queued = 0;
    this.outstanding = 0;
    this.sendLimit = BUFFER;
    this.receiveLimit = BUFFER;
    this.sendTimeoutMs = Infinity;
    this.receiveTimeoutMs = Infinity;
    this.receiveLeast = 1;
    this.passCredentials = false;
    /** @type {Set<Thread>} to wake at the next change */
    this.waiters = new Set();
    /** @type {(() => void) | null} hears of changes too, where it is no program that has the socket */
    this.onChange = null;
  }

  /** Wakes whoever waits for it. */
  wake() {
    this.gate.wakeAll(this.waiters);
    this.onChange?.();
  }

  /** How many more bytes it takes from the other side. */
  get room() {
    const limit = this.tcp ? TCP_BUFFER : BUFFER;
    return Math.max(0, limit - this.received.size);
  }

  /** @param {Socket} from @returns {boolean} whether a datagram from there has to wait */
  full(from) {
    return this !== from && this.peer !== from && this.queue.length > DATAGRAMS;
  }

  // ---- what the kernel says

  /** @param {Socket} peer the other side of the new connection */
  link(peer) {
    this.peer = peer;
    this.state = State.CONNECTED;
    if (this.tcp) this.shut = 0;
    this.wake();
  }

  /**
   * @param {Socket | null} peer where messages go from now on
   * @param {boolean} directed whether they go anywhere
   * @returns {number[]} parcels in what it had received from the one before, which is dropped (AF_UNIX)
   */
  direct(peer, directed) {
    const before = this.peer;
    this.peer = peer;
    this.directed = directed;
    this.wake();
    if (!before || before === peer || !this.queue.length) return [];
    if (!before.dead && before.peer === this) {
      before.error = ECONNRESET;
      before.wake();
    }
    return this.#empty();
  }

  /** @param {number} pending connections to accept, or -1: it does not listen */
  listen(pending) {
    this.state = pending < 0 ? State.CLOSED : State.LISTENING;
    this.pending = Math.max(pending, 0);
    if (pending < 0) this.shut = 0;
    this.wake();
  }

  /** @param {number} errno why no connection has come about */
  fail(errno) {
    this.state = State.CLOSED;
    this.error = errno;
    this.shut = RECEIVE | SEND;
    this.wake();
  }

  /** @returns {number} the error that the next call hears of; it is then told */
  takeError() {
    const { error } = this;
    this.error = 0;
    return error;
  }

  /**
   * Nobody has it any more.
   * @param {boolean} abort break the connection off, whatever the other side has read
   * @returns {number[]} parcels that were in its queues
   */
  close(abort) {
    this.dead = true;
    // (to Linux a single message without bytes is none)
    const unread = this.received.size > 0 || this.queue.length > 1 || Boolean(this.queue[0]?.data.length);
    const parcels = this.#empty();
    const { peer } = this;
    if (peer && !peer.dead && this.type !== SOCK_DGRAM && peer.peer === this) {
      if (!this.tcp) {
        peer.shut = RECEIVE | SEND;
        if (unread || abort) peer.error = ECONNRESET;
      } else if (unread || abort) peer.reset();
      else this.#end(peer);
      peer.wake();
    } else if (peer && this.type === SOCK_DGRAM) peer.wake();
    this.wake();
    return parcels;
  }

  #empty() {
    const parcels = [];
    for (const { baggage } of [...this.received.marks, ...this.queue]) if (baggage?.parcel) parcels.push(baggage.parcel);
    while (this.queue.length) this.#unload(/** @type {Message} */ (this.queue.shift()));
    this.received.drop();
    return parcels;
  }

  /**
   * The socket where its messages went is gone. What it has received is dropped, as on Linux.
   * @returns {number[]} parcels that were among it
   */
  disconnect() {
    this.peer = null;
    const parcels = this.#empty();
    this.wake();
    return parcels;
  }

  /** The other side of a TCP connection has broken it off. */
  reset() {
    if (this.state === State.ENDED) return;
    this.error = this.heardEnd ? EPIPE : ECONNRESET;
    this.state = State.ENDED;
    this.shut = RECEIVE | SEND;
  }

  /** Tells the other side of a TCP connection that nothing more comes. @param {Socket} peer */
  #end(peer) {
    this.shut |= SEND;
    peer.shut |= RECEIVE;
    peer.heardEnd = true;
    // both have said so
    if (this.heardEnd) for (const side of [this, peer]) [side.state, side.shut] = [State.ENDED, RECEIVE | SEND];
  }

  /**
   * shutdown(2), but for what the kernel does with a listening socket.
   * @param {number} how 0 reading, 1 writing, 2 both
   * @returns {number} 0 or -errno
   */
  shutdown(how) {
    const bits = how + 1;
    const { peer } = this;
    let result = 0;
    if (this.family === AF_UNIX) {
      this.shut |= bits;
      if (peer && this.type !== SOCK_DGRAM) {
        if (bits & RECEIVE) peer.shut |= SEND;
        if (bits & SEND) peer.shut |= RECEIVE;
        peer.wake();
      }
    } else {
      const connected = this.state === State.CONNECTED || this.directed;
      // (Linux complains, and does it)
      if (!connected) result = -ENOTCONN;
      const first = this.tcp && connected && bits & SEND && !(this.shut & SEND);
      this.shut |= bits;
      if (first && peer) {
        this.#end(peer);
        peer.wake();
      }
    }
    this.wake();
    return result;
  }

  // ---- messages

  /** @param {Message} message comes into the queue */
  deliver(message) {
    this.queue.push(message);
    if (message.sender) message.sender.outstanding += message.cost;
    else this.queued += message.cost;
    this.wake();
  }

  /** @returns {Message} the oldest; there must be one */
  takeMessage() {
    const message = /** @type {Message} */ (this.queue.shift());
    this.#unload(message);
    return message;
  }

  /** @param {Message} message its room in a buffer is free again */
  #unload({ sender, cost }) {
    if (sender) {
      sender.outstanding -= cost;
      sender.wake();
    } else this.queued -= cost;
    this.wake();
  }

  // ---- poll

  /** @returns {number} the POLL* bits that hold */
  ready() {
    const { state, shut } = this;
    const listening = state === State.LISTENING;
    let bits = this.error ? POLLERR : 0;
    if (listening && this.pending) bits |= POLLIN;
    if (listening && this.tcp) return bits;
    const ended = shut === (RECEIVE | SEND);
    if (this.tcp) {
      if (ended || state === State.CLOSED || state === State.ENDED) bits |= POLLHUP;
    } else {
      if (ended) bits |= POLLHUP;
      if (this.type !== SOCK_DGRAM && state === State.CLOSED) bits |= POLLHUP;
    }
    if (shut & RECEIVE) bits |= POLLIN | POLLRDHUP;
    if (this.received.size >= this.receiveLeast || this.queue.length) bits |= POLLIN;
    if (!listening && this.#writable()) bits |= POLLOUT;
    return bits;
  }

  #writable() {
    const { peer, state } = this;
    if (this.tcp) {
      if (state === State.CONNECTING) return false;
      return Boolean(this.shut & SEND) || !peer || peer.dead || peer.room >= TCP_BUFFER / 3;
    }
    if (this.type === SOCK_STREAM) return !peer || peer.dead || peer.received.size * 4 <= BUFFER;
    if (this.family !== AF_UNIX) return true;
    if (this.type === SOCK_DGRAM && peer?.full(this)) return false;
    return this.outstanding * 4 <= this.sendLimit;
  }
}

/**
 * What a message takes of a buffer: Linux counts the memory that it uses for it (SKB_TRUESIZE).
 * @param {number} length
 * @returns {number} bytes
 */
export function costOf(length) {
  let block = 512;
  while (block < length + 320) block *= 2;
  return block + 256;
}
