// What the kernel asks of the gate about processes, pipes and timers; it only schedules, and runs no program.

import { EBUSY } from "./errno.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./process.js").Process} Process */
/** @typedef {import("./program.js").Program} Program */
/** @typedef {import("./thread.js").Thread} Thread */

const SIGKILL = 9;
/** The longest time setTimeout takes, milliseconds. */
const MAX_TIMEOUT = 0x7fffffff;

/**
 * The kernel has ended a process. Its program is dropped now, or when it comes out of the running call.
 * @param {Gate} gate
 * @param {number} pid
 * @param {number} status wait status
 * @returns {number} the CPU time it has used, milliseconds
 */
export function gone(gate, pid, status) {
  const process = gate.processes.get(pid);
  if (process) {
    gate.processes.delete(pid);
    process.dead = true;
    process.files = [];
    const { program } = process;
    for (const thread of [...process.threads]) endThread(gate, thread);
    program?.onEnd?.();
    if (program?.owner === process && program.stacks === 0) release(gate, program);
    gate.audit?.exit(pid, status, process.cpuMs);
  }
  const exit = gate.exits.get(pid);
  if (exit) {
    gate.exits.delete(pid);
    exit(status);
  }
  return process?.cpuMs ?? 0;
}

/**
 * A thread is no more, in the eyes of the kernel.
 * @param {Gate} gate
 * @param {Thread} thread
 */
export function endThread(gate, thread) {
  thread.exited = true;
  thread.process.threads.delete(thread);
  if (gate.threads.get(thread.tid) === thread) gate.threads.delete(thread.tid);
  // it may have waited for several of them, and be on the list of one where nothing happens any more
  for (const lists of [gate.pipes, gate.sinks, gate.sockets])
    for (const { waiters } of lists.values()) waiters.delete(thread);
  const { vforkChild } = thread;
  // a child without an instance of its own (tabux_vfork): the parent goes on, when the kernel has finished
  if (thread.vforkParent) gate.scheduler.queue(thread);
  else if (vforkChild?.asleep) {
    // killed in the middle of a posix_spawn: nobody can go on as its child
    vforkChild.end();
    const { process } = vforkChild;
    if (!process.dead) queueMicrotask(() => gate.kernel.exit_signal(process.pid, SIGKILL));
  } else thread.end();
}

/**
 * Takes a program's memory back; nothing runs in it any more.
 * @param {Gate} gate
 * @param {Program} program
 */
export function release(gate, program) {
  const { memory, owner } = program;
  program.instance = program.memory = program.current = null;
  program.sigword = 0;
  if (owner.program === program) owner.program = null;
  if (memory && program.image.native) gate.memories.give(memory);
}

/**
 * Whether a handler of a thread is to run.
 * @param {Gate} gate
 * @param {number} tid
 * @param {boolean} due
 */
export function signalDue(gate, tid, due) {
  const thread = gate.threads.get(tid);
  if (!thread) return;
  thread.signalDue = due;
  thread.showSignalDue();
  if (due) gate.scheduler.queue(thread);
}

/**
 * @param {Gate} gate
 * @param {number} pid
 * @param {boolean} stopped
 */
export function setStopped(gate, pid, stopped) {
  const process = gate.processes.get(pid);
  if (!process) return;
  process.stopped = stopped;
  if (!stopped) gate.scheduler.wake(process.threads);
}

/**
 * @param {Gate} gate
 * @param {number} id
 * @param {number} readers
 * @param {number} writers how many of its ends are open
 */
export function pipeEnds(gate, id, readers, writers) {
  const pipe = gate.pipe(id);
  pipe.readers = readers;
  pipe.writers = writers;
  pipe.refill?.();
  gate.wakeAll(pipe.waiters);
  if (readers || writers) return;
  pipe.drop();
  gate.pipes.delete(id);
}

/** @param {Gate} gate @param {number} id a pipe @returns {number} bytes that it can hold */
export function pipeSize(gate, id) {
  return gate.pipe(id).ring.length;
}

/**
 * @param {Gate} gate
 * @param {number} id a pipe
 * @param {number} size what it is to hold, bytes
 * @returns {number} 0, or -EBUSY when it holds more now
 */
export function resizePipe(gate, id, size) {
  const pipe = gate.pipe(id);
  if (!pipe.resize(size)) return -EBUSY;
  gate.wakeAll(pipe.waiters);
  return 0;
}

/** @param {Gate} gate @param {number} id a SINK that no descriptor refers to any more */
export function sinkClosed(gate, id) {
  const sink = gate.sinks.get(id);
  gate.sinks.delete(id);
  sink?.closed();
}

/** @param {Gate} gate @param {number} timer the kernel's number @param {number} ms */
export function setTimer(gate, timer, ms) {
  clearTimer(gate, timer);
  const fire = () => {
    gate.scheduler.breathe();
    gate.timers.delete(timer);
    gate.kernel.timer_fired(timer);
  };
  gate.timers.set(timer, setTimeout(fire, Math.min(Math.ceil(ms), MAX_TIMEOUT)));
}

/** @param {Gate} gate @param {number} timer */
export function clearTimer(gate, timer) {
  clearTimeout(gate.timers.get(timer));
  gate.timers.delete(timer);
}

/**
 * A process has used the CPU time of its soft limit: the kernel sends it SIGXCPU or SIGKILL and sets the next limit.
 * @param {Gate} gate
 * @param {Process} process
 */
export function reachCpuLimit(gate, process) {
  if (process.dead) return;
  gate.kernel.cpu_limit(process.pid);
  process.cpuLimitMs = 1000 * (gate.mailInt(0) >>> 0) + 1000 * 2 ** 32 * (gate.mailInt(1) >>> 0);
}
