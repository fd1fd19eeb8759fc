// ppoll and pselect6: readiness of descriptors, and waiting for it.
import { BLOCKED, EBADF, EINTR, EINVAL } from "./errno.js";
import { Kind } from "./open-file.js";
import { PIPE_BUF } from "./pipe.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */

const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLHUP = 16;
export const POLLNVAL = 32;
const POLLRDNORM = 64;
const POLLWRNORM = 256;
export const READABLE = POLLIN | POLLRDNORM;
export const WRITABLE = POLLOUT | POLLWRNORM;
/** So many descriptors one call may name (RLIMIT_NOFILE's hard limit). */
const MAX_DESCRIPTORS = 4096;

/**
 * What a descriptor is ready for; where it is not, the thread is put on the list of who is woken.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} fd
 * @param {number} events asked for
 * @returns {number} POLL* bits
 */
export function ready(gate, thread, fd, events) {
  const file = thread.process.files[fd];
  if (!file || file.kind === Kind.PATH) return POLLNVAL;
  if (file.kind === Kind.TTY) return spread(gate.kernel.tty_poll(thread.tid, file.id), events);
  if (file.kind === Kind.SIGNALS)
    return spread(gate.kernel.signalfd_poll(thread.tid, file.id), events);
  if (file.kind === Kind.SINK) {
    if (!file.sink?.full) return events & WRITABLE;
    file.sink.waiters.add(thread);
    return 0;
  }
  if (file.socket) {
    const bits = spread(file.socket.ready(), events);
    if (!bits) {
      file.socket.waiters.add(thread);
      file.socket.peer?.waiters.add(thread);
    }
    return bits;
  }
  if (file.kind !== Kind.PIPE) return events & (READABLE | WRITABLE);
  const pipe = /** @type {import("./pipe.js").Pipe} */ (file.pipe);
  let bits = 0;
  if (file.readable) {
    if (pipe.size) bits |= POLLIN;
    if (!pipe.writers) bits |= POLLHUP;
  }
  if (file.writable) {
    if (pipe.room >= PIPE_BUF) bits |= POLLOUT;
    if (!pipe.readers) bits |= POLLERR;
  }
  bits = spread(bits, events);
  if (!bits) pipe.waiters.add(thread);
  return bits;
}

/**
 * @param {number} bits of POLLIN, POLLOUT, POLLHUP and POLLERR that hold
 * @param {number} events asked for
 * @returns {number} what poll answers: also the other names of the same (poll(2))
 */
function spread(bits, events) {
  if (bits & POLLIN) bits |= READABLE;
  if (bits & POLLOUT) bits |= WRITABLE;
  return bits & (events | POLLHUP | POLLERR);
}

/**
 * Waits for `look` to count something, or the time to pass. The signal mask is swapped for the time of the wait;
 * where a handler is due the kernel puts the old mask back after it.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {() => number} look how many descriptors are ready, or -errno
 * @param {number} timeout address of a timespec, 0 to wait without end
 * @param {number} mask address of a sigset_t, or 0
 * @returns {number}
 */
function wait(gate, thread, look, timeout, mask) {
  const { tid } = thread;
  if (!thread.retrying) {
    const ms = timeout ? thread.timespecMs(timeout) : Infinity;
    if (ms < 0 || (timeout && thread.data.getUint32((timeout + 8) >>> 0, true) > 999_999_999)) return -EINVAL;
    if (mask) {
      gate.kernel.mask_swap(tid, thread.u32(mask), thread.u32(mask + 4));
      thread.finish = (result) => {
        if (result !== -EINTR) gate.kernel.mask_restore(tid);
        return result;
      };
    }
    thread.deadlineMs = performance.now() + ms;
    const count = look();
    if (count || ms === 0) return count;
    if (ms !== Infinity) gate.wakeAfter(thread, ms);
    return BLOCKED;
  }
  return look() || (performance.now() >= thread.deadlineMs ? 0 : BLOCKED);
}

/**
 * ppoll(2).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} list address of { i32 fd; i16 events; i16 revents } entries
 * @param {number} count
 * @param {number} timeout
 * @param {number} mask
 * @returns {number}
 */
export function ppoll(gate, thread, list, count, timeout, mask) {
  if (count >>> 0 > MAX_DESCRIPTORS) return -EINVAL;
  const look = () => {
    const { data } = thread;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const at = (list >>> 0) + 8 * i;
      const fd = data.getInt32(at, true);
      const bits = fd < 0 ? 0 : ready(gate, thread, fd, data.getInt16(at + 4, true));
      data.setInt16(at + 6, bits, true);
      if (bits) found++;
    }
    return found;
  };
  return wait(gate, thread, look, timeout, mask);
}

/**
 * pselect6(2). The sets are written only when the call ends well, so that a retry still finds what was asked.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} count highest descriptor + 1
 * @param {number} readSet address of a bit set, or 0
 * @param {number} writeSet
 * @param {number} exceptSet
 * @param {number} timeout
 * @param {number} maskPointer address of { sigset_t *mask; size_t size }, or 0
 * @returns {number}
 */
export function pselect6(gate, thread, count, readSet, writeSet, exceptSet, timeout, maskPointer) {
  if (count < 0) return -EINVAL;
  count = Math.min(count, MAX_DESCRIPTORS);
  const length = ((count + 31) >> 5) * 4;
  const sets = [
    { at: readSet, events: POLLIN, counts: POLLIN | POLLHUP | POLLERR },
    { at: writeSet, events: POLLOUT, counts: POLLOUT | POLLERR },
    { at: exceptSet, events: 0, counts: 0 },
  ].filter((set) => set.at);
  const look = () => {
    const found = sets.map(() => new Uint8Array(length));
    const asked = sets.map(({ at }) => thread.piece(at, length));
    let total = 0;
    for (let s = 0; s < sets.length; s++)
      for (let fd = 0; fd < count; fd++) {
        if (!((asked[s][fd >> 3] >> (fd & 7)) & 1)) continue;
        const bits = ready(gate, thread, fd, sets[s].events);
        if (bits & POLLNVAL) return -EBADF;
        if (!(bits & sets[s].counts)) continue;
        found[s][fd >> 3] |= 1 << (fd & 7);
        total++;
      }
    if (total || performance.now() >= thread.deadlineMs)
      found.forEach((bits, s) => thread.put(sets[s].at, bits));
    return total;
  };
  return wait(gate, thread, look, timeout, maskPointer ? thread.u32(maskPointer) : 0);
}
