"""The elements for documents, and embed.html: on this origin, on another, in frames; docs/embed.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from .pages import CONFIG

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
BOOT: int = CONFIG["BOOT_TIMEOUT"]
#: bytes of ours that a page may load whose elements nobody starts
IDLE = 60_000
#: what a host sends so that other origins may use its files
SHARED = {"Access-Control-Allow-Origin": "*"}
#: docs/embed.md has this policy
CSP = (
    "default-src 'self'; script-src {site} blob: 'wasm-unsafe-eval'; worker-src {site} blob:; img-src data:;"
    " connect-src {site} blob: data:; style-src {site} 'unsafe-inline'; font-src {site} data:"
)
HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,">'


@pytest.fixture(scope="module")
def shared_site() -> Iterator[str]:
    """The site on a host that lets other origins use its files."""
    with CONFIG["serve"](DIST, SHARED) as url:
        yield url


Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Writes a document, and serves it on an origin of its own; gives its address."""
    servers = []

    def make(body: str, headers: dict[str, str] | None = None) -> str:
        (tmp_path / "page.html").write_text(HEAD + body)
        server = CONFIG["serve"](tmp_path, headers)
        servers.append(server)
        return f"{server.__enter__()}/page.html"

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def module(site: str) -> str:
    return f'<script type="module" src="{site}/embed.js"></script>'


def press(element: Locator, name: str) -> None:
    element.get_by_role("button", name=name, exact=True).click()


def output(element: Locator) -> Locator:
    return element.locator(".output")


def status(element: Locator) -> Locator:
    return element.get_by_role("status")


def run(element: Locator) -> None:
    """Presses Run, and waits until the run has ended."""
    press(element, "Run")
    expect(element.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=BOOT)


def screen(terminal: Locator) -> Locator:
    return terminal.locator(".xterm-rows")


def test_code_runs_and_is_brought_back(page: Page, write: Write, shared_site: str) -> None:
    """On another origin than the site's: the worker is started from a script of this page."""
    page.goto(write(f"{module(shared_site)}<tabux-code><pre>\necho one\necho two >&2\n</pre></tabux-code>"))
    code = page.locator("tabux-code")
    run(code)
    expect(output(code)).to_have_text("one\ntwo\n")
    expect(output(code).locator(".stderr")).to_have_text("two\n")
    expect(status(code)).to_contain_text("done in")
    box = code.get_by_role("textbox")
    box.fill("echo three\nexit 3")
    box.press("Control+Enter")
    expect(output(code)).to_have_text("three\n")
    expect(status(code)).to_have_text("exit status 3")
    press(code, "Reset")
    expect(box).to_have_text("echo one\necho two >&2")
    expect(output(code)).to_be_hidden()


def test_elements_share_a_sandbox_or_have_their_own(page: Page, write: Write, shared_site: str) -> None:
    page.goto(
        write(
            module(shared_site)
            + '<tabux-code id="a"><pre>echo kept > f; cat f</pre></tabux-code>'
            + '<tabux-code id="b" expected="kept"><pre>cat f</pre></tabux-code>'
            + '<tabux-code id="c" sandbox="own" expected="kept"><pre>cat f</pre></tabux-code>'
        )
    )
    for name, said in (("a", "done in"), ("b", "as expected"), ("c", "not as expected")):
        element = page.locator(f"#{name}")
        run(element)
        expect(status(element)).to_contain_text(said)


def test_files_setup_command_and_timeout(page: Page, write: Write, shared_site: str) -> None:
    page.goto(
        write(
            module(shared_site)
            + '<tabux-code id="a" command="awk -f - data/in" setup="mkdir -p out && echo x >> out/count">'
            + '<script type="text/plain" data-file="data/in">\n1\n2\n</script>'
            + "<pre>{ sum += $1 } END { print sum }</pre></tabux-code>"
            + '<tabux-code id="b" file="prog.sh" command="bash prog.sh word"'
            + ' setup="mkdir -p out && echo x >> out/count">'
            + "<pre>echo $0 $1; wc -l < out/count</pre></tabux-code>"
            + '<tabux-code id="c" timeout="0.5"><pre>while :; do :; done</pre></tabux-code>'
            + '<tabux-code id="d" setup="echo bad >&2; exit 7"><pre>echo never</pre></tabux-code>'
            + '<tabux-code id="e"><pre>echo begun; while :; do :; done</pre></tabux-code>'
        )
    )
    run(page.locator("#a"))
    expect(output(page.locator("#a"))).to_have_text("3\n")
    run(page.locator("#b"))
    expect(output(page.locator("#b"))).to_have_text("prog.sh word\n1\n")
    run(page.locator("#c"))
    expect(status(page.locator("#c"))).to_have_text("stopped: it took too long")
    run(page.locator("#d"))
    expect(status(page.locator("#d"))).to_have_text("setup: exit status 7: bad")
    endless = page.locator("#e")
    press(endless, "Run")
    expect(output(endless)).to_have_text("begun\n")
    press(endless, "Stop")
    expect(status(endless)).to_have_text("stopped")


def test_a_result_is_told_to_the_page(page: Page, write: Write, shared_site: str) -> None:
    page.goto(write(f"{module(shared_site)}<tabux-code><pre>echo $((6 * 7))</pre></tabux-code>"))
    page.evaluate(
        """() => document.addEventListener("tabux-result", ({ detail }) => {
            window.told = detail;
        })"""
    )
    run(page.locator("tabux-code"))
    told = page.evaluate("told")
    assert (told["code"], told["result"]["stdout"]) == ("echo $((6 * 7))", "42\n")


def test_nothing_is_loaded_before_it_is_wanted(page: Page, write: Write, shared_site: str) -> None:
    blocks = "".join(
        f"<p>{number}</p><tabux-code><pre>echo {number}</pre></tabux-code><tabux-terminal></tabux-terminal>"
        for number in range(5)
    )
    sizes: list[int] = []
    page.on("response", lambda r: sizes.append(len(r.body())) if r.url.startswith(shared_site) else None)
    page.goto(write(f'{module(shared_site)}<input autofocus>{blocks}'))
    expect(page.get_by_role("button", name="Run", exact=True)).to_have_count(5)
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < IDLE
    assert page.evaluate("document.activeElement.localName") == "input"


def test_ten_blocks_have_one_kernel(page: Page, write: Write, shared_site: str) -> None:
    code = "<pre>echo x >> all; wc -l < all</pre>"
    blocks = "".join(f"<tabux-code id=b{number}>{code}</tabux-code>" for number in range(10))
    page.goto(write(module(shared_site) + blocks))
    for number in range(10):
        block = page.locator(f"#b{number}")
        run(block)
        expect(output(block)).to_have_text(f"{number + 1}\n")
    assert len(page.workers) == 1


def test_a_terminal_starts_by_its_button(page: Page, write: Write, shared_site: str) -> None:
    page.goto(write(f'{module(shared_site)}<tabux-terminal run="echo $((40 + 2))"></tabux-terminal>'))
    terminal = page.locator("tabux-terminal")
    press(terminal, "Start terminal")
    expect(screen(terminal)).to_contain_text("42", timeout=BOOT)
    page.keyboard.type("echo typed $((7 * 8))\n")
    expect(screen(terminal)).to_contain_text("typed 56")
    page.keyboard.press("Shift+F6")
    expect(terminal.get_by_role("button", name="Restart")).to_be_focused()
    page.keyboard.press("Enter")
    expect(screen(terminal)).not_to_contain_text("typed 56")
    expect(screen(terminal)).to_contain_text("42")
    page.keyboard.type("exit 5\n")
    expect(status(terminal)).to_have_text("ended with status 5")
    press(terminal, "Start again")
    expect(screen(terminal)).to_contain_text("42")


def test_a_terminal_starts_when_it_is_seen(page: Page, write: Write, shared_site: str) -> None:
    page.goto(
        write(
            f'{module(shared_site)}<input autofocus><p style="height: 3000px"></p>'
            '<tabux-terminal start="visible" theme="light" command="cat"></tabux-terminal>'
        )
    )
    terminal = page.locator("tabux-terminal")
    expect(terminal.get_by_role("button", name="Start terminal")).to_be_attached()
    assert not page.workers
    terminal.scroll_into_view_if_needed()
    expect(screen(terminal)).to_be_visible(timeout=BOOT)
    expect(terminal.get_by_role("button", name="Restart")).to_be_visible(timeout=BOOT)
    assert page.evaluate("document.activeElement.localName") == "input"


def test_a_policy_that_the_documentation_shows(page: Page, write: Write, shared_site: str) -> None:
    policy = {"Content-Security-Policy": CSP.format(site=shared_site)}
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(
        write(
            f"{module(shared_site)}<tabux-code><pre>echo allowed</pre></tabux-code>"
            "<tabux-terminal></tabux-terminal>",
            policy,
        )
    )
    run(page.locator("tabux-code"))
    expect(output(page.locator("tabux-code"))).to_have_text("allowed\n")
    press(page.locator("tabux-terminal"), "Start terminal")
    expect(screen(page.locator("tabux-terminal"))).to_contain_text("$", timeout=BOOT)
    assert not refused


# ---- embed.html


def framed(site: str, query: str, attributes: str = "") -> str:
    return f'<iframe title="t" width="800" src="{site}/embed.html?{query}" {attributes}></iframe>'


def terminal_in(page: Page) -> tuple[FrameLocator, Locator]:
    frame = page.frame_locator("iframe")
    return frame, frame.locator("tabux-terminal")


@pytest.mark.parametrize("attributes", ["", 'sandbox="allow-scripts"'], ids=["frame", "opaque"])
def test_a_framed_terminal(page: Page, write: Write, shared_site: str, attributes: str) -> None:
    page.goto(write(framed(shared_site, "run=echo+%24((6*7))&files={%22a.txt%22:%22text%22}", attributes)))
    _, terminal = terminal_in(page)
    press(terminal, "Start terminal")
    expect(screen(terminal)).to_contain_text("42", timeout=BOOT)
    page.keyboard.type("cat a.txt; echo; stty size\n")
    expect(screen(terminal)).to_contain_text("text")


def test_in_a_session_a_link_only_types(page: Page, write: Write, shared_site: str) -> None:
    query = "session=framed&start=load&run=echo+%24((6*7))&setup=echo+bad+>+x&files={%22x%22:%22y%22}"
    page.goto(write(framed(shared_site, query)))
    _, terminal = terminal_in(page)
    expect(screen(terminal)).to_contain_text("$ echo $((6*7))", timeout=BOOT)
    terminal.locator(".xterm-screen").click()
    page.keyboard.type("; ls -A x\n")
    expect(screen(terminal)).to_contain_text("42")
    expect(screen(terminal)).to_contain_text("cannot access 'x'")


def test_a_wrong_address_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}/embed.html?files=[1]")
    expect(page.get_by_role("alert")).to_contain_text("files= has to be a JSON object")


ASK = """([method, params, id]) => new Promise((resolve) => {
    const frame = document.querySelector("iframe").contentWindow;
    const hear = ({ source, data }) => {
        if (source !== frame || data?.id !== id) return;
        removeEventListener("message", hear);
        resolve(data);
    };
    addEventListener("message", hear);
    frame.postMessage({ tabux: 1, id, method, params }, "*");
})"""


def test_a_page_drives_its_frame(page: Page, write: Write, shared_site: str) -> None:
    page.add_init_script("window.heard = []; addEventListener('message', ({ data }) => heard.push(data));")
    address = write("<p></p>")
    origin = address.removesuffix("/page.html")
    page.goto(address)
    page.evaluate("html => { document.body.innerHTML = html; }", framed(shared_site, f"origin={origin}"))
    page.wait_for_function("heard.some((data) => data.event === 'ready')")
    page.set_default_timeout(BOOT)
    asked = 0

    def ask(method: str, **params: object) -> Any:
        nonlocal asked
        asked += 1
        return page.evaluate(ASK, [method, params, asked])

    assert ask("start")["result"] is None
    assert ask("write", path="notes", content="text")["result"] is None
    assert ask("read", path="notes")["result"] == "text"
    result = ask("run", command="cat notes; exit 4")["result"]
    assert (result["stdout"], result["exitCode"]) == ("text", 4)
    ask("type", text="echo $((6*7)); exit 3\n")
    page.wait_for_function("heard.some((data) => data.event === 'exit' && data.detail.exitCode === 3)")
    assert ask("read", path="none")["error"]["name"] == "NotFoundError"
    assert ask("run", command=7)["error"]["name"] == "TypeError"
    assert ask("constructor")["error"]["message"] == "there is no method constructor"
    assert {"event": "start", "detail": None, "tabux": 1} in page.evaluate("heard")


def test_another_page_is_not_heard(page: Page, write: Write, shared_site: str) -> None:
    """Neither one whose origin the address does not name, nor one where it names none."""
    address = write(framed(shared_site, "start=load&origin=https://docs.example"))
    page.add_init_script("window.heard = []; addEventListener('message', ({ data }) => heard.push(data));")
    page.goto(address)
    _, terminal = terminal_in(page)
    expect(terminal.get_by_role("button", name="Restart")).to_be_visible(timeout=BOOT)
    page.evaluate(
        """() => document.querySelector("iframe").contentWindow.postMessage(
            { tabux: 1, id: 1, method: "write", params: { path: "/tmp/evil", content: "x" } }, "*")"""
    )
    # (what it types comes after what was posted)
    terminal.locator(".xterm-screen").click()
    page.keyboard.type("ls /tmp/evil\n")
    expect(screen(terminal)).to_contain_text("cannot access '/tmp/evil'")
    assert page.evaluate("heard") == []


def test_the_example(page: Page, site: str) -> None:
    page.goto(f"{site}/examples/embed.html")
    words, count, bc = (page.locator("tabux-code").nth(number) for number in range(3))
    run(words)
    expect(output(words)).to_have_text("fig\nkiwi\npear\napple\nbanana\n")
    run(count)
    expect(status(count)).to_have_text("as expected")
    run(bc)
    expect(output(bc)).to_have_text("3.14159265358979323844\n")
    press(page.locator("tabux-terminal"), "Start terminal")
    expect(screen(page.locator("tabux-terminal"))).to_contain_text("words", timeout=BOOT)


@pytest.mark.parametrize("address", ["examples/embed.html", "embed.html", "embed.html?theme=light"])
def test_accessibility(page: Page, site: str, address: str) -> None:
    page.goto(f"{site}/{address}")
    terminal = page.locator("tabux-terminal")
    faults(page)
    press(terminal, "Start terminal")
    expect(terminal.get_by_role("button", name="Restart")).to_be_visible(timeout=BOOT)
    faults(page)


def faults(page: Page) -> None:
    """Asks axe-core what is wrong with the page: nothing must be."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found] == []
