// Clocks and sleeping.
import { BLOCKED, EINTR, EINVAL } from "./errno.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_PROCESS_CPUTIME_ID = 2;
const TIMER_ABSTIME = 1;

/**
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} clock 0 realtime, 1 monotonic, 2 process CPU time, 3 thread CPU time
 * @returns {bigint} nanoseconds
 */
export function clockTime(gate, thread, clock) {
  let ms;
  if (clock === CLOCK_REALTIME) ms = performance.timeOrigin + performance.now();
  else if (clock === CLOCK_MONOTONIC) ms = performance.now();
  else {
    gate.scheduler.charge(thread);
    ms = clock === CLOCK_PROCESS_CPUTIME_ID ? thread.process.cpuMs : thread.cpuMs;
  }
  return BigInt(Math.round(ms * 1e3)) * 1000n;
}

/** Resolution of every clock, nanoseconds (performance.now() without isolation). */
export const RESOLUTION = 100_000n;

/**
 * Waits until a time; for calls that are woken early by a signal only.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} ms from now
 * @returns {number} 0 when the time has come, BLOCKED before
 */
export function waitUntil(gate, thread, ms) {
  if (!thread.retrying) {
    thread.deadlineMs = performance.now() + ms;
    if (ms <= 0) return 0;
    gate.wakeAfter(thread, ms);
    return BLOCKED;
  }
  return performance.now() >= thread.deadlineMs ? 0 : BLOCKED;
}

/**
 * clock_nanosleep(2).
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {number} clock
 * @param {number} flags TIMER_ABSTIME
 * @param {number} request address of a timespec
 * @param {number} remain address of a timespec for what is left after a signal, or 0
 * @returns {number}
 */
export function nanosleep(gate, thread, clock, flags, request, remain) {
  if (thread.retrying) return waitUntil(gate, thread, 0);
  const nsec = thread.i32(request + 8);
  let ms = thread.timespecMs(request);
  if (nsec < 0 || nsec > 999_999_999 || ms < 0) return -EINVAL;
  if (flags & TIMER_ABSTIME)
    ms -= clock === CLOCK_REALTIME ? performance.timeOrigin + performance.now() : performance.now();
  const result = waitUntil(gate, thread, ms);
  if (result === BLOCKED && remain && !(flags & TIMER_ABSTIME)) {
    const timer = thread.finish;
    thread.finish = (result) => {
      timer?.(result);
      if (result === -EINTR) {
        const left = Math.max(0, thread.deadlineMs - performance.now());
        thread.setU64(remain, BigInt(Math.floor(left / 1000)));
        thread.setU32(remain + 8, Math.floor((left % 1000) * 1e6));
      }
      return result;
    };
  }
  return result;
}
