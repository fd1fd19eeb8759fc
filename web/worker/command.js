// One command of the API, from its start until nothing of it is left.
import { Listener } from "./listener.js";
import { OutputStream } from "./output-stream.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("./feeder.js").Feeder} Feeder */
/** @typedef {import("../client/kernel.js").RawResult} RawResult */

/** What a command that has run out of time is said to have returned (timeout(1)). */
const TIMED_OUT = 124;
const SIGTERM = 15;
const SIGKILL = 9;
const LONGEST_MS = 0x7fffffff;

/** `bash -c` in a session of its own, its output caught. */
export class Command {
  #system;
  #detach;
  #started = performance.now();
  /** The shell's exit, and the end of both outputs: what it left behind may still write. */
  #open = 3;
  #status = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #timedOut = false;
  #durationMs = 0;
  #finish = () => {};
  #stop = () => {};
  /** @type {Feeder | null} standard input that stays open */
  stdin = null;
  /** Whether its shell has ended. */
  over = false;
  startedMs = Date.now();

  /**
   * @param {System} system
   * @param {number} pid
   * @param {string} text
   * @param {string} cwd
   * @param {{ background?: boolean, detach?: boolean, maxOutputBytes: number }} options
   * @param {import("./output-files.js").OutputFiles} files
   */
  constructor(system, pid, text, cwd, { background, detach, maxOutputBytes }, files) {
    this.#system = system;
    this.pid = pid;
    this.text = text;
    this.cwd = cwd;
    this.background = background ?? false;
    this.#detach = detach ?? false;
    const limit = background ? null : maxOutputBytes;
    const stream = (/** @type {number} */ fd, /** @type {string} */ name) => {
      const output = new OutputStream(fd, limit, () => files.open(`${pid}.${name}`));
      output.closed = () => this.#ended();
      return output;
    };
    this.stdout = stream(1, "stdout");
    this.stderr = stream(2, "stderr");
    /** Fulfilled when it is over: with `detach` when its shell has ended. */
    this.finished = /** @type {Promise<void>} */ (new Promise((done) => (this.#finish = done)));
    /** Fulfilled when somebody has ended it by `kill`. */
    this.killed = /** @type {Promise<void>} */ (new Promise((done) => (this.#stop = done)));
  }

  get outputs() {
    return [this.stdout, this.stderr];
  }

  /** @param {number} status wait status of the shell */
  exited(status) {
    this.#status = status;
    this.over = true;
    if (this.#detach) this.#end();
    else this.#ended();
  }

  #ended() {
    if (--this.#open === 0) this.#end();
  }

  #end() {
    this.#open = -1;
    clearTimeout(this.#timer);
    this.#durationMs = performance.now() - this.#started;
    this.stdin?.close();
    this.#finish();
  }

  /**
   * @param {number} signal
   * @returns {boolean} whether there was anybody to get it
   */
  signal(signal) {
    return this.#system.api.signal(this.pid, signal) > 0;
  }

  /** Ends everything it has started, now. */
  kill() {
    this.signal(SIGKILL);
    // (what it wrote to may still be open elsewhere)
    if (this.#open >= 0) this.#end();
    this.#stop();
  }

  /**
   * After a time everything it has started gets SIGTERM, and after another one SIGKILL.
   * @param {number} ms
   * @param {number} graceMs
   */
  limitTime(ms, graceMs) {
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#system.gate.audit?.note("limit", { limit: "time", pid: this.pid, ms });
      this.#timer = setTimeout(() => this.kill(), Math.min(graceMs, LONGEST_MS));
      this.signal(SIGTERM);
    }, Math.min(ms, LONGEST_MS));
  }

  /**
   * Tells somebody of the output from now on.
   * @param {(parcel: import("./listener.js").Parcel) => unknown} send
   * @returns {Listener}
   */
  listen(send) {
    const listener = new Listener(send);
    listener.onRoom = () => {
      for (const output of this.outputs) this.#system.gate.wakeAll(output.waiters);
    };
    for (const output of this.outputs) output.listeners.add(listener);
    return listener;
  }

  /** @param {Listener} listener hears no more; programs do not wait for it any more */
  unlisten(listener) {
    for (const output of this.outputs) {
      output.listeners.delete(listener);
      this.#system.gate.wakeAll(output.waiters);
    }
  }

  /** @returns {Omit<RawResult, "stdout" | "stderr">} how it has ended */
  ending() {
    const signal = this.#status & 127;
    const status = signal ? 128 + signal : this.#status >> 8;
    return {
      exitCode: this.#timedOut ? TIMED_OUT : status,
      durationMs: this.#durationMs,
      timedOut: this.#timedOut,
      signal,
      truncated: this.outputs.some((output) => output.truncated),
      stdoutFile: this.stdout.file,
      stderrFile: this.stderr.file,
    };
  }

  /** @returns {RawResult} the same with what is kept of the output, which is given away */
  result() {
    for (const output of this.outputs) output.end();
    const ending = this.ending();
    if (ending.truncated) this.#system.gate.audit?.note("limit", { limit: "output", pid: this.pid });
    return { ...ending, stdout: this.stdout.takeKept(), stderr: this.stderr.takeKept() };
  }
}
