// The shared library of a file, compiled once for all processes.
import { BLOCKED, EIO } from "./errno.js";
import { Library, readLibrary } from "./dynlink-library.js";
import { FormatError } from "./wasm-binary.js";

/** Modules larger than this are compiled off the thread, bytes. */
const COMPILE_ASIDE = 65536;
/**
 * A library, why it is none, or that it is being compiled.
 * @typedef {Library | string | Promise<void>} Compiled
 */

/** @type {Map<string, WeakRef<Library>>} libraries in use by the digest of their files: copies share the code */
const byDigest = new Map();
const forgotten = new FinalizationRegistry((/** @type {string} */ digest) => {
  if (!byDigest.get(digest)?.deref()) byDigest.delete(digest);
});

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<string | null>} null where the browser computes none (an insecure context)
 */
async function digestOf(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {unknown} error @returns {string} for dlerror */
function reason(error) {
  if (error instanceof FormatError) return error.message;
  if (error instanceof RangeError) return "out of memory while it was compiled";
  const text = error instanceof Error ? error.message : String(error);
  return `not valid WebAssembly: ${text.replace(/^WebAssembly\.[A-Za-z]+\(\):? */, "")}`;
}

/** @param {Uint8Array} bytes @returns {Library | string} */
function compileNow(bytes) {
  try {
    const { bytes: fit, description } = readLibrary(bytes);
    return new Library(new WebAssembly.Module(fit), description);
  } catch (error) {
    return reason(error);
  }
}

/** @param {Uint8Array} bytes a copy @returns {Promise<Library | string>} */
async function compileAside(bytes) {
  try {
    const digest = await digestOf(bytes);
    const known = digest !== null && byDigest.get(digest)?.deref();
    if (known) return known;
    const { bytes: fit, description } = readLibrary(bytes);
    const library = new Library(await WebAssembly.compile(fit), description);
    if (digest !== null) {
      byDigest.set(digest, new WeakRef(library));
      forgotten.register(library, digest);
    }
    return library;
  } catch (error) {
    return reason(error);
  }
}

/**
 * The library that the bytes of a file are.
 * @param {import("./content.js").Content} content
 * @param {() => void} ready called when it is worth asking again after BLOCKED
 * @returns {Library | string | number} why it is none; or BLOCKED, -EIO
 */
export function libraryOf(content, ready) {
  const { library } = content;
  if (library instanceof Library || typeof library === "string") return library;
  if (library) {
    library.then(ready);
    return BLOCKED;
  }
  const waiting = content.demand(0, content.size, ready);
  if (waiting === -EIO || waiting === BLOCKED) return waiting;
  const bytes = content.whole();
  if (content.size <= COMPILE_ASIDE) return (content.library = compileNow(bytes));
  /** @type {Promise<void>} */
  const coming = compileAside(bytes.slice()).then((result) => {
    // a write meanwhile has made these bytes another file
    if (content.library === coming) content.library = result;
  });
  content.library = coming;
  coming.then(ready);
  return BLOCKED;
}
