"""Firefox for tests: browsers with a profile on disk and their pages, by driver.mjs.

`FirefoxPage` has the methods of Playwright's Page that `tests.browser.pages` uses, so that
`SandboxPage` and `TerminalPage` work with both browsers.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

from tests.browser.pages import CONFIG

SCRIPT = Path(__file__).with_name("driver.mjs")
#: Seconds to start or end a browser, which is slow on a busy machine.
BROWSER_TIMEOUT = 60
#: Seconds that a request may take beyond the time that it was given itself.
GRACE = 20


class DriverError(Error):
    """A request failed: the message is the browser's or Puppeteer's."""


class Driver:
    """One process of driver.mjs."""

    def __init__(self, firefox: str) -> None:
        self._process = subprocess.Popen(
            ["node", str(SCRIPT), firefox], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._last = 0
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def request(self, method: str, timeout: float, **params: object) -> Any:
        """The result of one of driver.mjs's methods.

        Raises:
            DriverError: it failed, or did not answer within so many seconds.
        """
        assert self._process.stdin
        self._last += 1
        line = json.dumps({"id": self._last, "method": method, "params": params})
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        while True:
            try:
                line = self._answers.get(timeout=timeout)
            except queue.Empty:
                raise DriverError(f"{method}: no answer within {timeout} s") from None
            if not line:
                status = self._process.wait()
                raise DriverError(f"{method}: the driver has ended with status {status}")
            answer = json.loads(line)
            if answer["id"] != self._last:
                continue  # the late answer to a request that was given up
            if "error" in answer:
                raise DriverError(f"{method}: {answer['error']}")
            return answer["result"]

    def launch(self, profile: Path) -> Firefox:
        """A new browser process on a profile directory, which keeps what pages store."""
        return Firefox(self, profile)

    def close(self) -> None:
        """End the driver and the browsers it still has."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(BROWSER_TIMEOUT)


class Firefox:
    """A browser process. Its pages are tabs of one window and share the profile's storage."""

    def __init__(self, driver: Driver, profile: Path) -> None:
        self._driver = driver
        self._profile = profile
        self._start()

    def _start(self) -> None:
        self._browser = self._driver.request("launch", BROWSER_TIMEOUT, profile=str(self._profile))

    def open(self) -> FirefoxPage:
        """A new tab."""
        number = self._driver.request("open", BROWSER_TIMEOUT, browser=self._browser)
        return FirefoxPage(self._driver, number)

    def close(self) -> None:
        """End it as a user does."""
        self._driver.request("close", BROWSER_TIMEOUT, browser=self._browser)

    def restart(self) -> None:
        """End it as a user does and start another process on the profile. All pages are gone."""
        self.close()
        self._start()

    def crash(self) -> None:
        """End it by SIGKILL and start another process on the same profile. All pages are gone."""
        self._driver.request("kill", BROWSER_TIMEOUT, browser=self._browser)
        try:
            self._start()
        except DriverError:
            # Firefox's other processes end a moment after it, and hold the profile until then
            self._start()


class Keyboard:
    """A page's keyboard, by Playwright's names of keys."""

    def __init__(self, page: FirefoxPage) -> None:
        self._page = page

    def type(self, text: str) -> None:
        """Type a text; a newline is the Enter key."""
        self._page.request("type", text=text)

    def press(self, keys: str) -> None:
        """Press a key or a chord: "ArrowUp", "Control+c"."""
        self._page.request("press", keys=keys)


class FirefoxPage:
    """A tab."""

    def __init__(self, driver: Driver, number: int) -> None:
        self._driver = driver
        self._number = number
        self.keyboard = Keyboard(self)

    def request(
        self, method: str, timeout: float = CONFIG["BOOT_TIMEOUT"] / 1000, **params: object
    ) -> Any:
        """The result of one of driver.mjs's methods on this page; `timeout` is in seconds."""
        return self._driver.request(method, timeout + GRACE, page=self._number, **params)

    def goto(self, url: str) -> None:
        """Load a URL."""
        self.request("goto", url=url)

    def reload(self) -> None:
        """Load the page again."""
        self.request("reload")

    def evaluate(self, code: str, arg: object = None) -> Any:
        """The value of an expression; where that is a function, of calling it with `arg`."""
        return self.request("evaluate", code=code, arg=arg)

    def wait_for_function(
        self, code: str, *, arg: object = None, timeout: float = CONFIG["STEP_TIMEOUT"]
    ) -> None:
        """Wait until such an expression is true, at most so many milliseconds."""
        self.request("waitFor", timeout / 1000, code=code, arg=arg, timeoutMs=timeout)

    def close(self) -> None:
        """Close the tab."""
        self.request("closePage")
