// What the start needs from the network: everything at once, and how far it is.
import files from "../kernel/boot.json" with { type: "json" };
import { Download } from "../gate/download.js";
import { inflated } from "../gate/inflate.js";

/** @typedef {(progress: { phase: string, loaded: number, total: number }) => void} OnProgress */

/**
 * A file of the site by its address there; `size` is what it has on the wire.
 * @typedef {{ url: string, size: number }} Asset
 */

/**
 * dist/kernel/boot.json, written by the build.
 * @typedef {object} BootFiles
 * @property {{ module: Asset, script: Asset }} pyodide
 * @property {(Asset & { memory: number }) | null} snapshot null where the build had no browser to make it with
 * @property {{ kernel: Asset, library: Asset }} source what a start without a snapshot needs
 * @property {Asset} manifest
 * @property {(Asset & { length: number, sha256: string })[]} programs those that the first prompt needs
 */

/** How often the progress is told of, milliseconds. */
const REPORT_MS = 50;

/** The downloads of one start. All that every start needs is under way when it has been made. */
export class Assets {
  /** @param {URL} site its root */
  constructor(site) {
    this.site = site;
    this.loaded = 0;
    this.total = 0;
    this.reportedMs = -Infinity;
    /** @type {OnProgress} */
    this.onProgress = () => {};
    const { pyodide, snapshot, manifest, programs } = files;
    this.module = this.#compiled(pyodide.module);
    this.script = this.#imported(pyodide.script);
    this.snapshot = snapshot && this.bytes(snapshot);
    this.manifest = this.bytes(manifest);
    this.programs = programs.map((program) => this.#program(program));
    // whoever needs one of them hears of its failure
    for (const part of [this.module, this.script, this.snapshot, this.manifest]) part?.catch(() => {});
  }

  /**
   * What a start without a snapshot needs besides.
   * @returns {{ kernel: Promise<ArrayBuffer>, library: Promise<ArrayBuffer> }}
   */
  source() {
    return { kernel: this.bytes(files.source.kernel), library: this.bytes(files.source.library) };
  }

  /** @returns {number} the size of the memory that the snapshot is of, bytes */
  get memorySize() {
    return files.snapshot?.memory ?? 0;
  }

  /** Counts bytes that have come. */
  #came = (/** @type {number} */ length) => {
    this.loaded += length;
    const now = performance.now();
    if (this.loaded < this.total && now - this.reportedMs < REPORT_MS) return;
    this.reportedMs = now;
    this.onProgress({ phase: "Loading", loaded: this.loaded, total: this.total });
  };

  /**
   * The unpacked file as a response.
   * @param {Asset} asset
   * @param {string} type its media type
   * @returns {Promise<Response>}
   * @throws {Error} a BootError naming the file
   */
  async #open({ url, size }, type) {
    this.total += size;
    try {
      const stream = await inflated(await fetch(new URL(url, this.site)), this.#came);
      return new Response(stream, { headers: { "Content-Type": type } });
    } catch (cause) {
      const error = new Error(`${url}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      error.name = "BootError";
      throw error;
    }
  }

  /** @param {Asset} asset @returns {Promise<ArrayBuffer>} the unpacked file */
  async bytes(asset) {
    return (await this.#open(asset, "application/octet-stream")).arrayBuffer();
  }

  /** @param {Asset} asset @returns {Promise<WebAssembly.Module>} compiled while it loads */
  #compiled(asset) {
    return WebAssembly.compileStreaming(this.#open(asset, "application/wasm"));
  }

  /** @param {Asset} asset a module that imports nothing @returns {Promise<any>} its default export */
  async #imported(asset) {
    const url = URL.createObjectURL(await (await this.#open(asset, "text/javascript")).blob());
    try {
      return (await import(url)).default;
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  /** @param {BootFiles["programs"][number]} program @returns {Download} under way, to be compiled at once */
  #program({ url, size, length, sha256 }) {
    this.total += size;
    // (a start does not wait for the Cache API: like the rest of it, this is in the browser's own cache)
    const download = new Download(new URL(url, this.site).href, length, sha256, null);
    void download.prepare(this.#came);
    return download;
  }
}
