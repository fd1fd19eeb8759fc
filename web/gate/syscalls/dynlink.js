// System calls of dlopen(3) and its like; what is not about a file is in ../dynlink.js.
import { libraryOf } from "../dynlink-compile.js";
import { LinkageError, linkageOf } from "../dynlink.js";
import { EISDIR, EBADF, EINVAL, ENOENT, ENOEXEC, ENOMEM, ENOSYS } from "../errno.js";
import { FormatError } from "../wasm-binary.js";

/** @typedef {import("./index.js").Call} Call */
/** @typedef {import("../thread.js").Thread} Thread */

/** Size of struct dl_linked, bytes (wasm/libc/src/dl.h). */
const LINKED = 24;
/** More modules than this in one list are none of libc's. */
const MAX_MODULES = 10_000;

const utf8 = new TextEncoder();

/**
 * @param {Thread} thread
 * @param {number} address
 * @param {number} size
 * @param {Uint8Array} text is cut where it does not fit, and ended by a NUL
 * @returns {number} its length
 */
function putText(thread, address, size, text) {
  if (size < 1) return 0;
  const cut = text.subarray(0, size - 1);
  thread.put(address, cut);
  thread.put(address + cut.length, new Uint8Array(1));
  return cut.length;
}

/**
 * @param {Thread} thread
 * @param {number} address
 * @param {number} count
 * @returns {number[]}
 */
function numbers(thread, address, count) {
  if (count >>> 0 > MAX_MODULES) throw new RangeError("too many modules");
  return Array.from({ length: count }, (_, i) => thread.i32(address + 4 * i));
}

/** @type {Record<number, Call>} */
export const DYNLINK_CALLS = {
  // tabux_dlmodule(fd, needs, message, size): compiles an open file
  1020(gate, thread, fd, needs, message, size) {
    const linkage = linkageOf(thread.program);
    if (!linkage) return -ENOSYS;
    const file = thread.process.files[fd];
    if (!file) return -EBADF;
    if (!file.content) return -EISDIR;
    const library = libraryOf(file.content, () => gate.scheduler.queue(thread));
    if (typeof library === "number") {
      // no signal handler runs between a constructor and what it waits for
      thread.uninterruptible = true;
      return library;
    }
    if (typeof library === "string") {
      putText(thread, message, size, utf8.encode(library));
      return -ENOEXEC;
    }
    const { memory, alignment } = library.needs;
    [memory, alignment, library.libraries.length, library.runpath ? 1 : 0].forEach((value, i) =>
      thread.setU32(needs + 4 * i, value),
    );
    return linkage.add(library);
  },
  // tabux_dlneeded(module, index, buffer, size): the name of a library that one needs; -1: its run path
  1021(_gate, thread, module, index, buffer, size) {
    const library = linkageOf(thread.program)?.modules.get(module)?.library;
    const name = index === -1 ? library?.runpath : library?.libraries[index];
    if (name === undefined) return -EINVAL;
    const text = utf8.encode(name);
    if (text.length >= size >>> 0) return -EINVAL;
    return putText(thread, buffer, size, text);
  },
  // tabux_dllink(list, count, globals, global count, message, size)
  1022(_gate, thread, list, count, globals, globalCount, message, size) {
    const linkage = linkageOf(thread.program);
    if (!linkage) return -ENOSYS;
    if (count >>> 0 > MAX_MODULES || !count) return -EINVAL;
    const requests = Array.from({ length: count }, (_, i) => {
      const at = list + LINKED * i;
      const scope = numbers(thread, thread.i32(at + 8), thread.i32(at + 12));
      return { module: thread.i32(at), base: thread.u32(at + 4), scope };
    });
    const visible = numbers(thread, globals, globalCount);
    try {
      linkage.link(requests, visible);
    } catch (error) {
      if (error instanceof RangeError) return -ENOMEM;
      if (!(error instanceof LinkageError || error instanceof FormatError)) throw error;
      const module = error instanceof LinkageError ? error.module : requests[0].module;
      putText(thread, message, size, utf8.encode(`${module} ${error.message}`));
      return error instanceof LinkageError && error.missing ? -ENOENT : -ENOEXEC;
    }
    requests.forEach(({ module }, i) => {
      thread.setU32(list + LINKED * i + 16, linkage.service(module, "__wasm_apply_data_relocs"));
      thread.setU32(list + LINKED * i + 20, linkage.service(module, "__wasm_call_ctors"));
    });
    return 0;
  },
  // tabux_dlsym(modules, count, name, &value)
  1023(_gate, thread, modules, count, name, value) {
    const linkage = linkageOf(thread.program);
    if (!linkage) return -ENOENT;
    const text = new TextDecoder().decode(thread.cstring(name));
    const place = linkage.find(text, numbers(thread, modules, count), null);
    if (!place) return -ENOENT;
    thread.setU32(value, linkage.address(place));
    return 0;
  },
  // tabux_dladdr(address, place, name, size)
  1024(_gate, thread, address, place, name, size) {
    const found = linkageOf(thread.program)?.locate(address >>> 0);
    if (!found) return -ENOENT;
    thread.setU32(place, found.module);
    thread.setU32(place + 4, found.name ? found.address : 0);
    putText(thread, name, size, utf8.encode(found.name));
    return 0;
  },
  // tabux_dldrop(module)
  1025(_gate, thread, module) {
    const linkage = linkageOf(thread.program);
    if (!linkage?.modules.has(module)) return -EINVAL;
    linkage.drop(module);
    return 0;
  },
};
