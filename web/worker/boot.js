// From nothing to a kernel: Pyodide, the Python package, the manifest of the userland.
import { Gate } from "../gate/gate.js";
import { kernelInterface } from "../gate/kernel-interface.js";
import { run, start } from "../gate/runner.js";
import { fromSnapshot, fromSource } from "./pyodide.js";

/** @typedef {import("./assets.js").Assets} Assets */
/** @typedef {import("../client/kernel.js").BootInfo} BootInfo */

/**
 * @typedef {object} System
 * @property {Gate} gate
 * @property {Record<string, (...args: any[]) => any>} api the functions of tabux.worker.Worker.api
 * @property {any} worker the Worker itself
 * @property {any} pyodide
 * @property {BootInfo} info
 */

/**
 * Starts Pyodide with the kernel in it.
 * @param {Assets} assets
 * @param {{ whole?: boolean }} [options] `whole`: with all of Python's library, which a snapshot lacks
 * @returns {Promise<System>}
 */
export async function bootSystem(assets, { whole = false } = {}) {
  /** @type {Record<string, number>} */
  const phases = {};
  const mark = (/** @type {string} */ phase) => {
    phases[phase] = Math.round(performance.now());
  };
  mark("begun");
  for (const part of /** @type {const} */ (["module", "script", "snapshot"])) {
    assets[part]?.then(() => mark(part), () => {});
  }
  const { pyodide, from } = await startPyodide(assets, whole);
  assets.snapshot = null; // several megabytes
  mark("pyodide");
  assets.onProgress({ phase: "Starting", loaded: assets.total, total: assets.total });
  const gate = new Gate();
  const worker = pyodide.pyimport("tabux.worker").start(kernelInterface(gate, assets.site.href, assets.programs));
  const buffer = worker.mailbox.getBuffer("u8");
  const calls = worker.calls.toJs({ dict_converter: Object.fromEntries });
  gate.connect(calls, () => pyodide._module.HEAPU8, buffer.data.byteOffset);
  gate.start = (process, execution) => start(gate, process, execution);
  gate.run = (thread) => void run(gate, thread);
  mark("kernel");
  worker.install(new TextDecoder().decode(await assets.manifest));
  const api = worker.api().toJs({ dict_converter: Object.fromEntries });
  mark("ready");
  return { gate, api, worker, pyodide, info: { from, phases } };
}

/**
 * @param {Assets} assets
 * @param {boolean} whole
 * @returns {Promise<{ pyodide: any, from: BootInfo["from"] }>}
 */
async function startPyodide(assets, whole) {
  const runtime = {
    base: new URL("pyodide/", assets.site).href,
    module: assets.module,
    script: assets.script,
  };
  if (assets.snapshot && !whole) {
    try {
      return { pyodide: await fromSnapshot(runtime, assets.snapshot, assets.memorySize), from: "snapshot" };
    } catch (error) {
      console.warn("tabux: starting without the snapshot:", error);
    }
  }
  return { pyodide: await fromSource(runtime, assets.source()), from: "source" };
}
