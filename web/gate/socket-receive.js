// Receiving on a socket: recv, recvfrom, recvmsg, read and readv.
import { BLOCKED, EAGAIN, EINVAL, ENOTCONN, EOPNOTSUPP } from "./errno.js";
import { O_NONBLOCK } from "./open-file.js";
import { AF_UNIX, RECEIVE, SOCK_SEQPACKET, SOCK_STREAM, State } from "./socket.js";
import { waitFor } from "./socket-send.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./socket.js").Socket} Socket */
/** @typedef {import("./socket.js").Baggage} Baggage */

const MSG_OOB = 1;
const MSG_PEEK = 2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
/** Who has sent what nobody noted the sender of (/proc/sys/kernel/overflowuid). */
const NOBODY = [0, 65534, 65534];

/**
 * What is to be received, and what came beside the bytes.
 * @typedef {object} Receiving
 * @property {import("./open-file.js").OpenFile} file
 * @property {Uint8Array[]} pieces where the bytes go, in the program's memory
 * @property {number} flags MSG_*
 * @property {Uint8Array | null} from the sender's address
 * @property {number} outFlags MSG_* of what happened
 * @property {Baggage | null} baggage
 */

/**
 * @param {import("./open-file.js").OpenFile} file
 * @param {Uint8Array[]} pieces
 * @param {number} flags
 * @returns {Receiving}
 */
export function receiving(file, pieces, flags) {
  return { file, pieces, flags, from: null, outFlags: 0, baggage: null };
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Receiving} what
 * @returns {number} how many bytes came, -errno or BLOCKED
 */
export function receive(gate, thread, what) {
  const socket = /** @type {Socket} */ (what.file.socket);
  return socket.type === SOCK_STREAM
    ? receiveStream(gate, thread, socket, what)
    : receiveMessage(gate, thread, socket, what);
}

/** @param {Uint8Array[]} pieces @returns {number} */
function room(pieces) {
  let total = 0;
  for (const { length } of pieces) total += length;
  return total;
}

/**
 * Why a stream has nothing to give: 0 at its end, -errno; EAGAIN where it may still have.
 * @param {Socket} socket
 * @returns {number}
 */
function streamEnd(socket) {
  const { state, shut } = socket;
  if (!socket.tcp) {
    if (socket.error) return -socket.takeError();
    return shut & RECEIVE ? 0 : EAGAIN;
  }
  if (socket.heardEnd) return 0;
  if (socket.error) return -socket.takeError();
  if (shut & RECEIVE) return 0;
  return state === State.CLOSED || state === State.ENDED ? -ENOTCONN : EAGAIN;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Receiving} what
 * @returns {number}
 */
function receiveStream(gate, thread, socket, what) {
  const { file, flags, pieces } = what;
  if (flags & MSG_OOB) return socket.tcp ? -EINVAL : -EOPNOTSUPP;
  if (socket.tcp && socket.state === State.LISTENING) return -ENOTCONN;
  if (!socket.tcp && socket.state !== State.CONNECTED) return -EINVAL;
  if (!thread.retrying) thread.progress = 0;
  const wanted = room(pieces);
  const peek = flags & MSG_PEEK;
  const all = flags & MSG_WAITALL && !peek;
  const least = all ? wanted : Math.min(socket.receiveLeast, wanted) || 1;
  const { received } = socket;
  if (received.size) {
    what.from = socket.tcp ? null : (socket.peer?.name ?? null);
    if (!wanted) return 0;
    const count = taken(socket, what, thread.progress, Boolean(peek));
    if (!peek && count) thread.progress += count;
    const done = peek ? count : thread.progress;
    if (done >= least || (!all && done) || what.baggage?.parcel) return done;
  }
  const done = thread.progress;
  const end = streamEnd(socket);
  if (socket.passCredentials) what.baggage ??= { parcel: 0, files: [], credentials: [0, 0, 0] };
  if (end !== EAGAIN) return done || end;
  if (file.flags & O_NONBLOCK || flags & MSG_DONTWAIT) return done || -EAGAIN;
  if (done && thread.signalDue) return done;
  const waits = waitFor(gate, thread, socket, socket.receiveTimeoutMs);
  return waits === BLOCKED ? BLOCKED : done || waits;
}

/**
 * Moves bytes of a stream to the thread, up to where something else came along with them.
 * @param {Socket} socket
 * @param {Receiving} what
 * @param {number} done bytes that are there already
 * @param {boolean} peek
 * @returns {number}
 */
function taken(socket, what, done, peek) {
  const { received } = socket;
  const limit = bound(socket, what);
  let count = 0;
  let skip = done;
  for (const piece of what.pieces) {
    if (skip >= piece.length) {
      skip -= piece.length;
      continue;
    }
    const target = piece.subarray(skip, Math.min(piece.length, skip + limit - count));
    skip = 0;
    // (TCP drops what is received with MSG_TRUNC)
    const dropped = what.flags & MSG_TRUNC && socket.tcp;
    const moved = dropped
      ? Math.min(target.length, received.size - count)
      : received.peek(target, count);
    count += moved;
    if (moved < target.length || count >= limit) break;
  }
  if (peek) return count;
  received.skip(count);
  const { marks } = received;
  if (marks.length && marks[0].baggage.parcel && what.baggage?.parcel === marks[0].baggage.parcel) marks.shift();
  while (marks.length && marks[0].end <= received.taken) marks.shift();
  socket.wake();
  socket.peer?.wake();
  return count;
}

/**
 * How many bytes one receive may take: not beyond those with descriptors, nor from different senders at once.
 * @param {Socket} socket
 * @param {Receiving} what gets what came along
 * @returns {number}
 */
function bound(socket, what) {
  const { marks, taken } = socket.received;
  if (socket.passCredentials) what.baggage ??= { parcel: 0, files: [], credentials: NOBODY };
  if (!marks.length) return Infinity;
  const wanted = room(what.pieces);
  let limit = Infinity;
  for (const { at, end, baggage } of marks) {
    if (at - taken >= wanted) break;
    if (socket.passCredentials && at > taken) return at - taken;
    if (baggage.parcel) {
      what.baggage = { ...baggage, credentials: socket.passCredentials ? baggage.credentials : null };
      return end - taken;
    }
    if (socket.passCredentials) {
      what.baggage = { ...baggage };
      limit = end - taken;
      break;
    }
  }
  return limit;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Receiving} what
 * @returns {number}
 */
function receiveMessage(gate, thread, socket, what) {
  const { file, flags, pieces } = what;
  if (socket.type === SOCK_SEQPACKET && socket.state !== State.CONNECTED) return -ENOTCONN;
  if (flags & MSG_OOB && socket.family === AF_UNIX) return -EOPNOTSUPP;
  if (socket.error) return -socket.takeError();
  if (!socket.queue.length) {
    const ended = Boolean(socket.shut & RECEIVE);
    if (ended && socket.type === SOCK_SEQPACKET) return 0;
    if (file.flags & O_NONBLOCK || flags & MSG_DONTWAIT) return -EAGAIN;
    return ended ? 0 : waitFor(gate, thread, socket, socket.receiveTimeoutMs);
  }
  const message = flags & MSG_PEEK ? socket.queue[0] : socket.takeMessage();
  const { data } = message;
  let count = 0;
  for (const piece of pieces) {
    const part = data.subarray(count, count + piece.length);
    piece.set(part);
    count += part.length;
  }
  if (count < data.length) what.outFlags |= MSG_TRUNC;
  what.from = message.sender ? message.sender.name : message.from;
  what.baggage = message.baggage && { ...message.baggage };
  if (socket.passCredentials) {
    what.baggage ??= { parcel: 0, files: [], credentials: null };
    what.baggage.credentials ??= NOBODY;
  } else if (what.baggage) what.baggage.credentials = null;
  return flags & MSG_TRUNC ? data.length : count;
}
