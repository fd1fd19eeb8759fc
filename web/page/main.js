/** Puts the page together: the terminal, the session on it, and what the header offers. */

import { BROWSERS, isSupported } from "../client/support.js";
import { followTheme } from "./appearance.js";
import { element } from "./dom.js";
import { takeFiles } from "./drop.js";
import { askBeforeLeaving } from "./leave.js";
import { askAboutHosts } from "./network-notices.js";
import { bindOffline } from "./offline.js";
import { showNotice, showState } from "./notice.js";
import { hideProgress } from "./progress.js";
import { showSavedState } from "./saved-state.js";
import { bindScreenReaderMode } from "./screen-reader.js";
import { wantedSession } from "./session-name.js";
import { Settings } from "./settings.js";
import { bindSettingsPanel } from "./settings-panel.js";
import { bindShareDialog } from "./share-dialog.js";
import { takeSharedLinks } from "./shared-link.js";
import { tellOfSiteFiles } from "./site-files.js";
import { tellOfSession } from "./session-notices.js";
import { bindSessionsMenu } from "./sessions-menu.js";
import { showTrouble } from "./trouble.js";
import { Workplace } from "./workplace.js";

/**
 * For tests and for the curious: what is on the page.
 * @type {{ terminal?: import("@xterm/xterm").Terminal, sandbox?: import("../tabux.js").Sandbox,
 *   pty?: import("../tabux.js").Pty }}
 */
const tabux = {};
Object.assign(window, { tabux });

const settings = new Settings();
followTheme(settings);
bindSettingsPanel(settings);
if (isSupported()) start();
else refuse();

function start() {
  // xterm.js loads while the kernel does
  const place = element("terminal");
  const opening = import("./terminal.js").then(({ openTerminal }) => openTerminal(place, settings));
  const workplace = new Workplace(opening, showTrouble);
  workplace.addEventListener("change", () => {
    tabux.sandbox = workplace.sandbox ?? undefined;
    tabux.pty = workplace.pty ?? undefined;
  });
  bindSessionsMenu(workplace);
  showSavedState(workplace);
  tellOfSession(workplace);
  takeFiles(workplace);
  tellOfSiteFiles(workplace);
  bindShareDialog(workplace);
  takeSharedLinks(workplace);
  bindOffline(workplace);
  askAboutHosts(workplace);
  askBeforeLeaving(workplace);
  void workplace.open(wantedSession());
  opening.then((terminal) => {
    tabux.terminal = terminal;
    bindScreenReaderMode(terminal);
    // what is typed from now on is kept for the shell; a page within another waits to be asked
    if (window === top) terminal.focus();
  }, () => {}); // the workplace tells of it
}

function refuse() {
  hideProgress();
  showState("not supported");
  showNotice("trouble", {
    title: "This browser cannot run tabux.",
    body:
      "It lacks WebAssembly JavaScript Promise Integration (JSPI), by which programs wait.\n" +
      `Please use ${BROWSERS}, or newer.`,
    bad: true,
  });
}
