// Starting Pyodide with the kernel's package in it: from a memory snapshot, or from sources.
import { loadPyodide } from "../pyodide/pyodide.mjs";
import { restore } from "./snapshot.js";

/** Where the package is in Pyodide's own file system. */
const PACKAGE = "/lib/tabux";
/** Without docstrings, assertions and columns in tracebacks, a third of a snapshot is gone. */
const PYTHON_ARGUMENTS = ["-OO", "-X", "no_debug_ranges"];
/** The kernel loads no packages: Pyodide need not fetch its list of them. */
const NO_PACKAGES = JSON.stringify({
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2" },
  packages: {},
});

/**
 * Pyodide's two halves, loading.
 * @typedef {object} Runtime
 * @property {string} base the address of the directory of Pyodide's other files
 * @property {Promise<WebAssembly.Module>} module
 * @property {Promise<(settings: any) => Promise<any>>} script what pyodide.asm.mjs exports
 */

/**
 * loadPyodide with a module that is being compiled already: Pyodide itself would begin with that last.
 * @param {Runtime} runtime
 * @param {object} options for loadPyodide
 * @returns {Promise<any>}
 */
async function load({ base, module, script }, options) {
  const { fetch } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  globalThis.fetch = (resource, init) =>
    String(resource).endsWith("/pyodide.asm.wasm") ? new Promise(() => {}) : fetch(resource, init);
  WebAssembly.instantiateStreaming = async (_source, imports) => {
    const compiled = await module;
    return { module: compiled, instance: await WebAssembly.instantiate(compiled, imports) };
  };
  try {
    // a module that does not compile would leave Pyodide waiting for ever
    return await Promise.race([
      loadPyodide({
        indexURL: base,
        packageBaseUrl: base,
        lockFileContents: NO_PACKAGES,
        createPyodideModule: async (/** @type {any} */ settings) => (await script)(settings),
        ...options,
      }),
      module.then(() => new Promise(() => {})),
    ]);
  } finally {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

/**
 * Starts Pyodide from a memory in which the package has been imported.
 * @param {Runtime} runtime
 * @param {Promise<ArrayBuffer>} snapshot
 * @param {number} memorySize bytes
 * @returns {Promise<any>} Pyodide
 * @throws when the snapshot cannot be had or does not fit
 */
export async function fromSnapshot(runtime, snapshot, memorySize) {
  const pyodide = await load(runtime, {
    stdLibURL: "data:,",
    // a placeholder: the snapshot may still be loading, and is smaller than the memory
    _loadSnapshot: new Uint8Array(1),
    createPyodideModule: async (/** @type {any} */ settings) => {
      settings.INITIAL_MEMORY = memorySize;
      const [module, bytes] = await Promise.all([runtime.script.then((create) => create(settings)), snapshot]);
      const { API } = settings;
      API.restoreSnapshot = () => {
        delete API.restoreSnapshot; // and with it the bytes
        return restore(bytes, module.HEAPU8, API.config.BUILD_ID);
      };
      return module;
    },
  });
  // its state would be that of the snapshot, the same for everybody
  const random = pyodide.pyimport("random");
  random.seed();
  random.destroy();
  return pyodide;
}

/**
 * Starts Pyodide and makes the package importable.
 * @param {Runtime} runtime
 * @param {{ kernel: Promise<ArrayBuffer>, library: Promise<ArrayBuffer> }} source the package and Python's library
 * @param {object} [options] for loadPyodide
 * @returns {Promise<any>} Pyodide
 */
export async function fromSource(runtime, { kernel, library }, options) {
  const stdLibURL = URL.createObjectURL(new Blob([await library]));
  try {
    const pyodide = await load(runtime, { args: PYTHON_ARGUMENTS, stdLibURL, ...options });
    pyodide.unpackArchive(await kernel, "zip", { extractDir: PACKAGE });
    pyodide.runPython(`import sys; sys.path.insert(0, "${PACKAGE}")`);
    return pyodide;
  } finally {
    URL.revokeObjectURL(stdLibURL);
  }
}
