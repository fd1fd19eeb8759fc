/**
 * The sandbox in the shape of E2B's JavaScript SDK (npm `e2b` 2.x), for code that is written for that.
 *
 *     import { Sandbox } from "./adapters/e2b.js";
 *     const sandbox = await Sandbox.create();
 *     const { stdout } = await sandbox.commands.run("ls /");
 *
 * docs/adapters.md tells what a browser cannot do.
 */

import { Sandbox as Native } from "../tabux.js";
import { Commands } from "./e2b/commands.js";
import { InvalidArgumentError, SandboxError, SandboxNotFoundError, translated } from "./e2b/errors.js";
import { Filesystem } from "./e2b/filesystem.js";
import { Pty } from "./e2b/pty.js";

export { CommandHandle } from "./e2b/commands.js";
export { FileType, FilesystemEventType } from "./e2b/filesystem.js";
export {
  CommandExitError,
  FileNotFoundError,
  InvalidArgumentError,
  NotEnoughSpaceError,
  NotFoundError,
  SandboxError,
  SandboxNotFoundError,
  TimeoutError,
} from "./e2b/errors.js";

/**
 * @typedef {object} SandboxOptions
 * @property {Record<string, string>} [envs]
 * @property {Record<string, string>} [metadata] Only kept, for `getInfo` of the page.
 * @property {number} [timeoutMs] How long it lives; as long as the page, if not given.
 * @property {boolean} [allowInternetAccess] false, which it is in any case: `native.network` says what is allowed.
 * @property {import("../tabux.js").SandboxOptions} [native] Options of tabux's own, as `session` and `network`.
 */

/** @type {Map<string, Sandbox>} those that run on this page, by their ids */
const running = new Map();

/** The longest time of a timer, milliseconds. */
const LONGEST_MS = 0x7fffffff;

export class Sandbox {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Native} native
   * @param {string} id
   * @param {Record<string, string>} [metadata]
   */
  constructor(native, id, metadata = {}) {
    /** The sandbox of tabux that this one is. */
    this.native = native;
    /** The name of its session, or one of its own. */
    this.sandboxId = id;
    this.metadata = metadata;
    this.pty = new Pty(native);
    this.commands = new Commands(native, this.pty);
    this.files = new Filesystem(native);
    running.set(id, this);
  }

  /**
   * @overload
   * @param {SandboxOptions} [opts]
   * @returns {Promise<Sandbox>}
   */
  /**
   * @overload
   * @param {string} template "base": there are no others
   * @param {SandboxOptions} [opts]
   * @returns {Promise<Sandbox>}
   */
  /**
   * @param {string | SandboxOptions} [template]
   * @param {SandboxOptions} [opts]
   * @returns {Promise<Sandbox>}
   */
  static async create(template, opts) {
    if (typeof template === "string" && template !== "base") {
      throw new InvalidArgumentError(`template: there is "base" only, not "${template}"`);
    }
    const options = (typeof template === "string" ? opts : template) ?? {};
    const { envs, metadata, timeoutMs, allowInternetAccess, native: own = {} } = options;
    if (allowInternetAccess) {
      throw new InvalidArgumentError("allowInternetAccess: name the hosts in native.network (docs/network.md)");
    }
    const native = await translated(Native.create({ ...own, envs: { ...own.envs, ...envs } }));
    const sandbox = new Sandbox(native, own.session ?? crypto.randomUUID(), metadata);
    if (timeoutMs) await sandbox.setTimeout(timeoutMs);
    return sandbox;
  }

  /**
   * One that runs on this page, or a session of the site, which is opened.
   * @param {string} sandboxId
   * @param {{ timeoutMs?: number }} [opts]
   * @returns {Promise<Sandbox>}
   * @throws {SandboxNotFoundError}
   */
  static async connect(sandboxId, { timeoutMs } = {}) {
    let sandbox = running.get(sandboxId);
    if (!(await sandbox?.isRunning())) {
      const sessions = await translated(Native.sessions.list());
      if (!sessions.some(({ name }) => name === sandboxId)) {
        throw new SandboxNotFoundError(`no sandbox "${sandboxId}" runs on this page, and no session has that name`);
      }
      sandbox = new Sandbox(await translated(Native.create({ session: sandboxId })), sandboxId);
    }
    const found = /** @type {Sandbox} */ (sandbox);
    if (timeoutMs) await found.setTimeout(timeoutMs);
    return found;
  }

  /**
   * Ends one that runs on this page, its session included.
   * @param {string} sandboxId
   * @returns {Promise<boolean>} Whether there was one.
   */
  static async kill(sandboxId) {
    return (await running.get(sandboxId)?.kill()) ?? false;
  }

  /** @returns {Promise<boolean>} */
  async isRunning() {
    if (running.get(this.sandboxId) !== this) return false;
    try {
      await this.native.metrics();
      return true;
    } catch {
      return false; // its worker has failed
    }
  }

  /**
   * Lets it live so long from now on.
   * @param {number} timeoutMs
   * @returns {Promise<void>}
   */
  async setTimeout(timeoutMs) {
    if (!(timeoutMs >= 0)) throw new InvalidArgumentError("setTimeout: timeoutMs must be a number of at least 0");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.kill().catch(reportError), Math.min(timeoutMs, LONGEST_MS));
  }

  /**
   * Ends it; its files are gone, those of a session too.
   * @returns {Promise<boolean>} false when it had ended
   */
  async kill() {
    if (!this.#end()) return false;
    const { name } = this.native.session;
    await translated(this.native.kill());
    if (name !== null) await translated(Native.sessions.delete(name));
    return true;
  }

  /**
   * Ends its programs and keeps its files in its session: `Sandbox.connect` goes on with them.
   * @returns {Promise<boolean>} false when it had ended
   * @throws {SandboxError} it has no session
   */
  async pause() {
    if (running.get(this.sandboxId) !== this) return false;
    if (this.native.session.name === null) {
      throw new SandboxError("pause: a sandbox without a session keeps nothing; give native: { session } to create");
    }
    await translated(this.native.close());
    this.#end();
    return true;
  }

  /** @returns {boolean} whether it ran */
  #end() {
    clearTimeout(this.#timer);
    return running.get(this.sandboxId) === this && running.delete(this.sandboxId);
  }

  /**
   * Keeps the files as they are now.
   * @param {{ name?: string }} [opts]
   * @returns {Promise<{ snapshotId: string, names: string[] }>}
   */
  async createSnapshot({ name } = {}) {
    const snapshotId = await translated(this.native.snapshot({ name }));
    return { snapshotId, names: name ? [name] : [] };
  }

  /**
   * Volatile sandboxes that begin with the files of this one; programs are not copied.
   * @param {{ count?: number, timeoutMs?: number }} [opts]
   * @returns {Promise<(Sandbox | Error)[]>}
   */
  async fork({ count = 1, timeoutMs } = {}) {
    const snapshot = await translated(this.native.snapshot());
    const made = [];
    for (let i = 0; i < count; i++) {
      try {
        const native = await translated(Native.fork(snapshot));
        const sandbox = new Sandbox(native, crypto.randomUUID(), this.metadata);
        if (timeoutMs) await sandbox.setTimeout(timeoutMs);
        made.push(sandbox);
      } catch (error) {
        made.push(/** @type {Error} */ (error));
      }
    }
    return made;
  }

  /**
   * @param {number} port
   * @returns {string} never
   * @throws {SandboxError} a page has no address for it
   */
  getHost(port) {
    throw new SandboxError(`getHost(${port}): nothing outside the page reaches it; ask it by native.fetch(${port}, path)`);
  }
}
