/** When an element begins: nothing is loaded before. */

/**
 * Calls `start` once, at the moment that the element's attribute `start` names: `load`, `visible`
 * (when it has been scrolled to), or, which is the default, `click`, where the element itself has
 * a button for it.
 * @param {HTMLElement} element
 * @param {() => void} start
 * @returns {() => void} gives up waiting
 */
export function whenWanted(element, start) {
  const when = element.getAttribute("start");
  if (when === "load") {
    start();
  } else if (when === "visible") {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      start();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }
  return () => {};
}
