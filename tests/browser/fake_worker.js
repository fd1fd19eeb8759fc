/**
 * A kernel that only pretends, for tests of the client and the page.
 *
 * A command is JSON that says what happens: {chunks: [[fd, text]], exitCode, hang: true, error: {name, message}}, {told: what is new of the session}, {busy: whether a job is in the
 * foreground}, {cwd: where it is}, {closing: what `close` fails with}. What was called is in the file /calls.
 */
import * as Comlink from "./vendor/comlink.mjs";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const calls = [];
const runs = new Map();
const started = new Map();
let terminals = 0;
const exits = new Map();

/** What crosses the boundary by structured clone, as JSON can show it. */
function shown(value) {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value === "function") return "function";
  if (Array.isArray(value)) return value.map(shown);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
  }
  return value;
}

const note = (name, ...args) => calls.push([name, ...args.map(shown)]);

function fail({ name, message }) {
  throw Object.assign(new Error(message), { name });
}

const bytes = (data) => (typeof data === "string" ? encoder.encode(data) : Uint8Array.from(data));

function joined(chunks, fd) {
  return Uint8Array.from(chunks.filter(([of]) => of === fd).flatMap(([, data]) => [...bytes(data)]));
}

const parcel = (fd, bytes) => ({ bytes, pieces: [{ fd, length: bytes.length }] });

function throwLater(message) {
  setTimeout(() => {
    throw new Error(message);
  });
}

/** Sessions of these names cannot be opened for writing. */
const REFUSED = {
  busy: { name: "SessionInUseError", message: "another tab has the session open" },
  damaged: { name: "SessionDamagedError", message: "the session is damaged: blob 7 is missing" },
  newer: { name: "SessionFormatError", message: "the session was written by a newer tabux" },
};

/** What is told of a session. One without a name is volatile, and so is "refused"; "lost" has been deleted. */
function opened({ name, access }) {
  const state = name === null || name === "refused" ? "volatile" : access === "read" ? "read-only" : "saved";
  const reason = name === "refused" ? "the browser stores nothing here (SecurityError)" : "";
  const usage = { bytes: 3_400_000, files: 12, quotaBytes: 10_000_000_000 };
  return { name, state, reason, lost: name === "lost", written: false, generation: 0, usage };
}

let told;
let tell;
let snapshots = [];
let closing = null;
let cwd = "/home/user";
/** Files that were written, by path. */
const written = new Map();

const kernel = {
  async boot(options, onProgress, onSession) {
    note("boot", options);
    const { name, access } = options.session;
    if (access === "write" && Object.hasOwn(REFUSED, name)) fail(REFUSED[name]);
    told = opened(options.session);
    tell = onSession;
    if (options.envs?.FAIL) fail(JSON.parse(options.envs.FAIL));
    if (options.envs?.HANG) return new Promise(() => {});
    onProgress?.({ phase: "Loading the kernel", loaded: 3_000_000, total: 9_000_000 });
    return { bootMs: 12, session: told };
  },

  async run(id, command, options, onOutput) {
    note("run", id, command, options, onOutput);
    const { chunks = [], exitCode = 0, hang, error, crash, ...news } = JSON.parse(command);
    if (news.told) await tell((told = { ...told, ...news.told }));
    if ("busy" in news) await exits.get(terminals).onBusy(news.busy);
    if (news.cwd) cwd = news.cwd;
    if (news.closing) closing = news.closing;
    if (crash) throwLater(crash);
    if (error) fail(error);
    const send = ([fd, data]) => onOutput?.(parcel(fd, bytes(data)));
    const result = { exitCode, durationMs: 1.5, timedOut: false, signal: 0, truncated: false };
    if (hang || crash) {
      chunks.forEach(send);
      result.exitCode = await new Promise((resolve) => runs.set(id, resolve));
    } else {
      for (const chunk of chunks) await send(chunk);
    }
    return Object.assign(result, { stdout: joined(chunks, 1), stderr: joined(chunks, 2) });
  },

  cancel(id) {
    note("cancel", id);
    runs.get(id)?.(137);
  },

  async commandStart(command, options, tell) {
    note("commandStart", command, options);
    const pid = 100 + started.size;
    started.set(pid, tell);
    for (const [fd, data] of JSON.parse(command).chunks ?? []) await tell({ parcel: parcel(fd, bytes(data)) });
    return { pid, connection: pid + 100 };
  },
  commandConnect(pid, tell) {
    if (!started.has(pid)) fail({ name: "NotFoundError", message: `process ${pid}: it has ended` });
    started.set(pid, tell);
    return pid + 200;
  },
  commandDisconnect: (connection) => note("commandDisconnect", connection),
  async commandSignal(pid, signal) {
    note("commandSignal", pid, signal);
    const tell = started.get(pid);
    const ended = { exitCode: 128 + signal, durationMs: 1.5, timedOut: false, signal };
    await tell?.({ ended });
    return started.delete(pid);
  },
  commandWrite: (pid, data) => note("commandWrite", pid, data),
  commandCloseStdin: (pid) => note("commandCloseStdin", pid),
  commandList: () => [...started.keys()].map((pid) => ({ pid })),

  async filesWrite(path, content) {
    const bytes = content instanceof Blob ? new Uint8Array(await content.arrayBuffer()) : content;
    note("filesWrite", path, bytes);
    written.set(path, bytes);
  },
  filesRead(path) {
    if (path === "/calls") return encoder.encode(JSON.stringify(calls));
    if (path === "/bytes") return Uint8Array.of(0, 255, 0xc3, 0xa9);
    if (path === "/bom") return Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
    fail({ name: "NotFoundError", message: `${path}: no such file or directory` });
  },
  filesList: (path) => (note("filesList", path), []),
  filesInfo(path) {
    note("filesInfo", path);
    if (path.startsWith("/home/") && !written.has(path)) fail({ name: "NotFoundError", message: path });
    return { name: "x", path, type: "file" };
  },
  filesExists: (path) => (note("filesExists", path), false),
  filesMakeDir: (path) => note("filesMakeDir", path),
  filesRename: (from, to) => note("filesRename", from, to),
  filesRemove: (path) => note("filesRemove", path),

  auditWant: (types) => note("auditWant", types),
  auditLog: () => [],

  sync() {
    note("sync");
    return told;
  },
  close() {
    note("close");
    if (closing) fail(closing);
  },
  snapshot(name) {
    const id = `s${snapshots.length + 1}`;
    snapshots.push({ id, name, createdMs: Date.now(), files: 12, bytes: 3_400_000 });
    return id;
  },
  snapshots: () => snapshots,
  dropSnapshot: (id) => void (snapshots = snapshots.filter((snapshot) => snapshot.id !== id)),
  async restore(id) {
    note("restore", id);
    for (const { resolve } of exits.values()) resolve?.(137);
    await new Promise((resolve) => setTimeout(resolve)); // (the end of the shell is told first)
  },

  async ptyCreate(options, onData, onBusy) {
    note("ptyCreate", options);
    const id = ++terminals;
    await onData(encoder.encode("fake$ ")); // before the caller knows the id
    exits.set(id, { onData, onBusy });
    return { id, pid: 1000 + id };
  },
  ptyWrite(id, data) {
    note("ptyWrite", id, data);
    const text = decoder.decode(data);
    const terminal = exits.get(id);
    void terminal.onData(encoder.encode(text.replaceAll("\r", "\r\nfake$ ")));
    if (text.includes("\x04")) terminal.resolve?.(3);
    if (text.includes("!")) throwLater("the fake kernel crashed");
  },
  ptyResize: (id, cols, rows) => note("ptyResize", id, cols, rows),
  ptyCwd: () => cwd,
  ptyWait: (id) => new Promise((resolve) => (exits.get(id).resolve = resolve)),
  ptyKill(id) {
    note("ptyKill", id);
    exits.get(id).resolve?.(129);
  },
  ptyAck: (id, bytes) => note("ptyAck", id, bytes),
};

Comlink.expose(kernel);
