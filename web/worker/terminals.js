// Interactive sessions: a login shell on a terminal whose screen is the page.
import { Kind } from "../gate/open-file.js";
import { latin1 } from "../gate/process.js";
import { Screen } from "../gate/screen.js";
import { apiError } from "./errors.js";
import { adopt, kernelText, launch } from "./launch.js";

/** @typedef {import("./boot.js").System} System */

const HOME = "/home/user";
const O_RDWR = 2;
/** What xterm.js is, for programs that ask. */
const TERMINAL_ENVS = { TERM: "xterm-256color", COLORTERM: "truecolor" };

/** The sessions of one kernel, by the number of their terminal. */
export class TerminalRunner {
  /** @param {System} system */
  constructor(system) {
    this.system = system;
    /** @type {Map<number, Promise<number>>} exit statuses to come */
    this.exits = new Map();
    /** @type {Map<number, Screen>} those that may still have something to show */
    this.screens = new Map();
  }

  /**
   * @param {{ cols: number, rows: number, cwd?: string, envs?: Record<string, string>, command?: string }} options
   * @param {(data: Uint8Array) => void} onData
   * @returns {Promise<number>} the terminal's number
   */
  async create({ cols, rows, cwd = HOME, envs = {}, command }, onData) {
    const { gate, api } = this.system;
    const pid = api.pty_create(kernelText(cwd), cols, rows);
    if (pid < 0) throw apiError(pid, cwd);
    const [, file, terminal] = [0, 1, 2].map((i) => gate.mailInt(i));
    const process = adopt(this.system, pid);
    const open = gate.install(process, 0, file, Kind.TTY, terminal, O_RDWR);
    process.files[1] = process.files[2] = open;
    const screen = new Screen(onData, (count) => api.pty_took(terminal, count));
    gate.terminals.set(terminal, screen);
    this.screens.set(terminal, screen);
    this.exits.set(
      terminal,
      new Promise((resolve) => {
        gate.exits.set(pid, (status) => {
          // (not the terminal of another session, which has got the number after a kill)
          if (gate.terminals.get(terminal) === screen) this.kill(terminal);
          const exitCode = status & 127 ? 128 + (status & 127) : status >> 8;
          // the end comes after the last of the output
          screen.drained().then(() => {
            this.screens.delete(terminal);
            resolve(exitCode);
          });
        });
      }),
    );
    const argv = command === undefined ? ["-bash"] : ["bash", "-c", command];
    await launch(this.system, process, argv, { ...TERMINAL_ENVS, ...envs });
    return terminal;
  }

  /** @param {number} terminal @param {Uint8Array} data */
  write(terminal, data) {
    this.system.api.pty_write(terminal, latin1(data));
  }

  /** @param {number} terminal @param {number} cols @param {number} rows */
  resize(terminal, cols, rows) {
    this.system.api.pty_resize(terminal, cols, rows);
  }

  /** @param {number} terminal @param {number} count bytes that the page has shown */
  took(terminal, count) {
    this.screens.get(terminal)?.took(count);
    this.system.api.pty_took(terminal, count);
  }

  /** @param {number} terminal @returns {Promise<number>} the exit status */
  async wait(terminal) {
    return this.exits.get(terminal) ?? 0;
  }

  /** @param {number} terminal */
  kill(terminal) {
    this.system.api.pty_hang_up(terminal);
    this.system.gate.terminals.delete(terminal);
  }
}
