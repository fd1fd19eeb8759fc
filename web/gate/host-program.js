// A program that is a JavaScript function: a process like any other, its system calls awaited.
import { HostFiles, Input, Output } from "./host-files.js";
import { release } from "./kernel-requests.js";
import { Program } from "./program.js";
import { DATA, Strand } from "./strand.js";
import { SystemError } from "./system-error.js";

/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./host-image.js").HostImage} HostImage */
/** @typedef {import("./process.js").Process} Process */

/**
 * What the function of a host program is given.
 * @typedef {object} HostContext
 * @property {string} name The command's name, for messages.
 * @property {string[]} argv With the name it was called by; bytes that are not UTF-8 have become
 *   U+FFFD.
 * @property {Uint8Array[]} rawArgv The same, exactly.
 * @property {Record<string, string>} env
 * @property {string} cwd Empty where it has been removed.
 * @property {number} pid
 * @property {Input} stdin
 * @property {Output} stdout
 * @property {Output} stderr
 * @property {HostFiles} files What the process may do with files; relative paths start from cwd.
 * @property {AbortSignal} signal Fires when the process is killed.
 */

/**
 * The function of a host program. What it returns is the exit status (nothing: 0). An error becomes
 * a message on standard error and status 1, or `status` where the error has one. It is trusted like
 * the gate itself.
 * @typedef {(context: HostContext) => unknown} HostFunction
 */

/** getcwd(buffer, size) */
const GETCWD = 17;
const PATH_MAX = 4096;

/** A host function that runs in a process. It has no memory; its strands make the calls. */
export class HostProgram extends Program {
  /**
   * @param {Gate} gate
   * @param {Process} process
   * @param {HostImage} image
   */
  constructor(gate, process, image) {
    super(process, image, null);
    this.gate = gate;
    this.image = image;
    this.concurrent = true;
    this.ended = new AbortController();
    /** What calls fail with from then on. */
    this.endedReason = new DOMException("the process has ended", "AbortError");
    this.onEnd = () => this.#killed();
    this.stdin = new Input(this, 0);
    this.stdout = new Output(this, 1);
    this.stderr = new Output(this, 2);
  }

  /** The process has been ended by somebody else. */
  #killed() {
    this.drop();
    // (the kernel is still at it)
    queueMicrotask(() => this.ended.abort(this.endedReason));
  }

  /** Nothing is called any more. */
  drop() {
    for (const strand of this.owner.threads) strand.end();
    this.owner.threads.clear();
    release(this.gate, this);
  }

  /** @returns {Promise<string>} the working directory; empty where it has been removed */
  async #cwd() {
    const strand = new Strand(this, PATH_MAX);
    try {
      const length = await strand.syscall(GETCWD, DATA, PATH_MAX);
      return text(strand.bytes.subarray(DATA, DATA + length - 1));
    } catch (error) {
      if (error instanceof SystemError) return "";
      throw error;
    } finally {
      strand.drop();
    }
  }

  /** @returns {Promise<HostContext>} */
  async context() {
    const { argv, environ, pid } = this.owner;
    const cwd = await this.#cwd();
    return {
      name: this.image.name,
      argv: argv.map(text),
      rawArgv: argv.map((word) => word.slice()),
      env: Object.fromEntries(environ.map(text).map(splitVariable)),
      cwd,
      pid,
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.stderr,
      files: new HostFiles(this),
      signal: this.ended.signal,
    };
  }
}

/** @param {Uint8Array} bytes */
function text(bytes) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** @param {string} variable NAME=value @returns {[string, string]} */
function splitVariable(variable) {
  const at = variable.indexOf("=");
  return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
}

/**
 * Runs a host function as the new image of a process; comes back at once.
 * @param {Gate} gate
 * @param {Process} process
 * @param {HostImage} image
 */
export function startHost(gate, process, image) {
  const program = new HostProgram(gate, process, image);
  process.program = program;
  // not within the call that starts it, which is another program's
  queueMicrotask(() => void run(program));
}

/** @param {HostProgram} program */
async function run(program) {
  const { gate, owner: process, image } = program;
  let status;
  try {
    status = exitStatus(await image.run(await program.context()));
    await Promise.all([program.stdout.flushed(), program.stderr.flushed()]);
  } catch (error) {
    status = process.dead ? 0 : await complain(program, error);
  }
  await exit(program, status).catch((error) => {
    if (process.dead) return; // killed on its last steps
    console.error(`tabux: ${image.name} cannot end:`, error);
    gate.kernel.exit(process.pid, 1);
  });
}

/** @param {HostProgram} program @param {number} status */
async function exit(program, status) {
  const { gate, owner: process } = program;
  if (process.dead) return;
  await new Strand(program, 0).call(() => 0); // not while it is stopped
  program.onEnd = () => program.drop();
  gate.report();
  gate.scheduler.charge(null);
  gate.kernel.exit(process.pid, status);
}

/** @param {unknown} value what a host function has returned @returns {number} */
function exitStatus(value) {
  if (value === undefined || value === null) return 0;
  if (!Number.isInteger(value)) throw new TypeError("what it returned is no exit status");
  return /** @type {number} */ (value) & 255;
}

/**
 * Tells of an error on standard error, as far as there is one.
 * @param {HostProgram} program
 * @param {unknown} error
 * @returns {Promise<number>} the exit status
 */
async function complain(program, error) {
  let message = "failed";
  let status = 1;
  try {
    if (error instanceof Error) message = error.message || error.name;
    else message = String(error);
    const own = /** @type {any} */ (error)?.status;
    if (Number.isInteger(own) && own > 0 && own < 256) status = own;
  } catch {
    // an object that cannot be told of
  }
  try {
    await program.stderr.write(`${program.image.name}: ${message}\n`);
  } catch (failure) {
    console.debug(`tabux: ${program.image.name}: ${message}; nobody could be told:`, failure);
  }
  return status;
}
