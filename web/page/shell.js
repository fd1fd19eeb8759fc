/** A login shell on the terminal. */

import { withHeldKeys } from "./key-bar.js";

/**
 * Starts a shell and connects it with the terminal.
 * @param {import("../tabux.js").Sandbox} sandbox
 * @param {import("@xterm/xterm").Terminal} terminal
 * @param {() => string} typedAhead gives what was typed until now, and keeps nothing any more
 * @returns {Promise<{ pty: import("../tabux.js").Pty, exited: Promise<number> }>} `exited` is fulfilled with
 *   the exit status when the shell has ended and all it printed is shown.
 */
export async function startShell(sandbox, terminal, typedAhead) {
  const pty = await sandbox.pty.create({
    cols: terminal.cols,
    rows: terminal.rows,
    // the visitor's time zone, and the message of the day (/etc/profile.d/welcome.sh)
    envs: { TZ: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", TABUX_WELCOME: "1" },
    // Fulfilled when it is on the screen, so that programs cannot run far ahead of what is seen.
    onData: (data) => new Promise((resolve) => terminal.write(data, () => resolve(undefined))),
  });
  // The terminal may have changed while the shell was starting.
  const resize = () => void pty.resize(terminal.cols, terminal.rows).catch(() => {});
  resize();
  const type = (/** @type {string} */ text) => void pty.write(text).catch(() => {});
  const ahead = typedAhead();
  if (ahead) type(ahead);
  const bindings = [
    terminal.onData((text) => type(withHeldKeys(text))),
    terminal.onBinary((bytes) => void pty.write(fromBinary(bytes)).catch(() => {})),
    terminal.onResize(resize),
  ];
  const exited = pty.exited.finally(() => {
    for (const binding of bindings) binding.dispose();
  });
  return { pty, exited };
}

/**
 * Bytes that xterm.js gives as a string of their values (old mouse reports).
 * @param {string} bytes
 */
function fromBinary(bytes) {
  return Uint8Array.from(bytes, (char) => char.charCodeAt(0));
}
