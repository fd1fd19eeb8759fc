/** Puts the page together: starts the sandbox, opens the terminal, and keeps a shell on it. */

import { Sandbox } from "../tabux.js";
import { BROWSERS, isSupported } from "../client/support.js";
import { element } from "./dom.js";
import { hideNotice, showNotice, showState } from "./notice.js";
import { hideProgress, showProgress } from "./progress.js";
import { startShell } from "./shell.js";

/**
 * For tests and for the curious: what is on the page.
 * @type {{ terminal?: import("@xterm/xterm").Terminal, sandbox?: Sandbox, pty?: import("../tabux.js").Pty }}
 */
const tabux = {};
Object.assign(window, { tabux });

if (isSupported()) void start();
else refuse();

async function start() {
  try {
    // The kernel loads while xterm.js does.
    const booting = Sandbox.create({ onProgress: showProgress });
    booting.catch(() => {}); // told of below, also when xterm.js fails first
    const { openTerminal } = await import("./terminal.js");
    const terminal = openTerminal(element("terminal"));
    tabux.terminal = terminal;
    bindScreenReaderButton(terminal);
    const sandbox = await booting;
    tabux.sandbox = sandbox;
    showState("starting");
    await runShell(sandbox, terminal);
  } catch (error) {
    fail(error);
  }
}

/**
 * Runs one shell to its end and offers another.
 * @param {Sandbox} sandbox
 * @param {import("@xterm/xterm").Terminal} terminal
 */
async function runShell(sandbox, terminal) {
  const { pty, exited } = await startShell(sandbox, terminal);
  tabux.pty = pty;
  hideProgress();
  hideNotice();
  showState("ready");
  terminal.focus();
  const status = await exited;
  showState("exited");
  showNotice({
    title: `The shell has exited with status ${status}.`,
    body: "The system and its files are still here.",
    action: {
      label: "Restart shell",
      run: () => {
        terminal.reset();
        showState("starting");
        runShell(sandbox, terminal).catch(fail);
      },
    },
  });
}

function refuse() {
  hideProgress();
  showState("not supported");
  showNotice({
    title: "This browser cannot run tabux.",
    body:
      "It lacks WebAssembly JavaScript Promise Integration (JSPI), by which programs wait.\n" +
      `Please use ${BROWSERS}, or newer.`,
    bad: true,
  });
}

/** @param {unknown} error */
function fail(error) {
  console.error(error);
  hideProgress();
  showState("failed");
  showNotice({
    title: "tabux has stopped.",
    body: error instanceof Error ? error.message : String(error),
    bad: true,
    action: { label: "Reload", run: () => location.reload() },
  });
}

/** @param {import("@xterm/xterm").Terminal} terminal */
function bindScreenReaderButton(terminal) {
  const button = element("screen-reader");
  button.addEventListener("click", () => {
    const on = !terminal.options.screenReaderMode;
    terminal.options.screenReaderMode = on;
    button.setAttribute("aria-pressed", String(on));
    terminal.focus();
  });
}
