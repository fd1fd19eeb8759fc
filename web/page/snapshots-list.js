/** The snapshots of the session that is open, within the dialog of sessions. */

import { askText, confirmed } from "./ask.js";
import { button, make } from "./dom.js";
import { ago, count, size } from "./figures.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("../tabux.js").SnapshotInfo} SnapshotInfo */

/**
 * @param {Workplace} workplace with a sandbox
 * @param {(work: () => Promise<unknown>) => void} run does what a button says, and fills the dialog
 * @returns {Promise<HTMLElement>}
 */
export async function snapshotsSection(workplace, run) {
  const snapshots = (await workplace.sandbox?.snapshots.list()) ?? [];
  const section = make(
    "section",
    { class: "snapshots" },
    make("h4", { class: "section-title" }, "Snapshots"),
    make("p", { class: "dim" }, "The files as they were at a moment. Programs are not part of it."),
  );
  if (snapshots.length) {
    const items = snapshots.toReversed().map((snapshot) => item(workplace, snapshot, run));
    section.append(make("ul", { class: "rows", "aria-label": "Snapshots" }, ...items));
  }
  const takeButton = button("Make a snapshot", () => run(() => take(workplace)), {
    class: "action plain",
  });
  section.append(make("div", { class: "actions" }, takeButton));
  return section;
}

/** @param {SnapshotInfo} snapshot */
function title({ name, createdMs }) {
  if (name) return name;
  return new Date(createdMs).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}

/**
 * @param {Workplace} workplace
 * @param {SnapshotInfo} snapshot
 * @param {(work: () => Promise<unknown>) => void} run
 */
function item(workplace, snapshot, run) {
  const called = title(snapshot);
  const { createdMs, files, bytes } = snapshot;
  const figures = `${ago(createdMs)} · ${count(files, "file")} · ${size(bytes)}`;
  return make(
    "li",
    { class: "row" },
    make(
      "div",
      { class: "row-text" },
      make("p", { class: "row-title" }, make("span", {}, called)),
      make("p", { class: "dim" }, figures),
    ),
    make(
      "div",
      { class: "row-actions" },
      button("Restore", () => run(() => restore(workplace, snapshot)), {
        "aria-label": `Restore ${called}`,
        class: "action plain",
      }),
      button("Delete", () => run(() => remove(workplace, snapshot)), {
        "aria-label": `Delete ${called}`,
        class: "action plain",
      }),
    ),
  );
}

/** @param {Workplace} workplace */
async function take(workplace) {
  const name = await askText({
    title: "Make a snapshot",
    label: "Name (it may be left out)",
    yes: "Make it",
  });
  if (name !== null) await workplace.sandbox?.snapshot({ name });
}

/** @param {Workplace} workplace @param {SnapshotInfo} snapshot */
async function restore(workplace, snapshot) {
  const sure = await confirmed({
    title: `Restore “${title(snapshot)}”?`,
    body: "All files become what they were then: what was changed since is lost. All programs end.",
    yes: "Restore",
    bad: true,
  });
  if (sure) await workplace.restore(snapshot.id);
}

/** @param {Workplace} workplace @param {SnapshotInfo} snapshot */
async function remove(workplace, snapshot) {
  const sure = await confirmed({
    title: `Delete the snapshot “${title(snapshot)}”?`,
    body: "The files as they are now stay.",
    yes: "Delete",
    bad: true,
  });
  if (sure) await workplace.sandbox?.snapshots.delete(snapshot.id);
}
