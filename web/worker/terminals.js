// Interactive sessions: a login shell on a terminal whose screen is the page.
import { BLOCKED, ENOENT, ESRCH } from "../gate/errno.js";
import { Kind, O_RDWR } from "../gate/open-file.js";
import { latin1 } from "../gate/latin1.js";
import { Screen } from "../gate/screen.js";
import { apiError } from "./errors.js";
import { adopt, kernelText, launch } from "./launch.js";

/** @typedef {import("./boot.js").System} System */

/** How soon the page hears of a job in the foreground, or of its end; milliseconds. */
const BUSY_MS = 100;
/** A page that takes no more output for so long hears of the end without; milliseconds. */
const PATIENCE_MS = 2000;
const HOME = "/home/user";
/** What xterm.js is, for programs that ask. */
const TERMINAL_ENVS = { TERM: "xterm-256color", COLORTERM: "truecolor" };

/**
 * One session, from the first prompt until its shell has ended and the page has all of its output.
 * @typedef {object} Session
 * @property {number} terminal the kernel's number, which another session may get after the hang-up
 * @property {boolean} hungUp
 * @property {boolean} busy what the page knows: whether a job is in the foreground rather than the shell
 * @property {Screen} screen
 * @property {Promise<number>} exited
 */

/** The sessions of one kernel, by numbers that are used once. */
export class TerminalRunner {
  #last = 0;

  /**
   * @param {System} system
   * @param {string | null} session its name; null for a volatile sandbox
   */
  constructor(system, session) {
    this.system = system;
    this.session = session;
    /** @type {Map<number, Session>} */
    this.sessions = new Map();
  }

  /**
   * @param {{ cols: number, rows: number, cwd?: string, envs?: Record<string, string>, command?: string }} options
   * @param {(data: Uint8Array) => void} onData
   * @param {(busy: boolean) => void} onBusy hears whether a job is in the foreground, at changes
   * @returns {Promise<{ id: number, pid: number }>} the session's number, and its first process
   */
  async create({ cols, rows, cwd, envs = {}, command }, onData, onBusy) {
    const { gate, api } = this.system;
    const begin = () => api.pty_create(kernelText(cwd ?? HOME), cols, rows);
    let pid = begin();
    if (pid === BLOCKED) pid = await gate.mounts.settled(begin, BLOCKED);
    if (pid < 0) throw apiError(pid, cwd ?? HOME);
    const [, file, terminal] = [0, 1, 2].map((i) => gate.mailInt(i));
    const process = adopt(this.system, pid);
    const open = gate.install(process, 0, file, Kind.TTY, terminal, O_RDWR);
    process.files[1] = process.files[2] = open;
    /** @type {Session} */
    const session = {
      terminal,
      hungUp: false,
      busy: false,
      screen: new Screen(onData, (count) => this.#took(session, count)),
      exited: new Promise((resolve) => {
        gate.exits.set(pid, (status) => {
          this.#hangUp(session);
          const exitCode = status & 127 ? 128 + (status & 127) : status >> 8;
          // the end comes after the last of the output
          session.screen.drained(PATIENCE_MS).then(() => resolve(exitCode));
        });
      }),
    };
    this.#watchForeground(session, onBusy);
    gate.terminals.set(terminal, session.screen);
    const id = ++this.#last;
    this.sessions.set(id, session);
    const argv = command === undefined ? ["-bash"] : ["bash", "-c", command];
    // a shell that nobody told where to be goes on where the last one was (/etc/profile.d/session.sh)
    const resumes = this.session !== null && cwd === undefined && command === undefined;
    /** @type {Record<string, string>} */
    const own = resumes ? { ...TERMINAL_ENVS, TABUX_SESSION: this.session ?? "" } : TERMINAL_ENVS;
    await launch(this.system, process, argv, { ...own, ...envs });
    return { id, pid };
  }

  /**
   * @param {Session} session
   * @param {(busy: boolean) => void} onBusy
   */
  #watchForeground(session, onBusy) {
    let due = false;
    session.screen.foregroundChanged = () => {
      // loops of short commands change it all the time
      if (due) return;
      due = true;
      setTimeout(() => {
        due = false;
        // (the page knows of the end, and its function may be gone)
        if (session.hungUp) return;
        const busy = this.system.api.pty_busy(session.terminal) === 1;
        if (busy === session.busy) return;
        session.busy = busy;
        onBusy(busy);
      }, BUSY_MS);
    };
  }

  /** @param {Session} session */
  #hangUp(session) {
    if (session.hungUp) return;
    session.hungUp = true;
    this.system.api.pty_hang_up(session.terminal);
    this.system.gate.terminals.delete(session.terminal);
  }

  /** @param {Session} session @param {number} count */
  #took(session, count) {
    if (!session.hungUp) this.system.api.pty_took(session.terminal, count);
  }

  /** @param {number} id @returns {Session | undefined} the session, while there is a terminal */
  #live(id) {
    const session = this.sessions.get(id);
    return session?.hungUp ? undefined : session;
  }

  /**
   * @param {number} id
   * @param {Uint8Array} data
   * @throws {Error} a NotFoundError when the session has ended
   */
  write(id, data) {
    const session = this.#live(id);
    if (!session) throw apiError(-ESRCH, "pty.write");
    this.system.api.pty_write(session.terminal, latin1(data));
  }

  /** @param {number} id @param {number} cols @param {number} rows */
  resize(id, cols, rows) {
    const session = this.#live(id);
    if (session) this.system.api.pty_resize(session.terminal, cols, rows);
  }

  /**
   * @param {number} id
   * @returns {string} where the program in the foreground is
   * @throws {Error} NotFoundError when that directory has gone, or the terminal
   */
  cwd(id) {
    const session = this.#live(id);
    const path = session ? this.system.api.pty_cwd(session.terminal) : -ENOENT;
    if (typeof path === "number") throw apiError(path, "the directory of the terminal's program");
    return path;
  }

  /** @param {number} id @param {number} count bytes that the page has shown */
  took(id, count) {
    const session = this.sessions.get(id);
    if (!session) return;
    session.screen.took(count);
    this.#took(session, count);
  }

  /** @param {number} id @returns {Promise<void>} fulfilled when it has ended and the page has all of its output */
  async ended(id) {
    await this.sessions.get(id)?.exited;
  }

  /** @param {number} id @returns {Promise<number>} the exit status; to be asked for once: then the session is forgotten */
  async wait(id) {
    const session = this.sessions.get(id);
    if (!session) throw apiError(-ESRCH, "pty.exited");
    const status = await session.exited;
    this.sessions.delete(id);
    return status;
  }

  /** @param {number} id */
  kill(id) {
    const session = this.sessions.get(id);
    if (session) this.#hangUp(session);
  }
}
