// System calls that make, end, wait for and describe processes.
import { E2BIG, EAGAIN, EFAULT } from "../errno.js";
import { execve } from "../exec.js";
import { ENDED } from "../thread.js";
import { actAsChild, actAsParent } from "../vfork.js";

/** @typedef {import("./index.js").Call} Call */

/** Size of struct rusage, bytes. */
const RUSAGE = 136;
const RUSAGE_THREAD = 1;
const SIGINFO = 128;
/** Where in the mailbox wait4 leaves a struct rusage. */
const WAIT_RUSAGE = 16;
const RLIMIT_CPU = 0;
const RLIMIT_FSIZE = 1;

/** @type {Record<number, Call>} */
export const PROCESS_CALLS = {
  // waitid(type, id, info, options)
  95(gate, thread, type, id, info, options) {
    const result = gate.kernel.waitid(thread.process.pid, type, id, options);
    if (result >= 0 && info) thread.put(info, gate.mail(0, SIGINFO));
    return result;
  },
  // getpriority, setpriority
  141: (gate, { process }, which, who) => gate.kernel.getpriority(process.pid, which, who),
  140: (gate, { process }, which, who, nice) => gate.kernel.setpriority(process.pid, which, who, nice),
  // setregid, setgid, setreuid, setuid, setresuid, setresgid
  143: (gate, { process }, rgid, egid) => gate.kernel.setresgid(process.pid, rgid, egid, -1),
  144: (gate, { process }, gid) => gate.kernel.setgid(process.pid, gid),
  145: (gate, { process }, ruid, euid) => gate.kernel.setresuid(process.pid, ruid, euid, -1),
  146: (gate, { process }, uid) => gate.kernel.setuid(process.pid, uid),
  147: (gate, { process }, ruid, euid, suid) => gate.kernel.setresuid(process.pid, ruid, euid, suid),
  149: (gate, { process }, rgid, egid, sgid) => gate.kernel.setresgid(process.pid, rgid, egid, sgid),
  // getresuid, getresgid
  148(gate, thread, real, effective, saved) {
    gate.kernel.getresuid(thread.process.pid);
    if (!real || !effective || !saved) return -EFAULT;
    [real, effective, saved].forEach((at, i) => thread.setU32(at, gate.mailInt(i)));
    return 0;
  },
  150(gate, thread, real, effective, saved) {
    gate.kernel.getresuid(thread.process.pid);
    if (!real || !effective || !saved) return -EFAULT;
    [real, effective, saved].forEach((at, i) => thread.setU32(at, gate.mailInt(i + 3)));
    return 0;
  },
  // times(buffer): clock ticks of 10 ms
  153(gate, thread, buffer) {
    const { process } = thread;
    gate.scheduler.charge(thread);
    const ticks = gate.kernel.times(process.pid, process.cpuMs);
    if (buffer) thread.put(buffer, gate.mail(0, 16));
    return ticks;
  },
  // setpgid, getpgid, getsid, setsid
  154: (gate, { process }, pid, pgid) => gate.kernel.setpgid(process.pid, pid, pgid),
  155: (gate, { process }, pid) => gate.kernel.getpgid(process.pid, pid),
  156: (gate, { process }, pid) => gate.kernel.getsid(process.pid, pid),
  157: (gate, { process }) => gate.kernel.setsid(process.pid),
  // getgroups(size, list), setgroups(size, list)
  158(gate, thread, size, list) {
    const count = gate.kernel.getgroups(thread.process.pid, size);
    if (size) for (let i = 0; i < count; i++) thread.setU32(list + 4 * i, gate.mailInt(i));
    return count;
  },
  159: (gate, { process }) => gate.kernel.setgroups(process.pid),
  // getrusage(who, buffer)
  165(gate, thread, who, buffer) {
    const { process } = thread;
    gate.scheduler.charge(thread);
    const ms = who === RUSAGE_THREAD ? thread.cpuMs : process.cpuMs;
    const error = gate.kernel.getrusage(process.pid, who, ms);
    if (!error) thread.put(buffer, gate.mail(0, RUSAGE));
    return error;
  },
  // umask(mask)
  166: (gate, { process }, mask) => gate.kernel.umask(process.pid, mask),
  // getpid, getppid, getuid, geteuid, getgid, getegid
  172: (_gate, { process }) => process.pid,
  173: (gate, { process }) => gate.kernel.getppid(process.pid),
  174: (gate, { process }) => gate.kernel.getid(process.pid, 0),
  175: (gate, { process }) => gate.kernel.getid(process.pid, 1),
  176: (gate, { process }) => gate.kernel.getid(process.pid, 2),
  177: (gate, { process }) => gate.kernel.getid(process.pid, 3),
  // execve(path, argv, envp)
  221(gate, thread, path, argv, environ) {
    const words = thread.strings(argv);
    const variables = thread.strings(environ);
    return words && variables ? execve(gate, thread, thread.string(path), words, variables) : -E2BIG;
  },
  // wait4(pid, status, options, rusage)
  260(gate, thread, pid, status, options, rusage) {
    const found = gate.kernel.wait4(thread.process.pid, pid, options);
    if (found > 0) {
      if (status) thread.setU32(status, gate.mailInt(0));
      if (rusage) thread.put(rusage, gate.mail(WAIT_RUSAGE, RUSAGE));
    }
    return found;
  },
  // prlimit64(pid, resource, new, old)
  261(gate, thread, pid, resource, fresh, old) {
    const soft = fresh ? Number(BigInt.asUintN(64, thread.i64(fresh))) : -1;
    const hard = fresh ? Number(BigInt.asUintN(64, thread.i64(fresh + 8))) : -1;
    const error = gate.kernel.prlimit64(thread.process.pid, pid, resource, fresh ? 1 : 0, soft, hard);
    if (error) return error;
    const target = pid ? gate.processes.get(pid) : thread.process;
    if (fresh && resource === RLIMIT_FSIZE && target) target.fileSizeLimit = soft;
    if (fresh && resource === RLIMIT_CPU && target) target.cpuLimitMs = soft * 1000;
    if (old) thread.put(old, gate.mail(0, 16));
    return 0;
  },
  // tabux_vfork()
  1002(gate, thread) {
    if (thread.vforkParent) return -EAGAIN;
    const pid = gate.kernel.fork(thread.tid);
    if (pid < 0) return pid;
    actAsChild(gate, thread, thread.process.forked(pid));
    return pid;
  },
  // tabux_vexit(status, known)
  1003(gate, thread, status, known) {
    const { process, vforkParent } = thread;
    if (!vforkParent) return 0;
    actAsParent(gate, thread, vforkParent);
    if (known) gate.kernel.exit(process.pid, status);
    else gate.kernel.fork_abort(process.pid, status);
    if (vforkParent.process.dead) throw ENDED;
    return 0;
  },
};
