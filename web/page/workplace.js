/** The sandbox that the page shows, and how another takes its place. */

import { Sandbox } from "../tabux.js";
import { confirmed } from "./ask.js";
import { services } from "./commands.js";
import { sentence } from "./figures.js";
import { hideNotice, hideNotices, showNotice, showState } from "./notice.js";
import { hideProgress, showProgress } from "./progress.js";
import { startShell } from "./shell.js";
import { holdKeys } from "./type-ahead.js";

/** @typedef {import("../tabux.js").SandboxOptions} SandboxOptions */
/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/**
 * One terminal with one sandbox at a time, and a shell in it. A `change` event tells that there is
 * another sandbox or shell, or none any more.
 */
export class Workplace extends EventTarget {
  /** @type {Sandbox | null} */
  sandbox = null;
  /** @type {import("../tabux.js").Pty | null} the shell's terminal, while there is one */
  pty = null;
  /** @type {Terminal | null} null while it is opened */
  terminal = null;
  /** The name of the session that is shown, or that could not be opened. */
  name = "";

  #turn = 0;
  #restoring = false;
  /** @type {() => string} what was typed while there is no shell */
  #typedAhead = () => "";
  #opening;
  #onTrouble;

  /**
   * @param {Promise<Terminal>} terminal to be opened while sandboxes start
   * @param {(error: unknown, workplace: Workplace) => void} onTrouble hears why there is no sandbox
   */
  constructor(terminal, onTrouble) {
    super();
    this.#onTrouble = onTrouble;
    this.#opening = terminal.then((opened) => {
      this.terminal = opened;
      this.#typedAhead = holdKeys(opened);
      return opened;
    });
    this.#opening.catch(() => {}); // told of when a sandbox is to be shown
  }

  /**
   * Opens a session, which is made if there is none of that name, instead of the one before.
   * @param {string} name
   * @param {SandboxOptions["access"]} [access]
   * @returns {Promise<void>} fulfilled when there is a prompt, or a notice that says why not
   */
  open(name, access = "write") {
    // who takes over has been told what becomes of a copy
    const save = access !== "take-over";
    const start = (/** @type {SandboxOptions} */ options) =>
      Sandbox.create({ ...options, session: name, access });
    return this.show(name, start, { save });
  }

  /**
   * Shows a session that somebody else starts.
   * @param {string} name
   * @param {(options: SandboxOptions) => Promise<Sandbox>} start
   * @param {{ save?: boolean }} [options] as of `leave`
   * @returns {Promise<void>} as `open`
   */
  async show(name, start, { save = true } = {}) {
    if (!(await this.leave({ save }))) return;
    const turn = this.#turn;
    this.name = name;
    this.dispatchEvent(new Event("change"));
    showState("loading");
    try {
      const starting = start({ ...services, onProgress: showProgress });
      starting.catch(() => {}); // told of below, also when there is no terminal
      const terminal = await this.#opening;
      const sandbox = await starting;
      // the visitor may have gone elsewhere meanwhile
      if (turn !== this.#turn) return void sandbox.kill();
      this.sandbox = sandbox;
      this.dispatchEvent(new Event("change"));
      await this.#runShell(sandbox, terminal);
    } catch (error) {
      this.#fail(error, turn);
    }
  }

  /**
   * Ends the sandbox that is shown.
   * @param {{ save?: boolean }} [options] false: no matter what becomes of its files
   * @returns {Promise<boolean>} false where it cannot be saved and the visitor stays for that
   */
  async leave({ save = true } = {}) {
    const { sandbox } = this;
    if (save && sandbox?.session.written) {
      if (!(await this.#givesUp("Nothing of it is kept here."))) return false;
    }
    const turn = this.#turn++;
    try {
      await sandbox?.close();
    } catch (error) {
      const ended = error instanceof Error && error.name === "SandboxKilledError";
      const asked = !save || sandbox?.session.written;
      const why = sentence(error instanceof Error ? error.message : String(error));
      if (!asked && !ended && !(await this.#givesUp(why))) {
        this.#turn = turn;
        return false;
      }
    }
    await sandbox?.kill();
    this.sandbox = this.pty = null;
    this.#clear();
    hideNotices();
    this.dispatchEvent(new Event("change"));
    return true;
  }

  /** Empties the terminal, and forgets what was typed for a shell that did not come. */
  #clear() {
    if (!this.terminal) return;
    this.#typedAhead();
    this.#typedAhead = holdKeys(this.terminal);
    this.terminal.reset();
  }

  /** @param {string} why it is not saved */
  #givesUp(why) {
    return confirmed({
      title: "Not everything is saved",
      body: `${why} What was changed is lost if you go on; you can save it as .tar.gz before.`,
      yes: "Go on without saving",
      bad: true,
      back: "Stay here",
    });
  }

  /**
   * Makes the files what they were when a snapshot was taken. Programs end; there is a new shell.
   * @param {string} id
   */
  async restore(id) {
    const { sandbox } = this;
    if (!sandbox) return;
    this.#restoring = true;
    try {
      await sandbox.restore(id);
    } finally {
      this.#restoring = false;
      if (!this.pty && sandbox === this.sandbox) {
        void this.restartShell();
      }
    }
  }

  /** Starts a shell where the last one has ended. */
  async restartShell() {
    const { sandbox, terminal } = this;
    const turn = this.#turn;
    if (!sandbox || !terminal) return;
    this.#clear();
    hideNotice("shell");
    try {
      await this.#runShell(sandbox, terminal);
    } catch (error) {
      this.#fail(error, turn);
    }
  }

  /** @param {Sandbox} sandbox @param {Terminal} terminal */
  async #runShell(sandbox, terminal) {
    const turn = this.#turn;
    showState("starting");
    const { pty, exited } = await startShell(sandbox, terminal, () => this.#typedAhead());
    if (turn !== this.#turn) return;
    this.pty = pty;
    this.dispatchEvent(new Event("change"));
    hideProgress();
    showState("ready");
    if (!document.querySelector("dialog[open]")) terminal.focus();
    exited.then((status) => this.#exited(status, turn)).catch((error) => this.#fail(error, turn));
  }

  /** @param {number} status @param {number} turn */
  #exited(status, turn) {
    if (turn !== this.#turn) return;
    this.pty = null;
    if (this.terminal) this.#typedAhead = holdKeys(this.terminal);
    if (this.#restoring) return;
    showState("exited");
    showNotice("shell", {
      title: `The shell has exited with status ${status}.`,
      body: "The system and its files are still here.",
      actions: [
        {
          label: "Restart shell",
          run: () => void this.restartShell(),
        },
      ],
      focus: true,
    });
  }

  /** @param {unknown} error @param {number} turn when it happened */
  #fail(error, turn) {
    if (turn !== this.#turn) return;
    this.pty = null;
    hideProgress();
    this.#onTrouble(error, this);
  }
}
