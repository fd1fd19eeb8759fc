// From nothing to a kernel: Pyodide, the Python package, the manifest of the userland.
import { loadPyodide } from "../pyodide/pyodide.mjs";
import { Gate } from "../gate/gate.js";
import { kernelInterface } from "../gate/kernel-interface.js";
import { start } from "../gate/runner.js";

/** The site's root; every address below it is relative. */
const SITE = new URL("../", import.meta.url);

/**
 * @typedef {object} System
 * @property {Gate} gate
 * @property {Record<string, (...args: any[]) => any>} api the functions of tabux.worker.Worker.api
 * @property {any} worker the Worker itself
 */

/**
 * Fetches a file of the site.
 * @param {string} path
 * @returns {Promise<ArrayBuffer>}
 * @throws {Error} a BootError naming the file
 */
async function fetched(path) {
  const response = await fetch(new URL(path, SITE));
  if (!response.ok) {
    const error = new Error(`${path}: the server answered ${response.status}`);
    error.name = "BootError";
    throw error;
  }
  return response.arrayBuffer();
}

/**
 * Starts Pyodide with the kernel in it.
 * @param {(progress: { phase: string, loaded: number, total: number }) => void} onProgress
 * @returns {Promise<System>}
 */
export async function bootSystem(onProgress) {
  const packageBytes = fetched("tabux-kernel.zip");
  const manifest = fetched("userland.json");
  onProgress({ phase: "kernel", loaded: 0, total: 0 });
  const pyodide = await loadPyodide({ indexURL: new URL("pyodide/", SITE).href });
  pyodide.unpackArchive(await packageBytes, "zip", { extractDir: "/lib/tabux" });
  pyodide.runPython("import sys; sys.path.insert(0, '/lib/tabux')");
  const gate = new Gate();
  const worker = pyodide.pyimport("tabux.worker").start(kernelInterface(gate, SITE.href));
  const buffer = worker.mailbox.getBuffer("u8");
  const calls = worker.calls.toJs({ dict_converter: Object.fromEntries });
  gate.connect(calls, () => pyodide._module.HEAPU8, buffer.data.byteOffset);
  gate.start = (process, execution) => start(gate, process, execution);
  worker.install(new TextDecoder().decode(await manifest));
  const api = worker.api().toJs({ dict_converter: Object.fromEntries });
  return { gate, api, worker };
}
