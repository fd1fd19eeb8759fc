// The kernel's worker: boots on the first call and answers the public module (web/client/kernel.js).
import * as Comlink from "./vendor/comlink.mjs";
import { Assets } from "./worker/assets.js";

// the large downloads begin before the many small modules are here
const assets = new Assets(new URL("./", import.meta.url));
const program = import("./worker/program.js");
program.catch(() => {}); // boot() tells of it

/** @typedef {Awaited<typeof program>} Program */
/** @typedef {import("./worker/listener.js").Parcel} Parcel */

/**
 * @type {{ archives: InstanceType<Program["Archives"]>, audit: InstanceType<Program["Audit"]>,
 *   commands: InstanceType<Program["CommandRunner"]>,
 *   files: InstanceType<Program["FileAccess"]>,
 *   host: InstanceType<Program["HostCommands"]>, page: InstanceType<Program["PageChannel"]>,
 *   network: InstanceType<Program["NetworkService"]>,
 *   mounts: () => Promise<import("./worker/mounts.js").MountKeeper>,
 *   session: InstanceType<Program["SessionKeeper"]>, shells: InstanceType<Program["ShellKeeper"]>,
 *   watches: InstanceType<Program["WatchKeeper"]>, terminals: InstanceType<Program["TerminalRunner"]> }}
 */
let parts;

/** @type {Map<number, any[]>} what the page has handed over for each mount */
const callbacks = new Map();

/**
 * Lets go of a callback of the page, whose port would else stay open.
 * @param {any} callback
 */
const release = (callback) => callback?.[Comlink.releaseProxy]();

/**
 * Fills a new sandbox from an archive. Where that fails there is no new session.
 * @param {InstanceType<Program["SessionKeeper"]>} keeper
 * @param {InstanceType<Program["Archives"]>} archives
 * @param {Blob} archive
 */
async function importInto(keeper, archives, archive) {
  try {
    if (keeper.store.ledger.rows.size) {
      const error = new Error(`the session "${keeper.told.name}" has files already: delete it first, or extract into it`);
      error.name = "FileExistsError";
      throw error;
    }
    const { notes } = await keeper.asOne(() => archives.extract(archive, "/", false));
    for (const note of notes) console.warn(`tabux: Sandbox.import: ${note}`);
  } catch (error) {
    keeper.abandon();
    await deleteNew(keeper.store);
    throw error;
  }
}

/** @param {InstanceType<Program["SessionKeeper"]>["store"]} store whose session is of no use, if it was made just now */
async function deleteNew({ told, created }) {
  if (told.name === null || !created) return;
  const { Sessions } = await import("./store/sessions.js");
  try {
    await new Sessions(assets.site.href).delete(told.name);
  } catch (error) {
    console.warn(`tabux: an empty session "${told.name}" is left:`, error);
  }
}

/** @param {Uint8Array} bytes @returns {Uint8Array} to be moved rather than copied */
const moved = (bytes) => Comlink.transfer(bytes, [bytes.buffer]);

/** @param {Parcel} parcel @returns {Parcel} to be moved rather than copied */
const inTransit = (parcel) => Comlink.transfer(parcel, [parcel.bytes.buffer]);

/**
 * What a handle of the page hears; its port is closed after the end.
 * @param {any} tell
 * @returns {(event: import("./client/kernel.js").CommandEvent | null) => Promise<unknown>}
 */
const hearing = (tell) => async (event) => {
  if (event && "parcel" in event) return tell(Comlink.transfer(event, [event.parcel.bytes.buffer]));
  if (event) await tell(event);
  return release(tell);
};

Comlink.expose({
  /**
   * @param {import("./client/kernel.js").BootOptions} options
   * @param {import("./worker/assets.js").OnProgress | null} onProgress
   * @param {(told: import("./client/session.js").Told) => void} onSession
   * @param {(request: import("./client/host.js").HostRequest) => Promise<unknown>} onHost
   * @param {(events: import("./client/kernel.js").AuditEvent[]) => unknown} onAudit
   * @param {import("./client/kernel.js").NetworkHooks} onNetwork
   */
  async boot(
    { envs = {}, files, limits = {}, commands, network, session, archive, extensions = [] },
    onProgress, onSession, onHost, onAudit, onNetwork,
  ) {
    const started = performance.now();
    if (onProgress) assets.onProgress = onProgress;
    const {
      bootSystem, installBuiltin, openStore, CommandRunner, FileAccess, HostCommands, OutputFiles, PageChannel, SessionKeeper,
      SessionService, ShellKeeper, TerminalRunner, WatchKeeper, ...modules
    } = await program;
    // it is read while Python starts
    let booted = false;
    // (what is told overtakes the answer to this call, which tells how things are until then)
    const opening = openStore(assets.site.href, session, () => booted && parts.session.tell());
    const room = session.name === null ? Infinity : modules.storageRoom();
    // (a session that cannot be opened is told of at once)
    const [store, system] = await Promise.all([opening, bootSystem(assets, { whole: extensions.length > 0 })]);
    const keeper = new SessionKeeper(system, store, (told) => booted && onSession(told));
    const page = new PageChannel(onHost);
    system.gate.onDownload = (event) => page.tell(event);
    const archives = new modules.Archives(system);
    const outputs = new OutputFiles(system);
    const audit = new modules.Audit(system, onAudit);
    if (commands) system.worker.set_policy(JSON.stringify(commands));
    const networking = new modules.NetworkService(system, onNetwork);
    if (network) await networking.configure(network);
    const host = new HostCommands(system, { session: new SessionService(keeper, assets.site.href, archives), page });
    installBuiltin(host); // before the session's files: they lie over these too
    /** @type {Promise<import("./worker/mounts.js").MountKeeper> | undefined} */
    let mountKeeper;
    keeper.open();
    modules.setLimits(system, limits, await room);
    // events reach the worker between two slices of the programs; each is such a pause
    self.addEventListener("message", () => system.gate.scheduler.breathe());
    system.worker.set_envs(JSON.stringify(envs));
    if (archive) await importInto(keeper, archives, archive);
    parts = {
      archives,
      audit,
      commands: new CommandRunner(system, outputs),
      files: new FileAccess(system),
      host,
      page,
      mounts: () => (mountKeeper ??= import("./worker/mounts.js").then(({ MountKeeper }) => new MountKeeper(system))),
      network: networking,
      session: keeper,
      shells: new ShellKeeper(system, outputs),
      watches: new WatchKeeper(system),
      // (where nothing is kept, shells have nothing to go on from)
      terminals: new TerminalRunner(system, store.saves ? session.name : null),
    };
    if (extensions.length) {
      const { loadExtensions } = await import("./worker/extensions.js");
      await loadExtensions(system, host, extensions, assets.site);
    }
    for (const [path, content] of Object.entries(files)) await parts.files.write(path, content);
    booted = true;
    return { bootMs: performance.now() - started, bootInfo: system.info, session: keeper.takeTold() };
  },
  /** @param {number} id @param {string} command @param {any} options @param {any} onOutput */
  async run(id, command, options, onOutput) {
    const tell = onOutput && ((/** @type {Parcel} */ parcel) => onOutput(inTransit(parcel)));
    try {
      const result = await parts.commands.run(id, command, options, tell);
      return Comlink.transfer(result, [result.stdout.buffer, result.stderr.buffer]);
    } finally {
      release(onOutput);
    }
  },
  cancel: (/** @type {number} */ id) => parts.commands.cancel(id),
  /** @param {string} command @param {any} options @param {(event: any) => unknown} tell */
  commandStart: (command, options, tell) => parts.commands.start(command, options, hearing(tell)),
  commandConnect: (/** @type {number} */ pid, /** @type {any} */ tell) =>
    parts.commands.connect(pid, hearing(tell)),
  commandDisconnect: (/** @type {number} */ id) => parts.commands.disconnect(id),
  commandSignal: (/** @type {number} */ pid, /** @type {number} */ signal) => parts.commands.signal(pid, signal),
  commandWrite: (/** @type {number} */ pid, /** @type {Uint8Array} */ data) => parts.commands.write(pid, data),
  commandCloseStdin: (/** @type {number} */ pid) => parts.commands.closeStdin(pid),
  commandList: () => parts.commands.list(),
  shellCreate: (/** @type {any} */ options) => parts.shells.create(options),
  /** @param {number} shell @param {number} id @param {string} command @param {any} options @param {any} onOutput */
  async shellRun(shell, id, command, options, onOutput) {
    const tell = onOutput && ((/** @type {Parcel} */ parcel) => onOutput(inTransit(parcel)));
    try {
      const result = await parts.shells.get(shell).run(id, command, options, tell);
      const { stdout, stderr, background } = result;
      return Comlink.transfer(result, [stdout.buffer, stderr.buffer, background.buffer]);
    } finally {
      release(onOutput);
    }
  },
  shellCancel: (/** @type {number} */ shell, /** @type {number} */ id) => parts.shells.get(shell).cancel(id),
  shellInterrupt: (/** @type {number} */ shell) => parts.shells.get(shell).interrupt(),
  shellRestart: (/** @type {number} */ shell) => parts.shells.get(shell).restart(),
  shellClose: (/** @type {number} */ shell) => parts.shells.close(shell),
  auditWant: (/** @type {any[]} */ types) => parts.audit.want(types),
  auditLog: (/** @type {any[]} */ types, /** @type {number} */ most) => parts.audit.log(types, most),
  metrics: () => parts.audit.metrics(),
  networkAllow: (/** @type {any[]} */ rules) => parts.network.allow(rules),
  networkRevoke: (/** @type {string} */ host) => parts.network.revoke(host),
  portsList: () => parts.network.ports(),
  portsWant: (/** @type {boolean} */ wanted) => {
    parts.network.wanted = wanted;
  },
  serverFetch: (/** @type {number} */ port, /** @type {any} */ request, /** @type {MessagePort} */ body) =>
    parts.network.fetch(port, request, body),
  commandsRegister: (/** @type {string} */ name) => parts.host.register(name),
  commandsUnregister: (/** @type {string} */ name) => parts.host.unregister(name),
  hostRead: async (/** @type {number} */ id, /** @type {number} */ most) => {
    const chunk = await parts.page.read(id, most);
    return chunk && moved(chunk);
  },
  hostWrite: (/** @type {number} */ id, /** @type {number} */ fd, /** @type {Uint8Array} */ data) =>
    parts.page.write(id, fd, data),
  filesWrite(/** @type {string} */ path, /** @type {Uint8Array | Blob | ReadableStream} */ content) {
    if (content instanceof Blob) return parts.files.writeBlob(path, content);
    if (content instanceof ReadableStream) return parts.files.writeStream(path, content);
    return parts.files.write(path, content);
  },
  filesRead: async (/** @type {string} */ path) => moved(await parts.files.read(path)),
  filesReadPiece: async (/** @type {string} */ path, /** @type {number} */ from) =>
    moved(await parts.files.readPiece(path, from)),
  filesList: (/** @type {string} */ path, /** @type {number} */ depth) => parts.files.list(path, depth),
  filesCopy: (/** @type {string} */ from, /** @type {string} */ to) => parts.files.copy(from, to),
  filesChmod: (/** @type {string} */ path, /** @type {number} */ mode) => parts.files.chmod(path, mode),
  filesSymlink: (/** @type {string} */ target, /** @type {string} */ path) => parts.files.symlink(target, path),
  filesWatch: (/** @type {string} */ path, /** @type {boolean} */ recursive, /** @type {any} */ tell) =>
    parts.watches.add(path, recursive, tell, () => release(tell)),
  filesUnwatch: (/** @type {number} */ watch) => parts.watches.remove(watch),
  filesInfo: (/** @type {string} */ path) => parts.files.info(path),
  filesExists: (/** @type {string} */ path) => parts.files.exists(path),
  filesMakeDir: (/** @type {string} */ path) => parts.files.makeDir(path),
  filesRename: (/** @type {string} */ from, /** @type {string} */ to) => parts.files.rename(from, to),
  async sync() {
    await Promise.all([parts.session.sync(), parts.files.syncMounts()]);
    return parts.session.takeTold();
  },
  /** @param {any} request @param {any} provider @param {any} onFailure */
  async mount(request, provider, onFailure) {
    try {
      const number = await (await parts.mounts()).mount(request, provider, onFailure);
      callbacks.set(number, [provider, onFailure]);
      return number;
    } catch (error) {
      release(provider);
      release(onFailure);
      throw error;
    }
  },
  async unmount(/** @type {string} */ path, /** @type {boolean} */ force) {
    const number = await (await parts.mounts()).unmount(path, force);
    callbacks.get(number)?.forEach(release);
    callbacks.delete(number);
    return number;
  },
  async mountChanged(/** @type {number} */ number, /** @type {string} */ path) {
    (await parts.mounts()).changed(number, path);
  },
  async close() {
    await parts.files.syncMounts();
    await parts.session.close();
  },
  snapshot: (/** @type {string} */ name) => parts.session.snapshot(name),
  restore: (/** @type {string} */ id) => parts.session.restore(id),
  lend: (/** @type {string} */ id, /** @type {MessagePort} */ port) => parts.session.store.lend(id, port),
  snapshots: () => parts.session.store.snapshots(),
  dropSnapshot: (/** @type {string} */ id) => parts.session.dropSnapshot(id),
  export: () => parts.archives.export(),
  archive: (/** @type {string[]} */ paths, /** @type {string} */ cwd) => parts.archives.archive(paths, cwd),
  extract: (/** @type {Blob} */ archive, /** @type {string} */ to) => parts.archives.extract(archive, to, true),
  filesRemove: (/** @type {string} */ path) => parts.files.remove(path),
  /**
   * @param {any} options
   * @param {(data: Uint8Array) => void} onData
   * @param {(busy: boolean) => void} onBusy
   */
  async ptyCreate(options, onData, onBusy) {
    const made = await parts.terminals.create(options, (data) => onData(moved(data)), onBusy);
    parts.terminals.ended(made.id).then(() => {
      release(onData);
      release(onBusy);
    });
    return made;
  },
  ptyWrite: (/** @type {number} */ id, /** @type {Uint8Array} */ data) => parts.terminals.write(id, data),
  ptyResize: (/** @type {number} */ id, /** @type {number} */ cols, /** @type {number} */ rows) =>
    parts.terminals.resize(id, cols, rows),
  ptyCwd: (/** @type {number} */ id) => parts.terminals.cwd(id),
  ptyWait: (/** @type {number} */ id) => parts.terminals.wait(id),
  ptyKill: (/** @type {number} */ id) => parts.terminals.kill(id),
  ptyAck: (/** @type {number} */ id, /** @type {number} */ count) => parts.terminals.took(id, count),
});
