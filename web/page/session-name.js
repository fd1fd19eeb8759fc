/** Which session the page opens: the one that its address names, else the one picked last. */

const DEFAULT = "default";
/** Sites on one origin have choices of their own. */
const KEY = `tabux page ${new URL("./", document.baseURI).href}`;
const PARAMETER = "session";

/** @returns {string} */
export function wantedSession() {
  return new URLSearchParams(location.search).get(PARAMETER) || lastPicked() || DEFAULT;
}

/** @returns {string | null} */
function lastPicked() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // refused for this page
  }
}

/**
 * The visitor has picked a session: it is the one after a reload too.
 * @param {string} name
 */
export function rememberSession(name) {
  const url = new URL(location.href);
  if (url.searchParams.has(PARAMETER)) {
    url.searchParams.set(PARAMETER, name);
    history.replaceState(history.state, "", url);
  }
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // refused: the next visit begins with the default one
  }
}

export { DEFAULT as DEFAULT_SESSION };
