/** What the elements are made of: DOM within a shadow root, and how it looks. */

const CSS = `
:host {
  display: block; margin: 1em 0; color-scheme: dark;
  --tabux-background: #1b1e25; --tabux-raised: #262b35; --tabux-text: #d7dae0; --tabux-dim: #98a0b0;
  --tabux-accent: #98c379; --tabux-bad: #f08a92; --tabux-line: #363c49;
  --tabux-font: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 14px/1.5 var(--tabux-font);
}
:host([theme="light"]) {
  color-scheme: light;
  --tabux-background: #f8f9fb; --tabux-raised: #e8ebf0; --tabux-text: #24292f; --tabux-dim: #57606a;
  --tabux-accent: #2f7d32; --tabux-bad: #b3261e; --tabux-line: #d0d7de;
}
@media (prefers-color-scheme: light) {
  :host([theme="auto"]) {
    color-scheme: light;
    --tabux-background: #f8f9fb; --tabux-raised: #e8ebf0; --tabux-text: #24292f; --tabux-dim: #57606a;
    --tabux-accent: #2f7d32; --tabux-bad: #b3261e; --tabux-line: #d0d7de;
  }
}
:host([hidden]), [hidden] { display: none !important; }
.box {
  display: flex; flex-direction: column; height: 100%; overflow: hidden;
  background: var(--tabux-background); color: var(--tabux-text);
  border: 1px solid var(--tabux-line); border-radius: 6px;
}
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5em; padding: 0.3em 0.5em;
  background: var(--tabux-raised); font-family: system-ui, sans-serif; }
.status { margin-left: auto; color: var(--tabux-dim); }
.status.good { color: var(--tabux-accent); }
.status.bad { color: var(--tabux-bad); }
button { font: inherit; color: inherit; padding: 0.1em 0.8em; cursor: pointer;
  background: var(--tabux-background); border: 1px solid var(--tabux-line); border-radius: 4px; }
button:focus-visible, .code:focus-visible { outline: 2px solid var(--tabux-accent); outline-offset: -2px; }
pre { margin: 0; padding: 0.6em 0.8em; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; }
.output { max-height: 24em; overflow: auto; border-top: 1px solid var(--tabux-line); }
.output .stderr { color: var(--tabux-bad); }
.cover { flex: 1; overflow: auto; min-height: 0; padding: 0.6em 0.8em; white-space: pre-wrap; }
.screen { flex: 1; min-height: 0; padding: 0.3em 0 0.3em 0.5em; overflow: hidden; }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * A shadow root with the common style, which no policy against inline styles forbids.
 * @param {HTMLElement} host
 * @returns {ShadowRoot}
 */
export function styledRoot(host) {
  const root = host.attachShadow({ mode: "open" });
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  root.adoptedStyleSheets = [sheet];
  return root;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function part(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} label
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
export function button(label, act) {
  const made = part("button", { type: "button" }, label);
  made.addEventListener("click", act);
  return made;
}

/** A line that says how things are, to everybody. */
export class Status {
  element = part("span", { class: "status", role: "status" });

  /** @param {string} text @param {"" | "good" | "bad"} [how] */
  say(text, how = "") {
    this.element.textContent = text;
    this.element.className = `status ${how}`;
  }

  /** @param {import("../tabux.js").Progress} progress */
  progress = ({ phase, loaded, total }) => {
    this.say(total > 0 ? `${phase} … ${Math.floor((100 * loaded) / total)} %` : `${phase} …`);
  };

  /** @param {unknown} error */
  fail(error) {
    this.say(error instanceof Error ? error.message : String(error), "bad");
  }
}
