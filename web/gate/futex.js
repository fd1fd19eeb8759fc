// futex(2): threads wait for a word of their memory to change, and wake each other.
import { BLOCKED, EAGAIN, EINVAL, ENOSYS, ETIMEDOUT } from "./errno.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./program.js").Program} Program */
/** @typedef {import("./thread.js").Thread} Thread */

const WAIT = 0;
const WAKE = 1;
const REQUEUE = 3;
const CMP_REQUEUE = 4;
const WAIT_BITSET = 9;
const WAKE_BITSET = 10;
/** Options in the operation: no other process shares the word (none ever does), and the clock of a timeout. */
const PRIVATE = 128;
const CLOCK_REALTIME = 256;
const ALL_BITS = 0xffffffff;

/**
 * A thread that waits; `address` is null once it has been woken.
 * @typedef {{ thread: Thread, address: number | null, bits: number }} Waiter
 */

/**
 * Those who wait in one program, first come first served.
 * @type {WeakMap<Program, Waiter[]>}
 */
const queues = new WeakMap();

/** @param {Program} program */
function queueOf(program) {
  let queue = queues.get(program);
  if (!queue) queues.set(program, (queue = []));
  return queue;
}

/**
 * @param {Gate} gate
 * @param {Program} program
 * @param {number} address
 * @param {number} most so many, as a u32
 * @param {number} bits only who waits for one of these
 * @returns {number} how many have been woken
 */
export function wake(gate, program, address, most, bits = ALL_BITS) {
  const queue = queues.get(program);
  if (!queue?.length) return 0;
  let woken = 0;
  for (let i = 0; i < queue.length && woken < most; ) {
    const waiter = queue[i];
    if (waiter.address !== address || !(waiter.bits & bits)) {
      i++;
      continue;
    }
    queue.splice(i, 1);
    waiter.address = null;
    gate.scheduler.queue(waiter.thread);
    woken++;
  }
  return woken;
}

/**
 * Has threads wait for another word than they do.
 * @param {Program} program
 * @param {number} address
 * @param {number} most
 * @param {number} to
 * @returns {number} how many
 */
function requeue(program, address, most, to) {
  let moved = 0;
  for (const waiter of queueOf(program)) {
    if (moved >= most) break;
    if (waiter.address !== address) continue;
    waiter.address = to;
    moved++;
  }
  return moved;
}

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} address
 * @param {number} value that the word still has; -EAGAIN where not
 * @param {number} ms how long at most
 * @param {number} bits
 * @returns {number}
 */
function wait(gate, thread, address, value, ms, bits) {
  if (thread.i32(address) !== value) return -EAGAIN;
  if (ms <= 0) return -ETIMEDOUT;
  const queue = queueOf(thread.program);
  /** @type {Waiter} */
  const waiter = { thread, address, bits };
  queue.push(waiter);
  thread.futex = waiter;
  // a wake that has come counts, whatever else has come with it
  thread.finish = (result) => {
    thread.futex = null;
    if (waiter.address === null) return 0;
    queue.splice(queue.indexOf(waiter), 1);
    return result;
  };
  if (ms !== Infinity) {
    thread.deadlineMs = performance.now() + ms;
    gate.wakeAfter(thread, ms);
  } else thread.deadlineMs = Infinity;
  return BLOCKED;
}

/**
 * futex(2), as far as threads of one program need it. What is for priority inheritance is not here (ENOSYS).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} address of the word; it must be aligned
 * @param {number} operation
 * @param {number} value
 * @param {number} timeout address of a timespec, 0 for none; for a requeue, how many are moved at most
 * @param {number} second address of another word
 * @param {number} third a set of bits; for CMP_REQUEUE, the value that the word still has
 * @returns {number}
 */
export function futex(gate, thread, address, operation, value, timeout, second, third) {
  if (thread.futex) {
    if (thread.futex.address === null) return 0;
    return performance.now() >= thread.deadlineMs ? -ETIMEDOUT : BLOCKED;
  }
  address >>>= 0;
  if (address & 3) return -EINVAL;
  const { program } = thread;
  const command = operation & ~(PRIVATE | CLOCK_REALTIME);
  switch (command) {
    case WAIT:
    case WAIT_BITSET: {
      if (command === WAIT_BITSET && third === 0) return -EINVAL;
      let ms = Infinity;
      if (timeout) {
        const nanoseconds = thread.i32(timeout + 8);
        ms = thread.timespecMs(timeout);
        if (ms < 0 || nanoseconds < 0 || nanoseconds > 999_999_999) return -EINVAL;
        // absolute only with a set of bits (futex(2))
        if (command === WAIT_BITSET)
          ms -= performance.now() + (operation & CLOCK_REALTIME ? performance.timeOrigin : 0);
      }
      return wait(gate, thread, address, value, ms, command === WAIT_BITSET ? third : ALL_BITS);
    }
    case WAKE:
      return wake(gate, program, address, value >>> 0);
    case WAKE_BITSET:
      return third ? wake(gate, program, address, value >>> 0, third) : -EINVAL;
    case CMP_REQUEUE:
      if (thread.i32(address) !== third) return -EAGAIN;
    // falls through
    case REQUEUE: {
      const woken = wake(gate, program, address, value >>> 0);
      const moved = requeue(program, address, timeout >>> 0, second >>> 0);
      return command === CMP_REQUEUE ? woken + moved : woken;
    }
    default:
      return -ENOSYS;
  }
}
