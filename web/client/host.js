/**
 * What the page does for commands in the sandbox: functions that are commands, downloads, uploads.
 */

import { encode, streamDecoder } from "./bytes.js";
import { moved } from "./connection.js";
import { RelativeFiles } from "./relative-files.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 *
 * @typedef {object} Upload A file from the visitor.
 * @property {string} path Its name; with directories where a folder was chosen.
 * @property {Blob} blob
 *
 * @typedef {{ type: "command", id: number, name: string, argv: string[],
 *   env: Record<string, string>, cwd: string }
 *   | { type: "download", id: number, name: string, blob: Blob }
 *   | { type: "upload", id: number }
 *   | { type: "loading", id: number, event: import("../gate/download.js").DownloadEvent }
 *   | { type: "abort", id: number }} HostRequest What the worker asks of the page.
 *
 * @typedef {object} CommandContext What the function of a command is given.
 * @property {string[]} argv With the command's name.
 * @property {Record<string, string>} env Environment variables.
 * @property {string} cwd The working directory.
 * @property {CommandInput} stdin
 * @property {CommandOutput} stdout
 * @property {CommandOutput} stderr
 * @property {RelativeFiles} files The sandbox's files, as `sandbox.files`; relative paths start
 *   from `cwd`.
 * @property {AbortSignal} signal Fires when the command is killed.
 *
 * @callback CommandFunction A command. Returns the exit status; nothing is 0. What it throws
 *   becomes a message on standard error and status 1.
 * @param {CommandContext} context
 * @returns {number | void | Promise<number | void>}
 *
 * @callback OnDownload Gives the visitor a file: the command `download`. The command waits for what
 *   it returns.
 * @param {string} name
 * @param {Blob} blob
 * @param {{ signal: AbortSignal }} options The signal fires when the command is killed.
 * @returns {unknown}
 *
 * @callback OnUpload Asks the visitor for files: the command `upload`. Nothing, when the visitor
 *   wants none.
 * @param {{ signal: AbortSignal }} options
 * @returns {File[] | Promise<File[]>}
 */

/** Answers the worker's requests. */
export class Host {
  /** @type {Map<string, CommandFunction>} */
  functions = new Map();
  /** @type {Map<number, AbortController>} */
  #running = new Map();
  /** @type {(event: import("../gate/download.js").DownloadEvent) => void} hears of files that are fetched */
  onLoading = () => {};
  #connection;
  #onDownload;
  #onUpload;

  /**
   * @param {Connection} connection
   * @param {OnDownload | undefined} onDownload
   * @param {OnUpload | undefined} onUpload
   */
  constructor(connection, onDownload, onUpload) {
    this.#connection = connection;
    this.#onDownload = onDownload;
    this.#onUpload = onUpload;
  }

  /**
   * Called by the worker.
   * @param {HostRequest} request
   * @returns {Promise<unknown>}
   */
  answer = async (request) => {
    const { id } = request;
    if (request.type === "abort") {
      this.#running.get(id)?.abort(killed());
      return undefined;
    }
    if (request.type === "loading") return this.onLoading(request.event);
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(id, controller);
    try {
      switch (request.type) {
        case "download":
          await this.#onDownload?.(request.name, request.blob, { signal });
          return this.#onDownload !== undefined;
        case "upload":
          return this.#onUpload ? uploads(await this.#onUpload({ signal })) : null;
        default:
          return await this.#run(request, controller);
      }
    } finally {
      this.#running.delete(id);
    }
  };

  /**
   * @param {Extract<HostRequest, { type: "command" }>} request
   * @param {AbortController} controller
   * @returns {Promise<unknown>}
   */
  async #run({ id, name, argv, env, cwd }, controller) {
    const run = this.functions.get(name);
    if (!run) throw new Error("the page does not have this command any more");
    const stdin = new CommandInput(this.#connection, id, controller);
    const stdout = new CommandOutput(this.#connection, id, 1, controller);
    const stderr = new CommandOutput(this.#connection, id, 2, controller);
    const files = new RelativeFiles(this.#connection, cwd);
    const { signal } = controller;
    const status = await run({ argv, env, cwd, stdin, stdout, stderr, files, signal });
    await Promise.all([stdout.written(), stderr.written()]);
    return status;
  }
}

/**
 * @param {unknown} files what onUpload has given
 * @returns {Upload[]}
 * @throws {TypeError} where it is no list of files
 */
function uploads(files) {
  if (files === undefined || files === null) return [];
  return Array.from(/** @type {File[]} */ (files), (file) => {
    if (!(file instanceof File)) throw new TypeError("onUpload must give a list of File");
    return { path: file.webkitRelativePath || file.name, blob: file };
  });
}

/** @returns {DOMException} what everything fails with that a killed command still does */
function killed() {
  return new DOMException("the command has been killed", "AbortError");
}

/**
 * Where one end of a command's streams learns that the command has been killed.
 * @template T
 * @param {AbortController} controller
 * @param {T | null} answer null from the worker: the process has ended
 * @returns {T}
 */
function alive(controller, answer) {
  if (answer === null) controller.abort(killed());
  controller.signal.throwIfAborted();
  return /** @type {T} */ (answer);
}

/** Standard input of a command. Iterating gives pieces as they come. */
export class CommandInput {
  #connection;
  #id;
  #controller;

  /** @param {Connection} connection @param {number} id @param {AbortController} controller */
  constructor(connection, id, controller) {
    this.#connection = connection;
    this.#id = id;
    this.#controller = controller;
  }

  /**
   * Waits for something to read.
   * @param {number} [most] Bytes.
   * @returns {Promise<Uint8Array<ArrayBuffer>>} Empty at the end.
   */
  async read(most = 65536) {
    this.#controller.signal.throwIfAborted();
    const { kernel } = this.#connection;
    const chunk = await this.#connection.call(() => kernel.hostRead(this.#id, most));
    return alive(this.#controller, chunk);
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const chunk = await this.read();
      if (chunk.length === 0) return;
      yield chunk;
    }
  }

  /** @returns {Promise<string>} All that is to come, as text. */
  async text() {
    const decoder = streamDecoder();
    let text = "";
    for await (const chunk of this) text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  }
}

/** Standard output or error of a command. */
export class CommandOutput {
  #connection;
  #id;
  #fd;
  #controller;
  /** @type {Set<Promise<void>>} */
  #pending = new Set();

  /**
   * @param {Connection} connection
   * @param {number} id
   * @param {number} fd
   * @param {AbortController} controller
   */
  constructor(connection, id, fd, controller) {
    this.#connection = connection;
    this.#id = id;
    this.#fd = fd;
    this.#controller = controller;
  }

  /**
   * Writes all of it; waits while the reader is behind.
   * @param {import("./bytes.js").Data} data Text is written as UTF-8.
   * @returns {Promise<void>}
   */
  write(data) {
    const writing = this.#write(encode(data, "write: data"));
    this.#pending.add(writing);
    const done = () => this.#pending.delete(writing);
    writing.then(done, done);
    return writing;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  async #write(bytes) {
    this.#controller.signal.throwIfAborted();
    const { kernel } = this.#connection;
    const answer = await this.#connection.call(() =>
      kernel.hostWrite(this.#id, this.#fd, moved(bytes)),
    );
    alive(this.#controller, answer);
  }

  /**
   * @returns {Promise<unknown>} Waits for writes that the command's function has not waited for.
   */
  written() {
    return Promise.all(this.#pending);
  }
}
