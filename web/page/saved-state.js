/** What the header says at all times: whether the work is saved. A press shows more. */

import { element, make, setIcon } from "./dom.js";
import { count, sentence, size } from "./figures.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("../tabux.js").SessionState} SessionState */
/** @typedef {import("../tabux.js").Sandbox["session"]} Session */

/**
 * The words for each state, and what they mean.
 * @type {Record<SessionState, { text: string, meaning: string }>}
 */
const STATES = {
  saved: {
    text: "saved",
    meaning: "All files are saved in this browser. They are there again at the next visit.",
  },
  saving: {
    text: "saving",
    meaning: "The latest changes are being saved in this browser.",
  },
  unsaved: {
    text: "not saved",
    meaning: "The latest changes could not be saved. It is tried again by itself.",
  },
  volatile: {
    text: "not kept",
    meaning: "The files are in memory only. They are gone when this page is left.",
  },
  "read-only": {
    text: "read-only",
    meaning: "This is a copy. What is changed here is not kept.",
  },
};

/** @param {Workplace} workplace */
export function showSavedState(workplace) {
  /** @type {Session | null} */
  let watched = null;
  const update = () => show(watched);
  workplace.addEventListener("change", () => {
    const session = workplace.sandbox?.session ?? null;
    if (session === watched) return;
    watched?.removeEventListener("change", update);
    watched = session;
    watched?.addEventListener("change", update);
    update();
  });
}

/** @param {Session | null} session */
function show(session) {
  const button = element("saved");
  button.hidden = !session;
  if (!session) {
    element("saved-panel").hidePopover();
    return;
  }
  const { state, reason } = session;
  const { text } = STATES[state];
  const why = reason && state !== "read-only" ? `: ${reason}` : "";
  button.dataset.state = state;
  button.title = reason;
  setIcon(button, state);
  element("saved-text").textContent = text;
  element("saved-why").textContent = why;
  announce(state, `${text}${why}`);
  fill(session);
}

/**
 * For those who listen: only what is out of the ordinary is said, and its end.
 * @param {SessionState} state
 * @param {string} text
 */
function announce(state, text) {
  const spoken = element("saved-spoken");
  const calm = state === "saved" || state === "saving";
  if (!calm) spoken.textContent = text;
  else if (spoken.textContent && state === "saved") spoken.textContent = "saved";
}

/** @param {Session} session */
function fill({ name, state, reason, persisted, lost, usage }) {
  const panel = element("saved-panel-body");
  const list = make("dl", { class: "figures" });
  const row = (/** @type {string} */ term, /** @type {string} */ value) =>
    list.append(make("div", {}, make("dt", {}, term), make("dd", {}, value)));
  if (name !== null) row("Session", name);
  row("Files of your own", `${count(usage.files, "file")}, ${size(usage.bytes)}`);
  if (usage.quotaBytes > 0) row("Space in this browser", size(usage.quotaBytes));
  if (state !== "volatile") row("Kept when space is short", promise(persisted));
  const parts = [make("p", {}, STATES[state].meaning)];
  const warn = (/** @type {string} */ text) => parts.push(make("p", { class: "reason" }, text));
  if (reason) warn(sentence(reason));
  if (lost) warn("The browser has deleted what was saved here before.");
  panel.replaceChildren(...parts, list);
}

/** @param {boolean | null} persisted */
function promise(persisted) {
  if (persisted === null) return "the browser has not been asked yet";
  return persisted ? "yes, the browser has promised it" : "not promised: the browser may delete it";
}
