/** Asks the visitor when a program wants to reach a host outside: nothing is allowed before. */

import { hideNotice, showNotice } from "./notice.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("../tabux.js").Sandbox} Sandbox */

/** @param {Workplace} workplace */
export function askAboutHosts(workplace) {
  /** @type {Sandbox | null} */
  let watched = null;
  workplace.addEventListener("change", () => {
    const { sandbox } = workplace;
    if (sandbox === watched) return;
    watched = sandbox;
    hideNotice("network");
    if (sandbox) watch(workplace, sandbox);
  });
}

/** @param {Workplace} workplace @param {Sandbox} sandbox */
function watch(workplace, sandbox) {
  /** Hosts that the visitor does not want to be asked about any more. */
  const refused = new Set();
  const answered = () => {
    hideNotice("network");
    workplace.terminal?.focus();
  };
  sandbox.on("network", ({ action, allowed, host }) => {
    if (action !== "resolve" || allowed || !host?.includes(".") || refused.has(host)) return;
    showNotice("network", {
      title: `A program asks for ${host}.`,
      body:
        "Nothing outside can be reached from here unless you allow it. Your browser then asks that host, " +
        "without cookies, until this page is closed.",
      actions: [
        {
          label: `Allow ${host}`,
          run: () => {
            answered();
            void allow(sandbox, host);
          },
        },
        {
          label: "Not now",
          run: () => {
            refused.add(host);
            answered();
          },
        },
      ],
    });
  });
}

/** @param {Sandbox} sandbox @param {string} host */
async function allow(sandbox, host) {
  try {
    await sandbox.network.allow(host);
    showToast(`${host} can be asked now: try again.`);
  } catch (error) {
    showToast(error instanceof Error ? error.message : String(error), { bad: true });
  }
}
