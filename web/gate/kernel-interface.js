// The gate as the kernel sees it: the methods of tabux.kernel.gate.Gate, and those only its loader uses.
import { Download } from "./download.js";
import * as requests from "./kernel-requests.js";
import { fromLatin1, latin1 } from "./latin1.js";
import { socketInterface } from "./socket-interface.js";
import { extents } from "./still.js";

/** @typedef {import("./gate.js").Gate} Gate */

/** @param {Uint8Array[]} strings @returns {string} each ended by NUL */
function joined(strings) {
  return strings.map((string) => `${latin1(string)}\0`).join("");
}

/** @param {number[]} numbers @returns {[number, number][]} */
function inPairs(numbers) {
  /** @type {[number, number][]} */
  const pairs = [];
  for (let i = 0; i < numbers.length; i += 2) pairs.push([numbers[i], numbers[i + 1]]);
  return pairs;
}

/**
 * @param {Gate} gate
 * @param {string} base what relative download addresses start from
 * @param {Download[]} begun downloads under way
 * @returns {Record<string, Function>} by the names the kernel uses
 */
export function kernelInterface(gate, base, begun) {
  /** @type {Map<string, Download>} files of the site that hold several of the sandbox */
  const chunks = new Map();
  const told = (/** @type {import("./download.js").DownloadEvent} */ event) => gate.loading(event);
  for (const download of begun) {
    download.tell = told;
    const { url, failure } = download;
    if (failure) told({ url, loaded: 0, total: 0, done: true, error: failure });
  }
  const fresh = (/** @type {string} */ href, /** @type {number} */ size, /** @type {string} */ hash) =>
    new Download(href, size, hash, gate.shelf, told);
  return {
    wake: (/** @type {number} */ pid) => (pid ? gate.wake(pid) : gate.mounts.wakeOwner()),
    uninterruptible: (/** @type {number} */ pid) => {
      const thread = gate.processes.get(pid)?.program?.current;
      if (thread) thread.uninterruptible = true;
    },
    signal_due: (/** @type {number} */ tid, /** @type {boolean} */ due) => requests.signalDue(gate, tid, due),
    set_stopped: (/** @type {number} */ pid, /** @type {boolean} */ stopped) => requests.setStopped(gate, pid, stopped),
    gone: (/** @type {number} */ pid, /** @type {number} */ status) => requests.gone(gate, pid, status),
    pipe_ends: (/** @type {number} */ pipe, /** @type {number} */ readers, /** @type {number} */ writers) =>
      requests.pipeEnds(gate, pipe, readers, writers),
    pipe_size: (/** @type {number} */ pipe) => requests.pipeSize(gate, pipe),
    resize_pipe: (/** @type {number} */ pipe, /** @type {number} */ size) => requests.resizePipe(gate, pipe, size),
    sink_closed: (/** @type {number} */ sink) => requests.sinkClosed(gate, sink),
    truncate: (/** @type {number} */ ino, /** @type {number} */ size) => {
      const content = gate.contents.of(ino);
      // what is to remain of a file of the site has to be here
      const waiting = content.download && size > 0 ? content.demand(0, size, () => gate.wakeAll(gate.cutters)) : 0;
      return waiting || content.truncate(size) || content.blocks;
    },
    allocate: (/** @type {number} */ ino, /** @type {number} */ start, /** @type {number} */ end) => {
      const content = gate.contents.of(ino);
      return content.allocate(start, end) || content.blocks;
    },
    punch: (/** @type {number} */ ino, /** @type {number} */ start, /** @type {number} */ end) => {
      const content = gate.contents.of(ino);
      return content.punch(start, end) || content.blocks;
    },
    bytes_taken: () => gate.contents.taken,
    bytes_limit: () => (gate.contents.full ? gate.contents.taken : gate.contents.limit),
    extents: (/** @type {number} */ ino) => extents(gate.contents.of(ino)),
    ship: (/** @type {number} */ ino) => gate.contents.byInode.get(ino)?.restoreOrigin(),
    discard: (/** @type {number} */ ino) => gate.contents.discard(ino),
    rows: (/** @type {string} */ records) => gate.session?.rows(records.split(" ").map(Number)) ?? "[]",
    attach: (/** @type {string} */ pairs) => gate.session?.attach(inPairs(pairs.split(" ").map(Number))),
    set_text: (/** @type {number} */ ino, /** @type {string} */ text) => {
      gate.contents.of(ino).ship({ bytes: fromLatin1(text) });
    },
    set_download: (/** @type {number} */ ino, /** @type {string} */ url, /** @type {number} */ size, /** @type {string} */ hash) => {
      const { href } = new URL(url, base);
      const download = begun.find((download) => download.url === href) ?? fresh(href, size, hash);
      gate.contents.of(ino).ship({ download, offset: 0, size });
    },
    set_part: (/** @type {number} */ ino, /** @type {string} */ url, /** @type {number} */ size, /** @type {string} */ hash, /** @type {number} */ offset, /** @type {number} */ length) => {
      const { href } = new URL(url, base);
      let download = chunks.get(href);
      if (!download) chunks.set(href, (download = fresh(href, size, hash)));
      gate.contents.of(ino).ship({ download, offset, size: length });
    },
    set_timer: (/** @type {number} */ timer, /** @type {number} */ ms) => requests.setTimer(gate, timer, ms),
    clear_timer: (/** @type {number} */ timer) => requests.clearTimer(gate, timer),
    tty_output: (/** @type {number} */ tty, /** @type {string} */ text) => gate.terminals.get(tty)?.output(text),
    tty_flush: (/** @type {number} */ tty) => gate.terminals.get(tty)?.flush(),
    tty_foreground: (/** @type {number} */ tty) => gate.terminals.get(tty)?.foregroundChanged(),
    command_line: (/** @type {number} */ pid) => joined(gate.processes.get(pid)?.argv ?? []),
    environment: (/** @type {number} */ pid) => joined(gate.processes.get(pid)?.environ ?? []),
    cpu_time: (/** @type {number} */ pid) => gate.processes.get(pid)?.cpuMs ?? 0,
    thread_time: (/** @type {number} */ tid) => gate.threads.get(tid)?.cpuMs ?? 0,
    sleeping: (/** @type {number} */ tid) => gate.threads.get(tid)?.retry !== null,
    memory_size: (/** @type {number} */ pid) => gate.processes.get(pid)?.program?.memory?.buffer.byteLength ?? 0,
    host_list: (/** @type {number} */ mount, /** @type {number} */ ino, /** @type {string} */ path) =>
      gate.mounts.get(mount)?.list(ino, path),
    host_do: (/** @type {number} */ mount, /** @type {number} */ operation, /** @type {string} */ kind, /** @type {string} */ path, /** @type {string} */ other, /** @type {number} */ keep) =>
      gate.mounts.get(mount)?.change(operation, kind, path, other, keep),
    host_consumed: (/** @type {number} */ mount, /** @type {number} */ operation) =>
      gate.mounts.get(mount)?.consumed(operation),
    host_open: (/** @type {number} */ mount, /** @type {number} */ ino, /** @type {string} */ path, /** @type {number} */ size, /** @type {number} */ modifiedMs) =>
      gate.mounts.get(mount)?.open(ino, path, size, modifiedMs),
    host_closed: (/** @type {number} */ mount, /** @type {number} */ ino) => gate.mounts.get(mount)?.closed(ino),
    host_times: (/** @type {number} */ mount, /** @type {number} */ ino, /** @type {string} */ path, /** @type {number} */ accessedMs, /** @type {number} */ modifiedMs) =>
      gate.mounts.get(mount)?.times(ino, path, modifiedMs, accessedMs),
    ...socketInterface(gate),
    refused: (/** @type {number} */ pid, /** @type {string} */ path) =>
      gate.audit?.note("limit", { limit: "policy", pid, path }),
    changed: (/** @type {number} */ watch, /** @type {string} */ kind, /** @type {string} */ path) =>
      gate.watches.get(watch)?.(kind, path),
    now: () => performance.timeOrigin + performance.now(),
    log: (/** @type {string} */ text) => console.error(text),
  };
}
