/**
 * What the kernel's worker offers. Errors arrive as an Error whose `name` is a class of errors.js.
 *
 * @typedef {object} Progress How far the start has come.
 * @property {string} phase What is being done, in a word or two.
 * @property {number} loaded Bytes loaded so far.
 * @property {number} total Bytes to load in all, as far as known.
 *
 * @typedef {object} FileInfo
 * @property {string} name The last part of the path.
 * @property {string} path
 * @property {"file" | "dir" | "symlink" | "other"} type
 * @property {number} size In bytes.
 * @property {number} mode Permission bits.
 * @property {number} uid
 * @property {number} gid
 * @property {number} modifiedMs When the content was last changed, in milliseconds since 1970.
 *
 * @typedef {"exec" | "exit" | "write" | "limit" | "network"} AuditType
 *
 * @typedef {object} AuditEvent What has happened.
 * @property {AuditType} type
 * @property {number} timeMs In milliseconds since 1970.
 * @property {number} [pid]
 * @property {string[]} [argv] exec: the arguments, with the name it was called by.
 * @property {number} [exitCode] exit
 * @property {string | null} [signal] exit: what ended it.
 * @property {number} [cpuMs] exit: how long it has run.
 * @property {string} [path] write, and limit by the policy.
 * @property {FileEvent["type"]} [change] write
 * @property {"time" | "output" | "policy"} [limit] limit: which has been reached.
 * @property {number} [ms] limit: the time.
 * @property {"resolve" | "connect" | "close" | "request" | "response" | "tls"} [action] network: a name that is
 *   refused; a connection that is, or leads through the relay; its end; a request, allowed or not; what has come of it;
 *   a program's own TLS, which is refused.
 * @property {boolean} [allowed] network
 * @property {string} [host] network
 * @property {number} [port] network: of a connection.
 * @property {string} [method] network
 * @property {string} [url] network
 * @property {string} [reason] network: why it was refused, or has failed.
 * @property {number} [status] network: of the response; 0 where there was none.
 * @property {number} [sentBytes] network
 * @property {number} [receivedBytes] network
 * @property {number} [durationMs] network
 *
 * @typedef {object} OpenPort A port of TCP where a program listens.
 * @property {number} port
 * @property {string} address What it is bound to: "0.0.0.0" and "::" are all addresses.
 * @property {number} pid Who has made the socket.
 *
 * @typedef {object} NetworkHooks What the page does for the network.
 * @property {(sources: string) => Promise<{ box: number, port: MessagePort }>} openBox
 * @property {(box: number) => unknown} closeBox
 * @property {(event: import("../worker/network-service.js").PortEvent) => unknown} port
 *
 * @typedef {object} Metrics
 * @property {number} processes How many there are.
 * @property {number} memoryBytes What their memories take.
 * @property {number} cpuMs CPU time of all since the start, in milliseconds.
 * @property {number} executed How many programs have been started.
 * @property {number} uptimeMs In milliseconds.
 * @property {{ bytes: number, limitBytes: number, inodes: number }} files What has been written.
 *
 * @typedef {object} FileEvent A file that has changed.
 * @property {"create" | "remove" | "rename" | "write" | "chmod" | "overflow"} type "rename" has the
 *   old name, and is followed by "create" if the new one is in sight too; "chmod" is also said of
 *   owners and times; "overflow": too much has happened, look for yourself.
 * @property {string} path From the place that is watched; empty for that place itself.
 *
 * @typedef {object} RawResult
 * @property {Uint8Array<ArrayBuffer>} stdout
 * @property {Uint8Array<ArrayBuffer>} stderr
 * @property {number} exitCode
 * @property {number} durationMs
 * @property {boolean} timedOut
 * @property {number} signal What ended it; 0 if nothing did.
 * @property {boolean} truncated Whether some of the output is left out.
 * @property {import("../output/kept-output.js").OutputFile | null} stdoutFile
 * @property {import("../output/kept-output.js").OutputFile | null} stderrFile
 *
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string>} [envs]
 * @property {Uint8Array | true | null} stdin true: it stays open.
 * @property {number} [timeoutMs]
 * @property {number} [graceMs]
 * @property {boolean} [background]
 * @property {boolean} [detach]
 * @property {number} maxOutputBytes
 *
 * @typedef {object} CommandInfo A command of which something lives.
 * @property {number} pid Of its shell; the command as a whole is named by it.
 * @property {string} command
 * @property {string} cwd Where it was started.
 * @property {boolean} background
 * @property {number} startedMs In milliseconds since 1970.
 * @property {boolean} running Whether its shell runs; if not, it has left processes behind.
 * @property {number} processes How many there are of it.
 *
 * @typedef {object} ShellRunOptions
 * @property {Uint8Array | null} stdin
 * @property {number} [timeoutMs]
 * @property {number} [graceMs]
 * @property {number} maxOutputBytes
 *
 * @typedef {object} ShellEnd
 * @property {number[]} pipeStatus
 * @property {string | null} cwd
 * @property {boolean} ended
 * @property {boolean} restarted
 * @property {Uint8Array<ArrayBuffer>} background
 * @property {("stdout" | "stderr")[]} redirected
 *
 * @typedef {RawResult & ShellEnd} RawShellResult
 *
 * @typedef {{ parcel: import("../worker/listener.js").Parcel }
 *   | { ended: Omit<RawResult, "stdout" | "stderr"> }} CommandEvent What a handle hears.
 *
 * @typedef {object} PtyOptions
 * @property {number} cols
 * @property {number} rows
 * @property {string} [cwd]
 * @property {Record<string, string>} [envs]
 * @property {string} [command]
 *
 * @typedef {object} BootOptions
 * @property {Record<string, string>} [envs]
 * @property {Record<string, Uint8Array>} files Contents by path.
 * @property {import("../worker/limits.js").Limits} [limits]
 * @property {{ allow?: string[], deny?: string[] }} [commands] Which may run.
 * @property {import("./network.js").CheckedNetwork} [network]
 * @property {SessionRequest} session
 * @property {string[]} [extensions] Wheels with commands.
 * @property {Blob} [archive] What the files are imported from.
 *
 * @typedef {object} Packed
 * @property {Blob} blob A .tar.gz.
 * @property {string[]} notes What was left out.
 *
 * @typedef {object} Extracted
 * @property {number} members How many members the archive has.
 * @property {string[]} notes What was left out, or is unusual.
 *
 * @typedef {object} SessionRequest
 * @property {string | null} name null for a volatile sandbox.
 * @property {"write" | "read" | "take-over"} access
 * @property {{ generation: number } | null} witness What the page knows of an earlier visit.
 * @property {{ session: string, id: string } | MessagePort} [fork] The snapshot to begin with.
 *
 * @typedef {object} MountRequest
 * @property {string} path
 * @property {boolean} readOnly
 * @property {string} source For /proc/mounts.
 * @property {string[]} can What a provider of the page offers.
 * @property {FileSystemDirectoryHandle} [handle]
 * @property {{ base: string, index: Record<string, import("../mounts/providers/fetch.js").FetchedFile> }} [tree]
 *
 * @typedef {object} SnapshotInfo
 * @property {string} id
 * @property {string} name As it was given; may be empty.
 * @property {number} createdMs In milliseconds since 1970.
 * @property {number} files How many files in it differ from the site's.
 * @property {number} bytes What they take.
 *
 * @typedef {object} BootResult
 * @property {number} bootMs How long it took, in milliseconds.
 * @property {BootInfo} bootInfo
 * @property {import("./session.js").Told} session
 *
 * @typedef {object} BootInfo How a start went.
 * @property {"snapshot" | "source"} from Whether Python came as a memory snapshot or was started from sources.
 * @property {Record<string, number>} phases When each part was done, in milliseconds after the worker began.
 *
 * @typedef {object} KernelApi
 * @property {(options: BootOptions, onProgress: ((progress: Progress) => void) | null,
 *   onSession: (told: import("./session.js").Told) => void,
 *   onHost: (request: import("./host.js").HostRequest) => Promise<unknown>,
 *   onAudit: (events: AuditEvent[]) => unknown, onNetwork: NetworkHooks) => BootResult} boot
 * @property {(rules: import("./network.js").CheckedRule[]) => void} networkAllow
 * @property {(host: string) => number} networkRevoke Answers how many rules it had.
 * @property {() => OpenPort[]} portsList
 * @property {(wanted: boolean) => void} portsWant
 * @property {(port: number, request: import("../net/http-client.js").ServerRequest, body: MessagePort) =>
 *   { status: number, statusText: string, headers: [string, string][], body: boolean }} serverFetch
 * @property {(types: AuditType[]) => void} auditWant
 * @property {(types: AuditType[], most: number) => AuditEvent[]} auditLog
 * @property {() => Metrics} metrics
 * @property {(id: number, command: string, options: RunOptions,
 *   onOutput: ((parcel: import("../worker/listener.js").Parcel) => unknown) | null) => RawResult} run
 * @property {(id: number) => void} cancel Kills the processes of a run, which then ends.
 * @property {(command: string, options: RunOptions, tell: (event: CommandEvent) => unknown) =>
 *   { pid: number, connection: number }} commandStart
 * @property {(pid: number, tell: (event: CommandEvent) => unknown) => number} commandConnect
 * @property {(connection: number) => void} commandDisconnect
 * @property {(pid: number, signal: number) => boolean} commandSignal
 * @property {(pid: number, data: Uint8Array) => void} commandWrite
 * @property {(pid: number) => void} commandCloseStdin
 * @property {() => CommandInfo[]} commandList
 * @property {(options: { cwd?: string, envs?: Record<string, string> }) => number} shellCreate
 * @property {(shell: number, id: number, command: string, options: ShellRunOptions,
 *   onOutput: ((parcel: import("../worker/listener.js").Parcel) => unknown) | null) =>
 *   RawShellResult} shellRun
 * @property {(shell: number, id: number) => void} shellCancel
 * @property {(shell: number) => void} shellInterrupt
 * @property {(shell: number) => void} shellRestart
 * @property {(shell: number) => void} shellClose
 * @property {(name: string) => void} commandsRegister
 * @property {(name: string) => boolean} commandsUnregister Answers whether there was such a command.
 * @property {(id: number, most: number) => Uint8Array<ArrayBuffer> | null} hostRead Standard input of a command of the
 *   page; null when it has been killed.
 * @property {(id: number, fd: number, data: Uint8Array) => true | null} hostWrite Its standard output (1) or error (2).
 * @property {(path: string, content: Uint8Array | Blob | ReadableStream) => void} filesWrite
 * @property {(path: string) => Uint8Array<ArrayBuffer>} filesRead
 * @property {(path: string, from: number) => Uint8Array<ArrayBuffer>} filesReadPiece
 * @property {(path: string, depth: number) => FileInfo[]} filesList
 * @property {(from: string, to: string) => void} filesCopy
 * @property {(path: string, mode: number) => void} filesChmod
 * @property {(target: string, path: string) => void} filesSymlink
 * @property {(path: string, recursive: boolean, tell: (events: FileEvent[]) => unknown) => number} filesWatch
 * @property {(watch: number) => void} filesUnwatch
 * @property {(path: string) => FileInfo} filesInfo
 * @property {(path: string) => boolean} filesExists
 * @property {(path: string) => void} filesMakeDir
 * @property {(from: string, to: string) => void} filesRename
 * @property {(path: string) => void} filesRemove
 * @property {(request: MountRequest, provider: import("../mounts/provider.js").Provider | null,
 *   onFailure: (failure: import("../mounts/host-mount.js").MountFailure) => void) => number} mount Answers a number.
 * @property {(path: string, force: boolean) => number} unmount Answers the number that it had.
 * @property {(number: number, path: string) => void} mountChanged
 * @property {() => import("./session.js").Told} sync Answers when everything written so far is on disk.
 * @property {() => void} close Saves and lets go of the session.
 * @property {(name: string) => string} snapshot
 * @property {(id: string) => void} restore
 * @property {() => SnapshotInfo[]} snapshots
 * @property {(id: string) => void} dropSnapshot
 * @property {() => Packed} export All that differs from the site's files.
 * @property {(paths: string[], cwd: string) => Packed} archive
 * @property {(archive: Blob, to: string) => Extracted} extract
 * @property {(id: string, port: MessagePort) => void} lend Sends a snapshot of a volatile sandbox to another one.
 * @property {(options: PtyOptions, onData: (chunk: Uint8Array<ArrayBuffer>) => void,
 *   onBusy: (busy: boolean) => void) => { id: number, pid: number }} ptyCreate
 * @property {(id: number, data: Uint8Array) => void} ptyWrite
 * @property {(id: number, cols: number, rows: number) => void} ptyResize
 * @property {(id: number) => string} ptyCwd
 * @property {(id: number) => number} ptyWait Answers with the exit status when the session has ended.
 * @property {(id: number) => void} ptyKill
 * @property {(id: number, bytes: number) => void} ptyAck Says that output has been taken: more may come.
 */

export {};
