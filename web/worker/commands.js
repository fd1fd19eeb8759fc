// commands.run: bash -c in a session of its own, its output caught; waited for or in the background.
import { BLOCKED, EINVAL, ESRCH } from "../gate/errno.js";
import { Kind, O_WRONLY } from "../gate/open-file.js";
import { Command } from "./command.js";
import { apiError } from "./errors.js";
import { Feeder } from "./feeder.js";
import { adopt, kernelText, launch } from "./launch.js";
import { StartQueue } from "./start-queue.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("./output-files.js").OutputFiles} OutputFiles */
/** @typedef {import("../client/kernel.js").RawResult} RawResult */
/** @typedef {import("../client/kernel.js").RunOptions} RunOptions */
/** @typedef {import("../client/kernel.js").CommandInfo} CommandInfo */
/** @typedef {import("../client/kernel.js").CommandEvent} CommandEvent */

const HOME = "/home/user";

/** The commands of one kernel. */
export class CommandRunner {
  /** @type {Map<number, Command>} by pid: those of which something may still live */
  #commands = new Map();
  /** @type {Map<number, Command>} those waited for, by the caller's number */
  #waited = new Map();
  /** @type {Set<number>} those that are to start, by the caller's number */
  #coming = new Set();
  #lastConnection = 0;
  /** @type {Map<number, () => void>} what ends a connection */
  #connections = new Map();

  /**
   * @param {System} system
   * @param {OutputFiles} files
   */
  constructor(system, files) {
    this.system = system;
    this.files = files;
    this.queue = new StartQueue(() => system.api.processes_left());
  }

  /**
   * Runs a command and waits for it.
   * @param {number} id the caller's number for it, for `cancel`
   * @param {string} text
   * @param {RunOptions} options
   * @param {((parcel: import("./listener.js").Parcel) => unknown) | null} onOutput
   * @returns {Promise<RawResult>}
   */
  async run(id, text, options, onOutput) {
    const listen = (/** @type {Command} */ command) => void (onOutput && command.listen(onOutput));
    let wanted = true;
    this.#coming.add(id);
    const { command, launched } = await this.#start(text, options, listen).finally(() => {
      wanted = this.#coming.delete(id);
    });
    this.#waited.set(id, command);
    if (!wanted) command.kill();
    try {
      if (launched) await Promise.race([launched, command.killed]);
      await command.finished;
      // the result comes after the last piece of output, which travels by another port
      for (const listener of command.stdout.listeners) {
        await Promise.race([listener.drained(), command.killed]);
        command.unlisten(listener);
      }
      return command.result();
    } finally {
      this.#waited.delete(id);
    }
  }

  /** @param {number} id the caller's number of a command that is waited for */
  cancel(id) {
    this.#coming.delete(id);
    this.#waited.get(id)?.kill();
  }

  /**
   * Starts a command that nobody waits for here.
   * @param {string} text
   * @param {RunOptions} options
   * @param {(event: CommandEvent | null) => unknown} tell hears of its output and its end
   * @returns {Promise<{ pid: number, connection: number }>}
   */
  async start(text, options, tell) {
    let connection = 0;
    const listen = (/** @type {Command} */ command) => void (connection = this.#tell(command, tell));
    const { command, launched } = await this.#start(text, options, listen);
    // (a shell that cannot be started: where that shows at once it is this call that fails)
    launched?.catch((error) => console.error("tabux:", error));
    return { pid: command.pid, connection };
  }

  /**
   * @param {number} pid of a command
   * @param {(event: CommandEvent | null) => unknown} tell hears of its output from now on, and its end
   * @returns {number} the connection
   * @throws {Error} NotFoundError
   */
  connect(pid, tell) {
    const command = this.#commands.get(pid);
    if (!command || command.over) throw apiError(-ESRCH, `process ${pid}`);
    return this.#tell(command, tell);
  }

  /**
   * @param {Command} command
   * @param {(event: CommandEvent | null) => unknown} tell
   * @returns {number}
   */
  #tell(command, tell) {
    const connection = ++this.#lastConnection;
    const listener = command.listen((parcel) => tell({ parcel }));
    this.#connections.set(connection, () => {
      command.unlisten(listener);
      void tell(null);
    });
    command.finished.then(async () => {
      await listener.drained();
      if (!this.#connections.delete(connection)) return;
      for (const output of command.outputs) output.end();
      await tell({ ended: command.ending() });
    });
    return connection;
  }

  /** @param {number} connection whose teller hears `null` and then no more */
  disconnect(connection) {
    this.#connections.get(connection)?.();
    this.#connections.delete(connection);
  }

  /**
   * @param {number} pid
   * @param {number} signal
   * @returns {boolean} whether there was anybody to get it
   */
  signal(pid, signal) {
    const count = this.system.api.signal(pid, signal);
    if (count < 0) throw apiError(count, `signal ${signal}`);
    return count > 0;
  }

  /**
   * @param {number} pid
   * @param {Uint8Array} data
   * @returns {Promise<void>}
   */
  async write(pid, data) {
    await this.#stdin(pid).write(data);
  }

  /** @param {number} pid */
  closeStdin(pid) {
    this.#stdin(pid).close();
  }

  /** @param {number} pid @returns {Feeder} */
  #stdin(pid) {
    const command = this.#commands.get(pid);
    if (!command || command.over) throw apiError(-ESRCH, `process ${pid}`);
    if (!command.stdin) {
      const error = apiError(-EINVAL, `process ${pid}`);
      error.message = `process ${pid}: its standard input is closed: start it with stdin: true`;
      throw error;
    }
    return command.stdin;
  }

  /** @returns {CommandInfo[]} those of which something lives, oldest first */
  list() {
    const pids = [...this.#commands.keys()];
    const counts = JSON.parse(this.system.api.living(JSON.stringify(pids)));
    return [...this.#commands.values()].flatMap((command, i) => {
      const { pid, text, cwd, background, startedMs, over } = command;
      const processes = counts[i];
      if (!processes) {
        if (over) this.#commands.delete(pid);
        return [];
      }
      return [{ pid, command: text, cwd, background, startedMs, running: !over, processes }];
    });
  }

  /**
   * @param {string} text
   * @param {RunOptions} options
   * @param {(command: Command) => void} listen is called before anything of it runs
   * @returns {Promise<{ command: Command, launched: Promise<void> | undefined }>} `launched` only
   *   where the shell is not there at once; it rejects where it cannot be started
   */
  async #start(text, options, listen) {
    const { cwd = HOME, envs = {}, stdin, timeoutMs = Infinity, graceMs = 2000 } = options;
    const { gate, api } = this.system;
    const begin = () => api.run(kernelText(cwd), stdin === true ? 1 : 0);
    const turn = this.queue.take();
    const place = turn instanceof Promise ? await turn : turn;
    let pid = begin();
    if (pid === BLOCKED) pid = await gate.mounts.settled(begin, BLOCKED);
    if (pid < 0) {
      this.queue.leave(place);
      throw apiError(pid, cwd);
    }
    const told = [1, 2, 3, 4, 5, 6, 7].map((i) => gate.mailInt(i));
    const [inId, inPipe, outId, outSink, errId, errSink, writer] = told;
    const process = adopt(this.system, pid);
    const command = new Command(this.system, pid, text, cwd, options, this.files);
    gate.install(process, 0, inId, Kind.PIPE, inPipe, 0);
    if (stdin === true) command.stdin = new Feeder(this.system, gate.pipe(inPipe), writer);
    else if (stdin?.length) gate.pipe(inPipe).preload(stdin);
    gate.sinks.set(outSink, command.stdout).set(errSink, command.stderr);
    gate.install(process, 1, outId, Kind.SINK, outSink, O_WRONLY);
    gate.install(process, 2, errId, Kind.SINK, errSink, O_WRONLY);
    gate.exits.set(pid, (status) => {
      this.queue.leave(place);
      command.exited(status);
    });
    listen(command);
    this.#commands.set(pid, command);
    if (this.#commands.size > 200) this.list();
    command.limitTime(timeoutMs, graceMs);
    try {
      return { command, launched: launch(this.system, process, ["bash", "-c", text], envs) };
    } catch (error) {
      this.#commands.delete(pid);
      throw error;
    }
  }
}
