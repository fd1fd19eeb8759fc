/** `<tabux-terminal>`: a shell in a document. */

import { whenWanted } from "./activation.js";
import { Status, button, part, styledRoot } from "./parts.js";
import { prepare } from "./preparation.js";
import { forgetSandboxOf, sandboxOf } from "./shared-sandbox.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {import("../tabux.js").Pty} Pty */
/** @typedef {typeof import("./screen.js").openScreen} OpenScreen */
/** @typedef {Awaited<ReturnType<OpenScreen>>} Screen */

const FONT_SIZE = 14;
const HEIGHT = "20em";

/**
 * Shows what is in it until it is started: by a button, when it is scrolled to (`start="visible"`)
 * or at once (`start="load"`). It never takes the focus by itself. docs/embed.md has the
 * attributes. A `tabux-start` event tells that its program runs, a `tabux-exit` event, whose
 * `detail` is `{ exitCode }`, that it has ended.
 */
export class TabuxTerminal extends HTMLElement {
  #built = false;
  #status = new Status();
  #start = button("Start terminal", () => void this.start({ focus: true }));
  #restart = button("Restart", () => void this.restart());
  #cover = part("div", { class: "cover" }, part("slot", {}));
  #place = part("div", { class: "screen", hidden: "" });
  #giveUp = () => {};
  /** @type {Screen | null} */
  #screen = null;
  /** @type {Promise<void> | null} the start in progress, or done */
  #starting = null;

  /** @type {Sandbox | null} */
  sandbox = null;
  /** @type {Pty | null} while its program runs */
  pty = null;

  connectedCallback() {
    if (!this.#built) {
      this.#built = true;
      this.style.height ||= HEIGHT;
      this.#restart.hidden = true;
      this.#restart.title = "Ends the program and starts it anew. Shift+F6 leaves the terminal.";
      const bar = part("div", { class: "bar" }, this.#start, this.#restart, this.#status.element);
      styledRoot(this).append(part("div", { class: "box" }, this.#cover, this.#place, bar));
    }
    this.#giveUp = whenWanted(this, () => void this.start());
  }

  disconnectedCallback() {
    this.#giveUp();
    this.#end();
  }

  /**
   * Starts it, or what has ended anew.
   * @param {{ focus?: boolean }} [options] whether the keys are to go there
   * @returns {Promise<void>} fulfilled when its program runs, or the reason is told why not
   */
  start({ focus = false } = {}) {
    this.#starting ??= this.#begin(focus).catch((error) => {
      this.#starting = null;
      this.#end();
      this.#status.fail(error);
      this.#start.textContent = "Try again";
      this.#start.hidden = false;
    });
    return this.#starting;
  }

  /**
   * Ends its program, and starts it anew; files and everything else in the sandbox stay.
   * @param {{ focus?: boolean }} [options] whether the keys are to go there
   * @returns {Promise<void>} as of `start`
   */
  async restart({ focus = true } = {}) {
    const before = this.pty;
    this.#end();
    await before?.exited.catch(() => {}); // (a terminal that has failed is no hindrance)
    await this.start({ focus });
  }

  /** What its bar says: why it could not be started, for one. */
  get status() {
    return this.#status.element.textContent ?? "";
  }

  /** @param {string} text is typed into its terminal, if its program runs */
  async type(text) {
    await this.pty?.write(text);
  }

  #end() {
    this.#restart.hidden = true;
    void this.pty?.kill().catch(() => {}); // (it may have ended by itself)
    this.#screen?.close();
    this.pty = this.#screen = null;
    this.#starting = null;
  }

  /** @param {boolean} focus */
  async #begin(focus) {
    this.#giveUp();
    this.#start.hidden = true;
    this.#status.say("Loading …");
    const shared = sandboxOf(this);
    const [{ openScreen }, sandbox] = await Promise.all([
      import("./screen.js"),
      shared.sandbox(this.#status.progress),
    ]);
    this.sandbox = sandbox;
    await prepare(this, shared, (text) => this.#status.say(text));
    this.#cover.hidden = true;
    this.#place.hidden = false;
    this.#place.replaceChildren();
    const { screen, pty, spoken } = await this.#open(openScreen, sandbox);
    this.#screen = screen;
    this.pty = pty;
    if (!this.isConnected) {
      this.#end(); // (it has been taken away meanwhile)
      return;
    }
    this.#status.say("");
    this.#restart.hidden = false;
    this.dispatchEvent(new CustomEvent("tabux-start", { bubbles: true, composed: true }));
    if (focus) screen.terminal.focus();
    const run = this.getAttribute("run");
    const typed = run ? `${run}\n` : (this.getAttribute("type") ?? "");
    // (what is typed before a shell's first prompt is shown twice)
    if (!this.hasAttribute("command")) void spoken.then(() => pty.write(typed)).catch(() => {});
    else await pty.write(typed);
    void pty.exited.then(
      (exitCode) => this.#exited(pty, exitCode),
      (error) => this.#failed(pty, error),
    );
  }

  /**
   * @param {OpenScreen} openScreen
   * @param {Sandbox} sandbox
   */
  async #open(openScreen, sandbox) {
    const looks = {
      light: getComputedStyle(this).colorScheme === "light",
      readOnly: this.hasAttribute("readonly"),
      fontSize: Number(this.getAttribute("font-size")) || FONT_SIZE,
    };
    const screen = await openScreen(this.#place, looks, () => this.#restart.focus());
    const { terminal } = screen;
    let speak = () => {};
    /** @type {Promise<void>} fulfilled with the program's first output */
    const spoken = new Promise((resolve) => (speak = resolve));
    try {
      const pty = await sandbox.pty.create({
        cols: terminal.cols,
        rows: terminal.rows,
        cwd: this.getAttribute("cwd") ?? undefined,
        command: this.getAttribute("command") ?? undefined,
        onData: (data) => {
          speak();
          return new Promise((resolve) => terminal.write(data, () => resolve(undefined)));
        },
      });
      terminal.onData((text) => void pty.write(text).catch(() => {}));
      terminal.onBinary((text) => {
        void pty.write(Uint8Array.from(text, (char) => char.charCodeAt(0))).catch(() => {});
      });
      terminal.onResize(({ cols, rows }) => void pty.resize(cols, rows).catch(() => {}));
      return { screen, pty, spoken };
    } catch (error) {
      screen.close();
      throw error;
    }
  }

  /** @param {Pty} pty @param {number} exitCode */
  #exited(pty, exitCode) {
    if (pty !== this.pty) return;
    this.pty = this.#starting = null;
    this.#status.say(`ended with status ${exitCode}`);
    this.#offer("Start again");
    const detail = { exitCode };
    this.dispatchEvent(new CustomEvent("tabux-exit", { detail, bubbles: true, composed: true }));
  }

  /** @param {Pty} pty @param {unknown} error */
  #failed(pty, error) {
    if (pty !== this.pty) return;
    this.pty = this.sandbox = this.#starting = null;
    forgetSandboxOf(this);
    this.#status.fail(error);
    this.#offer("Start again");
  }

  /** @param {string} label of the button that starts it */
  #offer(label) {
    this.#restart.hidden = true;
    this.#start.textContent = label;
    this.#start.hidden = false;
  }
}
