/** What an element of a document wants in its sandbox before anything else: files, then a command. */

/** @typedef {import("./shared-sandbox.js").SharedSandbox} SharedSandbox */

/**
 * Once for a sandbox: files of the document (`<script type="text/plain" data-file="path">` within
 * the element), then the command of the attribute `setup`.
 * @param {HTMLElement} element
 * @param {SharedSandbox} shared
 * @param {(text: string) => void} say told what is being done
 * @returns {Promise<void>}
 * @throws {Error} the command has failed, or a file could not be written
 */
export async function prepare(element, shared, say) {
  for (const [path, text] of filesOf(element)) {
    await shared.once(`file ${path}\n${text}`, (sandbox) => sandbox.files.write(path, text));
  }
  const setup = element.getAttribute("setup");
  if (!setup) return;
  await shared.once(`setup ${setup}`, async (sandbox) => {
    say("preparing");
    const { exitCode, stderr } = await sandbox.commands.run(setup);
    if (exitCode) throw new Error(`setup: exit status ${exitCode}: ${stderr.trim()}`);
  });
}

/**
 * @param {HTMLElement} element
 * @returns {[path: string, text: string][]}
 */
function filesOf(element) {
  /** @type {NodeListOf<HTMLScriptElement>} */
  const scripts = element.querySelectorAll("script[data-file]");
  return [...scripts].map(({ dataset, textContent }) => [
    dataset.file ?? "",
    (textContent ?? "").replace(/^\n/, ""),
  ]);
}
