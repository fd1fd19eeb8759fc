/** The page without a network: its service worker, what that keeps, and the offer of a new version. */

import { button, element, make } from "./dom.js";
import { size } from "./figures.js";
import { showNotice } from "./notice.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {{ bytes: number, total: number, whole?: boolean, done?: boolean, alone?: boolean,
 *   taken?: boolean, error?: string }} Answer */

/** So long after the prompt the first visit's worker is made: what the visitor does first comes first. */
const AFTER_MS = 10_000;
/** How often a page that stays open asks whether there is a new version. */
const LOOK_MS = 3_600_000;

/** @type {Promise<ServiceWorkerRegistration> | undefined} */
let registering;

/** @param {Workplace} workplace */
export function bindOffline(workplace) {
  if (!("serviceWorker" in navigator)) {
    const why = isSecureContext ? "This browser does not offer it." : "It needs https.";
    say(make("p", { class: "dim" }, `Working offline is not possible here. ${why}`));
    return;
  }
  const panel = element("settings");
  panel.addEventListener("toggle", () => {
    if (panel.matches(":popover-open")) void showState();
  });
  const begin = () => {
    if (!workplace.pty) return;
    workplace.removeEventListener("change", begin);
    const known = navigator.serviceWorker.controller !== null;
    setTimeout(() => void watch(workplace), known ? 0 : AFTER_MS);
  };
  workplace.addEventListener("change", begin);
}

/** @param {Workplace} workplace tells of new versions from now on */
async function watch(workplace) {
  try {
    const registration = await register();
    offerUpdate(workplace, registration);
    setInterval(() => void registration.update().catch(() => {}), LOOK_MS);
  } catch (error) {
    console.info("tabux: no service worker:", error); // the panel tells who asks
  }
}

/** @returns {Promise<ServiceWorkerRegistration>} */
function register() {
  const url = new URL("./service-worker.js", document.baseURI);
  // (updates are looked for at each visit: its script is never taken from the browser's cache)
  registering ??= navigator.serviceWorker.register(url, { updateViaCache: "none" });
  registering.catch(() => {
    registering = undefined;
  });
  return registering;
}

/** @param {Workplace} workplace @param {ServiceWorkerRegistration} registration */
function offerUpdate(workplace, registration) {
  const offer = (/** @type {ServiceWorker} */ waiting) =>
    showNotice("update", {
      title: "There is a new version of tabux.",
      body: "Loading it ends the programs that run here. Files stay as they are.",
      actions: [{ label: "Load the new version", run: () => void update(workplace, waiting) }],
      dismissable: true,
    });
  const look = (/** @type {ServiceWorker | null} */ worker) => {
    if (!worker) return;
    const ready = () => {
      // (the first one of all is no update)
      if (worker.state === "installed" && navigator.serviceWorker.controller) offer(worker);
    };
    worker.addEventListener("statechange", ready);
    ready();
  };
  look(registration.waiting);
  look(registration.installing);
  registration.addEventListener("updatefound", () => look(registration.installing));
}

/** @param {Workplace} workplace @param {ServiceWorker} waiting */
async function update(workplace, waiting) {
  const { alone } = await ask(waiting, "alone");
  if (!alone) {
    return showToast("Other tabs have the old version open: close them, then press again.", { bad: true });
  }
  // (no page is left with files of both)
  if (!(await workplace.leave())) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  const { taken } = await ask(waiting, "update");
  if (!taken) location.reload(); // another tab has come meanwhile: it is offered again
}

/** Tells in the panel what is kept, with a button for the rest. */
async function showState() {
  try {
    const worker = await active();
    const { bytes, total, whole } = await ask(worker, "state");
    const text = whole
      ? `Everything is kept in this browser (${size(total)}): tabux works offline.`
      : "tabux starts offline. Programs that were used are kept; " +
        `all of them take ${size(total)}, of which ${size(total - bytes)} are missing.`;
    const act = whole
      ? button("Forget it", () => void change(worker, "forget"), { class: "action plain" })
      : button("Keep everything offline", () => void change(worker, "keep"));
    say(make("p", { id: "offline-text", role: "status" }, text), act);
  } catch (error) {
    tellFailure(error);
  }
}

/** @param {ServiceWorker} worker @param {"keep" | "forget"} what */
async function change(worker, what) {
  const text = make("p", { id: "offline-text" }, "Loading …");
  const bar = make("progress", { class: "progress", max: "1", "aria-label": "Loading everything" });
  say(text, bar);
  try {
    await ask(worker, what, ({ bytes, total }) => {
      text.textContent = `Loading: ${size(bytes)} of ${size(total)}`;
      bar.value = bytes / total;
    });
    await showState();
  } catch (error) {
    tellFailure(error);
  }
}

/** @returns {Promise<ServiceWorker>} the worker, made now if it has to be */
async function active() {
  const registration = await register();
  if (!registration.active) say(make("p", {}, "Preparing to work offline …"));
  const ended = new Promise((_, reject) => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "redundant" && !registration.active) reject(new Error("not all of the site came"));
    });
  });
  const ready = await Promise.race([navigator.serviceWorker.ready, ended]);
  return /** @type {ServiceWorker} */ (/** @type {ServiceWorkerRegistration} */ (ready).active);
}

/**
 * @param {ServiceWorker} worker
 * @param {"state" | "keep" | "forget" | "alone" | "update"} question
 * @param {(answer: Answer) => void} [onProgress]
 * @returns {Promise<Answer>}
 */
function ask(worker, question, onProgress) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      if (data.error) reject(new Error(data.error));
      else if (data.done || "taken" in data || "alone" in data) resolve(data);
      else return void onProgress?.(data);
      port1.close();
    };
    worker.postMessage({ ask: question }, [port2]);
  });
}

/** @param {unknown} error */
function tellFailure(error) {
  registering = undefined;
  const why = error instanceof Error ? error.message : String(error);
  say(
    make("p", { class: "wrong", role: "alert" }, `Working offline: ${why}`),
    button("Try again", () => void showState(), { class: "action plain" }),
  );
}

/** @param {...HTMLElement} content */
function say(...content) {
  element("offline").replaceChildren(...content);
}
