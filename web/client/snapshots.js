/** `sandbox.snapshots`: the files of a sandbox as they once were. */

import * as check from "./options.js";

/** @typedef {import("./kernel.js").SnapshotInfo} SnapshotInfo */

export class Snapshots {
  #connection;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * The same as `sandbox.snapshot`.
   * @param {{ name?: string }} [options]
   * @returns {Promise<string>} the snapshot's id
   */
  async create(options) {
    const { name = "" } = check.checkOptions("snapshot", options, { name: check.string });
    return this.#connection.call(() => this.#connection.kernel.snapshot(name));
  }

  /**
   * The same as `sandbox.restore`.
   * @param {string} id
   * @returns {Promise<void>}
   */
  async restore(id) {
    check.string(id, "restore: id");
    await this.#connection.call(() => this.#connection.kernel.restore(id));
  }

  /**
   * The snapshots of this sandbox, the oldest first.
   * @returns {Promise<SnapshotInfo[]>}
   */
  async list() {
    return this.#connection.call(() => this.#connection.kernel.snapshots());
  }

  /**
   * Forgets a snapshot.
   * @param {string} id
   * @returns {Promise<void>}
   */
  async delete(id) {
    check.string(id, "snapshots.delete: id");
    await this.#connection.call(() => this.#connection.kernel.dropSnapshot(id));
  }
}
