// System calls on sockets.
import { BLOCKED, EBADF, EDOM, EFAULT, EINVAL, ENOPROTOOPT, ENOTCONN, ENOTSOCK } from "../errno.js";
import { Kind, O_NONBLOCK } from "../open-file.js";
import { receive, receiving } from "../socket-receive.js";
import { send } from "../socket-send.js";
import { State } from "../socket.js";
import {
  buffers, controlMessages, dropBaggage, finishReceive, gathered, givenAddress, messageHeader, MSGHDR, putAddress,
} from "./socket-messages.js";

/** @typedef {import("./index.js").Call} Call */
/** @typedef {import("../gate.js").Gate} Gate */
/** @typedef {import("../thread.js").Thread} Thread */
/** @typedef {import("../open-file.js").OpenFile} OpenFile */
/** @typedef {import("../socket.js").Socket} Socket */

const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_PASSCRED = 16;
const SO_RCVLOWAT = 18;
/** With the 64-bit times of every call here. */
const SO_RCVTIMEO = 66;
const SO_SNDTIMEO = 67;
/** struct timeval { i64 sec; i64 usec; }, bytes. */
const TIMEVAL = 16;
const MAX_OPTION = 4096;
const MSG_DONTWAIT = 0x40;
const MSG_WAITFORONE = 0x10000;
/** struct mmsghdr: a struct msghdr and a u32. */
const MMSGHDR = MSGHDR + 4;
/** Where accept4 leaves the address in the mailbox. */
const ACCEPTED_ADDRESS = 20;

/**
 * @param {Thread} thread
 * @param {number} fd
 * @returns {OpenFile | number} -EBADF, -ENOTSOCK
 */
function socketAt(thread, fd) {
  const file = thread.process.files[fd];
  if (!file || file.kind === Kind.PATH) return -EBADF;
  return file.kind === Kind.SOCKET ? file : -ENOTSOCK;
}

/** @param {OpenFile} file @returns {Socket} */
const behind = (file) => /** @type {Socket} */ (file.socket);

/**
 * Gives an address from the mailbox to the thread, with value-result length.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} address
 * @param {number} lengthAt
 * @param {number} from where in the mailbox
 * @param {number} length
 * @returns {number} 0 or -errno
 */
function giveAddress(gate, thread, address, lengthAt, from, length) {
  const room = thread.i32(lengthAt);
  if (room < 0) return -EINVAL;
  putAddress(thread, address, room, gate.mail(from, length));
  thread.setU32(lengthAt, length);
  return 0;
}

/**
 * Puts an address that the program gives into the mailbox and asks the kernel.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} address
 * @param {number} length
 * @param {() => number} call
 * @returns {number}
 */
function withAddress(gate, thread, address, length, call) {
  const given = givenAddress(thread, address, length);
  if (typeof given === "number") return given;
  gate.mail(0, given.length).set(given);
  return call();
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} address
 * @param {number} lengthAt
 * @param {number} flags
 * @returns {number}
 */
function accept(gate, thread, fd, address, lengthAt, flags) {
  const file = socketAt(thread, fd);
  if (typeof file === "number") return file;
  if (address) thread.u32(lengthAt); // EFAULT before there is a descriptor
  const { process } = thread;
  const result = gate.kernel.accept4(process.pid, fd, flags);
  if (result === BLOCKED) behind(file).waiters.add(thread);
  if (result < 0) return result;
  const [id, number, opened, length] = [0, 1, 2, 3].map((i) => gate.mailInt(i));
  gate.install(process, result, id, Kind.SOCKET, number, opened);
  if (address) {
    const error = giveAddress(gate, thread, address, lengthAt, ACCEPTED_ADDRESS, length);
    if (error) {
      gate.kernel.close(process.pid, result);
      process.files[result] = undefined;
      return error;
    }
  }
  return result;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} header address of a struct msghdr
 * @param {number} flags
 * @returns {number}
 */
function sendmsg(gate, thread, fd, header, flags) {
  const file = socketAt(thread, fd);
  if (typeof file === "number") return file;
  const message = messageHeader(thread, header);
  if (typeof message === "number") return message;
  const { name, nameLength, pieces, control, controlLength } = message;
  const along = controlMessages(thread, control, controlLength);
  if (typeof along === "number") return along;
  const address = nameLength ? thread.piece(name, nameLength) : null;
  return send(gate, thread, { fd, file, data: gathered(pieces), flags, address, ...along });
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} header
 * @param {number} flags
 * @returns {number}
 */
function recvmsg(gate, thread, fd, header, flags) {
  const file = socketAt(thread, fd);
  if (typeof file === "number") return file;
  const message = messageHeader(thread, header);
  if (typeof message === "number") return message;
  const what = receiving(file, message.pieces, flags);
  const count = receive(gate, thread, what);
  if (count >= 0) finishReceive(gate, thread, header, what);
  return count;
}

/**
 * Several messages in one call: as many as go without waiting after the first.
 * @param {Thread} thread
 * @param {number} vector
 * @param {number} count
 * @param {number} flags
 * @param {(header: number, flags: number) => number} move one message
 * @returns {number} how many
 */
function several(thread, vector, count, flags, move) {
  let done = 0;
  for (; done < count; done++) {
    const header = vector + MMSGHDR * done;
    const result = move(header, done ? flags | MSG_DONTWAIT : flags);
    if (result < 0) return done || result;
    thread.setU32(header + MSGHDR, result);
  }
  return done;
}

/**
 * The options that are the gate's own.
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {number} name
 * @param {number} value
 * @param {number} lengthAt
 * @returns {number | null} null: the kernel knows it
 */
function ownOption(thread, socket, name, value, lengthAt) {
  if (name !== SO_ERROR && name !== SO_RCVTIMEO && name !== SO_SNDTIMEO) return null;
  const room = thread.i32(lengthAt);
  if (room < 0) return -EINVAL;
  const data = new DataView(new ArrayBuffer(name === SO_ERROR ? 4 : TIMEVAL));
  if (name === SO_ERROR) data.setInt32(0, socket.takeError(), true);
  else {
    const ms = name === SO_RCVTIMEO ? socket.receiveTimeoutMs : socket.sendTimeoutMs;
    if (ms !== Infinity) {
      data.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true);
      data.setBigInt64(8, BigInt(Math.round((ms % 1000) * 1000)), true);
    }
  }
  const part = new Uint8Array(data.buffer).subarray(0, room);
  if (part.length) thread.put(value, part);
  thread.setU32(lengthAt, part.length);
  return 0;
}

/**
 * @param {Thread} thread
 * @param {Socket} socket
 * @param {number} name
 * @param {number} value
 * @param {number} length
 * @returns {number | null}
 */
function setOwnOption(thread, socket, name, value, length) {
  if (name === SO_ERROR) return -ENOPROTOOPT;
  if (name !== SO_RCVTIMEO && name !== SO_SNDTIMEO) return null;
  if (length < TIMEVAL) return -EINVAL;
  const seconds = Number(thread.i64(value));
  const microseconds = Number(thread.i64(value + 8));
  if (microseconds < 0 || microseconds >= 1_000_000) return -EDOM;
  const ms = seconds < 0 ? 0 : seconds * 1000 + microseconds / 1000;
  const timeout = ms === 0 && seconds >= 0 ? Infinity : ms;
  if (name === SO_RCVTIMEO) socket.receiveTimeoutMs = timeout;
  else socket.sendTimeoutMs = timeout;
  return 0;
}

/** @type {Record<number, Call>} */
export const SOCKET_CALLS = {
  // socket(family, type, protocol)
  198(gate, { process }, family, type, protocol) {
    const fd = gate.kernel.socket(process.pid, family, type, protocol);
    if (fd >= 0) gate.install(process, fd, gate.mailInt(0), Kind.SOCKET, gate.mailInt(1), gate.mailInt(2));
    return fd;
  },
  // socketpair(family, type, protocol, fds)
  199(gate, thread, family, type, protocol, fds) {
    const { process } = thread;
    thread.piece(fds, 8); // EFAULT before there are descriptors that nobody would know of
    const error = gate.kernel.socketpair(process.pid, family, type, protocol);
    if (error) return error;
    const [one, other, file, otherFile, socket, peer] = [0, 1, 2, 3, 4, 5].map((i) => gate.mailInt(i));
    const flags = 2 | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0);
    gate.install(process, one, file, Kind.SOCKET, socket, flags);
    gate.install(process, other, otherFile, Kind.SOCKET, peer, flags);
    thread.setU32(fds, one);
    thread.setU32(fds + 4, other);
    return 0;
  },
  // bind(fd, address, length)
  200(gate, thread, fd, address, length) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    const { pid } = thread.process;
    if (behind(file).state === State.ENDED) gate.kernel.socket_disconnected(pid, fd);
    return withAddress(gate, thread, address, length, () => gate.kernel.bind(pid, fd, length));
  },
  // listen(fd, backlog)
  201: (gate, { process }, fd, backlog) => gate.kernel.listen(process.pid, fd, backlog),
  // accept(fd, address, length), accept4(fd, address, length, flags)
  202: (gate, thread, fd, address, length) => accept(gate, thread, fd, address, length, 0),
  242: (gate, thread, fd, address, length, flags) => accept(gate, thread, fd, address, length, flags),
  // connect(fd, address, length)
  203(gate, thread, fd, address, length) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    const { process } = thread;
    const result = withAddress(gate, thread, address, length, () => gate.kernel.connect(process.pid, fd, length));
    if (result === BLOCKED) behind(file).waiters.add(thread);
    return result;
  },
  // getsockname(fd, address, length), getpeername(fd, address, length)
  204(gate, thread, fd, address, lengthAt) {
    const length = gate.kernel.getsockname(thread.process.pid, fd);
    return length < 0 ? length : giveAddress(gate, thread, address, lengthAt, 0, length);
  },
  205(gate, thread, fd, address, lengthAt) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    if (behind(file).state === State.ENDED) return -ENOTCONN;
    const length = gate.kernel.getpeername(thread.process.pid, fd);
    return length < 0 ? length : giveAddress(gate, thread, address, lengthAt, 0, length);
  },
  // sendto(fd, data, size, flags, address, length)
  206(gate, thread, fd, data, size, flags, to, toLength) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    const address = to ? givenAddress(thread, to, toLength) : null;
    if (typeof address === "number") return address;
    const bytes = size ? thread.piece(data, size) : new Uint8Array(0);
    const given = address?.length ? address : null;
    return send(gate, thread, { fd, file, data: bytes, flags, address: given, fds: [], credentials: null });
  },
  // recvfrom(fd, data, size, flags, address, length)
  207(gate, thread, fd, data, size, flags, from, lengthAt) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    if (from && thread.i32(lengthAt) < 0) return -EINVAL;
    const what = receiving(file, size ? [thread.piece(data, size)] : [], flags);
    const count = receive(gate, thread, what);
    if (count < 0) return count;
    dropBaggage(gate, thread, what);
    if (from) thread.setU32(lengthAt, putAddress(thread, from, thread.u32(lengthAt), what.from));
    return count;
  },
  // setsockopt(fd, level, name, value, length)
  208(gate, thread, fd, level, name, value, length) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    if (length < 0) return -EINVAL;
    const socket = behind(file);
    const own = level === SOL_SOCKET ? setOwnOption(thread, socket, name, value, length) : null;
    if (own !== null) return own;
    if (socket.state === State.ENDED) gate.kernel.socket_disconnected(thread.process.pid, fd);
    const size = Math.min(length, MAX_OPTION);
    if (size) gate.mail(0, size).set(thread.piece(value, size));
    const error = gate.kernel.setsockopt(thread.process.pid, fd, level, name, size);
    if (!error && level === SOL_SOCKET) {
      if (name === SO_PASSCRED) socket.passCredentials = thread.i32(value) !== 0;
      if (name === SO_RCVLOWAT) socket.receiveLeast = Math.max(1, thread.i32(value));
    }
    return error;
  },
  // getsockopt(fd, level, name, value, length)
  209(gate, thread, fd, level, name, value, lengthAt) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    const own = level === SOL_SOCKET ? ownOption(thread, behind(file), name, value, lengthAt) : null;
    if (own !== null) return own;
    const room = thread.i32(lengthAt);
    if (room < 0) return -EINVAL;
    const length = gate.kernel.getsockopt(thread.process.pid, fd, level, name);
    if (length < 0) return length;
    const part = gate.mail(0, Math.min(length, room));
    if (part.length && !value) return -EFAULT;
    if (part.length) thread.put(value, part);
    thread.setU32(lengthAt, part.length);
    return 0;
  },
  // shutdown(fd, how)
  210(gate, thread, fd, how) {
    const file = socketAt(thread, fd);
    if (typeof file === "number") return file;
    const socket = behind(file);
    if (how >>> 0 > 2) return -EINVAL;
    if (socket.state === State.LISTENING) {
      if (how !== 1) gate.kernel.stop_listening(thread.process.pid, fd);
      if (socket.tcp) return 0;
    } else if (socket.tcp && socket.state === State.CLOSED) gate.kernel.stop_listening(thread.process.pid, fd);
    return socket.shutdown(how);
  },
  // sendmsg(fd, header, flags), recvmsg(fd, header, flags)
  211: sendmsg,
  212: recvmsg,
  // recvmmsg(fd, vector, count, flags, timeout), sendmmsg(fd, vector, count, flags)
  243: (gate, thread, fd, vector, count, flags) =>
    several(thread, vector, count, flags, (header, how) => recvmsg(gate, thread, fd, header, how & ~MSG_WAITFORONE)),
  269: (gate, thread, fd, vector, count, flags) =>
    several(thread, vector, count, flags, (header, how) => sendmsg(gate, thread, fd, header, how)),
};

/**
 * read(2) and readv(2).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {OpenFile} file
 * @param {number} vector
 * @param {number} entries
 * @returns {number}
 */
export function readSocket(gate, thread, file, vector, entries) {
  const pieces = buffers(thread, vector, entries);
  if (typeof pieces === "number") return -EINVAL;
  if (!pieces.length) return 0;
  const what = receiving(file, pieces, 0);
  const count = receive(gate, thread, what);
  if (count >= 0) dropBaggage(gate, thread, what);
  return count;
}

/**
 * write(2) and writev(2).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {OpenFile} file
 * @param {number} vector
 * @param {number} entries
 * @returns {number}
 */
export function writeSocket(gate, thread, fd, file, vector, entries) {
  const pieces = buffers(thread, vector, entries);
  if (typeof pieces === "number") return -EINVAL;
  return send(gate, thread, { fd, file, data: gathered(pieces), flags: 0, address: null, fds: [], credentials: null });
}
