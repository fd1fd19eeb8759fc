// struct msghdr and its control messages (recvmsg(2), cmsg(3)), as a 32-bit machine has them.
import { EFAULT, EINVAL, EMSGSIZE } from "../errno.js";
import { AddressError } from "../user-memory.js";

/** @typedef {import("../gate.js").Gate} Gate */
/** @typedef {import("../thread.js").Thread} Thread */
/** @typedef {import("../socket-receive.js").Receiving} Receiving */

/** struct msghdr { void *name; u32 namelen; iovec *iov; i32 iovlen; void *control; u32 controllen; i32 flags; } */
export const MSGHDR = 28;
const NAME_LENGTH = 4;
const CONTROL_LENGTH = 20;
const FLAGS = 24;
/** struct cmsghdr { u32 len; i32 level; i32 type; }, then the data, in steps of 4 bytes. */
const CMSGHDR = 12;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const MSG_CTRUNC = 8;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** struct ucred, bytes. */
const UCRED = 12;
/** Most buffers in one call (UIO_MAXIOV). */
const MAX_BUFFERS = 1024;
const MAX_NAME = 128;

/** @param {number} length @returns {number} */
const aligned = (length) => (length + 3) & ~3;

/**
 * The buffers of a struct iovec array, as views of the memory.
 * @param {Thread} thread
 * @param {number} vector
 * @param {number} entries
 * @returns {Uint8Array[] | number} -EMSGSIZE where they are too many
 */
export function buffers(thread, vector, entries) {
  if (entries >>> 0 > MAX_BUFFERS) return -EMSGSIZE;
  const pieces = [];
  for (let i = 0; i < entries; i++) {
    const length = thread.u32(vector + 8 * i + 4);
    if (length) pieces.push(thread.piece(thread.u32(vector + 8 * i), length));
  }
  return pieces;
}

/**
 * @param {Uint8Array[]} pieces
 * @returns {Uint8Array} all of them as one; a single one as it is
 */
export function gathered(pieces) {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * @param {Thread} thread
 * @param {number} header address of a struct msghdr
 * @returns {{ name: number, nameLength: number, pieces: Uint8Array[], control: number, controlLength: number } | number}
 */
export function messageHeader(thread, header) {
  const [name, nameLength, vector, entries, control, controlLength] = [0, 4, 8, 12, 16, 20].map((at) =>
    thread.u32(header + at),
  );
  if (name && nameLength > 0x7fffffff) return -EINVAL;
  const pieces = buffers(thread, vector, entries);
  if (typeof pieces === "number") return pieces;
  const length = name ? Math.min(nameLength, MAX_NAME) : 0;
  return { name, nameLength: length, pieces, control, controlLength: control ? controlLength : 0 };
}

/**
 * What a program wants to go along with a message.
 * @param {Thread} thread
 * @param {number} control
 * @param {number} length
 * @returns {{ fds: number[], credentials: number[] | null } | number}
 */
export function controlMessages(thread, control, length) {
  /** @type {number[]} */
  const fds = [];
  /** @type {number[] | null} */
  let credentials = null;
  for (let at = 0; at + CMSGHDR <= length; ) {
    const header = control + at;
    const size = thread.u32(header);
    if (size < CMSGHDR || at + size > length) return -EINVAL;
    const numbers = (size - CMSGHDR) >> 2;
    if (thread.i32(header + 4) === SOL_SOCKET) {
      const type = thread.i32(header + 8);
      if (type === SCM_RIGHTS)
        for (let i = 0; i < numbers; i++) fds.push(thread.i32(header + CMSGHDR + 4 * i));
      else if (type === SCM_CREDENTIALS) {
        if (size !== CMSGHDR + UCRED) return -EINVAL;
        credentials = [0, 4, 8].map((offset) => thread.i32(header + CMSGHDR + offset));
      } else return -EINVAL;
    }
    at += aligned(size);
  }
  return { fds, credentials };
}

/**
 * Tells a program what came along with a message, and fills in the rest of its struct msghdr.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} header address of the struct msghdr
 * @param {Receiving} what
 */
export function finishReceive(gate, thread, header, what) {
  const name = thread.u32(header);
  if (name) thread.setU32(header + NAME_LENGTH, putAddress(thread, name, thread.u32(header + NAME_LENGTH), what.from));
  const control = thread.u32(header + 16);
  const room = control ? thread.u32(header + CONTROL_LENGTH) : 0;
  let used = 0;
  const { baggage } = what;
  /** @param {number} type @param {number[]} numbers */
  const add = (type, numbers) => {
    const size = CMSGHDR + 4 * numbers.length;
    [size, SOL_SOCKET, type, ...numbers].forEach((number, i) => thread.setU32(control + used + 4 * i, number));
    used = Math.min(room, used + aligned(size));
  };
  if (baggage?.credentials) {
    if (room - used >= CMSGHDR + UCRED) add(SCM_CREDENTIALS, baggage.credentials);
    else what.outFlags |= MSG_CTRUNC;
  }
  if (baggage?.parcel) {
    const most = Math.max(0, (room - used - CMSGHDR) >> 2);
    const fds = unpack(gate, thread, what, most);
    if (fds.length) add(SCM_RIGHTS, fds);
    if (fds.length < baggage.files.length) what.outFlags |= MSG_CTRUNC;
  }
  thread.setU32(header + CONTROL_LENGTH, used);
  thread.setU32(header + FLAGS, what.outFlags | (what.flags & MSG_CMSG_CLOEXEC));
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Receiving} what
 * @param {number} most
 * @returns {number[]} the descriptors that were made
 */
function unpack(gate, thread, what, most) {
  const { parcel, files } = /** @type {import("../socket.js").Baggage} */ (what.baggage);
  const { process } = thread;
  const peek = what.flags & 2;
  const count = gate.kernel.rights_take(process.pid, parcel, most, what.flags & MSG_CMSG_CLOEXEC ? 1 : 0, peek);
  const fds = [];
  for (let i = 0; i < count; i++) {
    const fd = gate.mailInt(i);
    process.files[fd] = files[i];
    fds.push(fd);
  }
  return fds;
}

/**
 * Closes what came along with bytes that were received by a call that takes nothing else.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {Receiving} what
 */
export function dropBaggage(gate, thread, { baggage, flags }) {
  if (baggage?.parcel && !(flags & 2)) gate.kernel.rights_drop(thread.process.pid, baggage.parcel);
}

/**
 * @param {Thread} thread
 * @param {number} address where it goes
 * @param {number} room bytes
 * @param {Uint8Array | null} name
 * @returns {number} its whole length, as Linux tells it
 */
export function putAddress(thread, address, room, name) {
  if (!name) return 0;
  const part = name.subarray(0, room);
  if (part.length) thread.put(address, part);
  return name.length;
}

/**
 * The address a program gives.
 * @param {Thread} thread
 * @param {number} address
 * @param {number} length
 * @returns {Uint8Array | number} -EINVAL where it is longer than any, -EFAULT
 */
export function givenAddress(thread, address, length) {
  if (length >>> 0 > MAX_NAME) return -EINVAL;
  if (!length) return new Uint8Array(0);
  try {
    return thread.piece(address, length);
  } catch (error) {
    if (error instanceof AddressError) return -EFAULT;
    throw error;
  }
}
