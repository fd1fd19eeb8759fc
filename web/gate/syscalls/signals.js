// System calls about signals and interval timers.
import { BLOCKED, EAGAIN, EFAULT, EINVAL } from "../errno.js";
import { nanosleep } from "../time.js";

/** @typedef {import("./index.js").Call} Call */

/** Sizes of struct k_sigaction, siginfo_t, and of what tabux_sigtake gives, bytes. */
const SIGACTION = 20;
const SIGINFO = 128;
const TAKEN = 36;

/** @type {Record<number, Call>} */
export const SIGNAL_CALLS = {
  // signalfd4(fd, mask, size, flags)
  74(gate, thread, fd, mask, size, flags) {
    if (size !== 8) return -EINVAL;
    const { process } = thread;
    const result = gate.kernel.signalfd4(thread.tid, fd, thread.u32(mask), thread.u32(mask + 4), flags);
    if (fd === -1 && result >= 0) gate.installOpened(process, result);
    return result;
  },
  // nanosleep(request, remain), clock_nanosleep(clock, flags, request, remain)
  101: (gate, thread, request, remain) => nanosleep(gate, thread, 1, 0, request, remain),
  115: (gate, thread, clock, flags, request, remain) => nanosleep(gate, thread, clock, flags, request, remain),
  // getitimer(which, value), setitimer(which, new, old); microseconds in pairs of longs
  102(gate, thread, which, value) {
    const error = gate.kernel.getitimer(thread.process.pid, which);
    if (!error) thread.put(value, gate.mail(0, 16));
    return error;
  },
  103(gate, thread, which, fresh, old) {
    // a null pointer stops the timer; -1 for a time that is none (EINVAL)
    const us = (/** @type {number} */ at) => {
      const rest = fresh ? thread.i32(fresh + at + 4) : 0;
      return rest < 0 || rest > 999_999 ? -1 : (fresh ? thread.i32(fresh + at) : 0) * 1e6 + rest;
    };
    const error = gate.kernel.setitimer(thread.process.pid, which, us(0), us(8));
    if (!error && old) thread.put(old, gate.mail(0, 16));
    return error;
  },
  // kill(pid, sig)
  129: (gate, { process }, pid, sig) => gate.kernel.kill(process.pid, pid, sig),
  // sigaltstack(): handlers run on the ordinary stack
  132: () => 0,
  // rt_sigsuspend(mask, size)
  133(gate, thread, mask) {
    if (thread.retrying) return BLOCKED;
    if (!mask) return -EFAULT;
    gate.kernel.mask_swap(thread.tid, thread.u32(mask), thread.u32(mask + 4));
    return BLOCKED;
  },
  // rt_sigaction(sig, new, old, size)
  134(gate, thread, sig, fresh, old) {
    const u = (/** @type {number} */ at) => (fresh ? thread.u32(fresh + at) : 0);
    const error = gate.kernel.sigaction(thread.process.pid, sig, fresh ? 1 : 0, u(0), u(4), u(12), u(16));
    if (!error && old) thread.put(old, gate.mail(0, SIGACTION));
    return error;
  },
  // rt_sigprocmask(how, new, old, size)
  135(gate, thread, how, fresh, old) {
    const low = fresh ? thread.u32(fresh) : 0;
    const high = fresh ? thread.u32(fresh + 4) : 0;
    const error = gate.kernel.sigprocmask(thread.tid, fresh ? how : -1, low, high);
    if (!error && old) thread.put(old, gate.mail(0, 8));
    return error;
  },
  // rt_sigpending(set, size)
  136(gate, thread, set) {
    gate.kernel.sigpending(thread.tid);
    thread.put(set, gate.mail(0, 8));
    return 0;
  },
  // rt_sigtimedwait(set, info, timeout, size)
  137(gate, thread, set, info, timeout) {
    const sig = gate.kernel.sigtake_from(thread.tid, thread.u32(set), thread.u32(set + 4));
    if (sig) {
      if (info) thread.put(info, gate.mail(0, SIGINFO));
      return sig;
    }
    if (!thread.retrying) {
      const ms = timeout ? thread.timespecMs(timeout) : Infinity;
      if (ms < 0) return -EINVAL;
      if (ms === 0) return -EAGAIN;
      thread.deadlineMs = performance.now() + ms;
      if (ms !== Infinity) gate.wakeAfter(thread, ms);
      return BLOCKED;
    }
    return performance.now() >= thread.deadlineMs ? -EAGAIN : BLOCKED;
  },
  // rt_sigreturn: libc gives the mask from before the handler
  139: (gate, thread, mask) =>
    gate.kernel.sigreturn(thread.tid, thread.u32(mask), thread.u32(mask + 4)),
  // tabux_init(&sigword)
  1004(_gate, thread, sigword) {
    // written whenever a signal comes, so it must lie in the memory, which never shrinks
    thread.program.sigword = thread.piece(sigword, 4).byteOffset;
    thread.showSignalDue();
    return 0;
  },
  // tabux_sigtake(&sig)
  1005(gate, thread, at) {
    const sig = gate.kernel.sigtake(thread.tid);
    if (sig > 0) thread.put(at, gate.mail(0, TAKEN));
    return sig;
  },
};
