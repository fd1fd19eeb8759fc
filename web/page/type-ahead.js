/** What is typed while there is no shell yet: it is kept for the shell, as any terminal keeps it. */

/**
 * Keeps what is typed from now on.
 * @param {import("@xterm/xterm").Terminal} terminal
 * @returns {() => string} Ends that and gives what was typed.
 */
export function holdKeys(terminal) {
  let held = "";
  const binding = terminal.onData((text) => {
    held += text;
  });
  return () => {
    binding.dispose();
    return held;
  };
}
