"""The commands of ``build.py``."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence

from . import assembly, background, environment, paths, serve, userland
from .console import BuildError, fail, say

DEFAULT_PORT = 8080
#: what fails in milliseconds first
TEST_ORDER = ("tests/unit", "tests/browser", "tests/firefox", "tests/conformance")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except BuildError as e:
        fail(e)
        return 1
    except KeyboardInterrupt:
        print("\nbuild.py: interrupted; the next run goes on from here")
        return 130


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="build.py", description="Builds, serves and tests tabux.")
    commands = p.add_subparsers(required=True, metavar="command")

    c = commands.add_parser("setup", help="make .venv and web/node_modules")
    c.set_defaults(run=_setup)

    c = commands.add_parser("build", help="build the userland and assemble dist/")
    c.add_argument("--only", nargs="+", metavar="PKG", help="build these packages and leave dist/ alone")
    c.set_defaults(run=_build)

    c = commands.add_parser("python", help="build, with what takes minutes: python3")
    c.set_defaults(run=_python)

    c = commands.add_parser("serve", help="build, then serve dist/; python3 comes while it serves")
    c.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"0: any free one (default {DEFAULT_PORT})")
    c.add_argument("--host", default="127.0.0.1")
    c.set_defaults(run=_serve)

    c = commands.add_parser("test", help="build, then linters, type checks and all tests")
    c.add_argument("pytest", nargs="*", help="arguments for pytest instead of all tests")
    c.set_defaults(run=_test)

    c = commands.add_parser("clean", help="remove dist/")
    c.add_argument("--all", action="store_true", help="also .venv and web/node_modules")
    c.set_defaults(run=_clean)
    return p


def _setup(_: argparse.Namespace) -> int:
    environment.setup()
    return 0


def _build(args: argparse.Namespace) -> int:
    environment.setup()
    built = userland.build(args.only)
    if not args.only:
        assembly.assemble(built)
    return 0


def _python(_: argparse.Namespace) -> int:
    environment.setup()
    assembly.assemble(userland.build(whole=True))
    return 0


def _serve(args: argparse.Namespace) -> int:
    environment.setup()
    built = userland.build()
    assembly.assemble(built)
    missing = userland.missing(built)

    def started() -> None:
        if missing:
            background.build(missing)

    serve.serve(paths.DIST, args.host, args.port, started)
    return 0


def _test(args: argparse.Namespace) -> int:
    environment.setup()
    browsers = {"TABUX_CHROMIUM": environment.chromium()}  # first: the build takes a snapshot in it
    if firefox := environment.firefox():
        browsers["TABUX_FIREFOX"] = firefox
    assembly.assemble(userland.build(whole=True))
    status = 0
    checks = [
        ("ruff", [environment.tool("ruff"), "check", "."]),
        ("mypy", [environment.tool("mypy")]),
    ]
    if (paths.WEB / "tsconfig.json").exists():
        tsc = str(paths.NODE_MODULES / ".bin" / "tsc")
        checks.append(("tsc", [tsc, "--noEmit", "-p", "web/tsconfig.json"]))
    # pytest is last: its closing line is the summary.
    checks.append(("pytest", [environment.tool("pytest"), *(args.pytest or TEST_ORDER)]))
    for name, argv in checks:
        say(name, "running")
        if environment.call(argv, browsers):
            status = 1
            say(name, "FAILED")
    return status


def _clean(args: argparse.Namespace) -> int:
    doomed = [paths.DIST]
    if args.all:
        doomed += [paths.VENV, paths.NODE_MODULES]
    for place in doomed:
        shutil.rmtree(place, ignore_errors=True)
        say("clean", f"removed {place}")
    shutil.rmtree(paths.CACHE / "work", ignore_errors=True)
    say("clean", f"the cache stays: {paths.CACHE}")
    return 0
