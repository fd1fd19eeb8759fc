// Commands in Python: wheels that micropip loads into the kernel's own Pyodide.
import { O_CREAT, O_TRUNC, O_WRONLY } from "../gate/host-files.js";
import { fromLatin1, latin1 } from "../gate/latin1.js";
import { SystemError } from "../gate/system-error.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../gate/host-program.js").HostContext} HostContext */

/** micropip and what it needs, as the build has packed it. */
const ARCHIVE = "pyodide/micropip.zip";
/** Where it is in Pyodide's own file system. */
const PACKAGES = "/lib/micropip";

/**
 * Loads wheels and makes their commands.
 * @param {System} system started from sources: a snapshot has no library beside it
 * @param {import("./host-commands.js").HostCommands} host
 * @param {string[]} wheels
 * @param {URL} site
 * @throws {Error} a BootError that says which wheel, and why
 */
export async function loadExtensions({ pyodide }, host, wheels, site) {
  try {
    const archive = await fetched(new URL(ARCHIVE, site).href);
    // (micropip would say that an error page is no zip file; the browser's cache has them for it)
    await Promise.all(wheels.filter((wheel) => wheel.includes("://")).map(fetched));
    pyodide.unpackArchive(archive, "zip", { extractDir: PACKAGES });
    pyodide.runPython(`import sys; sys.path.append("${PACKAGES}")`);
    const { load } = pyodide.pyimport("tabux.extensions.loading");
    const { start } = pyodide.pyimport("tabux.extensions.running");
    const list = pyodide.toPy(wheels);
    const names = (await load(list)).toJs();
    list.destroy();
    for (const name of names) host.registerExtension(name, (context) => run(start, name, context));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.trim().split("\n").at(-1) : String(cause);
    const error = new Error(`extensions: ${wheels.join(", ")}: ${why}`, { cause });
    error.name = "BootError";
    throw error;
  }
}

/** @param {string} url @returns {Promise<ArrayBuffer>} */
async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response.arrayBuffer();
}

/**
 * @param {(name: string, words: string, bridge: object) => any} start
 * @param {string} name
 * @param {HostContext} context
 * @returns {Promise<number>} the exit status
 */
async function run(start, name, { argv, env, cwd, stdin, stdout, stderr, files, signal }) {
  /**
   * What comes of a call while the process lives: a task that is cancelled hears of nothing else.
   * @template T
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  const living = (act) => {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      act().then(
        (value) => signal.aborted || resolve(value),
        (error) => signal.aborted || reject(error),
      );
    });
  };
  const bridge = {
    read: (/** @type {number} */ most) => living(async () => latin1(await stdin.read(most))),
    write: (/** @type {string} */ text) => living(() => stdout.write(fromLatin1(text))),
    error: (/** @type {string} */ text) => living(() => stderr.write(fromLatin1(text))),
    readFile: (/** @type {string} */ path) => living(() => answered(() => readFile(files, path))),
    writeFile: (/** @type {string} */ path, /** @type {string} */ text) =>
      living(() => answered(() => writeFile(files, path, text))),
    ended: () => signal.aborted,
  };
  const task = start(name, JSON.stringify({ argv, env, cwd }), bridge);
  const handle = task.copy(); // (awaiting a proxy is the end of it)
  const cancel = () => void handle.cancel();
  signal.addEventListener("abort", cancel);
  try {
    return await task;
  } finally {
    signal.removeEventListener("abort", cancel);
    handle.destroy();
  }
}

/** @param {HostContext["files"]} files @param {string} path */
async function readFile(files, path) {
  const file = await files.open(path);
  try {
    const chunks = [];
    for (let chunk; (chunk = await file.input.read()).length > 0; ) chunks.push(latin1(chunk));
    return chunks.join("");
  } finally {
    await file.close();
  }
}

/** @param {HostContext["files"]} files @param {string} path @param {string} text */
async function writeFile(files, path, text) {
  const file = await files.open(path, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    await file.output.write(fromLatin1(text));
  } finally {
    await file.close();
  }
}

/**
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T | number>} the number of an error of the system
 */
async function answered(act) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SystemError) return error.errno;
    throw error;
  }
}
