"""How a sandbox starts: from the memory snapshot, or from sources where that cannot be had."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Response, Route

from tests.conftest import DIST
from wasm.builder import assembly, scripts

from .pages import SandboxPage, TerminalPage

#: what a first visit may load until there is a prompt, bytes on the wire
WIRE_LIMIT = 9_050_000


@pytest.fixture
def files(site: str) -> dict[str, Any]:
    """What the build says a start loads."""
    content: dict[str, Any] = json.loads((DIST / "kernel/boot.json").read_text())
    assert content["snapshot"], "dist/ was built without a snapshot: see what build.py says about it"
    return content


def started_from(sandbox: SandboxPage) -> str:
    """Whether the sandbox came from a snapshot or from sources."""
    return str(sandbox.evaluate("return sandbox.bootInfo.from"))


def test_a_sandbox_starts_from_the_snapshot(fresh: SandboxPage, files: dict[str, Any]) -> None:
    asked: list[str] = []
    said: list[str] = []
    fresh.page.context.on("request", lambda request: asked.append(request.url))
    fresh.page.on("console", lambda message: said.append(message.text))
    fresh.create()
    assert started_from(fresh) == "snapshot"
    assert any(url.endswith(files["snapshot"]["url"]) for url in asked)
    assert not any(url.endswith((".zip", "/pyodide.asm.wasm", "/pyodide-lock.json")) for url in asked)
    assert said == []


def test_each_start_has_random_numbers_of_its_own(fresh: SandboxPage) -> None:
    fresh.create()
    first = fresh.output("echo $RANDOM; head -c 16 /dev/urandom | od -An -tx1")
    fresh.create()
    assert fresh.output("echo $RANDOM; head -c 16 /dev/urandom | od -An -tx1") != first


def packed_snapshot() -> bytes:
    """The snapshot as it is served."""
    [file] = (DIST / "kernel").glob("snapshot-*")
    return file.read_bytes()


def changed(change: Callable[[bytearray], None]) -> bytes:
    """The snapshot with a change to its content."""
    content = bytearray(gzip.decompress(packed_snapshot()))
    change(content)
    return gzip.compress(bytes(content), 1)


def other_constants(snapshot: bytearray) -> None:
    """Change the sum of what the snapshot leaves to Pyodide."""
    snapshot[12] ^= 1


def other_pyodide(snapshot: bytearray) -> None:
    """Change the name of the build of Pyodide."""
    at = snapshot.index(b'"build":"') + len(b'"build":"')
    snapshot[at] ^= 1


ANSWERS: dict[str, Callable[[Route], None]] = {
    "missing": lambda route: route.fulfill(status=404),
    "unreachable": lambda route: route.abort(),
    "a page instead": lambda route: route.fulfill(body="<!doctype html>"),
    "cut short": lambda route: route.fulfill(body=packed_snapshot()[:-1000]),
    "other constants": lambda route: route.fulfill(body=changed(other_constants)),
    "another Pyodide": lambda route: route.fulfill(body=changed(other_pyodide)),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_without_a_good_snapshot_it_starts_from_sources(
    fresh: SandboxPage, answer: Callable[[Route], None]
) -> None:
    warnings: list[str] = []
    fresh.page.on("console", lambda m: warnings.append(m.text) if m.type == "warning" else None)
    fresh.page.context.route("**/kernel/snapshot-*", answer)
    fresh.create()
    assert started_from(fresh) == "source"
    assert [w for w in warnings if w.startswith("tabux: starting without the snapshot")] == warnings
    assert len(warnings) == 1
    assert fresh.output("echo $BASH_VERSION | cut -c1-2; ls /etc/passwd") == "5.\n/etc/passwd\n"


def test_a_site_built_without_a_snapshot(fresh: SandboxPage, files: dict[str, Any]) -> None:
    said: list[str] = []
    fresh.page.on("console", lambda message: said.append(message.text))
    listed = json.dumps({**files, "snapshot": None}).encode()
    worker = scripts.bundled({**assembly.libraries(), assembly.BOOT: listed})["kernel-worker.js"]
    fresh.page.context.route(
        "**/kernel-worker.js", lambda route: route.fulfill(body=worker, content_type="text/javascript")
    )
    fresh.create()
    assert started_from(fresh) == "source"
    assert said == []


def test_a_host_may_unpack_the_files_itself(fresh: SandboxPage) -> None:
    def serve(route: Route, request: Request) -> None:
        name = request.url.partition("/kernel/")[2]
        body = (DIST / "kernel" / name).read_bytes()
        route.fulfill(body=gzip.decompress(body), content_type="application/octet-stream")

    fresh.page.context.route("**/kernel/*.gz", serve)
    fresh.create()
    assert started_from(fresh) == "snapshot"


def test_progress_is_bytes_of_a_known_total(fresh: SandboxPage, files: dict[str, Any]) -> None:
    reports = fresh.evaluate(
        """const reports = [];
        await tabux.Sandbox.create({ onProgress: (progress) => reports.push(progress) });
        return reports"""
    )
    expected = sum(
        part["size"]
        for part in [*files["pyodide"].values(), files["snapshot"], files["manifest"], *files["programs"]]
    )
    assert {report["total"] for report in reports} == {expected}
    loaded = [report["loaded"] for report in reports]
    assert loaded == sorted(loaded)
    assert loaded[-1] == expected
    assert reports[0]["phase"] == "Loading"
    assert reports[-1]["phase"] == "Starting"


def test_a_first_visit_loads_little(page: Page, site: str) -> None:
    sizes: list[int] = []

    def note(response: Response) -> None:
        if response.url.startswith("http"):
            sizes.append(int(response.headers["content-length"]))

    page.context.on("response", note)
    TerminalPage(page, f"{site}/index.html").wait_for_prompt()
    assert 1_000_000 < sum(sizes) < WIRE_LIMIT
