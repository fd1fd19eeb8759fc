/** Notices about what has become of the session that is open. */

import { sentence } from "./figures.js";
import { hideNotice, showNotice } from "./notice.js";
import { saveSession } from "./outgoing.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */

/** @param {Workplace} workplace */
export function tellOfSession(workplace) {
  /** @type {import("../tabux.js").Sandbox | null} */
  let watched = null;
  workplace.addEventListener("change", () => {
    const { sandbox } = workplace;
    if (sandbox === watched) return;
    watched = sandbox;
    if (sandbox) watch(workplace, sandbox);
  });
}

/**
 * @param {Workplace} workplace
 * @param {import("../tabux.js").Sandbox} sandbox
 */
function watch(workplace, { session }) {
  const { name } = session;
  const save = { label: "Save as .tar.gz", run: () => void saveSession(workplace) };
  let before = "";
  if (session.lost) {
    showNotice("lost", {
      title: "The browser has deleted what was saved here.",
      body:
        `The session “${name}” was saved in this browser at an earlier visit and is not there now. ` +
        "Browsers delete what sites have stored when space is short, or when they are told to.",
      bad: true,
      dismissable: true,
    });
  }
  const update = () => {
    const { state, reason } = session;
    if (state === before) return;
    const first = before === "";
    before = state;
    if (state === "volatile" && name !== null) {
      showNotice("session", {
        title: "What you do here is not kept.",
        body: `${sentence(reason)}\nYou can work as usual, and save your files before you leave.`,
        actions: [save],
        dismissable: true,
      });
    } else if (state === "unsaved") {
      showNotice("session", {
        title: "Your latest changes are not saved.",
        body: `${sentence(reason)}\nNothing is lost yet: it is tried again while this page is open.`,
        actions: [save],
        bad: true,
        dismissable: true,
      });
    } else if (state === "read-only" && first) {
      showNotice("session", {
        title: `This is a read-only copy of “${name}”.`,
        body: "What you change here is not kept.",
        actions: [takeOver(workplace, "Take over")],
        dismissable: true,
      });
    } else if (state === "read-only") {
      showNotice("session", {
        title: "Another tab has taken over this session.",
        body: "What you change here from now on is not kept. All until then was saved.",
        actions: [takeOver(workplace, "Take back"), save],
        bad: true,
        dismissable: true,
      });
    } else if (state === "saved") {
      hideNotice("session");
    }
  };
  session.addEventListener("change", update);
  update();
}

/** @param {Workplace} workplace @param {string} label */
function takeOver(workplace, label) {
  return { label, run: () => void workplace.open(workplace.name, "take-over") };
}
