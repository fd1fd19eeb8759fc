// One bash that executes one command after the other (bash --session), and tells the output of each
// from that of others.
import { Kind, O_WRONLY } from "../gate/open-file.js";
import { ShellChannel } from "../gate/shell-channel.js";
import { afterEvents } from "../gate/turn.js";
import { adopt, launch } from "./launch.js";
import { OutputStream } from "./output-stream.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../gate/sink.js").Sink} Sink */
/** @typedef {import("../gate/shell-channel.js").Report} Report */
/** @typedef {import("../gate/thread.js").Thread} Thread */

const SIGKILL = 9;
/** What a command has started and what goes on by itself is waited for so long, milliseconds: the
 * processes of `>( )`, which end when the shell has closed their pipes. */
const SETTLING_MS = 250;

/** What has become another program so soon after an interrupt has not heard of it, milliseconds. */
const AGAIN_MS = 100;

/** The output of one command. @typedef {{ turn: number, streams: OutputStream[] }} Running */

export class ShellProcess {
  #system;
  #channel = new ShellChannel();
  #pipe;
  /** @type {(Sink & { waiters: Set<Thread> })[]} */
  #sinks;
  /** @type {Running | null} */
  #running = null;
  /** @type {Map<number, boolean>} whether what a process writes is output of this command */
  #writers = new Map();
  #late;
  #die = () => {};

  /** The wait status, once it has ended. @type {number | null} */
  status = null;

  /**
   * The process is there, and has no program yet: see `begin`.
   * @param {System} system
   * @param {number} pid whose descriptors the kernel's `run` has put into the mailbox
   * @param {(data: Uint8Array) => void} late takes what is output of no present command
   */
  constructor(system, pid, late) {
    const { gate } = system;
    this.#system = system;
    this.pid = pid;
    this.#late = late;
    const [inId, inPipe, outId, outSink, errId, errSink] = [1, 2, 3, 4, 5, 6].map((i) => gate.mailInt(i));
    const process = (this.process = adopt(system, pid));
    gate.install(process, 0, inId, Kind.PIPE, inPipe, 0);
    this.#pipe = gate.pipe(inPipe);
    this.#sinks = [this.#sink(0), this.#sink(1)];
    gate.sinks.set(outSink, this.#sinks[0]).set(errSink, this.#sinks[1]);
    gate.install(process, 1, outId, Kind.SINK, outSink, O_WRONLY);
    gate.install(process, 2, errId, Kind.SINK, errSink, O_WRONLY);
    this.#channel.wake = () => gate.wake(pid);
    gate.shells.set(pid, this.#channel);
    /** Fulfilled when it has ended. */
    this.ended = /** @type {Promise<void>} */ (new Promise((resolve) => (this.#die = resolve)));
    gate.exits.set(pid, (status) => {
      this.status = status;
      gate.shells.delete(pid);
      this.#die();
    });
  }

  /** @param {number} which 0 for standard output, 1 for standard error @returns {Sink} */
  #sink(which) {
    const stream = () => this.#running?.streams[which];
    return {
      take: (data, pid) => {
        if (this.#running && this.#concerns(pid)) return this.#running.streams[which].take(data);
        this.#late(data);
        return data.length;
      },
      get full() {
        return stream()?.full ?? false;
      },
      waiters: new Set(),
      closed() {},
    };
  }

  /** @param {number} writer @returns {boolean} whether what it writes is output of this command */
  #concerns(writer) {
    if (writer === this.pid) return true;
    let concerns = this.#writers.get(writer);
    if (concerns === undefined) {
      const { turn } = /** @type {Running} */ (this.#running);
      concerns = this.#system.api.shell_concerns(this.pid, turn, writer) === 1;
      this.#writers.set(writer, concerns);
    }
    return concerns;
  }

  /**
   * Starts the shell.
   * @param {Record<string, string>} envs
   * @returns {Promise<void> | undefined}
   * @throws {Error} a typed one when it cannot be started
   */
  begin(envs) {
    return launch(this.#system, this.process, ["bash", "--session"], envs);
  }

  /**
   * Executes a command.
   * @param {Uint8Array} text
   * @param {Uint8Array | null} stdin
   * @param {OutputStream[]} streams for standard output and error
   * @returns {Promise<Report | null>} null when the shell has ended by it
   */
  async execute(text, stdin, streams) {
    const turn = this.#system.api.shell_begin(this.pid);
    // (it may have been killed while it was idle)
    if (turn < 0) return null;
    this.#writers.clear();
    this.#running = { turn, streams };
    // (a shell that has closed its standard input has none for good)
    if (this.#pipe.readers) this.#pipe.preload(stdin ?? new Uint8Array(0));
    const report = await Promise.race([this.#channel.execute(text), this.ended.then(() => null)]);
    await this.#settled();
    if (this.#pipe.readers) this.#pipe.preload(new Uint8Array(0));
    return report;
  }

  /** The command is over, and so is its output. */
  finish() {
    this.#running = null;
  }

  /** Waits for what the command has started and what has something left to do. */
  async #settled() {
    const start = performance.now();
    do {
      // (who has been woken by the shell's last steps has its turn first)
      await new Promise((resolve) => afterEvents(() => resolve(null)));
      await new Promise((resolve) => afterEvents(() => resolve(null)));
    } while (this.#unsettled() && performance.now() - start < SETTLING_MS);
  }

  #unsettled() {
    for (const thread of this.#system.gate.threads.values()) {
      const { pid, stopped } = thread.process;
      if (pid !== this.pid && !stopped && thread.goesOn && this.#concerns(pid)) return true;
    }
    return false;
  }

  /** Wakes who waits for room in its output. */
  wakeWriters() {
    for (const { waiters } of this.#sinks) this.#system.gate.wakeAll(waiters);
  }

  /** @returns {string | null} where it is; null when that directory, or the shell, has gone */
  get cwd() {
    const path = this.#system.api.shell_cwd(this.pid);
    return typeof path === "string" ? path : null;
  }

  /** @returns {("stdout" | "stderr")[]} what the shell itself has closed or sent elsewhere */
  get redirected() {
    return /** @type {const} */ (["stdout", "stderr"]).filter(
      (_, i) => this.status === null && this.process.files[i + 1]?.sink !== this.#sinks[i],
    );
  }

  /** @param {boolean} hard whether all of the command but the shell is killed first */
  interrupt(hard) {
    const { api } = this.#system;
    const undecided = api.shell_interrupt(this.pid, hard ? 1 : 0);
    if (typeof undecided !== "string" || undecided === "[]") return;
    setTimeout(() => api.shell_interrupt_again(undecided), AGAIN_MS);
  }

  /** Ends it with everything that it has started. */
  kill() {
    this.#system.api.signal(this.pid, SIGKILL);
  }
}
