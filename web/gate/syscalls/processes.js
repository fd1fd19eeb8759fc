// System calls that make, end, wait for and describe processes.
import { E2BIG, EAGAIN, EFAULT } from "../errno.js";
import { execve } from "../exec.js";
import { ENDED } from "../process.js";
import { mirrorChild } from "../runner.js";

/** @typedef {import("./index.js").Call} Call */

/** Size of struct rusage, bytes. */
const RUSAGE = 136;
const SIGINFO = 128;
/** Where in the mailbox wait4 leaves a struct rusage. */
const WAIT_RUSAGE = 16;
const RLIMIT_FSIZE = 1;

/** @type {Record<number, Call>} */
export const PROCESS_CALLS = {
  // waitid(type, id, info, options)
  95(gate, program, type, id, info, options) {
    const result = gate.kernel.waitid(program.process.pid, type, id, options);
    if (result >= 0 && info) program.put(info, gate.mail(0, SIGINFO));
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
  148(gate, program, real, effective, saved) {
    gate.kernel.getresuid(program.process.pid);
    if (!real || !effective || !saved) return -EFAULT;
    [real, effective, saved].forEach((at, i) => program.setU32(at, gate.mailInt(i)));
    return 0;
  },
  150(gate, program, real, effective, saved) {
    gate.kernel.getresuid(program.process.pid);
    if (!real || !effective || !saved) return -EFAULT;
    [real, effective, saved].forEach((at, i) => program.setU32(at, gate.mailInt(i + 3)));
    return 0;
  },
  // times(buffer): clock ticks of 10 ms
  153(gate, program, buffer) {
    const { process } = program;
    const ticks = gate.kernel.times(process.pid, gate.cpuTime(process));
    if (buffer) program.put(buffer, gate.mail(0, 16));
    return ticks;
  },
  // setpgid, getpgid, getsid, setsid
  154: (gate, { process }, pid, pgid) => gate.kernel.setpgid(process.pid, pid, pgid),
  155: (gate, { process }, pid) => gate.kernel.getpgid(process.pid, pid),
  156: (gate, { process }, pid) => gate.kernel.getsid(process.pid, pid),
  157: (gate, { process }) => gate.kernel.setsid(process.pid),
  // getgroups(size, list), setgroups(size, list)
  158(gate, program, size, list) {
    const count = gate.kernel.getgroups(program.process.pid, size);
    if (size) for (let i = 0; i < count; i++) program.setU32(list + 4 * i, gate.mailInt(i));
    return count;
  },
  159: (gate, { process }) => gate.kernel.setgroups(process.pid),
  // getrusage(who, buffer)
  165(gate, program, who, buffer) {
    const { process } = program;
    const error = gate.kernel.getrusage(process.pid, who, gate.cpuTime(process));
    if (!error) program.put(buffer, gate.mail(0, RUSAGE));
    return error;
  },
  // umask(mask)
  166: (gate, { process }, mask) => gate.kernel.umask(process.pid, mask),
  // getpid, getppid, getuid, geteuid, getgid, getegid, gettid
  172: (_gate, { process }) => process.pid,
  173: (gate, { process }) => gate.kernel.getppid(process.pid),
  174: (gate, { process }) => gate.kernel.getid(process.pid, 0),
  175: (gate, { process }) => gate.kernel.getid(process.pid, 1),
  176: (gate, { process }) => gate.kernel.getid(process.pid, 2),
  177: (gate, { process }) => gate.kernel.getid(process.pid, 3),
  178: (_gate, { process }) => process.pid,
  // execve(path, argv, envp)
  221(gate, program, path, argv, environ) {
    const words = program.strings(argv);
    const variables = program.strings(environ);
    return words && variables ? execve(gate, program, program.string(path), words, variables) : -E2BIG;
  },
  // wait4(pid, status, options, rusage)
  260(gate, program, pid, status, options, rusage) {
    const found = gate.kernel.wait4(program.process.pid, pid, options);
    if (found > 0) {
      if (status) program.setU32(status, gate.mailInt(0));
      if (rusage) program.put(rusage, gate.mail(WAIT_RUSAGE, RUSAGE));
    }
    return found;
  },
  // prlimit64(pid, resource, new, old)
  261(gate, program, pid, resource, fresh, old) {
    const soft = fresh ? Number(BigInt.asUintN(64, program.i64(fresh))) : -1;
    const hard = fresh ? Number(BigInt.asUintN(64, program.i64(fresh + 8))) : -1;
    const error = gate.kernel.prlimit64(program.process.pid, pid, resource, fresh ? 1 : 0, soft, hard);
    if (error) return error;
    const target = pid ? gate.processes.get(pid) : program.process;
    if (fresh && resource === RLIMIT_FSIZE && target) target.fileSizeLimit = soft;
    if (old) program.put(old, gate.mail(0, 16));
    return 0;
  },
  // tabux_vfork()
  1002(gate, program) {
    if (program.process !== program.owner) return -EAGAIN;
    const pid = gate.kernel.fork(program.process.pid);
    if (pid < 0) return pid;
    const child = mirrorChild(gate, program.process, pid);
    child.program = program;
    program.process = child;
    return pid;
  },
  // tabux_vexit(status, wanted)
  1003(gate, program, status, wanted) {
    const child = program.process;
    if (child === program.owner) return 0;
    program.process = program.owner;
    if (wanted) gate.kernel.exit(child.pid, status);
    else gate.kernel.fork_abort(child.pid, status);
    if (program.owner.dead) throw ENDED;
    program.showSignalDue();
    return 0;
  },
};
