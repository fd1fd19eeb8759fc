/** What the visitor has chosen: remembered by the browser for this site, and followed by all tabs of it. */

/**
 * @typedef {object} Choices
 * @property {number} fontSize of the terminal, CSS pixels
 * @property {"system" | "light" | "dark"} theme
 * @property {"off" | "flash" | "sound"} bell what ^G does
 */

/** Sites on one origin have settings of their own. */
const KEY = `tabux settings ${new URL("./", document.baseURI).href}`;
export const FONT_SIZES = { least: 8, most: 32 };
const THEMES = ["system", "light", "dark"];
const BELLS = ["off", "flash", "sound"];

/** @type {Choices} */
const DEFAULTS = { fontSize: 14, theme: "system", bell: "flash" };

/** The choices as they are; a `change` event tells of others. */
export class Settings extends EventTarget {
  /** @type {Choices} */
  #choices = DEFAULTS;

  constructor() {
    super();
    this.#choices = remembered();
    addEventListener("storage", (event) => {
      if (event.key !== KEY) return;
      this.#choices = remembered();
      this.dispatchEvent(new Event("change"));
    });
  }

  /** @returns {Readonly<Choices>} */
  get choices() {
    return this.#choices;
  }

  /** @param {Partial<Choices>} some what is not valid among them is ignored */
  choose(some) {
    this.#choices = valid({ ...this.#choices, ...some });
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#choices));
    } catch {
      // refused for this page: it is for this visit
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** @returns {Choices} */
function remembered() {
  try {
    return valid(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    return DEFAULTS; // refused, or not what this version has written
  }
}

/** @param {any} some @returns {Choices} */
function valid(some) {
  const { fontSize, theme, bell } = { ...some };
  const size = Math.round(Number(fontSize));
  const { least, most } = FONT_SIZES;
  return {
    fontSize: size ? Math.min(Math.max(size, least), most) : DEFAULTS.fontSize,
    theme: THEMES.includes(theme) ? theme : DEFAULTS.theme,
    bell: BELLS.includes(bell) ? bell : DEFAULTS.bell,
  };
}
