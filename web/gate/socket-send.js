// Sending on a socket: send, sendto, sendmsg, write and writev.
import {
  BLOCKED, EAGAIN, ECONNREFUSED, ECONNRESET, EISCONN, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE,
} from "./errno.js";
import { O_NONBLOCK } from "./open-file.js";
import { AF_UNIX, costOf, RECEIVE, SEND, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, State } from "./socket.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./socket.js").Socket} Socket */

const MSG_OOB = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SIGPIPE = 13;
/** Where a datagram goes that is a question for the kernel's resolver. */
const RESOLVER = 0x7fffffff;
/** What a message of a Unix socket takes beside its bytes. */
const OVERHEAD = 32;
/** The resolver looks at so many bytes of a question. */
const MAX_QUESTION = 512;
/** Where the kernel leaves whether a refusal is heard, the length of the sender's address, and that. */
const ROUTE = 8;

/**
 * What is to be sent.
 * @typedef {object} Sending
 * @property {number} fd
 * @property {import("./open-file.js").OpenFile} file
 * @property {Uint8Array} data
 * @property {number} flags MSG_*
 * @property {Uint8Array | null} address
 * @property {number[]} fds descriptors to go along
 * @property {number[] | null} credentials pid, uid and gid that the program gives
 */

/**
 * Waits for a change of a socket, for as long as SO_RCVTIMEO or SO_SNDTIMEO say.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {number} timeoutMs
 * @returns {number} BLOCKED, or -EAGAIN when the time is over
 */
export function waitFor(gate, thread, socket, timeoutMs) {
  socket.waiters.add(thread);
  if (timeoutMs === Infinity) return BLOCKED;
  const now = performance.now();
  if (!thread.retrying) {
    thread.deadlineMs = now + timeoutMs;
    gate.wakeAfter(thread, timeoutMs);
  } else if (now >= thread.deadlineMs) return -EAGAIN;
  return BLOCKED;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Sending} sending
 * @returns {number} how many bytes went, -errno or BLOCKED
 */
export function send(gate, thread, sending) {
  const socket = /** @type {Socket} */ (sending.file.socket);
  if (socket.type === SOCK_STREAM) return sendStream(gate, thread, socket, sending);
  return sendMessage(gate, thread, socket, sending);
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} flags
 * @returns {number} -EPIPE, after the signal
 */
function brokenPipe(gate, thread, flags) {
  if (!(flags & MSG_NOSIGNAL)) gate.kernel.sigself(thread.tid, SIGPIPE);
  return -EPIPE;
}

/**
 * @param {Socket} socket
 * @param {Sending} sending
 * @returns {number} why nothing can be sent now or ever: an errno, EAGAIN while it connects; 0
 */
function streamProblem(socket, { address, flags }) {
  const { state, shut } = socket;
  if (socket.tcp) {
    if (state === State.CONNECTING) return EAGAIN;
    if (socket.error) return socket.takeError();
    return state !== State.CONNECTED || shut & SEND ? EPIPE : 0;
  }
  if (flags & MSG_OOB) return EOPNOTSUPP;
  if (address) return state === State.CONNECTED ? EISCONN : EOPNOTSUPP;
  if (!socket.peer) return ENOTCONN;
  if (shut & SEND || socket.peer.dead || socket.peer.shut & RECEIVE) return EPIPE;
  return socket.takeError();
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Sending} sending
 * @returns {number}
 */
function sendStream(gate, thread, socket, sending) {
  const { data, flags, file } = sending;
  if (!thread.retrying) thread.progress = 0;
  for (;;) {
    const done = thread.progress;
    const problem = streamProblem(socket, sending);
    if (problem && problem !== EAGAIN)
      return done || (problem === EPIPE ? brokenPipe(gate, thread, flags) : -problem);
    const peer = /** @type {Socket} */ (socket.peer);
    if (!problem) {
      if (done >= data.length) return done;
      if (peer.dead) {
        // the other side is gone: TCP hears of it by what it sends
        socket.reset();
        socket.wake();
        return data.length;
      }
    }
    const count = problem ? 0 : Math.min(peer.room, data.length - done);
    if (!count) {
      if (file.flags & O_NONBLOCK || flags & MSG_DONTWAIT) return done || -EAGAIN;
      if (done && thread.signalDue) return done;
      if (!problem) peer.waiters.add(thread);
      const waits = waitFor(gate, thread, socket, socket.sendTimeoutMs);
      return waits === BLOCKED ? BLOCKED : done || waits;
    }
    if (!done && socket.family === AF_UNIX) {
      const error = mark(gate, thread, socket, peer, sending, count);
      if (error) return error;
    }
    peer.received.put(done || count < data.length ? data.subarray(done, done + count) : data);
    thread.progress += count;
    peer.wake();
  }
}

/**
 * Notes what goes along with the bytes that follow.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Socket} peer
 * @param {Sending} sending
 * @param {number} count
 * @returns {number} 0 or -errno
 */
function mark(gate, thread, socket, peer, sending, count) {
  const baggage = packed(gate, thread, socket, peer, sending);
  if (typeof baggage === "number") return baggage;
  if (!baggage) return 0;
  const { received } = peer;
  const at = received.taken + received.size;
  const last = received.marks.at(-1);
  const same = last && last.end === at && !last.baggage.parcel && !baggage.parcel;
  if (same && String(last.baggage.credentials) === String(baggage.credentials)) last.end += count;
  else received.marks.push({ at, end: at + count, baggage });
  return 0;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Socket} to
 * @param {Sending} sending
 * @returns {import("./socket.js").Baggage | null | number} null where nothing goes along, or -errno
 */
function packed(gate, thread, socket, to, { fds, credentials }) {
  const { pid, files } = thread.process;
  /** @type {import("./socket.js").Baggage} */
  const baggage = { parcel: 0, files: [], credentials: null };
  if (credentials || socket.passCredentials || to.passCredentials) {
    const [who, uid, gid] = credentials ?? [0, 0, 0];
    const error = gate.kernel.socket_caller(pid, who, uid, gid);
    if (error) return error;
    baggage.credentials = [0, 1, 2].map((i) => gate.mailInt(i));
  }
  if (fds.length) {
    const mail = new DataView(gate.heap().buffer, gate.mailbox);
    fds.forEach((fd, i) => mail.setInt32(4 * i, fd, true));
    const parcel = gate.kernel.rights_pack(pid, to.id, fds.length);
    if (parcel < 0) return parcel;
    baggage.parcel = parcel;
    baggage.files = fds.map((fd) => /** @type {import("./open-file.js").OpenFile} */ (files[fd]));
  }
  return baggage.parcel || baggage.credentials ? baggage : null;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Sending} sending
 * @returns {number}
 */
function sendMessage(gate, thread, socket, sending) {
  if (socket.family !== AF_UNIX) return sendDatagram(gate, thread, socket, sending);
  const { address, data, fd, file, flags } = sending;
  if (socket.type === SOCK_SEQPACKET) {
    if (socket.error) return -socket.takeError();
    if (socket.state !== State.CONNECTED) return -ENOTCONN;
  }
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  const named = address && socket.type === SOCK_DGRAM;
  if (data.length > socket.sendLimit - OVERHEAD) return -EMSGSIZE;
  if (socket.error) return -socket.takeError();
  if (socket.shut & SEND) return -EPIPE;
  const nonblocking = file.flags & O_NONBLOCK || flags & MSG_DONTWAIT;
  if (socket.outstanding >= socket.sendLimit)
    return nonblocking ? -EAGAIN : waitFor(gate, thread, socket, socket.sendTimeoutMs);
  if (!named && !socket.peer) return -ENOTCONN;
  let to = socket.peer;
  if (named) {
    gate.mail(0, address.length).set(address);
    const found = gate.kernel.socket_route(thread.process.pid, fd, address.length, data.length);
    if (found < 0) return found;
    to = gate.sockets.get(found) ?? null;
  } else if (socket.peer?.peer && socket.peer.peer !== socket) return -EPERM;
  if (!to || to.dead) {
    if (socket.type === SOCK_SEQPACKET) return -ECONNRESET;
    for (const parcel of socket.disconnect()) gate.kernel.rights_drop(thread.process.pid, parcel);
    gate.kernel.socket_disconnected(thread.process.pid, fd);
    return -ECONNREFUSED;
  }
  if (to.shut & RECEIVE) return -EPIPE;
  if (to.full(socket)) {
    if (nonblocking) return -EAGAIN;
    to.waiters.add(thread);
    return waitFor(gate, thread, socket, socket.sendTimeoutMs);
  }
  const baggage = packed(gate, thread, socket, to, sending);
  if (typeof baggage === "number") return baggage;
  const cost = costOf(data.length);
  to.deliver({ data: data.slice(), from: null, cost, sender: socket, baggage });
  return data.length;
}

/**
 * UDP.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {Sending} sending
 * @returns {number}
 */
function sendDatagram(gate, thread, socket, { address, data, fd, flags }) {
  if (data.length <= 0xffff && flags & MSG_OOB) return -EOPNOTSUPP;
  const given = address?.length ?? 0;
  if (address) gate.mail(0, given).set(address);
  const found = gate.kernel.socket_route(thread.process.pid, fd, given, data.length);
  if (found < 0) return found;
  if (socket.error) return -socket.takeError();
  if (socket.shut & SEND) return -EPIPE;
  if (found === RESOLVER) {
    ask(gate, thread, socket, fd, data);
    return data.length;
  }
  const heard = gate.mailInt(0);
  const from = gate.mail(ROUTE, gate.mailInt(1)).slice();
  const to = gate.sockets.get(found);
  if (!to) {
    if (heard) {
      socket.error = ECONNREFUSED;
      socket.wake();
    }
  } else if (to.queued <= to.receiveLimit)
    to.deliver({ data: data.slice(), from, cost: costOf(data.length), sender: null, baggage: null });
  return data.length;
}

/**
 * Has the kernel's resolver answer a question; the answer comes at once.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {number} fd
 * @param {Uint8Array} question
 */
function ask(gate, thread, socket, fd, question) {
  const part = question.subarray(0, MAX_QUESTION);
  gate.mail(0, part.length).set(part);
  const length = gate.kernel.socket_ask(thread.process.pid, fd, part.length);
  if (length <= 0) return;
  const address = gate.mailInt(1);
  const from = gate.mail(ROUTE, address).slice();
  const data = gate.mail(ROUTE + address, length).slice();
  socket.deliver({ data, from, cost: costOf(length), sender: null, baggage: null });
}
