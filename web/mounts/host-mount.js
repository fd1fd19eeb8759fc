// One host mount: what the kernel asks of its tree goes to the provider, and the answers back.
import { coded, errnoOf } from "./errors.js";
import { HostContent } from "./host-content.js";
import { HostContents } from "./host-contents.js";
import { checked, fromKernel, toKernel } from "./listing.js";
import { Turns } from "./turns.js";

/** @typedef {import("../gate/gate.js").Gate} Gate */
/** @typedef {import("./provider.js").Provider} Provider */

/**
 * Something that the provider did not do.
 * @typedef {{ path: string, operation: string, message: string, errno: number }} MountFailure
 */

/** So often is looked whether the program that has asked for a change still comes for the result, milliseconds. */
const LOOK_MS = 50;
/** Errors that are answers, not failures: nobody but the program is told. */
const ANSWERS = new Set([1, 2, 13, 17, 20, 21, 22, 30, 36, 39]);

export class HostMount {
  /** @type {Map<number, HostContent>} by inode number */
  #files = new Map();
  /** @type {Map<number, () => void>} changes whose result nobody has taken */
  #results = new Map();
  /** @type {Set<(error: Error) => void>} calls that the provider has not answered */
  #asked = new Set();
  #ended = false;

  /**
   * @param {Gate} gate
   * @param {number} number
   * @param {string} path where it is mounted
   * @param {Provider} provider
   * @param {(failure: MountFailure) => void} onFailure
   */
  constructor(gate, number, path, provider, onFailure) {
    this.gate = gate;
    this.number = number;
    this.path = path;
    this.provider = provider;
    this.onFailure = onFailure;
    this.turns = new Turns();
    this.contents = new HostContents();
  }

  /**
   * Calls the provider.
   * @param {keyof Provider} method
   * @param {...any} args
   * @returns {Promise<any>} rejects when the mount ends before the provider has answered
   */
  ask(method, ...args) {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw unmounted();
      this.#asked.add(reject);
      const call = async () => /** @type {any} */ (this.provider)[method](...args);
      call().then(resolve, reject).finally(() => this.#asked.delete(reject));
    });
  }

  /**
   * Tells people of a failure.
   * @param {string} operation
   * @param {string} path in the mount
   * @param {unknown} error
   */
  report(operation, path, error) {
    const errno = errnoOf(error);
    const message = error instanceof Error ? error.message : String(error);
    const whole = path ? `${this.path}/${path}` : this.path;
    console.error(`tabux: ${operation} ${whole}: ${message}`);
    this.gate.kernel.host_stale(this.number, toKernel(path.slice(0, Math.max(0, path.lastIndexOf("/")))));
    this.onFailure({ path: whole, operation, message, errno });
  }

  /**
   * @param {string} operation
   * @param {string} path
   * @param {unknown} error
   * @returns {number} its errno; people are told of it where it is not a plain answer
   */
  #failed(operation, path, error) {
    const errno = errnoOf(error);
    if (!ANSWERS.has(errno)) this.report(operation, path, error);
    return errno;
  }

  // ---- what the kernel asks (tabux.fs.host.HostGate)

  /** @param {number} ino @param {string} path */
  list(ino, path) {
    const directory = fromKernel(path);
    void this.turns.shared(async () => {
      let text;
      try {
        text = JSON.stringify(await this.entries(directory));
      } catch (error) {
        this.gate.kernel.host_failed(this.number, ino, this.#failed("list", directory, error));
        return;
      }
      this.gate.report();
      this.gate.kernel.host_listed(this.number, ino, text);
    });
  }

  /**
   * @param {string} directory
   * @returns {Promise<import("./listing.js").Entry[]>} names in the kernel's form; size -1 where what is here is newer
   */
  async entries(directory) {
    const entries = checked(await this.ask("list", directory), Date.now(), (message) =>
      console.warn(`tabux: ${this.path}/${directory}: ${message}`),
    );
    const newer = new Set();
    for (const { dirty, path } of this.#files.values()) if (dirty) newer.add(path);
    return entries.map(([name, type, size, ...rest]) => [
      toKernel(name),
      type,
      newer.has(directory ? `${directory}/${name}` : name) ? -1 : size,
      ...rest,
    ]);
  }

  /**
   * @param {number} operation
   * @param {string} kind
   * @param {string} path
   * @param {string} other
   * @param {number} keep
   */
  change(operation, kind, path, other, keep) {
    const from = fromKernel(path);
    void this.turns.alone(async () => {
      let errno = 0;
      try {
        await this.#change(kind, from, fromKernel(other), keep);
      } catch (error) {
        errno = this.#failed(kind, from, error);
      }
      await this.#answer(operation, errno);
    });
  }

  /** @param {string} kind @param {string} path @param {string} other @param {number} keep */
  async #change(kind, path, other, keep) {
    const kept = keep > 0 ? this.#files.get(keep) : undefined;
    await kept?.fetchAll();
    switch (kind) {
      case "create":
        await this.ask("write", path, []);
        break;
      case "makeDir":
        await this.ask("makeDir", path);
        break;
      case "symlink":
        await this.ask("symlink", path, other);
        break;
      case "remove":
        await this.ask("remove", path);
        this.#orphan(path);
        break;
      case "rename":
        if (keep === -1) await this.ask("remove", other);
        await this.ask("rename", path, other);
        this.#orphan(other);
        for (const file of this.#files.values())
          if (file.path === path || file.path?.startsWith(`${path}/`)) file.path = other + file.path.slice(path.length);
        break;
      default:
        throw coded("EOPNOTSUPP", kind);
    }
  }

  /** @param {string} path whose name is gone */
  #orphan(path) {
    for (const file of this.#files.values()) if (file.path === path) file.orphan();
  }

  /**
   * Gives the result to whoever has asked; nothing else happens before he has taken it, or cannot any more.
   * @param {number} operation
   * @param {number} errno
   */
  async #answer(operation, errno) {
    const { kernel } = this.gate;
    /** @type {Promise<void>} */
    const taken = new Promise((resolve) => this.#results.set(operation, resolve));
    kernel.host_done(this.number, operation, errno);
    do {
      let timer;
      await Promise.race([taken, new Promise((resolve) => (timer = setTimeout(resolve, LOOK_MS)))]);
      clearTimeout(timer);
    } while (this.#results.has(operation) && kernel.host_expected(this.number, operation));
    this.#results.delete(operation);
  }

  /** @param {number} operation its result has been taken */
  consumed(operation) {
    this.#results.get(operation)?.();
    this.#results.delete(operation);
  }

  /**
   * A file is to be used: what is here of it is thrown away where the provider has something else.
   * @param {number} ino
   * @param {string} path
   * @param {number} size
   * @param {number} modifiedMs -1 where it is not known
   */
  open(ino, path, size, modifiedMs) {
    const time = modifiedMs < 0 ? null : modifiedMs;
    let content = this.#files.get(ino);
    if (!content) {
      content = new HostContent(ino, this, fromKernel(path));
      this.#files.set(ino, content);
      this.gate.contents.byInode.set(ino, content);
      content.isThere(size, time);
      return;
    }
    if (content.dirty || content.writing || content.path === null) return;
    const other = content.modifiedMs !== null && time !== null && content.modifiedMs !== time;
    if (content.doubtful || other || content.there !== size) content.isThere(size, time);
    else content.modifiedMs ??= time;
  }

  /** @param {number} ino nobody has it open any more */
  closed(ino) {
    void this.#files.get(ino)?.flush();
  }

  /** @param {number} ino @param {string} path @param {number} modifiedMs @param {number} accessedMs */
  times(ino, path, modifiedMs, accessedMs) {
    const content = this.#files.get(ino);
    if (content) content.setTimes(modifiedMs, accessedMs);
    else {
      const name = fromKernel(path);
      void this.turns
        .alone(() => this.ask("setTimes", name, modifiedMs, accessedMs))
        .catch((error) => this.report("setTimes", name, error));
    }
  }

  // ---- contents

  /** @param {HostContent} content is with the provider */
  written(content) {
    this.gate.report();
    this.gate.kernel.host_flushed(this.number, content.ino, content.modifiedMs ?? -1);
  }

  /** @param {HostContent} content has neither names nor users */
  dropped(content) {
    content.orphan();
    this.#files.delete(content.ino);
  }

  /**
   * Sees to it that the provider has everything written so far.
   * @returns {Promise<number> | null} 0 or the first error, -errno; null where there is nothing to wait for
   */
  flush() {
    const pending = [...this.#files.values()].map((file) => file.flush()).filter((promise) => promise !== null);
    if (!pending.length) return null;
    return Promise.all(pending).then((errors) => errors.find((error) => error !== 0) ?? 0);
  }

  /** Nothing is asked of the provider any more; what it has not answered fails. */
  end() {
    this.#ended = true;
    for (const reject of this.#asked) reject(unmounted());
    this.#asked.clear();
    for (const file of this.#files.values()) clearTimeout(file.timer);
  }
}

function unmounted() {
  return coded("EIO", "it has been unmounted");
}
