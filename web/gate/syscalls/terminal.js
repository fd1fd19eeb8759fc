// ioctl: terminals, and the few requests every file knows.
import { EBADF, EFAULT, EINVAL, ENOTTY } from "../errno.js";
import { Kind, O_NONBLOCK } from "../open-file.js";
import { SOCK_SEQPACKET, State } from "../socket.js";

/** @typedef {import("./index.js").Call} Call */

/** Bytes that a request reads from the program and gives back: what the kernel's termios and winsize take. */
const TERMIOS = 36;
/** @type {Map<number, { reads?: number, gives?: number }>} */
const REQUESTS = new Map([
  [0x5401, { gives: TERMIOS }], // TCGETS
  [0x5402, { reads: TERMIOS }], // TCSETS
  [0x5403, { reads: TERMIOS }], // TCSETSW
  [0x5404, { reads: TERMIOS }], // TCSETSF
  [0x5413, { gives: 8 }], // TIOCGWINSZ
  [0x5414, { reads: 8 }], // TIOCSWINSZ
  [0x540f, { gives: 4 }], // TIOCGPGRP
  [0x5410, { reads: 4 }], // TIOCSPGRP
  [0x5429, { gives: 4 }], // TIOCGSID
  [0x5411, { gives: 4 }], // TIOCOUTQ
  [0x5412, { reads: 1 }], // TIOCSTI
  [0x541b, { gives: 4 }], // FIONREAD
  [0x5421, { reads: 4 }], // FIONBIO
  [0x80045430, { gives: 4 }], // TIOCGPTN
  [0x40045431, { reads: 4 }], // TIOCSPTLCK
  [0x80045439, { gives: 4 }], // TIOCGPTLCK
]);
const FIONREAD = 0x541b;
const FIONBIO = 0x5421;
const TIOCGPTPEER = 0x5441;
const FIOCLEX = 0x5451;
const FIONCLEX = 0x5450;

/**
 * FIONREAD of a socket: what there is to read, or how long the first message is.
 * @param {import("../thread.js").Thread} thread
 * @param {import("../socket.js").Socket} socket
 * @param {number} at where the answer goes
 * @returns {number}
 */
function waitingBytes(thread, socket, at) {
  if (socket.state === State.LISTENING) return -EINVAL;
  const { queue, received, type } = socket;
  const messages = type === SOCK_SEQPACKET ? queue : queue.slice(0, 1);
  thread.setU32(at, received.size + messages.reduce((sum, { data }) => sum + data.length, 0));
  return 0;
}

/** @type {Record<number, Call>} */
export const TERMINAL_CALLS = {
  29(gate, thread, fd, request, argument) {
    request >>>= 0;
    const { process } = thread;
    const file = process.files[fd];
    if (!file || file.kind === Kind.PATH) return -EBADF;
    if (request === FIOCLEX || request === FIONCLEX)
      return gate.kernel.fcntl(process.pid, fd, 2, request === FIOCLEX ? 1 : 0);
    if (request === FIONBIO) {
      const flags = thread.u32(argument) ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
      file.flags = flags;
      return gate.kernel.fcntl(process.pid, fd, 4, flags);
    }
    if (request === FIONREAD && file.kind !== Kind.TTY) {
      if (file.socket) return waitingBytes(thread, file.socket, argument);
      if (file.kind === Kind.PIPE) thread.setU32(argument, file.pipe?.size ?? 0);
      else if (file.kind === Kind.REGULAR)
        thread.setU32(argument, Math.max(0, (file.content?.size ?? 0) - file.position));
      else return -ENOTTY;
      return 0;
    }
    if (file.kind !== Kind.TTY) return -ENOTTY;
    if (request === TIOCGPTPEER) {
      const peer = gate.kernel.tty_peer(process.pid, file.id, argument);
      if (peer >= 0) gate.installOpened(process, peer);
      return peer;
    }
    const shape = REQUESTS.get(request);
    if (shape && !argument) return -EFAULT;
    if (shape?.reads) gate.mail(0, shape.reads).set(thread.piece(argument, shape.reads));
    const result = gate.kernel.tty_ioctl(process.pid, file.id, request, argument);
    if (result >= 0 && shape?.gives) thread.put(argument, gate.mail(0, shape.gives));
    return result;
  },
};
