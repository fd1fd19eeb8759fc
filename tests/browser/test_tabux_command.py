"""The commands tabux, download and upload."""

from __future__ import annotations

from typing import Any

import pytest

from .pages import SandboxPage

#: Runs the command's module alone, on a session that only pretends; `arg` is as `tabux` makes it.
ON_A_FAKE_SESSION = """
const { default: command } = await import(`${location.origin}/worker/builtin/tabux.js`);
const encoder = new TextEncoder();
const calls = [];
const written = { stdout: "" };
const textOf = async (stream) => new Response(stream).text();
const note = (name, answer) => async (...args) => {
    calls.push([name, ...args]);
    if (arg.refuse === name) throw new Error("refused");
    return answer;
};
const session = {
    status: note("status", arg.status),
    sync: note("sync"),
    sessions: note("sessions", arg.sessions),
    snapshot: note("snapshot", "k3v9q1x7aa"),
    snapshots: note("snapshots", arg.snapshots),
    restore: note("restore"),
    dropSnapshot: note("dropSnapshot"),
    exportTar: async () => {
        calls.push(["exportTar"]);
        return { blob: new Blob(["the ", "archive"]), notes: arg.notes ?? [] };
    },
    importTar: async (stream) => {
        calls.push(["importTar", await textOf(stream)]);
        return arg.notes ?? [];
    },
};
const output = (name) => ({
    write: async (data) => {
        const text = typeof data === "string" ? data : new TextDecoder().decode(data);
        written[name] = (written[name] ?? "") + text;
    },
    isTerminal: async () => Boolean(arg.terminal),
});
const files = {
    open: async (path, flags) => {
        const name = new TextDecoder().decode(path);
        calls.push(["open", name, flags]);
        if (name === "missing/x") throw new Error("No such file or directory");
        return {
            output: output(name),
            input: { stream: () => new Blob([`content of ${name}`]).stream() },
            close: async () => calls.push(["close", name]),
        };
    },
};
const argv = ["tabux", ...arg.argv];
const context = {
    argv,
    rawArgv: argv.map((word) => encoder.encode(word)),
    env: arg.env ?? {},
    stdin: { stream: () => new Blob(["from stdin"]).stream() },
    stdout: output("stdout"),
    stderr: output("stderr"),
    files,
    system: { session },
};
let status = 0;
let error = "";
try {
    status = (await command(context)) ?? 0;
} catch (thrown) {
    status = thrown.status ?? 1;
    error = thrown.message;
}
return { status, error, calls, ...written };
"""

NAMED = {
    "name": "work", "state": "saved", "reason": "", "persisted": True,
    "usage": {"files": 12, "bytes": 3_456_789, "quotaBytes": 10 << 30},
}
VOLATILE = {
    "name": None, "state": "volatile", "reason": "the browser stores nothing here", "persisted": None,
    "usage": {"files": 0, "bytes": 0, "quotaBytes": 0},
}
SNAPSHOTS = [
    {"id": "aa", "name": "", "createdMs": 1_790_000_000_000, "files": 3, "bytes": 1023},
    {"id": "bbbb", "name": "before\x1b[31m the flood", "createdMs": 1_790_000_060_000, "files": 12345,
     "bytes": 5000},
]
EMPTY = {"files": 0, "bytes": 0, "snapshots": 0, "inUse": False, "problem": ""}
SESSIONS = [
    {**EMPTY, "name": "work", "lastUsedMs": 1_790_000_000_000, "files": 12, "snapshots": 2, "inUse": True},
    {**EMPTY, "name": "né", "lastUsedMs": 1_780_000_000_000, "files": 1, "bytes": 10 << 20, "inUse": True},
    {**EMPTY, "name": "old", "lastUsedMs": 0, "problem": "it is too new"},
]


def tabux(sandbox: SandboxPage, *argv: str, **more: object) -> dict[str, Any]:
    """What came of the command on the fake session: status, error, calls, and what was written by name."""
    known = {"argv": argv, "status": NAMED, "snapshots": SNAPSHOTS, "sessions": SESSIONS}
    result = sandbox.evaluate(ON_A_FAKE_SESSION, {**known, **more})
    assert isinstance(result, dict)
    return result


# -- tabux, on a session that only pretends --------------------------------------------------------


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["help"], ["--he"], ["status", "--help"]])
def test_help(fake: SandboxPage, argv: list[str]) -> None:
    result = tabux(fake, *argv)
    assert result["stdout"].startswith("Usage: tabux COMMAND") and result["calls"] == []
    assert all(len(line) <= 80 for line in result["stdout"].splitlines())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "missing command"),
        (["x"], "unknown command 'x'"),
        (["toString"], "unknown command 'toString'"),
        (["-x"], "invalid option -- 'x'"),
        (["--nothing"], "unrecognized option '--nothing'"),
        (["--help=1"], "option '--help' doesn't allow an argument"),
        (["status", "x"], "extra operand 'x'"),
        (["snapshot", "a", "b"], "extra operand 'b'"),
        (["snapshot", "--delete"], "option '--delete' requires an argument"),
        (["snapshot", "-d"], "option requires an argument -- 'd'"),
        (["snapshot", "-d", "a", "b"], "extra operand 'b'"),
        (["restore"], "missing ID of a snapshot"),
        (["export"], "missing file operand"),
        (["import", "a", "b"], "extra operand 'b'"),
    ],
)
def test_command_lines_that_are_not_understood(fake: SandboxPage, argv: list[str], message: str) -> None:
    result = tabux(fake, *argv)
    assert result["error"] == f"{message}\nTry 'tabux --help' for more information."
    assert (result["status"], result["stdout"], result["calls"]) == (2, "", [])


def test_the_status_of_a_session(fake: SandboxPage) -> None:
    assert tabux(fake, "status")["stdout"].splitlines() == [
        "Session:            work",
        "State:              saved",
        "Files changed:      12 (3.3M, of 10G that the browser grants)",
        "Safe from cleaning: yes",
        "Snapshots:          2",
    ]
    unsaved = {**NAMED, "state": "unsaved", "reason": "the disk is full", "persisted": False}
    lines = tabux(fake, "status", status=unsaved)["stdout"].splitlines()
    assert "State:              unsaved: the disk is full" in lines
    assert "Safe from cleaning: no: the browser may delete it" in lines
    assert tabux(fake, "status", status=VOLATILE, snapshots=[])["stdout"].splitlines() == [
        "Session:       none: files last as long as the page",
        "State:         volatile: the browser stores nothing here",
        "Files changed: 0 (0)",
        "Snapshots:     0",
    ]


def test_sync(fake: SandboxPage) -> None:
    assert tabux(fake, "sync")["calls"] == [["status"], ["sync"]]
    result = tabux(fake, "sync", status=VOLATILE)
    message = "sync: not available in a volatile sandbox: the browser stores nothing here"
    assert (result["error"], result["status"], result["calls"]) == (message, 1, [["status"]])
    assert tabux(fake, "sync", refuse="sync")["error"] == "refused"


def test_lists(fake: SandboxPage) -> None:
    assert tabux(fake, "snapshots")["stdout"].splitlines() == [
        "ID    MADE              FILES  SIZE  NAME",
        "aa    2026-09-21 14:13      3  1023",
        "bbbb  2026-09-21 14:14  12345  4.9K  before?[31m the flood",
    ]
    assert tabux(fake, "sessions", env={"TZ": "America/New_York"})["stdout"].splitlines() == [
        "  NAME  LAST USED         FILES  SIZE  SNAPSHOTS",
        "* work  2026-09-21 10:13     12     0          2",
        "  né    2026-05-28 16:26      1   10M          0  open in another tab",
        "  old   1969-12-31 19:00      0     0          0  cannot be opened: it is too new",
    ]
    assert tabux(fake, "snapshots", snapshots=[])["stdout"] == ""
    assert tabux(fake, "sessions", sessions=[])["stdout"] == ""


def test_snapshots(fake: SandboxPage) -> None:
    result = tabux(fake, "snapshot", "--", "-name of it")
    assert (result["stdout"], result["calls"]) == ("k3v9q1x7aa\n", [["snapshot", "-name of it"]])
    assert tabux(fake, "snapshot")["calls"] == [["snapshot", ""]]
    for argv in (["--delete", "aa"], ["--delete=aa"], ["-daa"], ["-d", "aa"]):
        result = tabux(fake, "snapshot", *argv)
        assert (result["stdout"], result["calls"]) == ("", [["dropSnapshot", "aa"]])
    assert tabux(fake, "restore", "aa")["calls"] == [["restore", "aa"]]
    assert tabux(fake, "restore", "zz", refuse="restore")["status"] == 1


def test_export_and_import(fake: SandboxPage) -> None:
    result = tabux(fake, "export", "all.tar.gz")
    assert result["all.tar.gz"] == "the archive"
    # the archive does not have itself in it
    assert result["calls"] == [["exportTar"], ["open", "all.tar.gz", 0o1101], ["close", "all.tar.gz"]]
    assert tabux(fake, "export", "-")["stdout"] == "the archive"
    result = tabux(fake, "export", "-", terminal=True)
    assert result["error"] == "export: an archive is not written to a terminal" and result["calls"] == []
    result = tabux(fake, "export", "missing/x")
    assert result["error"] == "cannot open 'missing/x': No such file or directory"
    result = tabux(fake, "import", "all.tar.gz")
    assert result["calls"][1:] == [["importTar", "content of all.tar.gz"], ["close", "all.tar.gz"]]
    assert tabux(fake, "import", "-")["calls"] == [["importTar", "from stdin"]]
    result = tabux(fake, "import", "-", notes=["x: a device is left out"])
    assert result["stderr"] == "tabux: import: x: a device is left out\n"


# -- tabux in a sandbox ----------------------------------------------------------------------------


def test_it_is_a_command(sandbox: SandboxPage) -> None:
    assert sandbox.output("tabux version; type -p tabux; tabux --help | head -n 1") == (
        "tabux (tabux) 0.1.0\n/usr/bin/tabux\nUsage: tabux COMMAND [ARGUMENT]...\n"
    )
    result = sandbox.run("tabux x")
    assert (result["stderr"], result["exitCode"]) == (
        "tabux: unknown command 'x'\nTry 'tabux --help' for more information.\n", 2,
    )
    assert "Session:       none" in sandbox.output("tabux status")
    for page in ("tabux", "download", "upload"):
        assert page in sandbox.output(f"man {page} | head -n 4; whatis {page}")


def test_a_session_from_within(fresh: SandboxPage) -> None:
    fresh.create({"session": "from within"})
    assert fresh.output("tabux status | head -n 1") == "Session:            from within\n"
    assert fresh.output("echo 1 > f; tabux sync; tabux status | sed -n 2p") == "State:              saved\n"
    snapshot = fresh.output("tabux snapshot 'with one'").strip()
    assert fresh.output("tabux snapshots | awk 'NR > 1 { print $1, $NF }'") == f"{snapshot} one\n"
    assert fresh.output("tabux sessions | cut -c 1-13") == "  NAME       \n* from within\n"
    fresh.output("echo 2 > f")
    # the command is among the programs that end
    assert fresh.run(f"tabux restore {snapshot}; echo not reached")["exitCode"] == 137
    assert fresh.output("cat f") == "1\n"
    assert fresh.output(f"tabux snapshot -d {snapshot}; tabux snapshots") == ""
    result = fresh.run("tabux restore none")
    assert result["exitCode"] == 1 and result["stderr"].startswith("tabux: ")
    # the site's commands are no files of the session
    assert fresh.evaluate("return sandbox.session.usage.files") == 1


def test_a_volatile_sandbox_goes_home_and_comes_back(fresh: SandboxPage) -> None:
    fresh.create()
    fresh.output("mkdir d; echo 1 > d/f; ln -s f d/l; chmod 640 d/f; tabux export /tmp/all.tar.gz")
    assert fresh.output("tar tzf /tmp/all.tar.gz | grep -E 'home/user/d/|all.tar' | sort").splitlines() == [
        "home/user/d/", "home/user/d/f", "home/user/d/l",
    ]
    assert fresh.output("rm -r d; tabux import /tmp/all.tar.gz; stat -c %a d/f; cat d/l") == "640\n1\n"
    assert fresh.output("tabux export - | tar tz | grep -c d/l") == "1\n"
    result = fresh.run("echo nonsense | tabux import -")
    assert result["exitCode"] == 1 and result["stderr"].startswith("tabux: ")


# -- download --------------------------------------------------------------------------------------

WITH_PAGE = """
window.downloads = [];
window.files = [];
window.sandbox = await tabux.Sandbox.create({
    onDownload: async (name, blob) => {
        if (name === "refused") throw new Error("the visitor does not want it");
        downloads.push({ name, type: blob.type, size: blob.size, content: await blob.slice(0, 100).text() });
    },
    onUpload: async ({ signal }) => {
        if (files === "wait") {
            await new Promise((_, reject) => signal.addEventListener("abort", () => {
                window.aborted = true;
                reject(signal.reason);
            }));
        }
        return files;
    },
});
"""


@pytest.fixture
def with_page(fresh: SandboxPage) -> SandboxPage:
    """A sandbox on a page that takes downloads and gives uploads."""
    fresh.limit = 60_000
    fresh.evaluate(WITH_PAGE)
    return fresh


def downloads(page: SandboxPage) -> list[tuple[str, str, int, str]]:
    """What the page was given since it was asked last: names, types, sizes, how they begin."""
    found = page.evaluate("return downloads.splice(0)")
    return [(entry["name"], entry["type"], entry["size"], entry["content"]) for entry in found]


def test_download(with_page: SandboxPage) -> None:
    with_page.output("mkdir d; echo hi > d/a.txt; : > empty")
    with_page.output("download d/a.txt; download ./empty; download -o b d/a.txt")
    octets = "application/octet-stream"
    assert downloads(with_page) == [
        ("a.txt", octets, 3, "hi\n"), ("empty", octets, 0, ""), ("b", octets, 3, "hi\n"),
    ]
    with_page.output("head -c 20000000 /dev/zero | tr '\\0' x > large; download large")
    assert downloads(with_page) == [("large", octets, 20_000_000, "x" * 100)]
    # a name that is no text is found, and offered as far as it is one
    with_page.output("echo odd > $'\\xff'; download $'\\xff'")
    assert downloads(with_page) == [("\ufffd", octets, 4, "odd\n")]
    hint = "\nTry 'download --help' for more information."
    with_page.output("rm $'\\xff'; mkdir -p deep/er; ln d/a.txt deep/er/x")
    with_page.output("download deep/ d; cd deep; download .")
    gzips = "application/gzip"
    assert [found[:2] for found in downloads(with_page)] == [("files.tar.gz", gzips), ("deep.tar.gz", gzips)]
    for script, status, message in (
        ("download", 2, "missing file operand" + hint),
        ("download none", 1, "cannot open 'none': No such file or directory"),
        ("download /etc/shadow.none d", 1, "cannot open '/etc/shadow.none': No such file or directory"),
        ("download /dev/null", 1, "'/dev/null': neither a file nor a directory"),
        ("chmod 0 empty; download empty", 1, "cannot open 'empty': Permission denied"),
        ("download -o refused d/a.txt", 1, "the visitor does not want it"),
        ("download -o '' large", 2, "the name must not be empty" + hint),
    ):
        result = with_page.run(script)
        assert (result["stderr"], result["exitCode"]) == (f"download: {message}\n", status)
    assert downloads(with_page) == []


def test_upload(with_page: SandboxPage) -> None:
    give = """
        const inFolder = new File(["x"], "deep");
        Object.defineProperty(inFolder, "webkitRelativePath", { value: "folder/sub/deep" });
        const large = new File([new Uint8Array(3_000_000)], "large");
        window.files = [new File(["one\\n"], "a b.txt"), large, inFolder, new File(["?"], "../../escape")];
    """
    with_page.evaluate(give)
    assert with_page.output("mkdir here; cd here; umask 027; upload").splitlines() == [
        "a b.txt", "large", "folder/sub/deep", "escape",
    ]
    look = "cd here; cat 'a b.txt'; wc -c < large; find . -type f -printf '%u %m %p\\n' | sort"
    assert with_page.output(look).splitlines() == [
        "one", "3000000", "user 640 ./a b.txt", "user 640 ./escape", "user 640 ./folder/sub/deep",
        "user 640 ./large",
    ]
    with_page.evaluate("window.files = [new File(['two\\n'], 'a b.txt'), new File(['new\\n'], 'c')]")
    result = with_page.run("upload here; echo $?; cat here/*.txt here/c")
    assert result["stdout"] == "c\n1\none\nnew\n"
    assert result["stderr"] == "upload: 'a b.txt': not overwritten: it exists (-f overwrites)\n"
    assert with_page.output("upload -f here/ > /dev/null; cat here/*.txt") == "two\n"
    hint = "\nTry 'upload --help' for more information."
    for script, status, message in (
        ("upload a b", 2, "extra operand 'b'" + hint),
        ("upload none", 1, "cannot open 'none': No such file or directory"),
        ("upload here/c", 1, "'here/c': Not a directory"),
        ("upload /usr", 1, "'a b.txt': Permission denied\nupload: 'c': Permission denied"),
    ):
        result = with_page.run(script)
        assert result["stderr"] == f"upload: {message}\n"
        assert (result["exitCode"], result["stdout"]) == (status, "")
    with_page.evaluate("window.files = []")
    assert with_page.run("upload")["stderr"] == "upload: no file was chosen\n"
    with_page.evaluate("window.files = 'wait'")
    assert with_page.run("timeout 0.3 upload")["exitCode"] == 124
    with_page.page.wait_for_function("window.aborted")


def test_a_page_that_offers_neither(sandbox: SandboxPage) -> None:
    result = sandbox.run("echo > /tmp/file; download /tmp/file")
    assert (result["stderr"], result["exitCode"]) == ("download: this page offers no downloads\n", 1)
    assert sandbox.run("cd /tmp; upload")["stderr"] == "upload: this page offers no uploads\n"
