// execve: from a path to a program that can be instantiated.
import { compiledAhead } from "./download.js";
import { BLOCKED, E2BIG, EIO, ELOOP, ENOENT, ENOEXEC } from "./errno.js";
import { HostImage, hostName } from "./host-image.js";
import { Image, isWasm } from "./image.js";
import { endThread } from "./kernel-requests.js";
import { fromLatin1, latin1 } from "./latin1.js";
import { REPLACED } from "./thread.js";
import { MAX_ARGUMENTS } from "./user-memory.js";
import { actAsParent } from "./vfork.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./thread.js").Thread} Thread */
/** @typedef {import("./content.js").Content} Content */

/** Longest single argument, bytes (execve(2), MAX_ARG_STRLEN). */
const MAX_ARGUMENT = 131072;
/** So much of a script's first line counts (BINPRM_BUF_SIZE). */
const HEAD = 256;
/** How many interpreters may be scripts themselves. */
const MAX_INTERPRETERS = 4;
/** Modules larger than this are compiled off the thread, bytes. */
const COMPILE_ASIDE = 65536;

/**
 * What an execve has found: everything a new program needs.
 * @typedef {{ image: Image | HostImage, argv: Uint8Array[], environ: Uint8Array[] }} Execution
 */

/**
 * The program of a file, compiled once.
 * @param {Content} content
 * @param {() => void} ready called when it is worth asking again
 * @returns {Image | number} or BLOCKED, -ENOEXEC
 */
function imageOf(content, ready) {
  if (content.image) return content.image;
  const shipped = content.source;
  const bytes = content.whole();
  if (content.size <= COMPILE_ASIDE) {
    try {
      content.image = new Image(new WebAssembly.Module(/** @type {BufferSource} */ (bytes)), bytes);
      return content.image;
    } catch {
      return -ENOEXEC;
    }
  }
  const { compiling } = content;
  if (compiling === "failed") return -ENOEXEC;
  if (!compiling) {
    /** @type {Promise<void>} */
    const started = ((shipped && compiledAhead(shipped)) ?? WebAssembly.compile(/** @type {BufferSource} */ (bytes)))
      .then((module) => {
        const image = new Image(module, bytes);
        // a write meanwhile has made these bytes another program
        if (content.compiling !== started) return;
        content.image = image;
        content.compiling = null;
      })
      .catch((error) => {
        if (content.compiling !== started) return;
        console.error("tabux: a program does not compile:", error);
        content.compiling = "failed";
      });
    content.compiling = started;
  }
  /** @type {Promise<void>} */ (content.compiling).then(ready);
  return BLOCKED;
}

/**
 * The interpreter line of a script, as Linux reads it.
 * @param {string} head
 * @returns {{ interpreter: string, argument: string | null } | null}
 */
function interpreterLine(head) {
  const match = /^#![ \t]*([^ \t\n\0]+)(?:[ \t]+([^\n\0]*?))?[ \t]*(?:\n|\0|$)/.exec(head);
  return match && { interpreter: match[1], argument: match[2] || null };
}

/**
 * @param {Uint8Array[]} strings arguments, variables
 * @returns {boolean} whether execve(2) refuses them with E2BIG
 */
export function tooLarge(strings) {
  let total = 0;
  for (const string of strings) {
    if (string.length >= MAX_ARGUMENT) return true;
    total += string.length + 5;
  }
  return total > MAX_ARGUMENTS;
}

/**
 * Finds what to run, follows `#!`, compiles.
 * @param {Gate} gate
 * @param {number} tid who asks
 * @param {string} path
 * @param {Uint8Array[]} argv
 * @param {Uint8Array[]} environ
 * @param {() => void} ready called when it is worth asking again after BLOCKED
 * @returns {Execution | number} or BLOCKED, -errno
 */
export function prepare(gate, tid, path, argv, environ, ready) {
  for (let depth = 0; ; depth++) {
    const ino = gate.kernel.exec_lookup(tid, path, depth);
    if (ino < 0) return ino;
    const content = gate.contents.of(ino);
    const waiting = content.demand(0, content.size, ready);
    if (waiting === -EIO || waiting === BLOCKED) return waiting;
    const head = new Uint8Array(Math.min(content.size, HEAD));
    content.read(0, head);
    if (isWasm(head)) {
      const image = imageOf(content, ready);
      return typeof image === "number" ? image : { image, argv, environ };
    }
    const host = hostName(head);
    if (host !== null) {
      const run = gate.hostFunctions.get(host);
      return run ? { image: new HostImage(host, run), argv, environ } : -ENOENT;
    }
    const line = interpreterLine(latin1(head));
    if (!line) return -ENOEXEC;
    if (depth === MAX_INTERPRETERS) return -ELOOP;
    const words = line.argument === null ? [line.interpreter, path] : [line.interpreter, line.argument, path];
    argv = [...words.map(fromLatin1), ...argv.slice(1)];
    path = line.interpreter;
  }
}

/**
 * execve(2). Does not return when it succeeds, except to the program that acts for a child after tabux_vfork:
 * that one gets the child's pid.
 * @param {Gate} gate
 * @param {Thread} thread
 * @param {string} path
 * @param {Uint8Array[]} argv
 * @param {Uint8Array[]} environ
 * @returns {number} BLOCKED, -errno or the pid
 */
export function execve(gate, thread, path, argv, environ) {
  const { process, program, vforkParent } = thread;
  if (tooLarge([...argv, ...environ])) return -E2BIG;
  const execution = prepare(gate, thread.tid, path, argv, environ, () => gate.wake(process.pid));
  if (typeof execution === "number") {
    // a handler does not end it while the file comes: execve has no EINTR
    thread.uninterruptible = execution === BLOCKED;
    return execution;
  }
  const error = commit(gate, process, thread.tid);
  if (error) return error;
  if (!vforkParent) {
    for (const other of [...process.threads]) if (other !== thread) endThread(gate, other);
    program.next = execution;
    throw REPLACED;
  }
  actAsParent(gate, thread, vforkParent);
  gate.scheduler.charge(vforkParent);
  gate.start(process, execution);
  return process.pid;
}

/**
 * Tells the kernel that a process becomes another program, and drops its close-on-exec descriptors.
 * @param {Gate} gate
 * @param {import("./process.js").Process} process
 * @param {number} tid the thread that goes on, with the process's number
 * @returns {number} 0 or -errno
 */
export function commit(gate, process, tid) {
  gate.report();
  const closed = gate.kernel.exec_commit(tid);
  for (let i = 0; i < closed; i++) process.files[gate.mailInt(i)] = undefined;
  return Math.min(closed, 0);
}
