/**
 * The bar below the terminal that says what has happened and offers what can be done about it. Of
 * several notices the latest is seen; when it goes, the one before is seen again.
 */

import { button, element } from "./dom.js";

/**
 * @typedef {object} Action
 * @property {string} label
 * @property {() => void} run
 *
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} [body]
 * @property {boolean} [bad] Something went wrong.
 * @property {Action[]} [actions] The buttons, the best way out first.
 * @property {boolean} [dismissable] Has a button that closes it.
 * @property {boolean} [focus] Nothing else can be done: the first button gets the keyboard.
 */

/** @type {Map<string, Notice>} What is to be seen, by what it is about; the last one is on top. */
const notices = new Map();

/**
 * @param {string} about A notice about the same thing is replaced.
 * @param {Notice} notice
 */
export function showNotice(about, notice) {
  notices.delete(about);
  notices.set(about, notice);
  show();
}

/** @param {string} about */
export function hideNotice(about) {
  if (notices.delete(about)) show();
}

/** Nothing is to be said any more. */
export function hideNotices() {
  notices.clear();
  show();
}

function show() {
  const bar = element("notice");
  const buttons = element("notice-actions");
  const [about, notice] = [...notices].at(-1) ?? [];
  bar.hidden = !notice;
  buttons.replaceChildren();
  if (about === undefined || !notice) return;
  const { title, body = "", bad = false, actions = [], dismissable, focus } = notice;
  element("notice-title").textContent = title;
  element("notice-body").textContent = body;
  bar.classList.toggle("bad", bad);
  buttons.append(...actions.map(({ label, run }) => button(label, run)));
  if (dismissable) {
    buttons.append(button("Close", () => hideNotice(about), { class: "action plain" }));
  }
  if (focus) buttons.querySelector("button")?.focus();
}

/** @param {string} state A word or two for the corner; "ready" is only said, not shown. */
export function showState(state) {
  const corner = element("state");
  corner.textContent = state;
  corner.classList.toggle("unseen", state === "ready");
}
