/** The dialog of sessions: all of them, and what can be done with the one that is open. */

import { Sandbox } from "../tabux.js";
import { askText, confirmed } from "./ask.js";
import { button, element, make } from "./dom.js";
import { ago, count, sentence, size } from "./figures.js";
import { saveSession } from "./outgoing.js";
import { DEFAULT_SESSION, rememberSession } from "./session-name.js";
import { snapshotsSection } from "./snapshots-list.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("../client/sessions.js").SessionInfo} SessionInfo */

/** @param {Workplace} workplace */
export function bindSessionsMenu(workplace) {
  element("sessions-open").addEventListener("click", () => void showSessions(workplace));
  element("sessions-close").addEventListener("click", () => dialog().close());
  dialog().addEventListener("close", () => {
    // typing goes on (but no keyboard comes up on a phone unasked)
    if (workplace.pty && !matchMedia("(pointer: coarse)").matches) workplace.terminal?.focus();
  });
  workplace.addEventListener("change", () => {
    element("session-name").textContent = workplace.name;
    if (dialog().open) void fill(workplace);
  });
}

/** @param {Workplace} workplace */
export async function showSessions(workplace) {
  say("");
  if (!dialog().open) dialog().showModal();
  await fill(workplace);
}

function dialog() {
  return /** @type {HTMLDialogElement} */ (element("sessions"));
}

/** @param {string} problem */
function say(problem) {
  element("sessions-wrong").textContent = problem;
}

/**
 * Does something, says what goes wrong, and shows how things are then.
 * @param {Workplace} workplace
 * @param {() => Promise<unknown>} work
 */
async function attempt(workplace, work) {
  say("");
  try {
    await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  if (dialog().open) await fill(workplace);
}

/** @param {Workplace} workplace */
async function fill(workplace) {
  /** @type {SessionInfo[]} */
  let sessions = [];
  try {
    sessions = await Sandbox.sessions.list();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  const run = (/** @type {() => Promise<unknown>} */ work) => void attempt(workplace, work);
  const names = sessions.map(({ name }) => name);
  const items = sessions.map((info) => sessionItem(workplace, info, names));
  /** @type {HTMLElement[]} */
  const parts = [
    make("ul", { class: "rows", "aria-label": "Sessions" }, ...items),
    make(
      "div",
      { class: "actions" },
      button("New session", () => run(() => makeSession(workplace, names))),
      button("Open a .tar.gz as a new session", () => run(() => importSession(workplace, names)), {
        class: "action plain",
      }),
    ),
  ];
  const { sandbox } = workplace;
  if (sandbox) {
    const { name } = sandbox.session;
    const title = name === null ? "This sandbox" : `This session: ${name}`;
    parts.push(
      make("h3", { class: "section-title" }, title),
      make(
        "div",
        { class: "actions" },
        button("Save as .tar.gz", () => void saveSession(workplace), { class: "action plain" }),
        button("Delete all and start anew", () => run(() => resetSession(workplace)), {
          class: "action danger",
        }),
      ),
      await snapshotsSection(workplace, run),
    );
  }
  keepFocus(() => element("sessions-body").replaceChildren(...parts));
}

/**
 * Replaces what is in the dialog; the button with the same words has the keyboard afterwards.
 * @param {() => void} replace
 */
function keepFocus(replace) {
  const body = element("sessions-body");
  const { activeElement } = document;
  const inside = activeElement !== null && body.contains(activeElement);
  const words = (/** @type {Element} */ of) => of.getAttribute("aria-label") ?? of.textContent;
  const before = inside ? words(activeElement) : "";
  replace();
  if (!inside) return;
  const same = [...body.querySelectorAll("button")].find((other) => words(other) === before);
  (same ?? element("sessions-close")).focus();
}

/**
 * @param {Workplace} workplace
 * @param {SessionInfo} info
 * @param {string[]} names of all sessions
 */
function sessionItem(workplace, info, names) {
  const { name, files, bytes, lastUsedMs, inUse, snapshots, problem } = info;
  const here = workplace.sandbox?.session.name === name;
  const run = (/** @type {() => Promise<unknown>} */ work) => () => void attempt(workplace, work);
  const figures = [count(files, "file"), size(bytes), here ? "" : `used ${ago(lastUsedMs)}`];
  if (problem) figures.splice(0, Infinity, sentence(problem));
  else if (snapshots) figures.push(count(snapshots, "snapshot"));
  const title = make("p", { class: "row-title" }, make("span", {}, name));
  if (here) title.append(make("span", { class: "badge here" }, "open here"));
  else if (inUse) title.append(make("span", { class: "badge" }, "open in another tab"));
  const buttons = make("div", { class: "row-actions" });
  if (!here) {
    const open = run(() => openSession(workplace, name));
    buttons.append(button("Open", open, { "aria-label": `Open ${name}` }));
  }
  buttons.append(
    button("Rename", run(() => renameSession(workplace, name, names)), {
      "aria-label": `Rename ${name}`,
      class: "action plain",
    }),
    button("Delete", run(() => deleteSession(workplace, name)), {
      "aria-label": `Delete ${name}`,
      class: "action plain",
    }),
  );
  const more = make("p", { class: "dim" }, figures.filter(Boolean).join(" · "));
  const text = make("div", { class: "row-text" }, title, more);
  return make("li", { class: "row", ...(here ? { "aria-current": "true" } : {}) }, text, buttons);
}

/** @param {Workplace} workplace @param {string} name */
async function openSession(workplace, name) {
  dialog().close();
  rememberSession(name);
  await workplace.open(name);
}

/**
 * @param {string[]} names that are taken
 * @returns {(name: string) => string}
 */
const newName = (names) => (name) => {
  if (!name) return "A session needs a name.";
  if (name.length > 100) return "A name has at most 100 characters.";
  return names.includes(name) ? "There is a session of that name." : "";
};

/** @param {Workplace} workplace @param {string[]} names */
async function makeSession(workplace, names) {
  const check = newName(names);
  const name = await askText({ title: "New session", label: "Name", yes: "Make it", check });
  if (name !== null) await openSession(workplace, name);
}

/** @param {Workplace} workplace @param {string} name @param {string[]} names */
async function renameSession(workplace, name, names) {
  const check = newName(names.filter((other) => other !== name));
  const title = `Rename “${name}”`;
  const to = await askText({ title, label: "New name", value: name, yes: "Rename", check });
  if (to === null || to === name) return;
  if (workplace.sandbox?.session.name !== name) {
    await Sandbox.sessions.rename(name, to);
    return;
  }
  // the one that is open has to be closed for it
  if (!(await endsPrograms(workplace, "Rename", "it is closed and opened again"))) return;
  if (!(await workplace.leave())) return;
  let now = name;
  try {
    await Sandbox.sessions.rename(name, to);
    rememberSession(to);
    now = to;
  } finally {
    await workplace.open(now);
  }
}

/**
 * Whether to go on although a program runs.
 * @param {Workplace} workplace @param {string} what @param {string} because
 */
async function endsPrograms(workplace, what, because) {
  if (!workplace.pty?.busy) return true;
  return confirmed({
    title: "A program is running",
    body: `It ends when the session is renamed: ${because}.`,
    yes: what,
    bad: true,
  });
}

/** @param {Workplace} workplace @param {string} name */
async function deleteSession(workplace, name) {
  const here = workplace.sandbox?.session.name === name;
  const sure = await confirmed({
    title: `Delete “${name}”?`,
    body: "All its files and snapshots are deleted from this browser. This cannot be undone.",
    yes: "Delete",
    bad: true,
  });
  if (!sure) return;
  if (!here) {
    await Sandbox.sessions.delete(name);
    return;
  }
  await replaceSession(workplace, name, DEFAULT_SESSION);
}

/** @param {Workplace} workplace */
async function resetSession(workplace) {
  const { name } = workplace.sandbox?.session ?? {};
  const sure = await confirmed({
    title: name ? `Start “${name}” anew?` : "Start anew?",
    body: "All its files and snapshots are deleted, and all programs end. This cannot be undone.",
    yes: "Delete all and start anew",
    bad: true,
  });
  if (sure) await replaceSession(workplace, name ?? null, workplace.name);
}

/**
 * Deletes the session that is open, and opens one.
 * @param {Workplace} workplace
 * @param {string | null} name null: nothing of it is stored
 * @param {string} next
 */
async function replaceSession(workplace, name, next) {
  const stored = name !== null && workplace.sandbox?.session.state !== "volatile";
  if (!(await workplace.leave({ save: false }))) return;
  try {
    if (stored) await Sandbox.sessions.delete(name);
    rememberSession(next);
    await workplace.open(next);
  } catch (error) {
    await workplace.open(/** @type {string} */ (name));
    throw error;
  }
}

/** @param {Workplace} workplace @param {string[]} names */
async function importSession(workplace, names) {
  const archive = await pickArchive();
  if (!archive) return;
  const name = await askText({
    title: "A new session from an archive",
    body: `${archive.name}, ${size(archive.size)}`,
    label: "Name",
    value: archive.name.replace(/\.(tar\.gz|tgz|tar)$/i, ""),
    yes: "Make it",
    check: newName(names),
  });
  if (name === null) return;
  dialog().close();
  rememberSession(name);
  await workplace.show(name, (options) => Sandbox.import(archive, { ...options, session: name }));
}

/** @returns {Promise<File | null>} */
function pickArchive() {
  return new Promise((resolve) => {
    const picker = /** @type {HTMLInputElement} */ (element("archive-file"));
    picker.value = "";
    picker.onchange = () => resolve(picker.files?.[0] ?? null);
    picker.oncancel = () => resolve(null);
    picker.click();
  });
}
