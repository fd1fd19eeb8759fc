/** Questions, in a dialog over the page. */

import { button, make } from "./dom.js";

/**
 * @typedef {object} Choice
 * @property {string} label
 * @property {boolean} [bad] It destroys something.
 *
 * @typedef {object} Question
 * @property {string} title
 * @property {string} [body]
 * @property {Choice[]} choices The first is what Enter means. There is always a way back besides.
 * @property {string} [back] How that is called; "Cancel" if not given.
 * @property {{ label: string, value: string, check: (text: string) => string }} [field] A line to
 *   type in; `check` answers what is wrong with it, or "".
 */

/**
 * Asks, and gives the keyboard back to where it was.
 * @param {Question} question
 * @returns {Promise<{ choice: number, text: string } | null>} null: neither
 */
export function ask({ title, body, choices, back = "Cancel", field }) {
  const before = document.activeElement;
  const heading = make("h2", { id: "ask-title", class: "dialog-title" }, title);
  const wrong = make("p", { class: "wrong", role: "alert", id: "ask-wrong" });
  const input = make("input", { class: "field", autocomplete: "off", spellcheck: "false" });
  const dialog = make("dialog", { class: "dialog ask", "aria-labelledby": "ask-title" });
  return new Promise((resolve) => {
    /** @type {{ choice: number, text: string } | null} */
    let answer = null;
    const choose = (/** @type {number} */ choice) => {
      const text = input.value.trim();
      wrong.textContent = field ? field.check(text) : "";
      if (wrong.textContent) return input.focus();
      answer = { choice, text };
      dialog.close();
    };
    const form = make("form", { class: "ask-form" }, heading);
    if (body) {
      form.append(make("p", { id: "ask-body", class: "ask-body" }, body));
      dialog.setAttribute("aria-describedby", "ask-body");
    }
    if (field) {
      input.value = field.value;
      input.setAttribute("aria-describedby", "ask-wrong");
      form.append(make("label", { class: "labelled" }, field.label, input), wrong);
    }
    const buttons = choices.map(({ label, bad }, i) =>
      button(label, () => choose(i), bad ? { class: "action danger" } : {}),
    );
    buttons.push(button(back, () => dialog.close(), { class: "action plain" }));
    form.append(make("div", { class: "actions" }, ...buttons));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      choose(0);
    });
    dialog.append(form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    // what destroys something is not to be done by a hasty Enter
    if (field) input.select();
    else if (choices[0].bad) /** @type {HTMLElement} */ (form.querySelector(".plain")).focus();
    else buttons[0].focus();
  });
}

/**
 * A question of yes or no.
 * @param {{ title: string, body?: string, yes: string, bad?: boolean, back?: string }} question
 * @returns {Promise<boolean>}
 */
export async function confirmed({ title, body, yes, bad = false, back }) {
  return (await ask({ title, body, back, choices: [{ label: yes, bad }] })) !== null;
}

/**
 * A question for a line of text.
 * @param {{ title: string, body?: string, label: string, value?: string, yes: string,
 *   check?: (text: string) => string }} question
 * @returns {Promise<string | null>} null: none was given
 */
export async function askText({ title, body, label, value = "", yes, check = () => "" }) {
  const field = { label, value, check };
  const answer = await ask({ title, body, choices: [{ label: yes }], field });
  return answer ? answer.text : null;
}
