/**
 * tabux: a Unix in a browser tab. The public module; see README.md for how to use it.
 *
 *     import { Sandbox } from "./tabux.js";
 *     const sandbox = await Sandbox.create();
 *     const { stdout } = await sandbox.commands.run("ls /usr/bin | wc -l");
 */

import { archiveBlob, warn } from "./client/archives.js";
import { Audit } from "./client/audit.js";
import { Boxes } from "./client/boxes.js";
import { encode } from "./client/bytes.js";
import { Commands } from "./client/commands.js";
import { Connection, callable, withPort } from "./client/connection.js";
import { BootError, InvalidArgumentError, SandboxKilledError, TabuxError } from "./client/errors.js";
import { Files } from "./client/files.js";
import { Host } from "./client/host.js";
import { NetworkPolicy, network, placeholders } from "./client/network.js";
import * as check from "./client/options.js";
import { providers } from "./client/providers.js";
import { Ports } from "./client/ports.js";
import { Ptys } from "./client/pty.js";
import { Session } from "./client/session.js";
import { Shells } from "./client/shell.js";
import { Sessions } from "./client/sessions.js";
import { Snapshots } from "./client/snapshots.js";
import { requireSupport } from "./client/support.js";
import { witnessed } from "./store/witness.js";

export * from "./client/errors.js";
export { isSupported } from "./client/support.js";

/** @typedef {import("./client/kernel.js").FileInfo} FileInfo */
/** @typedef {import("./client/kernel.js").Progress} Progress */
/** @typedef {import("./client/commands.js").CommandOptions} CommandOptions */
/** @typedef {import("./client/commands.js").CommandResult} CommandResult */
/** @typedef {import("./client/host.js").CommandContext} CommandContext */
/** @typedef {import("./client/host.js").CommandFunction} CommandFunction */
/** @typedef {import("./client/pty.js").Pty} Pty */
/** @typedef {import("./client/pty.js").PtyOptions} PtyOptions */
/** @typedef {import("./client/session.js").SessionState} SessionState */
/** @typedef {import("./client/kernel.js").SnapshotInfo} SnapshotInfo */

/**
 * @typedef {object} SandboxOptions
 * @property {string} [session] The name of a session: its files are there again at the next visit. Without one the
 *   sandbox is volatile.
 * @property {"write" | "read" | "take-over"} [access] "write", if not given, fails with SessionInUseError when another
 *   tab has the session; "take-over" makes that tab read-only; "read" opens a copy whose changes are not kept.
 * @property {Record<string, string>} [envs] Environment variables for everything that runs in the sandbox.
 * @property {import("./worker/limits.js").Limits} [limits] How much may be written; more fails with ENOSPC in the sandbox
 *   and NoSpaceError here.
 * @property {Record<string, import("./client/bytes.js").Data>} [files] Files to begin with: contents by path.
 * @property {(progress: Progress) => void} [onProgress] Called while the sandbox is loading.
 * @property {import("./client/host.js").OnDownload} [onDownload] Gives the visitor a file; makes the command `download`
 *   work.
 * @property {import("./client/host.js").OnUpload} [onUpload] Asks the visitor for files; makes the command `upload` work.
 * @property {{ commands?: { allow?: string[], deny?: string[] } }} [policy] Names of commands: with `allow` no other
 *   program may be executed (but the shell), with `deny` not those. Others fail with status 126.
 * @property {import("./client/network.js").Network} [network] What may be asked of the outside; nothing, if not given
 *   (docs/network.md).
 * @property {string[]} [extensions] Wheels with commands in Python: addresses, or names that micropip finds
 *   (docs/commands.md). They run with the kernel's rights.
 */

/** Where the site is: sessions of different sites on one host are kept apart. */
const BASE_URL = new URL("./", import.meta.url).href;

const OPTIONS = {
  envs: check.environment,
  limits: check.limits,
  files: checkFiles,
  /** @type {typeof check.callback<(progress: Progress) => void>} */
  onProgress: check.callback,
  /** @type {typeof check.callback<import("./client/host.js").OnDownload>} */
  onDownload: check.callback,
  /** @type {typeof check.callback<import("./client/host.js").OnUpload>} */
  onUpload: check.callback,
  session: check.sessionName,
  access: check.access,
  policy: check.policy,
  network,
  extensions: check.extensions,
};

/** @type {Set<Sandbox>} those that run on this page */
const live = new Set();

/**
 * @param {string} id of a snapshot
 * @returns {Promise<Sandbox | undefined>} the running sandbox that has it
 */
async function snapshotHolder(id) {
  for (const sandbox of live) {
    if ((await sandbox.snapshots.list()).some((snapshot) => snapshot.id === id)) return sandbox;
  }
  return undefined;
}

/**
 * A Unix system of its own, in a worker. Make one by `Sandbox.create`. A `mounterror` event, whose `detail` has `path`,
 * `operation` and `message`, tells of something that the provider of a mount did not do. A `loading` event, whose `detail`
 * has `url`, `loaded`, `total` (bytes on the wire; 0: not known), `done` and `error`, tells of a file of the site that
 * is fetched because a program needs it.
 */
export class Sandbox extends EventTarget {
  #connection;
  #audit;
  /** @type {Map<number, () => void>} what ends the watching of a mount, by its number */
  #watches = new Map();

  /** What can be mounted besides objects and directory handles. */
  static providers = providers;

  /** The sessions of this site in this browser. */
  static sessions = new Sessions(BASE_URL);

  /**
   * @param {Connection} connection
   * @param {import("./client/kernel.js").BootResult} result
   * @param {Session} session
   * @param {Host} host
   * @param {Audit} audit
   * @param {Ports} ports
   */
  constructor(connection, result, session, host, audit, ports) {
    super();
    if (!(connection instanceof Connection)) {
      throw new InvalidArgumentError("Sandboxes are made by `await Sandbox.create()`, not by `new Sandbox()`");
    }
    const { bootMs, bootInfo } = result;
    this.#connection = connection;
    this.#audit = audit;
    /** What is kept of it, and how safe that is. */
    this.session = session;
    /** How long the start took, in milliseconds. */
    this.bootMs = bootMs;
    /** How it went. */
    this.bootInfo = bootInfo;
    this.commands = new Commands(connection, host);
    this.files = new Files(connection);
    this.shell = new Shells(connection);
    this.pty = new Ptys(connection);
    this.snapshots = new Snapshots(connection);
    /** The ports where programs of the sandbox listen. */
    this.ports = ports;
    /** What the sandbox may ask of the outside. */
    this.network = new NetworkPolicy(connection);
  }

  /**
   * Starts a sandbox.
   * @param {SandboxOptions} [options]
   * @returns {Promise<Sandbox>}
   */
  static async create(options) {
    return Sandbox.#start(check.checkOptions("Sandbox.create", options, OPTIONS));
  }

  /**
   * Starts a sandbox that begins with a snapshot; the snapshot stays as it is. With `session` a new session of that name
   * is made of it, by copying; without, the sandbox is volatile, and takes what it reads from where the snapshot is.
   * @param {string} id of a snapshot of any sandbox on this page or of any session of this site
   * @param {SandboxOptions} [options] as for `create`
   * @returns {Promise<Sandbox>}
   * @throws {SessionNotFoundError} there is no such snapshot
   * @throws {FileExistsError} there is a session of that name already
   */
  static async fork(id, options) {
    check.string(id, "Sandbox.fork: id");
    const checked = check.checkOptions("Sandbox.fork", options, OPTIONS);
    const donor = await snapshotHolder(id);
    if (donor && donor.session.state !== "volatile") await donor.files.sync();
    if (checked.session === undefined) {
      if (donor?.session.state !== "volatile") {
        return Sandbox.#start(checked, { fork: { session: await Sandbox.sessions.holder(id), id } });
      }
      const { port1, port2 } = new MessageChannel();
      const starting = Sandbox.#start(checked, { fork: port2 });
      starting.catch(() => port1.close());
      const { kernel } = donor.#connection;
      await donor.#connection.call(() => kernel.lend(id, withPort(port1, port1)));
      return starting;
    }
    if (donor?.session.state === "volatile") {
      throw new InvalidArgumentError(
        "Sandbox.fork: a snapshot of a volatile sandbox cannot become a session; " +
          "fork it without one, export that, and import it with `session`",
      );
    }
    await Sandbox.sessions.fork(id, checked.session);
    return Sandbox.#start(checked);
  }

  /**
   * Starts a sandbox with the files of an archive: of an `export`, which makes it what the other one was, or any other
   * tar file, compressed by gzip or not, which is extracted at "/" as root's `tar -xp` does.
   * @param {import("./client/archives.js").Archive} archive
   * @param {SandboxOptions} [options] A `session` must be new or empty.
   * @returns {Promise<Sandbox>}
   * @throws {ArchiveError | NoSpaceError} it cannot be extracted: there is no sandbox then, and no session
   * @throws {FileExistsError} the session has files already
   */
  static async import(archive, options) {
    const checked = check.checkOptions("Sandbox.import", options, OPTIONS);
    if (checked.access === "read") {
      throw new InvalidArgumentError('Sandbox.import: access must not be "read": nothing of it would be kept');
    }
    return Sandbox.#start(checked, { archive: await archiveBlob(archive, "Sandbox.import: archive") });
  }

  /**
   * @param {ReturnType<typeof check.checkOptions<typeof OPTIONS>>} checked
   * @param {{ fork?: import("./client/kernel.js").SessionRequest["fork"], archive?: Blob }} [from] what it begins with
   * @returns {Promise<Sandbox>}
   */
  static async #start(checked, { fork, archive } = {}) {
    const { limits, files = {}, onProgress, session: name = null, access = "write" } = checked;
    const { policy, network, extensions } = checked;
    const envs = { ...placeholders(network), ...checked.envs };
    requireSupport();
    const connection = new Connection(new URL("./kernel-worker.js", import.meta.url));
    const host = new Host(connection, checked.onDownload, checked.onUpload);
    const audit = new Audit(connection);
    const ports = new Ports(connection);
    const boxes = new Boxes();
    try {
      /** @type {Session | null} */
      let session = null;
      /** @type {import("./client/session.js").Told | null} */
      let latest = null;
      const request = { name, access, witness: name === null ? null : witnessed(BASE_URL, name), fork };
      const onSession = callable((/** @type {import("./client/session.js").Told} */ told) => {
        latest = told;
        session?.update(told);
      });
      const boot = { envs, files, limits, commands: policy?.commands, network, session: request, archive, extensions };
      if (fork instanceof MessagePort) withPort(boot, fork);
      const result = await connection.call(() =>
        connection.kernel.boot(
          boot, onProgress ? callable(onProgress) : null, onSession, callable(host.answer), callable(audit.hear),
          callable({ openBox: boxes.open, closeBox: boxes.close, port: ports.hear }),
        ),
      );
      connection.booted();
      // (what came before the result came to be later than it)
      const sync = async () => connection.onTold(await connection.call(() => connection.kernel.sync()));
      session = new Session(latest ?? result.session, BASE_URL, sync);
      connection.onTold = (told) => session?.update(told);
      const sandbox = new Sandbox(connection, result, session, host, audit, ports);
      live.add(sandbox);
      host.onLoading = (detail) => sandbox.dispatchEvent(new CustomEvent("loading", { detail }));
      connection.onClose = () => {
        live.delete(sandbox);
        boxes.end();
        session?.end();
      };
      return sandbox;
    } catch (error) {
      const reason = error instanceof TabuxError ? error : new BootError(String(error), { cause: error });
      connection.close(reason);
      throw reason;
    }
  }

  /**
   * Tells of what happens, as it happens: "exec" (a program has been started), "exit" (a process has ended), "write"
   * (a file has changed), "limit" (a time limit, a limit of output or the policy has been felt) and "network" (something
   * outside has been asked for, allowed or not).
   * @param {import("./client/kernel.js").AuditType} type
   * @param {(event: import("./client/kernel.js").AuditEvent) => unknown} listener
   * @returns {() => void} what takes the listener away
   */
  on(type, listener) {
    return this.#audit.on(type, listener);
  }

  /**
   * What has happened: the latest 1000 events. Writes are among them only while somebody listens to them.
   * @param {{ types?: import("./client/kernel.js").AuditType[], most?: number }} [options] Only of these types; at most
   *   so many, the latest.
   * @returns {Promise<import("./client/kernel.js").AuditEvent[]>} oldest first
   */
  async log(options) {
    return this.#audit.log(options);
  }

  /**
   * What the sandbox uses now.
   * @returns {Promise<import("./client/kernel.js").Metrics>}
   */
  async metrics() {
    return this.#connection.call(() => this.#connection.kernel.metrics());
  }

  /**
   * Keeps the files as they are now; costs what has changed since the last one. Programs are not kept, and neither is
   * what is in /dev, /run and host mounts. With a session the snapshot is on disk when the next sync is.
   * @param {{ name?: string }} [options] `name` is for people.
   * @returns {Promise<string>} the snapshot's id
   */
  async snapshot(options) {
    return this.snapshots.create(options);
  }

  /**
   * Makes the files what they were when the snapshot was taken. All programs are killed first.
   * @param {string} id
   * @returns {Promise<void>}
   * @throws {SessionNotFoundError} there is no such snapshot
   */
  async restore(id) {
    await this.snapshots.restore(id);
  }

  /**
   * Packs all that differs from the site's own files, as a .tar.gz that every tar can read: see docs/archives.md. What is
   * in /proc, /dev, /run and host mounts is not in it. Programs go on; each file is as it was at one moment.
   * @returns {Promise<Blob>}
   */
  async export() {
    const { blob, notes } = await this.#connection.call(() => this.#connection.kernel.export());
    warn("export", notes);
    return blob;
  }

  /**
   * Mounts somebody else's files over a directory, which is made if it is not there (docs/mounts.md). They are no part
   * of the session, of snapshots and exports.
   * @param {string} path
   * @param {import("./client/providers.js").Mountable} provider An object of contents by path, a
   *   FileSystemDirectoryHandle, what `Sandbox.providers` makes, or any object with the methods of a provider.
   * @param {{ readOnly?: boolean }} [options]
   * @returns {Promise<void>}
   */
  async mount(path, provider, options) {
    check.path(path, "mount: path");
    const { readOnly = false } = check.checkOptions("mount", options, { readOnly: check.flag });
    const { prepare, remote } = await import("./client/mounting.js");
    const { request, provider: own } = prepare(provider);
    const told = (/** @type {import("./mounts/host-mount.js").MountFailure} */ detail) =>
      void this.dispatchEvent(new CustomEvent("mounterror", { detail }));
    const number = await this.#connection.call(() =>
      this.#connection.kernel.mount({ ...request, path, readOnly }, own && remote(own), callable(told)),
    );
    const stop = own?.watch?.((changed) => void this.#connection.kernel.mountChanged(number, String(changed)));
    if (stop) this.#watches.set(number, stop);
  }

  /**
   * Takes a mount away, after everything written has gone to its provider.
   * @param {string} path
   * @param {{ force?: boolean }} [options] `force`: also while programs use it, and without waiting for the provider.
   * @returns {Promise<void>}
   * @throws {PermissionDeniedError} it is in use
   */
  async unmount(path, options) {
    check.path(path, "unmount: path");
    const { force = false } = check.checkOptions("unmount", options, { force: check.flag });
    const number = await this.#connection.call(() => this.#connection.kernel.unmount(path, force));
    this.#watches.get(number)?.();
    this.#watches.delete(number);
  }

  /**
   * Asks a server in the sandbox. Redirects are not followed, and all headers are there, cookies too.
   * @param {number} port
   * @param {string} path with a query, if any
   * @param {import("./client/ports.js").ServerRequestOptions} [options]
   * @returns {Promise<Response>} The body comes as the server sends it.
   * @throws {ConnectionRefusedError} nobody listens there: see `ports.waitFor`
   * @throws {ServerError} what answers does not speak HTTP/1.1
   */
  async fetch(port, path, options) {
    return this.ports.fetch(port, path, options);
  }

  /**
   * Saves everything, then ends the sandbox as `kill` does.
   * @returns {Promise<void>}
   * @throws {NoSpaceError | StorageError} it could not be saved; the sandbox goes on
   */
  async close() {
    await this.#connection.call(() => this.#connection.kernel.close());
    this.#connection.close(new SandboxKilledError("The sandbox has been closed"));
  }

  /**
   * Ends the sandbox and everything in it at once. What is under way fails with SandboxKilledError.
   * With a session, what was written in the last second may be lost: see `close`.
   * @returns {Promise<void>}
   */
  async kill() {
    this.#connection.close(new SandboxKilledError("The sandbox has been killed"));
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Record<string, Uint8Array<ArrayBuffer>>}
 */
function checkFiles(value, name) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${name} must be an object of contents by path`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([path, data]) => [check.path(path, name), encode(data, `${name}["${path}"]`)]),
  );
}
