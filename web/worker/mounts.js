// Mounting, loaded when something is first mounted: finds the provider that the page has named, and tells the kernel of it.
import { BLOCKED } from "../gate/errno.js";
import { errnoOf } from "../mounts/errors.js";
import { HostMount } from "../mounts/host-mount.js";
import { toKernel } from "../mounts/listing.js";
import { DirectoryProvider } from "../mounts/providers/directory.js";
import { FetchProvider } from "../mounts/providers/fetch.js";
import { OPTIONAL } from "../mounts/provider.js";
import { apiError } from "./errors.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../mounts/provider.js").Provider} Provider */
/** @typedef {import("../mounts/host-mount.js").MountFailure} MountFailure */
/** @typedef {import("../client/kernel.js").MountRequest} MountRequest */

/** How often a provider is asked how much is free, milliseconds. */
const SPACE_MS = 5000;

export class MountKeeper {
  /** @type {Map<number, ReturnType<typeof setInterval>>} */
  #timers = new Map();

  /** @param {System} system */
  constructor(system) {
    this.system = system;
  }

  /**
   * @param {MountRequest} request
   * @param {Provider | null} remote the page's own provider
   * @param {(failure: MountFailure) => void} onFailure
   * @returns {Promise<number>} the number of the mount
   */
  async mount({ path, source, can, readOnly, handle, tree }, remote, onFailure) {
    const { gate, api } = this.system;
    /** @type {Provider} */
    let provider;
    if (handle) provider = new DirectoryProvider(handle);
    else if (tree) provider = new FetchProvider(tree.base, tree.index);
    else provider = /** @type {Provider} */ (remote);
    const offered = remote ? can : OPTIONAL.filter((method) => method in provider);
    const isReadOnly = readOnly || !offered.includes("write");
    const mount = new HostMount(gate, gate.mounts.number(), path, provider, onFailure);
    gate.mounts.add(mount);
    try {
      // whoever mounts hears of a provider that does not answer as it should
      await mount.entries("").catch((error) => {
        throw apiError(-errnoOf(error), `${path}: the provider cannot list its files: ${error.message}`);
      });
      const error = await gate.mounts.settled(
        () => api.mount(toKernel(path), mount.number, toKernel(source), isReadOnly ? 1 : 0, offered.join(" ")),
        BLOCKED,
      );
      if (error) throw apiError(error, path);
    } catch (error) {
      gate.mounts.remove(mount);
      throw error;
    }
    if (offered.includes("space")) await this.#watchSpace(mount);
    return mount.number;
  }

  /** @param {HostMount} mount */
  async #watchSpace(mount) {
    const look = async () => {
      try {
        const { totalBytes, freeBytes } = await mount.ask("space");
        if (!(totalBytes >= 0 && freeBytes >= 0 && Number.isFinite(totalBytes + freeBytes)))
          throw new Error("space() did not answer two numbers");
        this.system.api.mount_space(mount.number, totalBytes, freeBytes);
      } catch (error) {
        if (!this.#timers.has(mount.number)) return; // unmounted meanwhile
        clearInterval(this.#timers.get(mount.number));
        mount.report("space", "", error);
      }
    };
    this.#timers.set(mount.number, setInterval(() => void look(), SPACE_MS));
    await look();
  }

  /**
   * @param {string} path
   * @param {boolean} force also while it is in use, and without waiting for the provider
   * @returns {Promise<number>} the number that the mount had
   */
  async unmount(path, force) {
    const { gate, api } = this.system;
    gate.report();
    const number = await gate.mounts.settled(() => api.mounted(toKernel(path)), BLOCKED);
    if (number < 0) throw apiError(number, path);
    const mount = gate.mounts.get(number);
    if (!force) await mount?.flush();
    const error = api.unmount(number, force ? 1 : 0);
    if (error) throw apiError(error, path);
    clearInterval(this.#timers.get(number));
    this.#timers.delete(number);
    if (mount) gate.mounts.remove(mount);
    return number;
  }

  /** @param {number} number @param {string} path of a directory in which something has changed */
  changed(number, path) {
    this.system.gate.kernel.host_stale(number, toKernel(path));
  }
}
