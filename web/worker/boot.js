// From nothing to a kernel: Pyodide, the Python package, the manifest of the userland.
import files from "../kernel/boot.json" with { type: "json" };
import { Gate } from "../gate/gate.js";
import { kernelInterface } from "../gate/kernel-interface.js";
import { start } from "../gate/runner.js";
import { Assets } from "./assets.js";
import { fromSnapshot, fromSource } from "./pyodide.js";

/** The site's root; the addresses in boot.json and in the manifest are relative to it. */
const SITE = new URL("../", import.meta.url);

/** @typedef {import("../client/kernel.js").BootInfo} BootInfo */

/**
 * @typedef {object} System
 * @property {Gate} gate
 * @property {Record<string, (...args: any[]) => any>} api the functions of tabux.worker.Worker.api
 * @property {any} worker the Worker itself
 * @property {BootInfo} info
 */

/**
 * Starts Pyodide with the kernel in it.
 * @param {import("./assets.js").OnProgress} onProgress
 * @returns {Promise<System>}
 */
export async function bootSystem(onProgress) {
  /** @type {Record<string, number>} */
  const phases = {};
  const mark = (/** @type {string} */ phase) => {
    phases[phase] = Math.round(performance.now());
  };
  mark("begun");
  const assets = new Assets(SITE, onProgress);
  const runtime = {
    base: new URL("pyodide/", SITE).href,
    module: assets.module(files.pyodide.module),
    script: assets.script(files.pyodide.script).then((exports) => exports.default),
  };
  const snapshot = files.snapshot && assets.bytes(files.snapshot);
  const manifest = assets.text(files.manifest);
  const programs = files.programs.map((program) => assets.program(program));
  runtime.script.then(() => mark("script"), () => {});
  runtime.module.then(() => mark("module"), () => {});
  snapshot?.then(() => mark("snapshot"), () => {});

  /** @type {BootInfo["from"]} */
  let from = "source";
  let pyodide;
  if (files.snapshot && snapshot) {
    try {
      pyodide = await fromSnapshot(runtime, snapshot, files.snapshot.memory);
      from = "snapshot";
    } catch (error) {
      console.warn("tabux: starting without the snapshot:", error);
    }
  }
  pyodide ??= await fromSource(runtime, {
    kernel: assets.bytes(files.source.kernel),
    library: assets.bytes(files.source.library),
  });
  mark("pyodide");
  onProgress({ phase: "Starting", loaded: assets.total, total: assets.total });
  const gate = new Gate();
  const worker = pyodide.pyimport("tabux.worker").start(kernelInterface(gate, SITE.href, programs));
  const buffer = worker.mailbox.getBuffer("u8");
  const calls = worker.calls.toJs({ dict_converter: Object.fromEntries });
  gate.connect(calls, () => pyodide._module.HEAPU8, buffer.data.byteOffset);
  gate.start = (process, execution) => start(gate, process, execution);
  mark("kernel");
  worker.install(await manifest);
  const api = worker.api().toJs({ dict_converter: Object.fromEntries });
  mark("ready");
  return { gate, api, worker, info: { from, phases } };
}
