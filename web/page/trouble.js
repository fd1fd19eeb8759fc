/** Why there is no sandbox, and the ways out. */

import { sentence } from "./figures.js";
import { showNotice, showState } from "./notice.js";
import { saveRaw } from "./outgoing.js";
import { showSessions } from "./sessions-menu.js";
import { DEFAULT_SESSION } from "./session-name.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("./notice.js").Notice} Notice */

/**
 * Says it.
 * @param {unknown} error as of `explain`
 * @param {Workplace} workplace
 */
export function showTrouble(error, workplace) {
  const { state, notice } = explain(error, workplace);
  if (state === "failed") console.error(error);
  showState(state);
  showNotice("trouble", notice);
}

/**
 * @param {unknown} error what opening the session threw, or the sandbox that has ended
 * @param {Workplace} workplace
 * @returns {{ state: string, notice: Notice }} for the corner of the page, and for the bar
 */
function explain(error, workplace) {
  const { name: session } = workplace;
  const message = error instanceof Error ? error.message : String(error);
  const another = { label: "Use another session", run: () => void showSessions(workplace) };
  const copy = { label: "Open a read-only copy", run: () => void workplace.open(session, "read") };
  const raw = { label: "Save it as it is stored", run: () => void saveRaw(session) };
  switch (error instanceof Error ? error.name : "") {
    case "SessionInUseError":
      return {
        state: "in use",
        notice: {
          title: `Another tab has the session “${session}” open.`,
          body: "One tab at a time can write to it. If you take over, the other one becomes read-only.",
          actions: [
            { label: "Take over", run: () => void workplace.open(session, "take-over") },
            copy,
            another,
          ],
          focus: true,
        },
      };
    case "SessionFormatError":
      return {
        state: "not opened",
        notice: {
          title: `The session “${session}” cannot be opened by this version of tabux.`,
          body: `${sentence(message)}\nIt has been left as it is.`,
          actions: [another, raw, { label: "Reload", run: () => location.reload() }],
          bad: true,
          focus: true,
        },
      };
    case "SessionDamagedError":
      return {
        state: "not opened",
        notice: {
          title: `Part of the session “${session}” cannot be read.`,
          body:
            `${sentence(message)}\nIt has been left as it is. ` +
            "What can be read of it is in the read-only copy.",
          actions: [copy, another, raw],
          bad: true,
          focus: true,
        },
      };
    case "InvalidArgumentError":
      return {
        state: "not opened",
        notice: {
          title: "There cannot be a session of that name.",
          body: message,
          actions: [
            { label: `Open “${DEFAULT_SESSION}”`, run: () => void workplace.open(DEFAULT_SESSION) },
            another,
          ],
          focus: true,
        },
      };
    default:
      return {
        state: "failed",
        notice: {
          title: "tabux has stopped.",
          body: message,
          actions: [{ label: "Reload", run: () => location.reload() }],
          bad: true,
          focus: true,
        },
      };
  }
}
