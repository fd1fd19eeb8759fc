// System calls about the threads of a process.
import { EFAULT, EINVAL } from "../errno.js";
import { futex, wake } from "../futex.js";
import { endThread } from "../kernel-requests.js";
import { ENDED, Thread } from "../thread.js";

/** @typedef {import("./index.js").Call} Call */

const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
/** Longest name of a thread, with its NUL (prctl(2)). */
const NAME = 16;
/** What libc gives tabux_clone: seven words (docs/abi.md). */
const REQUEST = 28;
/** The export that begins a thread: (function, argument, thread pointer, stack). */
const THREAD_START = "__tabux_thread_start";

/** @type {Record<number, Call>} */
export const THREAD_CALLS = {
  // exit(status): the thread alone. (Not made through Gate.enter: nothing runs in between.)
  93(gate, thread, status) {
    const { program, process, clearTid } = thread;
    gate.report();
    gate.scheduler.charge(thread);
    gate.kernel.exit_thread(thread.tid, status);
    if (!process.dead) endThread(gate, thread);
    if (clearTid) {
      thread.setU32(clearTid, 0);
      wake(gate, program, clearTid, 1);
    }
    throw ENDED;
  },
  // set_tid_address(address)
  96(_gate, thread, address) {
    thread.clearTid = address && thread.piece(address, 4).byteOffset;
    return thread.tid;
  },
  // futex(address, operation, value, timeout, second, third)
  98: futex,
  // tkill(tid, sig), tgkill(tgid, tid, sig)
  130: (gate, thread, tid, sig) => gate.kernel.tgkill(thread.tid, -1, tid, sig),
  131: (gate, thread, tgid, tid, sig) => (tgid > 0 ? gate.kernel.tgkill(thread.tid, tgid, tid, sig) : -EINVAL),
  // prctl(option, argument): names; the rest has no effect
  167(gate, thread, option, argument) {
    if (option === PR_SET_NAME) return gate.kernel.set_name(thread.tid, thread.string(argument));
    if (option !== PR_GET_NAME) return 0;
    const error = gate.kernel.get_name(thread.tid);
    if (!error) thread.put(argument, gate.mail(0, NAME));
    return error;
  },
  // gettid()
  178: (_gate, { tid }) => tid,
  // tabux_clone(&request)
  1010(gate, thread, at) {
    const request = thread.piece(at, REQUEST);
    const word = new DataView(request.buffer, request.byteOffset);
    const [start, argument, pointer, stack, stackEnd, parentTid, childTid] = Array.from({ length: REQUEST / 4 }, (_, i) =>
      word.getUint32(4 * i, true),
    );
    const { process, program } = thread;
    const size = thread.bytes.length;
    if ([stack, parentTid + 4, childTid + 4].some((end) => end > size) || stackEnd >= stack) return -EFAULT;
    if (thread.vforkParent || !program.instance?.exports[THREAD_START]) return -EINVAL;
    const tid = gate.kernel.clone(thread.tid);
    if (tid < 0) return tid;
    const entry = { name: THREAD_START, args: [start, argument, pointer, stack] };
    const started = new Thread(process, program, tid, entry);
    started.stackEnd = stackEnd;
    started.clearTid = childTid;
    program.stacks++;
    process.threads.add(started);
    gate.threads.set(tid, started);
    thread.setU32(parentTid, tid);
    started.begin(() => gate.run(started));
    gate.scheduler.queue(started);
    return tid;
  },
};
