// The commands that come with the site as functions. Each is loaded when it is first used.

/** @param {import("../host-commands.js").HostCommands} commands */
export function installBuiltin(commands) {
  commands.install("tabux", () => import("./tabux.js"));
  commands.install("download", () => import("./download.js"));
  commands.install("upload", () => import("./upload.js"));
}
