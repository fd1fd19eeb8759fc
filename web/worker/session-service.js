// What the site's commands can do with the session that the sandbox is.

/** @typedef {import("./session.js").SessionKeeper} SessionKeeper */
/** @typedef {import("../client/kernel.js").SnapshotInfo} SnapshotInfo */
/** @typedef {import("../store/sessions.js").SessionInfo} SessionInfo */
/** @typedef {ReadableStream<Uint8Array<ArrayBuffer>>} ByteStream */

/**
 * @typedef {object} SessionStatus
 * @property {string | null} name null for a volatile sandbox
 * @property {import("../client/session.js").SessionState} state
 * @property {string} reason why it is volatile, unsaved or read-only; empty otherwise
 * @property {boolean | null} persisted whether the browser has promised to keep it; null where it
 *   does not say
 * @property {import("../client/session.js").Usage} usage
 *
 * @typedef {object} Archives The sandbox's files as tar.gz.
 * @property {() => Promise<ByteStream>} exportTar all that differs from the site's, as it is when
 *   this is called
 * @property {(archive: ByteStream) => Promise<void>} importTar lays the files of an export over
 *   those that are here
 * @property {(paths: Uint8Array[], cwd: string) => Promise<ByteStream>} archive some files and
 *   directories, by paths from `cwd`
 */

/** The session for the commands tabux and download. */
export class SessionService {
  #baseUrl;
  #archives;

  /**
   * @param {SessionKeeper} keeper
   * @param {string} baseUrl of the site
   * @param {Archives | null} archives
   */
  constructor(keeper, baseUrl, archives) {
    this.keeper = keeper;
    this.#baseUrl = baseUrl;
    this.#archives = archives;
  }

  /**
   * @returns {Promise<SessionInfo[]>} all that the browser keeps for the site, the one used last
   *   first
   */
  async sessions() {
    const { Sessions } = await import("../store/sessions.js");
    return new Sessions(this.#baseUrl).list();
  }

  /** @returns {Archives} */
  get #tar() {
    if (!this.#archives) throw new Error("this site has no archives");
    return this.#archives;
  }

  /** @returns {Promise<ByteStream>} */
  async exportTar() {
    return this.#tar.exportTar();
  }

  /** @param {ByteStream} archive */
  async importTar(archive) {
    return this.#tar.importTar(archive);
  }

  /** @param {Uint8Array[]} paths @param {string} cwd @returns {Promise<ByteStream>} */
  async archive(paths, cwd) {
    return this.#tar.archive(paths, cwd);
  }

  /** @returns {Promise<SessionStatus>} */
  async status() {
    const { name, state, reason, usage } = this.keeper.told;
    const asked = globalThis.navigator?.storage?.persisted?.();
    const persisted = (await asked?.catch(() => null)) ?? null;
    return { name, state, reason, persisted, usage };
  }

  /** Waits until everything written so far is on disk. */
  sync() {
    return this.keeper.sync();
  }

  /** @param {string} name may be empty @returns {Promise<string>} the snapshot's id */
  snapshot(name) {
    return this.keeper.snapshot(name);
  }

  /** @returns {Promise<SnapshotInfo[]>} the oldest first */
  async snapshots() {
    return this.keeper.store.snapshots();
  }

  /** Ends all programs, the caller too. @param {string} id */
  restore(id) {
    return this.keeper.restore(id);
  }

  /** @param {string} id */
  dropSnapshot(id) {
    return this.keeper.dropSnapshot(id);
  }
}
