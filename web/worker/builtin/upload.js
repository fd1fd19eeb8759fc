// The command `upload`: asks the visitor for files.
import { EEXIST, EISDIR } from "../../gate/errno.js";
import { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } from "../../gate/host-files.js";
import { SystemError } from "../../gate/system-error.js";
import { count, parse } from "./usage.js";
import { version } from "./version.js";

/** @typedef {Parameters<import("../host-commands.js").SystemCommand>[0]} Context */
/** @typedef {import("../../client/host.js").Upload} Upload */

const HELP = `\
Usage: upload [OPTION]... [DIRECTORY]
Ask the visitor of the page for files, and put them into DIRECTORY (the current
one by default). Prints the names of the files that have come. A file that is
there already is skipped.

  -f, --force    overwrite files that are there
      --help     display this help and exit
      --version  output version information and exit
`;
const OPTIONS = [{ name: "force", letter: "f" }, { name: "help" }, { name: "version" }];
/** A file is written in pieces of so many bytes. */
const PIECE = 1 << 20;
const encoder = new TextEncoder();

/**
 * @param {Context} context
 * @returns {Promise<number | void>}
 */
export default async function upload(context) {
  const { argv, rawArgv, stdout, stderr, files, system, signal } = context;
  const given = parse("upload", argv.slice(1), rawArgv.slice(1), OPTIONS);
  const { options, operands, rawOperands } = given;
  if (options.help) return stdout.write(HELP);
  if (options.version) return stdout.write(version("upload"));
  count("upload", operands, 0, 1, "");
  const directory = rawOperands[0] ?? encoder.encode(".");
  const { type } = await files.stat(directory).catch((error) => {
    throw new Error(`cannot open '${operands[0] ?? "."}': ${error.message}`, { cause: error });
  });
  if (type !== "dir") throw new Error(`'${operands[0]}': Not a directory`);
  const chosen = await system.page.upload(signal);
  if (chosen === null) throw new Error("this page offers no uploads");
  if (chosen.length === 0) throw new Error("no file was chosen");
  let status = 0;
  for (const { path, blob } of chosen) {
    const name = safePath(path);
    const problem = await store(files, joined(directory, name), blob, options.force === true);
    if (problem === null) await stdout.write(`${name}\n`);
    else {
      await stderr.write(`upload: '${name}': ${problem}\n`);
      status = 1;
    }
  }
  return status;
}

/**
 * A path below the directory, whatever the page says.
 * @param {string} path
 * @returns {string}
 */
function safePath(path) {
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  return parts.join("/").replaceAll("\0", "") || "file";
}

/** @param {Uint8Array} directory @param {string} name @returns {Uint8Array} */
function joined(directory, name) {
  const rest = encoder.encode(`/${name}`);
  const path = new Uint8Array(directory.length + rest.length);
  path.set(directory);
  path.set(rest, directory.length);
  return path;
}

/**
 * @param {Context["files"]} files
 * @param {Uint8Array} path
 * @param {Blob} blob
 * @param {boolean} force whether to overwrite
 * @returns {Promise<string | null>} why not
 */
async function store(files, path, blob, force) {
  try {
    await makeParents(files, path);
    const file = await files.open(path, O_WRONLY | O_CREAT | (force ? O_TRUNC : O_EXCL));
    try {
      for (let at = 0; at < blob.size; at += PIECE) {
        await file.output.write(await blob.slice(at, at + PIECE).arrayBuffer());
      }
    } catch (error) {
      await files.remove(path); // half a file is of no use
      throw error;
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    if (error instanceof SystemError && error.errno === EEXIST) {
      return "not overwritten: it exists (-f overwrites)";
    }
    if (error instanceof SystemError || error instanceof DOMException) return error.message;
    throw error;
  }
}

/** @param {Context["files"]} files @param {Uint8Array} path */
async function makeParents(files, path) {
  for (let at = path.indexOf(0x2f, 1); at > 0; at = path.indexOf(0x2f, at + 1)) {
    try {
      await files.makeDir(path.subarray(0, at));
    } catch (error) {
      // (a directory without permission to write in it may be on the way)
      if (!(error instanceof SystemError) || ![EEXIST, EISDIR].includes(error.errno)) {
        if ((await files.stat(path.subarray(0, at))).type !== "dir") throw error;
      }
    }
  }
}
