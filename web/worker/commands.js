// commands.run: bash -c in a session of its own, its output caught.
import { BLOCKED } from "../gate/errno.js";
import { Kind, O_WRONLY } from "../gate/open-file.js";
import { apiError } from "./errors.js";
import { adopt, kernelText, launch } from "./launch.js";

/** @typedef {import("./boot.js").System} System */

const HOME = "/home/user";
/** What a command that has run out of time is said to have returned (timeout(1)). */
const TIMED_OUT = 124;

/** The chunks of one output stream. */
class Collector {
  /** @param {((chunk: Uint8Array) => void) | null} listener */
  constructor(listener) {
    this.listener = listener;
    /** @type {Uint8Array[]} */
    this.chunks = [];
    this.length = 0;
  }

  /** @param {Uint8Array} chunk */
  add(chunk) {
    this.chunks.push(chunk);
    this.length += chunk.length;
    this.listener?.(chunk);
  }

  /** @returns {Uint8Array} all of it */
  whole() {
    if (this.chunks.length === 1) return this.chunks[0];
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

/** The commands under way in one kernel. */
export class CommandRunner {
  /** @param {System} system */
  constructor(system) {
    this.system = system;
    /** @type {Map<number, () => void>} by the caller's number: what ends the command */
    this.running = new Map();
  }

  /**
   * @param {number} id the caller's number for it
   * @param {string} command
   * @param {{ cwd?: string, envs?: Record<string, string>, stdin: Uint8Array | null, timeoutMs?: number }} options
   * @param {((fd: number, chunk: Uint8Array) => void) | null} onOutput
   * @returns {Promise<{ stdout: Uint8Array, stderr: Uint8Array, exitCode: number, durationMs: number }>}
   */
  async run(id, command, { cwd = HOME, envs = {}, stdin, timeoutMs }, onOutput) {
    const started = performance.now();
    const { gate, api } = this.system;
    let pid = api.run(kernelText(cwd));
    if (pid === BLOCKED) pid = await gate.mounts.settled(() => api.run(kernelText(cwd)), BLOCKED);
    if (pid < 0) throw apiError(pid, cwd);
    const [, inId, inPipe, outId, outSink, errId, errSink] = [0, 1, 2, 3, 4, 5, 6].map((i) => gate.mailInt(i));
    const process = adopt(this.system, pid);
    gate.install(process, 0, inId, Kind.PIPE, inPipe, 0);
    if (stdin?.length) gate.pipe(inPipe).preload(stdin);
    const outputs = [
      { fd: 1, file: outId, sink: outSink },
      { fd: 2, file: errId, sink: errSink },
    ].map(({ fd, file, sink }) => {
      gate.install(process, fd, file, Kind.SINK, sink, O_WRONLY);
      return { sink, collector: new Collector(onOutput && ((chunk) => onOutput(fd, chunk))) };
    });
    return new Promise((resolve, reject) => {
      let status = 0;
      // the shell's exit, and the end of both outputs: what it left behind may still write
      let open = 3;
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const done = (/** @type {number} */ exitCode) => {
        clearTimeout(timer);
        this.running.delete(id);
        const [stdout, stderr] = outputs.map(({ collector }) => collector.whole());
        resolve({ stdout, stderr, exitCode, durationMs: performance.now() - started });
      };
      const ended = () => {
        if (--open === 0) done(status & 127 ? 128 + (status & 127) : status >> 8);
      };
      for (const { sink, collector } of outputs)
        gate.sinks.set(sink, (data) => (data ? collector.add(data) : ended()));
      gate.exits.set(pid, (waitStatus) => {
        status = waitStatus;
        ended();
      });
      const stop = (/** @type {number} */ exitCode) => {
        open = -1; // ended() no longer answers
        api.cancel(pid);
        done(exitCode);
      };
      this.running.set(id, () => stop(137));
      if (timeoutMs !== undefined && timeoutMs !== Infinity)
        timer = setTimeout(() => stop(TIMED_OUT), Math.min(timeoutMs, 0x7fffffff));
      try {
        launch(this.system, process, ["bash", "-c", command], envs)?.catch(reject);
      } catch (error) {
        reject(error);
      }
    });
  }

  /** @param {number} id */
  cancel(id) {
    this.running.get(id)?.();
  }
}
