/** The browser's question before the page is left: only where something would be lost. */

/** @typedef {import("./workplace.js").Workplace} Workplace */

/** @param {Workplace} workplace */
export function askBeforeLeaving(workplace) {
  addEventListener("beforeunload", (event) => {
    if (wouldLose(workplace)) event.preventDefault();
  });
}

/**
 * Something is not on disk, will never be, or a job runs in the foreground. (Ctrl+W, which deletes a
 * word in a shell, closes the tab: this is what stands between.)
 * @param {Pick<Workplace, "sandbox" | "pty">} workplace
 */
export function wouldLose({ sandbox, pty }) {
  if (!sandbox) return false;
  const { state, written } = sandbox.session;
  return state === "saving" || state === "unsaved" || written || Boolean(pty?.busy);
}
