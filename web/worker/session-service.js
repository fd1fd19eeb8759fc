// What the site's commands can do with the session that the sandbox is.

/** @typedef {import("./session.js").SessionKeeper} SessionKeeper */
/** @typedef {import("../client/kernel.js").Packed} Packed */
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
 * @typedef {import("./archives.js").Archives} Archives
 */

/** The session for the commands tabux and download. */
export class SessionService {
  #baseUrl;
  #archives;

  /**
   * @param {SessionKeeper} keeper
   * @param {string} baseUrl of the site
   * @param {Archives} archives
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

  /**
   * All that differs from the site's own files, as it is when this is called.
   * @returns {Promise<Packed>}
   */
  exportTar() {
    return this.#archives.export();
  }

  /**
   * Lays the files of an archive over those that are here.
   * @param {ByteStream} archive
   * @returns {Promise<string[]>} what was left out, or is unusual
   */
  async importTar(archive) {
    const blob = await new Response(archive).blob();
    const { notes } = await this.keeper.asOne(() => this.#archives.extract(blob, "/", false));
    return notes;
  }

  /**
   * Some files and directories.
   * @param {Uint8Array[]} paths from `cwd`
   * @param {string} cwd
   * @returns {Promise<Packed>}
   */
  archive(paths, cwd) {
    return this.#archives.archive(paths, cwd);
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
