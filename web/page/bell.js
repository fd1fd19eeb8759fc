/** What the terminal's bell (^G) does: a flash of the frame, a short sound, or nothing. */

import { element } from "./dom.js";

const FLASH_MS = 150;
/** A program that rings all the time is heard as often as that, milliseconds. */
const REST_MS = 250;
const HERTZ = 660;
const SECONDS = 0.12;
const LOUDNESS = 0.08;

/** @type {AudioContext | undefined} */
let audio;

/**
 * @param {import("@xterm/xterm").Terminal} terminal
 * @param {import("./settings.js").Settings} settings
 */
export function bindBell(terminal, settings) {
  let rungMs = -Infinity;
  terminal.onBell(() => {
    const now = performance.now();
    if (now - rungMs < REST_MS) return;
    rungMs = now;
    ring(settings.choices.bell);
  });
}

/** @param {import("./settings.js").Choices["bell"]} bell */
export function ring(bell) {
  if (bell === "flash") flash();
  else if (bell === "sound") sound();
}

function flash() {
  const frame = element("frame");
  frame.classList.add("rung");
  setTimeout(() => frame.classList.remove("rung"), FLASH_MS);
}

function sound() {
  // (silent until the visitor has pressed a key: browsers want it so)
  audio ??= new AudioContext();
  const { currentTime, destination } = audio;
  const tone = new OscillatorNode(audio, { frequency: HERTZ });
  const volume = new GainNode(audio, { gain: LOUDNESS });
  volume.gain.exponentialRampToValueAtTime(0.001, currentTime + SECONDS);
  tone.connect(volume).connect(destination);
  tone.start();
  tone.stop(currentTime + SECONDS);
}
