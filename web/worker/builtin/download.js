// The command `download`: gives the visitor a file, or several as an archive.
import { CHUNK } from "../../gate/strand.js";
import { UsageError, count, parse } from "./usage.js";
import { version } from "./version.js";

/** @typedef {Parameters<import("../host-commands.js").SystemCommand>[0]} Context */

const HELP = `\
Usage: download [OPTION]... FILE...
Give files to the visitor of the page, as a browser's download.
A directory, or several FILEs, become one archive (tar.gz).

  -o, --output=NAME  offer it under this name
      --help         display this help and exit
      --version      output version information and exit
`;
const OPTIONS = [
  { name: "output", letter: "o", value: true },
  { name: "help" },
  { name: "version" },
];
/** So many bytes are gathered before they are handed to the browser, which may put them on disk. */
const PART = 64 * CHUNK;

/**
 * @param {Context} context
 * @returns {Promise<number | void>}
 */
export default async function download(context) {
  const { argv, rawArgv, stdout, stderr, files, cwd, system, signal } = context;
  const given = parse("download", argv.slice(1), rawArgv.slice(1), OPTIONS);
  const { options, operands, rawOperands } = given;
  if (options.help) return stdout.write(HELP);
  if (options.version) return stdout.write(version("download"));
  count("download", operands, 1, Infinity, "file operand");
  if (options.output === "") throw new UsageError("download", "the name must not be empty");
  const types = [];
  for (const [i, path] of rawOperands.entries()) {
    types.push((await tell(operands[i], files.stat(path))).type);
  }
  const name = typeof options.output === "string" ? options.output : undefined;
  const one = operands.length === 1;
  const base = one ? baseName(operands[0], cwd) : "files";
  let blob;
  if (one && types[0] === "file") {
    const file = await tell(operands[0], files.open(rawOperands[0]));
    blob = await gathered(file.input, "application/octet-stream");
    await file.close();
  } else {
    const other = types.findIndex((type) => type === "other");
    if (other >= 0) throw new Error(`'${operands[other]}': neither a file nor a directory`);
    const packed = await system.session.archive(rawOperands, cwd);
    ({ blob } = packed);
    for (const note of packed.notes) await stderr.write(`download: ${note}\n`);
  }
  const suffix = one && types[0] === "file" ? "" : ".tar.gz";
  if (!(await system.page.download(name ?? base + suffix, blob, signal))) {
    throw new Error("this page offers no downloads");
  }
}

/**
 * @template T
 * @param {string} name of the file, for the message
 * @param {Promise<T>} doing
 * @returns {Promise<T>}
 */
async function tell(name, doing) {
  try {
    return await doing;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`cannot open '${name}': ${message}`, { cause: error });
  }
}

/** @param {string} path @param {string} cwd @returns {string} the last part of the path */
function baseName(path, cwd) {
  const whole = path.startsWith("/") ? path : `${cwd}/${path}`;
  /** @type {string[]} */
  const parts = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.pop() ?? "root";
}

/**
 * @param {AsyncIterable<Uint8Array<ArrayBuffer>> | ReadableStream<Uint8Array<ArrayBuffer>>} chunks
 * @param {string} type its media type
 * @returns {Promise<Blob>}
 */
async function gathered(chunks, type) {
  /** @type {Blob[]} */
  const parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let waiting = [];
  let length = 0;
  for await (const chunk of /** @type {AsyncIterable<Uint8Array<ArrayBuffer>>} */ (chunks)) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < PART) continue;
    parts.push(new Blob(waiting));
    waiting = [];
    length = 0;
  }
  return new Blob([...parts, ...waiting], { type });
}
