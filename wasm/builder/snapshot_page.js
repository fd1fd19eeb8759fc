// Run by snapshot_browser.py on an empty page: starts Pyodide from sources and takes its memory.
import { fromSource } from "./worker/pyodide.js";
import { pack } from "./worker/snapshot.js";

/** What is compared and stored as a whole, bytes. */
const PAGE = 1024;
/** The largest and the smallest piece of free memory that is looked for. */
const LARGEST_PIECE = 1 << 22;
const SMALLEST_PIECE = 32;
/** What malloc adds to a piece. */
const OVERHEAD = 8;

/** @returns {Promise<{ data: string, memory: number }>} the snapshot in base64 and the size of the whole memory */
export async function takeSnapshot() {
  const runtime = {
    base: new URL("pyodide/", location.href).href,
    module: WebAssembly.compileStreaming(fetch("pyodide/pyodide.asm.wasm")),
    script: import("./pyodide/pyodide.asm.mjs").then((exports) => exports.default),
  };
  const fresh = await freshMemory(runtime);
  const pyodide = await fromSource(runtime, source(), { _makeSnapshot: true });
  pyodide.runPython(await (await fetch("snapshot_prepare.py")).text(), { globals: pyodide.toPy({}) });
  const { _module: module, _api: api } = pyodide;
  clearFree(module);
  const constants = module._emscripten_stack_get_end();
  const { kept, stored } = compare(module.HEAPU8, fresh, constants);
  const notes = { build: api.config.BUILD_ID, config: api.serializeHiwireState() };
  const data = pack(module.HEAPU8, kept, stored, notes);
  return { data: await base64(data), memory: module.HEAPU8.length };
}

function source() {
  const bytes = async (url) => (await fetch(url)).arrayBuffer();
  return { kernel: bytes("tabux-kernel.zip"), library: bytes("pyodide/python_stdlib.zip") };
}

/** The memory of a Pyodide that has been instantiated and not started. */
async function freshMemory(runtime) {
  const taken = new Error("the memory has been taken");
  let memory;
  const createPyodideModule = async (settings) => {
    settings.noInitialRun = true;
    memory = (await (await runtime.script)(settings)).HEAPU8.slice();
    throw taken;
  };
  await fromSource(runtime, source(), { createPyodideModule }).catch((error) => {
    if (error !== taken) throw error;
  });
  return memory;
}

/** Fills memory that is free with zeros, which need not be stored: malloc's, and the stack's. */
function clearFree(module) {
  const { grow } = WebAssembly.Memory.prototype;
  const pieces = [];
  WebAssembly.Memory.prototype.grow = () => {
    throw new RangeError("only what is there already");
  };
  for (let size = LARGEST_PIECE; size >= SMALLEST_PIECE; size /= 2) {
    for (let at; (at = module._malloc(size - OVERHEAD)) !== 0; ) {
      module.HEAPU8.fill(0, at, at + size - OVERHEAD);
      pieces.push(at);
    }
  }
  WebAssembly.Memory.prototype.grow = grow;
  for (const at of pieces) module._free(at);
  module.HEAPU8.fill(0, module._emscripten_stack_get_end(), module._emscripten_stack_get_current());
}

/**
 * Which pages are as in a fresh memory, and which have to be stored. A fresh memory is sure to have its constants;
 * what is beyond them may be the browser's doing.
 */
function compare(memory, fresh, constants) {
  const kept = [];
  const stored = [];
  const add = (runs, at) => {
    if (runs.length && runs.at(-2) + runs.at(-1) === at) runs[runs.length - 1] += PAGE;
    else runs.push(at, PAGE);
  };
  const zero = new Uint8Array(PAGE);
  const same = (a, b) => a.every((byte, i) => byte === b[i]);
  for (let at = 0; at < memory.length; at += PAGE) {
    const now = memory.subarray(at, at + PAGE);
    const before = at < fresh.length ? fresh.subarray(at, at + PAGE) : zero;
    if (!same(now, before) || (at >= constants && !same(now, zero))) add(stored, at);
    else if (at < constants && !same(now, zero)) add(kept, at);
  }
  return { kept: Uint32Array.from(kept), stored: Uint32Array.from(stored) };
}

async function base64(bytes) {
  const reader = new FileReader();
  await new Promise((resolve) => {
    reader.onload = resolve;
    reader.readAsDataURL(new Blob([bytes]));
  });
  return reader.result.slice(reader.result.indexOf(",") + 1);
}
