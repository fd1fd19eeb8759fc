"""What the build needs around it: the .venv, the npm packages, the browsers for the tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from . import cache, paths, process
from .console import BuildError, say

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def requirements() -> list[str]:
    """The pinned development packages of pyproject.toml."""
    table = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
    return list(table["dependency-groups"]["dev"])


def setup() -> None:
    """Make .venv and web/node_modules as the repository pins them.

    Raises:
        BuildError: an installation failed.
    """
    _python_packages()
    _npm_packages()


def _python_packages() -> None:
    stamp = paths.VENV / "tabux-requirements"
    wanted = cache.digest(requirements())
    if stamp.exists() and stamp.read_text() == wanted and paths.VENV_PYTHON.exists():
        say("python packages", "installed")
        return
    log = paths.CACHE / "logs" / "pip.log"
    log.unlink(missing_ok=True)
    if not paths.VENV_PYTHON.exists():
        say("python packages", "making .venv")
        _make_venv(log)
    say("python packages", f"installing {' '.join(requirements())}")
    process.run(
        [paths.VENV_PYTHON, "-m", "pip", "install", "--quiet", *requirements()],
        what="python packages: pip install", log=log, env={"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    stamp.write_text(wanted)


def _make_venv(log: Path) -> None:
    try:
        process.run([sys.executable, "-m", "venv", paths.VENV], what="python packages: venv", log=log)
    except BuildError as e:
        shutil.rmtree(paths.VENV, ignore_errors=True)
        raise BuildError(f"{e}\n  on Debian: apt-get install python3-venv") from None


def _npm_packages() -> None:
    lock = paths.WEB / "package-lock.json"
    stamp = paths.NODE_MODULES / ".tabux-lock"
    wanted = cache.digest(lock.read_bytes(), (paths.WEB / "package.json").read_bytes())
    if stamp.exists() and stamp.read_text() == wanted:
        say("npm packages", "installed")
        return
    say("npm packages", "npm ci")
    log = paths.CACHE / "logs" / "npm.log"
    log.unlink(missing_ok=True)
    process.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], what="npm packages: npm ci", log=log,
        cwd=paths.WEB,
    )
    stamp.write_text(wanted)


def npm_version(name: str) -> str:
    """The installed version of an npm package."""
    text = (paths.NODE_MODULES / name / "package.json").read_text()
    return str(json.loads(text)["version"])


def chromium() -> str:
    """The path of Chromium, installed by apt where it is missing and we are root.

    Raises:
        BuildError: there is none and it cannot be installed.
    """
    for name in (os.environ.get("TABUX_CHROMIUM"), *CHROMIUM_NAMES):
        if name and (found := shutil.which(name)):
            return found
    if _may_install():
        _apt_install("chromium")
        if found := shutil.which("chromium"):
            return found
    raise BuildError("the browser tests need Chromium: apt-get install chromium (or set TABUX_CHROMIUM)")


def firefox() -> str | None:
    """The path of Firefox, installed by apt where it is missing and we are root; None where that fails.

    The tests in it are then skipped: not every system has firefox-esr.
    """
    wanted = os.environ.get("TABUX_FIREFOX") or "firefox-esr"
    if not shutil.which(wanted) and _may_install():
        try:
            _apt_install("firefox-esr")
        except BuildError as e:
            say("firefox", f"not installed: {e}")
    found = shutil.which(wanted)
    if not found:
        say("firefox", f"NONE: the tests in it are skipped ({wanted} is missing)")
    return found


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(package: str) -> None:
    say(package, f"apt-get install {package}")
    log = paths.CACHE / "logs" / f"{package}.log"
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    for argv in (["apt-get", "-q", "update"], ["apt-get", "-qy", "install", package]):
        process.run(argv, what=f"{package}: apt-get {argv[2]}", log=log, env=env)


def tool(name: str) -> str:
    """The path of a command of the .venv."""
    return str(paths.VENV / "bin" / name)


def call(argv: list[str], env: dict[str, str] | None = None) -> int:
    """Run a command in the checkout with its output on the terminal; its exit status."""
    return subprocess.call(argv, cwd=paths.ROOT, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)
