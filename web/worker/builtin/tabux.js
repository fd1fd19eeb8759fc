// The command `tabux`: sessions, snapshots, export and import from within the sandbox.
import { O_CREAT, O_TRUNC, O_WRONLY } from "../../gate/host-files.js";
import { size, table, time } from "./table.js";
import { UsageError, count, parse } from "./usage.js";
import { version } from "./version.js";

/** @typedef {Parameters<import("../host-commands.js").SystemCommand>[0]} Context */
/** @typedef {import("./usage.js").Parsed} Parsed */

const HELP = `\
Usage: tabux COMMAND [ARGUMENT]...
Look after the session that this sandbox is: what is kept of it, and its copies.

  status                 tell what is kept of this sandbox, and where
  sync                   wait until everything written so far is saved
  sessions               list the sessions that this browser keeps for this site

  snapshot [NAME]        keep the files as they are now; prints the new ID
  snapshot --delete ID   forget a snapshot
  snapshots              list the snapshots
  restore ID             make the files what they were; ends all programs

  export FILE            write all files that differ from the site's to a tar.gz
  import FILE            lay the files of such an archive over those here
                         (FILE may be -, for standard output or input)

  help                   print this, as --help does
  version                print the version, as --version does

Programs that run are no part of a snapshot or of an archive.
The commands 'download' and 'upload' pass files to and from the visitor.
'tour' shows what there is, 'man PROGRAM' explains a program.
`;

/** @type {import("./usage.js").Option[]} */
const NO_OPTIONS = [];
const HELP_OPTION = { name: "help", letter: "h" };
const VERSION_OPTION = { name: "version", letter: "V" };

/**
 * @typedef {object} Subcommand
 * @property {import("./usage.js").Option[]} options
 * @property {(context: Context, parsed: Parsed) => Promise<number | void>} run
 */

/** @type {Record<string, Subcommand>} */
const COMMANDS = {
  help: { options: NO_OPTIONS, run: ({ stdout }) => stdout.write(HELP) },
  version: { options: NO_OPTIONS, run: ({ stdout }) => stdout.write(version("tabux")) },
  status: { options: NO_OPTIONS, run: status },
  sync: {
    options: NO_OPTIONS,
    async run({ system }, { operands }) {
      count("tabux", operands, 0, 0, "");
      const { name, reason } = await system.session.status();
      if (name === null) {
        throw new Error(`sync: not available in a volatile sandbox${because(reason)}`);
      }
      await system.session.sync();
    },
  },
  sessions: { options: NO_OPTIONS, run: sessions },
  snapshot: { options: [{ name: "delete", letter: "d", value: true }], run: snapshot },
  snapshots: { options: NO_OPTIONS, run: snapshots },
  restore: {
    options: NO_OPTIONS,
    async run({ system }, { operands }) {
      count("tabux", operands, 1, 1, "ID of a snapshot");
      await system.session.restore(operands[0]);
    },
  },
  export: { options: NO_OPTIONS, run: exportTo },
  import: { options: NO_OPTIONS, run: importFrom },
};

/**
 * @param {Context} context
 * @returns {Promise<number | void>}
 */
export default async function tabux(context) {
  const { argv, rawArgv, stdout } = context;
  const [, first] = argv;
  if (first === undefined) throw new UsageError("tabux", "missing command");
  if (first.startsWith("-") && first !== "-") {
    const { options } = parse("tabux", [first], [], [HELP_OPTION, VERSION_OPTION]);
    return stdout.write(options.help ? HELP : version("tabux"));
  }
  if (!Object.hasOwn(COMMANDS, first)) throw new UsageError("tabux", `unknown command '${first}'`);
  const command = COMMANDS[first];
  const known = [...command.options, HELP_OPTION];
  const parsed = parse("tabux", argv.slice(2), rawArgv.slice(2), known);
  return parsed.options.help ? stdout.write(HELP) : command.run(context, parsed);
}

/** @param {string} reason @returns {string} */
function because(reason) {
  return reason && `: ${reason}`;
}

/** @param {Context} context @param {Parsed} parsed */
async function status({ system, stdout }, { operands }) {
  count("tabux", operands, 0, 0, "");
  const { name, state, reason, persisted, usage } = await system.session.status();
  const quota = usage.quotaBytes ? `, of ${size(usage.quotaBytes)} that the browser grants` : "";
  const safe = persisted ? "yes" : "no: the browser may delete it";
  const lines = [
    ["Session", name ?? "none: files last as long as the page"],
    ["State", state + because(reason)],
    ["Files changed", `${usage.files} (${size(usage.bytes)}${quota})`],
    ...(name === null || persisted === null ? [] : [["Safe from cleaning", safe]]),
    ["Snapshots", String((await system.session.snapshots()).length)],
  ];
  const width = Math.max(...lines.map(([title]) => title.length)) + 2;
  for (const [title, text] of lines) await stdout.write(`${`${title}:`.padEnd(width)}${text}\n`);
}

/** @param {Context} context @param {Parsed} parsed */
async function sessions({ system, stdout, env }, { operands }) {
  count("tabux", operands, 0, 0, "");
  const list = await system.session.sessions();
  const { name: current } = await system.session.status();
  if (list.length === 0) return;
  const columns = [
    { title: "  NAME" },
    { title: "LAST USED" },
    { title: "FILES", right: true },
    { title: "SIZE", right: true },
    { title: "SNAPSHOTS", right: true },
    { title: "" },
  ];
  const rows = list.map((info) => [
    `${info.name === current ? "* " : "  "}${info.name}`,
    time(info.lastUsedMs, env.TZ),
    String(info.files),
    size(info.bytes),
    String(info.snapshots),
    remark(info, info.name === current),
  ]);
  await stdout.write(table(columns, rows));
}

/**
 * @param {import("../session-service.js").SessionInfo} info
 * @param {boolean} own whether it is this sandbox's
 * @returns {string}
 */
function remark({ inUse, problem }, own) {
  if (problem) return `cannot be opened: ${problem}`;
  return inUse && !own ? "open in another tab" : "";
}

/** @param {Context} context @param {Parsed} parsed */
async function snapshot({ system, stdout }, { options, operands }) {
  const doomed = options.delete;
  if (typeof doomed === "string") {
    count("tabux", operands, 0, 0, "");
    await system.session.dropSnapshot(doomed);
    return;
  }
  count("tabux", operands, 0, 1, "");
  await stdout.write(`${await system.session.snapshot(operands[0] ?? "")}\n`);
}

/** @param {Context} context @param {Parsed} parsed */
async function snapshots({ system, stdout, env }, { operands }) {
  count("tabux", operands, 0, 0, "");
  const list = await system.session.snapshots();
  if (list.length === 0) return;
  const columns = [
    { title: "ID" },
    { title: "MADE" },
    { title: "FILES", right: true },
    { title: "SIZE", right: true },
    { title: "NAME" },
  ];
  const rows = list.map(({ id, name, createdMs, files, bytes }) => [
    id, time(createdMs, env.TZ), String(files), size(bytes), name,
  ]);
  await stdout.write(table(columns, rows));
}

/** @param {Context} context @param {Parsed} parsed */
async function exportTo({ system, stdout, stderr, files }, { operands, rawOperands }) {
  count("tabux", operands, 1, 1, "file operand");
  const toStdout = operands[0] === "-";
  if (toStdout && (await stdout.isTerminal())) {
    throw new Error("export: an archive is not written to a terminal");
  }
  // the archive is of the files before its own is made
  const { blob, notes } = await system.session.exportTar();
  const flags = O_WRONLY | O_CREAT | O_TRUNC;
  const file = toStdout ? null : await opened(files, operands[0], rawOperands[0], flags);
  const output = file ? file.output : stdout;
  for (const reader = blob.stream().getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    await output.write(value);
  }
  await file?.close();
  for (const note of notes) await stderr.write(`tabux: export: ${note}\n`);
}

/** @param {Context} context @param {Parsed} parsed */
async function importFrom({ system, stdin, stderr, files }, { operands, rawOperands }) {
  count("tabux", operands, 1, 1, "file operand");
  const file = operands[0] === "-" ? null : await opened(files, operands[0], rawOperands[0], 0);
  const notes = await system.session.importTar((file ? file.input : stdin).stream());
  await file?.close();
  for (const note of notes) await stderr.write(`tabux: import: ${note}\n`);
}

/**
 * @param {Context["files"]} files
 * @param {string} name for the message
 * @param {Uint8Array} path
 * @param {number} flags
 */
async function opened(files, name, path, flags) {
  try {
    return await files.open(path, flags);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`cannot open '${name}': ${message}`, { cause: error });
  }
}
