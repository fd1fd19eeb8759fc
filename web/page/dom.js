/** Elements: those that index.html has, and new ones. */

/**
 * The element of that id, which index.html has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * A button.
 * @param {string} label
 * @param {() => void} run what it does
 * @param {Record<string, string>} [attributes]
 * @returns {HTMLButtonElement}
 */
export function button(label, run, attributes = {}) {
  const made = make("button", { type: "button", class: "action", ...attributes }, label);
  made.addEventListener("click", run);
  return made;
}

/**
 * Shows another of the pictures of index.html.
 * @param {HTMLElement} holder has an <svg> with a <use>
 * @param {string} name of the symbol, without "icon-"
 */
export function setIcon(holder, name) {
  holder.querySelector("use")?.setAttribute("href", `#icon-${name}`);
}
