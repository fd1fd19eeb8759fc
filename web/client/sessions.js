/** `Sandbox.sessions`: what this browser keeps for this site. */

import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";
import { revive } from "./revive.js";

/** @typedef {import("../store/sessions.js").SessionInfo} SessionInfo */

/** The work is done by web/store/sessions.js, which is loaded when it is first wanted. */
export class Sessions {
  #baseUrl;
  /** @type {Promise<import("../store/sessions.js").Sessions> | null} */
  #loaded = null;

  /** @param {string} baseUrl of the site */
  constructor(baseUrl) {
    this.#baseUrl = baseUrl;
  }

  /**
   * @template T
   * @param {(sessions: import("../store/sessions.js").Sessions) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #do(work) {
    this.#loaded ??= import("../store/sessions.js").then((module) => new module.Sessions(this.#baseUrl));
    try {
      return await work(await this.#loaded);
    } catch (error) {
      throw revive(error);
    }
  }

  /**
   * All sessions, the one used last first.
   * @returns {Promise<SessionInfo[]>}
   */
  async list() {
    return this.#do((sessions) => sessions.list());
  }

  /**
   * @param {string} name
   * @returns {Promise<SessionInfo>}
   * @throws {SessionNotFoundError}
   */
  async info(name) {
    check.sessionName(name, "sessions.info: name");
    return this.#do((sessions) => sessions.info(name));
  }

  /**
   * Gives a session that nobody has open another name. It is copied, then deleted under its old one.
   * @param {string} from
   * @param {string} to
   * @returns {Promise<void>}
   * @throws {SessionNotFoundError | SessionInUseError | FileExistsError | NoSpaceError}
   */
  async rename(from, to) {
    check.sessionName(from, "sessions.rename: from");
    check.sessionName(to, "sessions.rename: to");
    await this.#do((sessions) => sessions.rename(from, to));
  }

  /**
   * Deletes a session with its snapshots.
   * @param {string} name
   * @param {{ force?: boolean }} [options] force: also while a tab has it open, which then saves nothing any more
   * @returns {Promise<void>}
   * @throws {SessionNotFoundError | SessionInUseError}
   */
  async delete(name, options) {
    check.sessionName(name, "sessions.delete: name");
    const checked = check.checkOptions("sessions.delete", options, { force: check.flag });
    await this.#do((sessions) => sessions.delete(name, checked));
  }

  /**
   * Deletes sessions that nobody has open: those not used for longer than `maxAgeMs`, then the ones used last longest ago
   * until all together take no more than `maxBytes`.
   * @param {{ maxAgeMs?: number, maxBytes?: number }} limits
   * @returns {Promise<string[]>} the names of those deleted
   */
  async prune(limits) {
    const checked = check.checkOptions("sessions.prune", limits, { maxAgeMs: check.positive, maxBytes: check.positive });
    if (!Object.keys(checked).length) {
      throw new InvalidArgumentError("sessions.prune: maxAgeMs or maxBytes is required");
    }
    return this.#do((sessions) => sessions.prune(checked));
  }

  /**
   * Makes a session of a snapshot, by copying it.
   * @param {string} id of the snapshot
   * @param {string} to the new session's name
   * @returns {Promise<void>}
   * @throws {SessionNotFoundError | SessionInUseError | FileExistsError | NoSpaceError}
   */
  async fork(id, to) {
    check.string(id, "sessions.fork: id");
    check.sessionName(to, "sessions.fork: to");
    await this.#do((sessions) => sessions.fork(id, to));
  }

  /**
   * @param {string} id of a snapshot
   * @returns {Promise<string>} the name of its session
   * @throws {SessionNotFoundError}
   */
  async holder(id) {
    return this.#do((sessions) => sessions.holder(id));
  }

  /**
   * All that is stored of a session, as JSON: also of one that cannot be opened.
   * @param {string} name
   * @returns {Promise<Blob>}
   * @throws {SessionNotFoundError}
   */
  async exportRaw(name) {
    check.sessionName(name, "sessions.exportRaw: name");
    return this.#do((sessions) => sessions.exportRaw(name));
  }
}
