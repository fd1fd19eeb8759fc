/** The panel of the settings. */

import { element, make } from "./dom.js";
import { ring } from "./bell.js";
import { FONT_SIZES } from "./settings.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./settings.js").Choices} Choices */

/** @type {{ [Name in "theme" | "bell"]: { label: string, values: Record<Choices[Name], string> } }} */
const CHOICES = {
  theme: { label: "Theme", values: { system: "As the system's", light: "Light", dark: "Dark" } },
  bell: { label: "Bell", values: { off: "Off", flash: "Flash", sound: "Sound" } },
};

/** @param {Settings} settings */
export function bindSettingsPanel(settings) {
  const size = make("output", { id: "font-size", "aria-live": "polite" });
  const step = (/** @type {string} */ text, /** @type {string} */ label, /** @type {number} */ by) => {
    const made = make("button", { type: "button", class: "action plain", "aria-label": label }, text);
    made.addEventListener("click", () => settings.choose({ fontSize: settings.choices.fontSize + by }));
    return made;
  };
  const smaller = step("−", "Smaller", -1);
  const larger = step("+", "Larger", 1);
  const sizes = make("div", { class: "steps", role: "group", "aria-label": "Font size" }, smaller, size, larger);
  const row = make("div", { class: "setting" }, make("span", {}, "Font size"), sizes);
  const theme = picker("theme", settings);
  const bell = picker("bell", settings);
  bell.addEventListener("change", () => ring(settings.choices.bell));
  element("settings-body").append(row, labelled("theme", theme), labelled("bell", bell));
  const show = () => {
    const { choices } = settings;
    size.textContent = `${choices.fontSize}`;
    smaller.disabled = choices.fontSize <= FONT_SIZES.least;
    larger.disabled = choices.fontSize >= FONT_SIZES.most;
    theme.value = choices.theme;
    bell.value = choices.bell;
  };
  settings.addEventListener("change", show);
  show();
}

/** @param {"theme" | "bell"} name @param {Settings} settings */
function picker(name, settings) {
  const made = make("select", { class: "field" });
  for (const [value, text] of Object.entries(CHOICES[name].values)) made.append(make("option", { value }, text));
  made.addEventListener("change", () => settings.choose({ [name]: made.value }));
  return made;
}

/** @param {"theme" | "bell"} name @param {HTMLElement} control */
function labelled(name, control) {
  return make("label", { class: "setting" }, make("span", {}, CHOICES[name].label), control);
}
