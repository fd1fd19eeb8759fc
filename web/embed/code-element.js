/** `<tabux-code>`: code in a document that runs. */

import { prepare } from "./preparation.js";
import { forgetSandboxOf, sandboxOf } from "./shared-sandbox.js";
import { OutputView } from "./output-view.js";
import { Status, button, part, styledRoot } from "./parts.js";

/** @typedef {import("../tabux.js").CommandResult} CommandResult */

/**
 * Its `<pre>` is the code: static where scripts do not run, and editable here, with buttons that
 * run it, stop it and bring it back as it was. docs/embed.md has the attributes. A `tabux-result`
 * event, whose `detail` is `{ code, result }`, tells what came of a run.
 */
export class TabuxCode extends HTMLElement {
  #built = false;
  #original = "";
  #code = part("pre", { class: "code", tabindex: "0", spellcheck: "false", role: "textbox" });
  #output = new OutputView();
  #status = new Status();
  #run = button("Run", () => void this.run());
  #stop = button("Stop", () => this.stop());
  #reset = button("Reset", () => this.reset());
  /** @type {AbortController | null} of the run in progress */
  #running = null;

  /** @type {CommandResult | null} what came of the last run that was not stopped */
  result = null;

  connectedCallback() {
    if (this.#built) return;
    // (where the parser is not here yet, the code is still to come)
    if (document.readyState === "loading" && !this.querySelector("pre")?.nextSibling) {
      document.addEventListener("DOMContentLoaded", () => this.#build(), { once: true });
    } else this.#build();
  }

  disconnectedCallback() {
    this.stop();
  }

  #build() {
    if (this.#built) return;
    this.#built = true;
    this.#original = (this.querySelector("pre")?.textContent ?? this.textContent ?? "").replace(/^\n/, "");
    this.value = this.#original;
    const editable = !this.hasAttribute("readonly");
    this.#code.setAttribute("aria-multiline", "true");
    this.#code.setAttribute("aria-label", this.getAttribute("label") ?? "Code");
    this.#code.setAttribute("aria-readonly", String(!editable));
    if (editable) this.#code.contentEditable = "plaintext-only";
    this.#code.addEventListener("input", () => this.#changed());
    this.#code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      void this.run();
    });
    this.#stop.hidden = this.#reset.hidden = true;
    const bar = part("div", { class: "bar" }, this.#run, this.#stop, this.#reset, this.#status.element);
    styledRoot(this).append(part("div", { class: "box" }, this.#code, bar, this.#output.element));
  }

  /** The code as it is now. */
  get value() {
    return this.#code.innerText.replace(/\n$/, "");
  }

  set value(code) {
    this.#code.textContent = code.replace(/\n$/, "");
    this.#changed();
  }

  #changed() {
    this.#reset.hidden = this.#code.textContent?.trimEnd() === this.#original.trimEnd();
  }

  /** Makes the code what it was, and forgets what came of it. */
  reset() {
    this.stop();
    this.value = this.#original;
    this.#output.clear();
    this.#status.say("");
    this.result = null;
  }

  /** Kills what the code has started, if it runs. */
  stop() {
    this.#running?.abort(new DOMException("stopped", "AbortError"));
  }

  /**
   * Runs the code as it is now.
   * @returns {Promise<CommandResult | null>} null where it was stopped, or could not be run
   */
  async run() {
    if (this.#running) return null;
    const { signal } = (this.#running = new AbortController());
    this.#run.disabled = true;
    this.#stop.hidden = false;
    this.#output.clear();
    try {
      const code = this.value;
      const result = await this.#runIn(code, signal);
      this.result = result;
      this.#tell(result);
      const detail = { code, result };
      this.dispatchEvent(new CustomEvent("tabux-result", { detail, bubbles: true, composed: true }));
      return result;
    } catch (error) {
      if (signal.aborted) this.#status.say("stopped");
      else {
        this.#status.fail(error);
        if (error instanceof Error && error.name === "SandboxKilledError") forgetSandboxOf(this);
      }
      return null;
    } finally {
      this.#running = null;
      this.#run.disabled = false;
      this.#stop.hidden = true;
    }
  }

  /** @param {string} code @param {AbortSignal} signal @returns {Promise<CommandResult>} */
  async #runIn(code, signal) {
    const shared = sandboxOf(this);
    const sandbox = await shared.sandbox(this.#status.progress);
    await prepare(this, shared, (text) => this.#status.say(text));
    signal.throwIfAborted();
    this.#status.say("running");
    const file = this.getAttribute("file");
    const command = this.getAttribute("command");
    if (file !== null) await sandbox.files.write(file, `${code}\n`);
    const timeout = Number(this.getAttribute("timeout"));
    return sandbox.commands.run(command ?? (file === null ? code : `. ${quoted(file)}`), {
      stdin: command !== null && file === null ? `${code}\n` : "",
      cwd: this.getAttribute("cwd") ?? undefined,
      timeoutMs: timeout > 0 ? timeout * 1000 : undefined,
      signal,
      onStdout: (text) => this.#output.add("stdout", text),
      onStderr: (text) => this.#output.add("stderr", text),
    });
  }

  /** @param {CommandResult} result */
  #tell({ exitCode, stdout, timedOut, durationMs }) {
    const expected = this.getAttribute("expected");
    if (timedOut) this.#status.say("stopped: it took too long", "bad");
    else if (expected !== null) {
      const right = stdout.trim() === expected.trim();
      this.#status.say(right ? "as expected" : "not as expected", right ? "good" : "bad");
    } else if (exitCode) this.#status.say(`exit status ${exitCode}`, "bad");
    else this.#status.say(`done in ${(durationMs / 1000).toFixed(2)} s`);
  }
}

/** @param {string} text @returns {string} as a word of the shell */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
