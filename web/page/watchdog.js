// A classic script, which runs where modules do not come: it tells why the page stands still. When the page's
// module runs, there is `window.tabux`, and others tell of what goes wrong.
(function () {
  var STILL_MS = 10000;
  var said = false;

  /** @param {string} title @param {string} body */
  function say(title, body) {
    if (said || "tabux" in window) return;
    said = true;
    /** @param {string} id */
    var element = function (id) {
      return /** @type {HTMLElement} */ (document.getElementById(id));
    };
    element("loading").hidden = true;
    element("state").textContent = "failed";
    element("notice-title").textContent = title;
    element("notice-body").textContent = body;
    element("notice").classList.add("bad");
    var reload = document.createElement("button");
    reload.type = "button";
    reload.className = "action";
    reload.textContent = "Reload";
    reload.addEventListener("click", function () {
      location.reload();
    });
    element("notice-actions").replaceChildren(reload);
    element("notice").hidden = false;
  }

  /** @param {string} address */
  function whyNot(address) {
    if (location.protocol === "file:") {
      return "The page was opened as a file. Browsers load modules only from a server: " +
        "run one, for example python3 -m http.server, and open its address.";
    }
    var cause = "The site lacks the file, or its server sends it with a type that is not JavaScript's " +
      "(Content-Type: text/javascript), or the network is down.";
    if (location.origin === "null" || self.origin === "null") {
      cause = "This is a frame without an origin (sandbox without allow-same-origin): " +
        "the server must allow other origins (Access-Control-Allow-Origin).";
    }
    return address + " could not be loaded. " + cause;
  }

  addEventListener("error", function (event) {
    var script = event.target;
    if (script instanceof HTMLScriptElement) {
      say("tabux cannot start.", whyNot(script.src));
    } else if (event instanceof ErrorEvent && event.message) {
      say("tabux cannot start.", event.message + " (" + event.filename + ")");
    }
  }, true);

  setTimeout(function () {
    say("tabux has not started yet.", "Its scripts have not come after ten seconds. " +
      "The network may be slow or blocked; loading goes on.");
  }, STILL_MS);
})();
