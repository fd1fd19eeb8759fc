/**
 * Scrolling by touch, which xterm.js 6.0 lacks (xtermjs/xterm.js#5489). The CSS leaves these gestures
 * to this module.
 */

/** What is left of the speed after one millisecond, when the finger has gone. */
const FRICTION = 0.996;
/** Below this speed it stands still, pixels per millisecond. */
const SLOWEST = 0.05;
/** A finger that rests this long before it goes has thrown nothing, milliseconds. */
const REST_MS = 60;

/**
 * @param {import("@xterm/xterm").Terminal} terminal opened
 * @param {HTMLElement} place its element
 */
export function bindTouch(terminal, place) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {number | null} the finger */
  let finger = null;
  let lastY = 0;
  let lastMs = 0;
  let speed = 0;
  let rest = 0;
  let frame = 0;

  /**
   * @param {number} pixels that the text is to move down by
   * @param {EventTarget} target below the finger
   */
  const move = (pixels, target) => {
    const rowHeight = place.clientHeight / terminal.rows;
    rest += pixels / rowHeight;
    const lines = Math.trunc(rest);
    rest -= lines;
    if (lines) scroll(terminal, -lines, target);
  };

  const glide = (/** @type {EventTarget} */ target) => {
    let before = performance.now();
    const step = (/** @type {number} */ now) => {
      const ms = Math.max(now - before, 0);
      before = now;
      move(speed * ms, target);
      speed *= FRICTION ** ms;
      if (Math.abs(speed) > SLOWEST) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  };

  place.addEventListener("touchstart", ({ touches }) => {
    cancelAnimationFrame(frame);
    finger = touches.length === 1 ? touches[0].identifier : null;
    lastY = touches[0].clientY;
    lastMs = performance.now();
    speed = rest = 0;
  }, { passive: true });

  place.addEventListener("touchmove", ({ changedTouches }) => {
    const touch = [...changedTouches].find(({ identifier }) => identifier === finger);
    if (!touch) return;
    const now = performance.now();
    const pixels = touch.clientY - lastY;
    speed = 0.7 * (pixels / Math.max(now - lastMs, 1)) + 0.3 * speed;
    lastY = touch.clientY;
    lastMs = now;
    move(pixels, touch.target);
  }, { passive: true });

  place.addEventListener("touchend", ({ changedTouches }) => {
    const touch = [...changedTouches].find(({ identifier }) => identifier === finger);
    if (!touch) return;
    finger = null;
    if (performance.now() - lastMs < REST_MS && !calm.matches) glide(touch.target);
  }, { passive: true });

  place.addEventListener("touchcancel", () => {
    finger = null;
  }, { passive: true });
}

/**
 * @param {import("@xterm/xterm").Terminal} terminal
 * @param {number} lines down the text
 * @param {EventTarget} target
 */
function scroll(terminal, lines, target) {
  if (terminal.modes.mouseTrackingMode === "none" && terminal.buffer.active.type === "normal") {
    terminal.scrollLines(lines);
    return;
  }
  // programs that fill the screen get what a wheel would give them
  const rect = /** @type {Element} */ (target).getBoundingClientRect();
  target.dispatchEvent(
    new WheelEvent("wheel", {
      bubbles: true,
      cancelable: true,
      deltaMode: WheelEvent.DOM_DELTA_LINE,
      deltaY: lines,
      clientX: rect.left + rect.width / 2,
      clientY: rect.top + rect.height / 2,
    }),
  );
}
