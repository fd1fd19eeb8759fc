// A persistent shell: one bash, and after its end the next one.
import { KeptOutput } from "../output/kept-output.js";
import { BLOCKED } from "../gate/errno.js";
import { apiError } from "./errors.js";
import { kernelText } from "./launch.js";
import { Listener } from "./listener.js";
import { OutputStream } from "./output-stream.js";
import { ShellProcess } from "./shell-process.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../client/kernel.js").ShellRunOptions} ShellRunOptions */
/** @typedef {import("../client/kernel.js").RawShellResult} RawShellResult */
/** @typedef {import("./listener.js").Parcel} Parcel */

const HOME = "/home/user";
/** What a command that has run out of time is said to have returned (timeout(1)). */
const TIMED_OUT = 124;
/** So much is kept of what background jobs print between two commands, bytes. */
const LATE_BYTES = 128 << 10;
const LONGEST_MS = 0x7fffffff;

export class Shell {
  #system;
  #files;
  #cwd;
  #envs;
  /** @type {ShellProcess | null} */
  #process = null;
  /** Whether the next command gets a shell that is not the one before's. */
  #renewed = false;
  #late = new KeptOutput(LATE_BYTES);
  #count = 0;
  /** The command before, settled or not. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** What stops a command, by the caller's number. @type {Map<number, () => void>} */
  #stops = new Map();

  /**
   * @param {System} system
   * @param {import("./output-files.js").OutputFiles} files
   * @param {{ cwd?: string, envs?: Record<string, string> }} options
   */
  constructor(system, files, { cwd = HOME, envs = {} }) {
    this.#system = system;
    this.#files = files;
    this.#cwd = cwd;
    this.#envs = envs;
  }

  /**
   * Starts a shell, where none runs.
   * @returns {Promise<ShellProcess>}
   * @throws {Error} a typed one
   */
  async start() {
    if (this.#process?.status === null) return this.#process;
    const { gate, api } = this.#system;
    this.#renewed = this.#process !== null;
    const begin = () => api.run(kernelText(this.#cwd), 0);
    let pid = begin();
    if (pid === BLOCKED) pid = await gate.mounts.settled(begin, BLOCKED);
    if (pid < 0) throw apiError(pid, this.#cwd);
    const process = new ShellProcess(this.#system, pid, (data) => this.#late.add(data));
    this.#process = process;
    await process.begin(this.#envs);
    return process;
  }

  /**
   * Executes a command when those before are over.
   * @param {number} id the caller's number for it
   * @param {string} text
   * @param {ShellRunOptions} options
   * @param {((parcel: Parcel) => unknown) | null} onOutput
   * @returns {Promise<RawShellResult>}
   */
  run(id, text, options, onOutput) {
    let stopped = false;
    this.#stops.set(id, () => (stopped = true));
    const running = this.#last.then(() => this.#run(id, text, options, onOutput, stopped));
    this.#last = running.catch(() => {});
    return running.finally(() => this.#stops.delete(id));
  }

  /**
   * @param {number} id
   * @param {string} text
   * @param {ShellRunOptions} options
   * @param {((parcel: Parcel) => unknown) | null} onOutput
   * @param {boolean} stopped before it has begun
   * @returns {Promise<RawShellResult>}
   */
  async #run(id, text, { stdin, timeoutMs = Infinity, graceMs = 2000, maxOutputBytes }, onOutput, stopped) {
    const started = performance.now();
    const process = await this.start();
    const restarted = this.#renewed;
    this.#renewed = false;
    const name = `${process.pid}-${++this.#count}`;
    const streams = ["stdout", "stderr"].map(
      (stream, i) => new OutputStream(i + 1, maxOutputBytes, () => this.#files.open(`${name}.${stream}`)),
    );
    const listener = onOutput && new Listener(onOutput);
    if (listener) {
      listener.onRoom = () => process.wakeWriters();
      for (const stream of streams) stream.listeners.add(listener);
    }
    const steps = new Steps(process, graceMs, () => {
      for (const stream of streams) stream.listeners.clear();
      process.wakeWriters();
    });
    this.#stops.set(id, () => steps.stop());
    if (timeoutMs !== Infinity) steps.timeout(timeoutMs);
    const { audit } = this.#system.gate;
    const over = process.execute(new TextEncoder().encode(text), stdin, streams);
    if (stopped) steps.stop();
    const report = await over;
    steps.end();
    process.finish();
    if (listener && !steps.begun) await listener.drained();
    for (const stream of streams) stream.end();
    const { pid } = process;
    if (steps.timedOut) audit?.note("limit", { limit: "time", pid, ms: timeoutMs });
    if (streams.some(({ truncated }) => truncated)) audit?.note("limit", { limit: "output", pid });
    const signal = (process.status ?? 0) & 127;
    const status = report?.status ?? (signal ? 128 + signal : (process.status ?? 0) >> 8);
    const exitCode = steps.timedOut ? TIMED_OUT : status;
    const [stdout, stderr] = streams;
    const late = this.#late;
    this.#late = new KeptOutput(LATE_BYTES);
    return {
      exitCode,
      signal,
      timedOut: steps.timedOut,
      truncated: stdout.truncated || stderr.truncated,
      stdoutFile: stdout.file,
      stderrFile: stderr.file,
      stdout: stdout.takeKept(),
      stderr: stderr.takeKept(),
      durationMs: performance.now() - started,
      pipeStatus: report?.pipeStatus.length ? report.pipeStatus : [status],
      cwd: report ? process.cwd : this.#cwd,
      ended: !report,
      restarted,
      background: late.take(null),
      redirected: process.redirected,
    };
  }

  /** @param {number} id of a command, which is interrupted, now or as soon as it begins */
  cancel(id) {
    this.#stops.get(id)?.();
  }

  /** Ends what the shell does now, as ^C does; without effect when it does nothing. */
  interrupt() {
    const [stop] = this.#stops.values();
    stop?.();
  }

  /** Ends the shell with everything that it has started. */
  kill() {
    this.#process?.kill();
  }

  /** Ends the shell and starts a new one. What it does now comes back as ended. */
  async restart() {
    this.kill();
    await this.#last;
    await this.start();
  }
}

/** What is done about a command that is to end: ask, insist, and in the end take the shell too. */
class Steps {
  #process;
  #graceMs;
  #release;
  #over = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  timedOut = false;
  /** Whether it has been asked to end. */
  begun = false;

  /**
   * @param {ShellProcess} process
   * @param {number} graceMs
   * @param {() => void} release lets go of programs that wait for a reader of their output
   */
  constructor(process, graceMs, release) {
    this.#process = process;
    this.#graceMs = graceMs;
    this.#release = release;
  }

  /** @param {number} ms */
  timeout(ms) {
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.stop();
    }, Math.min(ms, LONGEST_MS));
  }

  /** Interrupts the command; what does not listen is killed, and in the end the shell. */
  stop() {
    if (this.begun || this.#over) return;
    this.begun = true;
    this.#release();
    clearTimeout(this.#timer);
    const half = Math.min(this.#graceMs / 2, LONGEST_MS);
    this.#process.interrupt(false);
    this.#timer = setTimeout(() => {
      this.#process.interrupt(true);
      this.#timer = setTimeout(() => this.#process.kill(), half);
    }, half);
  }

  /** It has ended. */
  end() {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
