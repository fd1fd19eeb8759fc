// System calls about the machine.
import { EINVAL, EPERM } from "../errno.js";

/** @typedef {import("./index.js").Call} Call */

/** Size of struct utsname, and of struct sysinfo on a 32-bit machine, bytes. */
const UTSNAME = 390;
const SYSINFO = 64;

/** @type {Record<number, Call>} */
export const SYSTEM_CALLS = {
  // clock_settime(): nobody sets the browser's clock
  112: () => -EPERM,
  // sched_setaffinity, sched_getaffinity(pid, size, mask): one processor
  122: () => 0,
  123(_gate, thread, _pid, size, mask) {
    if (size < 4) return -EINVAL;
    thread.put(mask, new Uint8Array([1, 0, 0, 0]));
    return 4;
  },
  // sched_getparam, sched_getscheduler, sched_get_priority_max and _min, sched_setscheduler
  119: () => 0,
  120: () => 0,
  121(_gate, thread, _pid, parameter) {
    thread.setU32(parameter, 0);
    return 0;
  },
  125: () => 0,
  126: () => 0,
  // uname(buffer)
  160(gate, thread, buffer) {
    gate.kernel.uname(thread.process.pid);
    thread.put(buffer, gate.mail(0, UTSNAME));
    return 0;
  },
  // sethostname()
  161: () => -EPERM,
  // sysinfo(buffer)
  179(gate, thread, buffer) {
    gate.kernel.sysinfo(thread.process.pid);
    thread.put(buffer, gate.mail(0, SYSINFO));
    return 0;
  },
};
