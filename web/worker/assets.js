// What the start needs from the network: everything at once, and how far it is.
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

/** The downloads of one start. */
export class Assets {
  /**
   * @param {URL} site its root
   * @param {OnProgress} onProgress
   */
  constructor(site, onProgress) {
    this.site = site;
    this.onProgress = onProgress;
    this.loaded = 0;
    this.total = 0;
    this.reportedMs = -Infinity;
  }

  /**
   * Counts bytes that have come.
   * @param {number} length
   */
  #came = (length) => {
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
  async open({ url, size }, type = "application/octet-stream") {
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
    return (await this.open(asset)).arrayBuffer();
  }

  /** @param {Asset} asset @returns {Promise<string>} the unpacked file */
  async text(asset) {
    return (await this.open(asset)).text();
  }

  /** @param {Asset} asset @returns {Promise<WebAssembly.Module>} compiled while it loads */
  module(asset) {
    return WebAssembly.compileStreaming(this.open(asset, "application/wasm"));
  }

  /**
   * A JavaScript module that imports nothing.
   * @param {Asset} asset
   * @returns {Promise<any>} its exports
   */
  async script(asset) {
    const url = URL.createObjectURL(await (await this.open(asset, "text/javascript")).blob());
    try {
      return await import(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  /**
   * A program that will be run soon.
   * @param {BootFiles["programs"][number]} program
   * @returns {Download} under way
   */
  program({ url, size, length, sha256 }) {
    this.total += size;
    const download = new Download(new URL(url, this.site).href, length, sha256);
    void download.prepare(this.#came);
    return download;
  }
}
