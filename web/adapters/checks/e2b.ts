// Whether e2b.js has the shapes of E2B's own package: this file is only compiled.
import type * as upstream from "e2b";
import type * as ours from "../e2b.js";

/** What everybody sees of a class. */
type Public<T> = { [K in keyof T]: T[K] };
/** Methods whose results are compared by what everybody sees of them. */
type Handle = Public<upstream.CommandHandle>;

type Files = upstream.Sandbox["files"];
type Terminals = upstream.Sandbox["pty"];

type Shape = {
  commands: Omit<Public<upstream.Sandbox["commands"]>, "run" | "connect"> & {
    run(cmd: string, opts?: upstream.CommandStartOpts & { background?: false }): Promise<upstream.CommandResult>;
    run(cmd: string, opts: upstream.CommandStartOpts & { background: true }): Promise<Handle>;
    connect(pid: number, opts?: upstream.CommandConnectOpts): Promise<Handle>;
  };
  files: Omit<Public<upstream.Sandbox["files"]>, keyof Entries> & Entries;
  pty: Omit<Public<upstream.Sandbox["pty"]>, "create" | "connect"> & {
    create(opts: Parameters<Terminals["create"]>[0]): Promise<Handle>;
    connect(pid: number, opts?: Parameters<Terminals["connect"]>[1]): Promise<Handle>;
  };
} & Pick<
  upstream.Sandbox,
  "sandboxId" | "isRunning" | "setTimeout" | "kill" | "pause" | "createSnapshot" | "getHost"
>;

/** E2B's enumerations are plain strings here, which TypeScript tells from them. */
type Plain<T> = T extends Date ? T
  : T extends upstream.FileType | upstream.FilesystemEventType ? `${T}`
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Entries = {
  write(path: string, data: string | ArrayBuffer | Blob | ReadableStream,
    opts?: upstream.FilesystemWriteOpts): Promise<Plain<upstream.WriteInfo>>;
  write(files: Parameters<Files["writeFiles"]>[0], opts?: upstream.FilesystemWriteOpts): Promise<Plain<upstream.WriteInfo>[]>;
  writeFiles(...args: Parameters<Files["writeFiles"]>): Promise<Plain<upstream.WriteInfo>[]>;
  list(...args: Parameters<Files["list"]>): Promise<Plain<upstream.EntryInfo>[]>;
  rename(...args: Parameters<Files["rename"]>): Promise<Plain<upstream.EntryInfo>>;
  getInfo(...args: Parameters<Files["getInfo"]>): Promise<Plain<upstream.EntryInfo>>;
  watchDir(path: string, onEvent: (event: Plain<upstream.FilesystemEvent>) => void | Promise<void>,
    opts?: Parameters<Files["watchDir"]>[2]): Promise<Public<upstream.WatchHandle>>;
};

declare const sandbox: ours.Sandbox;
sandbox satisfies Shape;

declare const error: InstanceType<typeof ours.CommandExitError>;
error satisfies Public<upstream.CommandExitError>;

// the names of the classes that code written for E2B imports
type Errors = "SandboxError" | "TimeoutError" | "InvalidArgumentError" | "NotEnoughSpaceError" | "NotFoundError"
  | "FileNotFoundError" | "SandboxNotFoundError" | "CommandExitError";
export type Known = Errors extends keyof typeof ours & keyof typeof upstream ? true : never;
true satisfies Known;
