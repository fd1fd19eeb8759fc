"""What the tests in Firefox share: a browser, a sandbox, a terminal.

Without Firefox they are skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.pages import SandboxPage, TerminalPage
from tests.conftest import Keeper

from .driver import Driver, Firefox, FirefoxPage

#: The first version with WebAssembly JavaScript Promise Integration by default.
OLDEST = 153


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """What starts browsers."""
    wanted = os.environ.get("TABUX_FIREFOX") or "firefox-esr"
    found = shutil.which(wanted)
    if not found:
        pytest.skip(f"{wanted} is missing: apt-get install firefox-esr (or set TABUX_FIREFOX)")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"(\d+)\.", said)
    if not version or int(version[1]) < OLDEST:
        pytest.skip(f"tabux needs Firefox {OLDEST}, and this is {said.strip()}")
    driver = Driver(found)
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def firefox(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A browser that the tests share."""
    browser = driver.launch(tmp_path_factory.mktemp("firefox-profile"))
    yield browser
    browser.close()


@pytest.fixture
def own_firefox(driver: Driver, tmp_path: Path) -> Iterator[Firefox]:
    """A browser of this test's own, to be closed and started again at will."""
    browser = driver.launch(tmp_path / "profile")
    yield browser
    browser.close()


@pytest.fixture
def tab(firefox: Firefox) -> Iterator[FirefoxPage]:
    """A tab of this test's own."""
    tab = firefox.open()
    yield tab
    tab.close()


@pytest.fixture(scope="session")
def keeper(firefox: Firefox, site: str) -> Iterator[Keeper]:
    """Where `sandbox` comes from."""
    keeper = Keeper(firefox.open, site)
    yield keeper
    keeper.close()


@pytest.fixture
def fresh(tab: FirefoxPage, site: str) -> SandboxPage:
    """The public module of the site, not yet started, on a page of this test's own."""
    return SandboxPage(tab, site)


@pytest.fixture
def terminal(tab: FirefoxPage, site: str) -> TerminalPage:
    """The site's page with a prompt on its terminal."""
    opened = TerminalPage(tab, f"{site}/index.html")
    opened.wait_for_prompt()
    return opened
