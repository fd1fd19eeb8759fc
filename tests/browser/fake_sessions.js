/**
 * Sessions that only pretend, for tests of the page: their names are in localStorage, and "notes" is there from the
 * beginning. An archive is JSON.
 */

const DAY = 86_400_000;
const info = (name, ageMs, more = {}) => ({
  name,
  createdMs: Date.now() - 30 * DAY,
  lastUsedMs: Date.now() - ageMs,
  files: 12,
  bytes: 3_400_000,
  inUse: false,
  snapshots: 0,
  problem: "",
  ...more,
});

const FIRST = {
  default: info("default", 0),
  notes: info("notes", 3 * DAY, { files: 1, bytes: 812, snapshots: 2 }),
  busy: info("busy", DAY, { inUse: true }),
};

const all = () => JSON.parse(localStorage.getItem("fake sessions")) ?? FIRST;
const keep = (sessions) => localStorage.setItem("fake sessions", JSON.stringify(sessions));

function required(sessions, name) {
  if (!sessions[name]) throw new Error(`there is no session "${name}"`);
  if (sessions[name].inUse) throw new Error(`another tab has the session "${name}" open`);
  return sessions[name];
}

/** Replaces what the real class does with IndexedDB. */
export function pretend(Sandbox) {
  const { create } = Sandbox;
  Sandbox.create = async (options) => {
    const sandbox = await create.call(Sandbox, options);
    const { name } = sandbox.session;
    if (name !== null) keep({ [name]: info(name, 0), ...all() });
    return sandbox;
  };
  Sandbox.sessions = {
    list: async () => Object.values(all()),
    async rename(from, to) {
      const { [from]: old, ...others } = all();
      required(all(), from);
      keep({ ...others, [to]: { ...old, name: to } });
    },
    async delete(name) {
      const { [name]: gone, ...others } = all();
      required(all(), name);
      keep(others);
    },
    exportRaw: async (name) => new Blob([JSON.stringify({ raw: name })]),
  };
  Sandbox.prototype.export = async function () {
    return new Blob([JSON.stringify({ session: this.session.name })]);
  };
  Sandbox.import = async (blob, options) => {
    const sandbox = await Sandbox.create(options);
    await sandbox.files.write("/home/user/imported", await blob.text());
    return sandbox;
  };
}
