"""python3 in the sandbox: it behaves as on Linux, with other processes, signals, files and terminals."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from .pages import CONFIG, SandboxPage

#: modules that cannot exist here (docs/python.md)
ABSENT = {"_ctypes", "_dbm", "_gdbm", "_hashlib", "_posixshmem", "_tkinter", "_uuid"}


def python(sandbox: SandboxPage, code: str, *, arguments: str = "", stdin: str = "") -> str:
    """The output of a program that must succeed."""
    return sandbox.output(
        f"cd $(mktemp -d); cat > main.py; python3 main.py {arguments}", stdin=code + stdin
    )


def script(sandbox: SandboxPage, text: str) -> str:
    """The output of a shell script that must succeed, in a directory of its own."""
    return sandbox.output(f"set -e; cd $(mktemp -d); {text}")


def test_arguments_and_status(sandbox: SandboxPage) -> None:
    result = sandbox.run(
        "python3 -c 'import sys; print(sys.argv[1:], sys.platform); sys.exit(3)' 'a b' c"
    )
    assert (result["stdout"], result["exitCode"]) == ("['a b', 'c'] linux\n", 3)
    result = sandbox.run("python3 -c 'raise SystemExit(\"bye\")'")
    assert (result["stderr"], result["exitCode"]) == ("bye\n", 1)


def test_a_program_from_standard_input(sandbox: SandboxPage) -> None:
    assert script(sandbox, "echo 'import sys; print(sys.argv)' | python3 - x") == "['-', 'x']\n"


def test_names_and_version(sandbox: SandboxPage) -> None:
    out = script(
        sandbox,
        "for p in python3 python python3.14; do $p --version; done; pip --version; pydoc3 abs",
    )
    assert out.count("Python 3.14.") == 3
    assert "(python 3.14)" in out
    assert "absolute value" in out


def test_a_traceback_shows_lines_of_the_library(sandbox: SandboxPage) -> None:
    result = sandbox.run("python3 -c 'import json; json.loads(\"{\")'")
    assert result["exitCode"] == 1
    assert "return _default_decoder.decode(s)" in result["stderr"]
    assert "json.decoder.JSONDecodeError: Expecting property name" in result["stderr"]


def test_every_module_is_there_but_the_documented_ones(sandbox: SandboxPage) -> None:
    code = """
import importlib, sys
absent = set()
left_out = {"antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo"}
windows = {"winreg", "winsound", "msvcrt", "nt", "_winapi", "_overlapped", "_wmi", "_scproxy", "_ios_support"}
windows |= {"_android_support", "_aix_support", "_osx_support", "_remote_debugging", "nturl2path"}
for name in sorted(sys.stdlib_module_names - left_out - windows):
    try:
        importlib.import_module(name)
    except ImportError as e:
        absent.add(e.name or name)
print(*sorted(absent))
"""
    assert set(python(sandbox, code).split()) <= ABSENT


def test_an_absent_module_is_named(sandbox: SandboxPage) -> None:
    result = sandbox.run("python3 -c 'import ctypes'")
    assert result["exitCode"] == 1
    assert "ModuleNotFoundError: No module named '_ctypes'" in result["stderr"]


def test_subprocesses(sandbox: SandboxPage) -> None:
    code = """
import os, subprocess as s
print(s.run(["ls", "/usr/bin/python3"], capture_output=True, text=True).stdout, end="")
print(s.run("exit 7", shell=True).returncode, s.run(["sh", "-c", "kill -9 $$"]).returncode)
p = s.Popen(["bc"], stdin=s.PIPE, stdout=s.PIPE, text=True)
print(p.communicate("6*7\\n"), p.returncode)
print(s.check_output(["pwd"], cwd="/tmp", env={"PATH": "/usr/bin"}, start_new_session=True))
try:
    s.run(["sleep", "9"], timeout=0.1)
except s.TimeoutExpired as e:
    print(type(e).__name__)
try:
    s.run(["nosuch"])
except FileNotFoundError as e:
    print(e)
print(os.system("exit 3"), os.popen("echo popen").read(), end="")
print(os.spawnlp(os.P_WAIT, "sh", "sh", "-c", "exit 5"), os.spawnv(os.P_WAIT, "/nosuch", ["x"]))
pid = os.posix_spawn("/usr/bin/true", ["true"], os.environ)
print(os.waitpid(pid, 0) == (pid, 0))
"""
    assert python(sandbox, code) == (
        "/usr/bin/python3\n7 -9\n('42\\n', None) 0\nb'/tmp\\n'\nTimeoutExpired\n"
        "[Errno 2] No such file or directory: 'nosuch'\n768 popen\n5 127\nTrue\n"
    )


def test_a_fork_says_what_to_do(sandbox: SandboxPage) -> None:
    code = """
import os, subprocess
for act in (os.fork, lambda: subprocess.run(["true"], preexec_fn=print)):
    try:
        act()
    except OSError as e:
        print(e)
"""
    fork, preexec = python(sandbox, code).splitlines()
    assert "a Python process cannot fork here: use subprocess" in fork
    assert "use start_new_session" in preexec


def test_pipes(sandbox: SandboxPage) -> None:
    assert (
        script(sandbox, "seq 5 | python3 -c 'import sys; print(sum(map(int, sys.stdin)))'")
        == "15\n"
    )
    assert (
        script(sandbox, "python3 -c 'while True: print(\"y\")' 2>/dev/null | head -2") == "y\ny\n"
    )
    assert script(sandbox, "python3 -c 'print(\"x\" * 10_000_000)' | wc -c") == "10000001\n"


@pytest.mark.parametrize("loop", ["while True: pass", "import time; time.sleep(60)"])
def test_a_loop_can_be_interrupted(sandbox: SandboxPage, loop: str) -> None:
    code = f"import signal; signal.signal(2, signal.default_int_handler); print(flush=True); {loop}"
    if loop.startswith("while"):
        code = code.replace("; while", "\nwhile")
    result = sandbox.run(
        f"(python3 -c '{code}' & echo $! > pid; wait $!) | (read; kill -INT $(cat pid)); cat"
    )
    assert "KeyboardInterrupt" in result["stderr"]


def test_signals_and_timers(sandbox: SandboxPage) -> None:
    code = """
import os, signal
signal.signal(signal.SIGUSR1, lambda number, frame: print("got", number))
os.kill(os.getpid(), signal.SIGUSR1)
class Late(Exception): pass
def late(number, frame): raise Late
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    while True: pass
except Late:
    print("late")
"""
    assert python(sandbox, code) == "got 10\nlate\n"
    for endless in ("while True: pass", "sum(iter(int, 1))"):
        assert sandbox.run(f"timeout 0.2 python3 -c '{endless}'")["exitCode"] == 124
    assert sandbox.run("python3 -c 'import os; os.abort()'")["exitCode"] == 134


def test_select_and_files(sandbox: SandboxPage) -> None:
    code = """
import mmap, os, pathlib, select, shutil, tempfile
r, w = os.pipe()
print(select.select([r], [w], [], 0) == ([], [w], []), os.write(w, b"x"))
print(select.select([r], [], [], 1)[0] == [r])
d = pathlib.Path(tempfile.mkdtemp())
(d / "a").mkdir()
(d / "a/b.txt").write_text("h\\u00e9llo")
shutil.copytree(d, "copy")
print(sorted(p.name for p in pathlib.Path("copy").rglob("*")), pathlib.Path("copy/a/b.txt").stat().st_size)
with open("copy/a/b.txt", "rb") as f:
    print(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:3])
shutil.rmtree(d)
print(d.exists(), shutil.which("ls"))
"""
    assert python(sandbox, code) == (
        "True 1\nTrue\n['a', 'b.txt'] 6\nb'h\\xc3\\xa9'\nFalse /usr/bin/ls\n"
    )


def test_files_are_copied(sandbox: SandboxPage) -> None:
    code = """
import pathlib, shutil
here = pathlib.Path("a"); here.mkdir(); (here / "f").write_bytes(bytes(range(256)) * 1000)
(here / "f").chmod(0o640)
print((here / "f").copy("g", preserve_metadata=True).read_bytes() == (here / "f").read_bytes())
print(oct(pathlib.Path("g").stat().st_mode), here.copy("b"), [p.name for p in pathlib.Path("b").iterdir()])
print(shutil.copyfile("g", "h"), pathlib.Path("h").stat().st_size)
"""
    assert python(sandbox, code).splitlines() == ["True", "0o100640 b ['f']", "h 256000"]


def test_the_prompt_of_asyncio(sandbox: SandboxPage) -> None:
    result = sandbox.run("python3 -q -m asyncio", stdin="import asyncio\nawait asyncio.sleep(0, 'slept')\n")
    assert (result["exitCode"], "'slept'" in result["stdout"]) == (0, True), result
    told = sandbox.run("python3 -m asyncio ps 1")
    assert told["exitCode"] == 1 and "No module named '_remote_debugging'" in told["stderr"]


def test_the_size_of_a_pipe(sandbox: SandboxPage) -> None:
    code = """
import errno, fcntl, os
r, w = os.pipe()
print(fcntl.fcntl(r, fcntl.F_GETPIPE_SZ))
os.write(w, bytes(60000)); os.read(r, 60000); os.write(w, b"ab" * 5000)
print(fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 100000))
os.set_blocking(w, False)
print(os.write(w, b"c" * 200000))
data = b""
while len(data) < 131072:
    data += os.read(r, 5000)
print(data == b"ab" * 5000 + b"c" * 121072)
os.write(w, b"d" * 5000)
for size in (1, 4097, 1 << 20, (1 << 20) + 1, 1 << 30):
    try:
        print(fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, size))
    except OSError as error:
        print(errno.errorcode[error.errno])
print(os.read(r, 9999) == b"d" * 5000)
"""
    assert python(sandbox, code).split() == [
        "65536", "131072", "121072", "True", "EBUSY", "8192", "1048576", "EPERM", "EPERM", "True",
    ]  # fmt: skip


def test_libraries_in_c(sandbox: SandboxPage) -> None:
    code = """
import bz2, decimal, hashlib, lzma, sqlite3, unicodedata, zlib
from compression import zstd
for m in (bz2, lzma, zlib, zstd):
    assert m.decompress(m.compress(b"a" * 1000)) == b"a" * 1000, m
print(hashlib.sha256(b"a").hexdigest()[:8], hashlib.blake2b(b"a").hexdigest()[:8], decimal.Decimal(1) / 7)
c = sqlite3.connect("t.db")
c.execute("create table t(a)")
c.executemany("insert into t values (?)", [(i,) for i in range(100)])
c.create_function("double", 1, lambda x: x * 2)
c.commit()
print(c.execute("select double(sum(a)) from t").fetchone())
print(unicodedata.name("\\u2603"), "\\u20ac".encode("cp1252"))
"""
    assert python(sandbox, code) == (
        "ca978112 333fcb4e 0.1428571428571428571428571429\n(9900,)\nSNOWMAN b'\\x80'\n"
    )


def test_imports_of_the_user_are_compiled_and_kept(sandbox: SandboxPage) -> None:
    out = script(
        sandbox,
        "mkdir pk; echo X=42 > pk/__init__.py; python3 -c 'import pk; print(pk.X)'; ls pk/__pycache__",
    )
    assert out == "42\n__init__.cpython-314.pyc\n"


def test_the_first_start_loads_no_more_than_one_chunk(page, site: str) -> None:
    sandbox = SandboxPage(page, site)
    sandbox.create()
    sandbox.output("true")
    loaded: list[tuple[str, int]] = []
    page.on("response", lambda r: loaded.append((r.url, int(r.headers.get("content-length", 0)))))
    assert sandbox.output("python3 -c 'print(1)'") == "1\n"
    assert [url for url, _ in loaded if "python3.14-" in url and url.endswith(".wasm.gz")]
    assert len([url for url, _ in loaded if url.endswith(".data.gz")]) <= 1
    assert sum(size for _, size in loaded) < 4_500_000


@pytest.mark.parametrize("damage", ["absent", "truncated", "changed"])
def test_a_damaged_part_of_the_library(page, site: str, damage: str) -> None:
    """The import fails with the name of the file, and what else there is goes on."""
    sandbox = SandboxPage(page, site)
    sandbox.create()
    sandbox.output("python3 -c 'import json'")

    def damaged(route: Route) -> None:
        content = route.fetch().body()
        if damage == "absent":
            route.fulfill(status=404)
        elif damage == "truncated":
            route.fulfill(body=content[: len(content) // 2])
        else:
            route.fulfill(body=content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])

    page.context.route("**/*.data.gz", damaged)
    result = sandbox.run("python3 -c 'import wave'")
    assert result["exitCode"] == 1
    last = result["stderr"].strip().splitlines()[-1]
    error = "OSError: [Errno 5] Input/output error: '/usr/lib/python3.14/"
    assert last.startswith(error) and "wave" in last, result
    assert sandbox.output("python3 -c 'import json; print(json.dumps([1]))'") == "[1]\n"
    page.context.unroute("**/*.data.gz")
    page.wait_for_function(
        "async () => !(await sandbox.commands.run(`python3 -c 'import wave'`)).exitCode",
        timeout=CONFIG["BOOT_TIMEOUT"],
    )


def test_memory_that_ends_is_an_error_of_the_program(sandbox: SandboxPage) -> None:
    sandbox.limit = 60_000
    code = """
kept = []
try:
    while True:
        kept.append(bytearray(1 << 30))
except MemoryError:
    del kept
    print("MemoryError")
"""
    assert python(sandbox, code) == "MemoryError\n"


def test_a_full_disk(page, site: str) -> None:
    sandbox = SandboxPage(page, site)
    sandbox.create({"limits": {"bytes": 1 << 20}})
    result = sandbox.run('python3 -c \'open("/tmp/f", "wb").write(bytes(2 << 20))\'')
    assert result["exitCode"] == 1
    assert "OSError: [Errno 28] No space left on device" in result["stderr"]


def test_a_program_on_a_terminal_of_its_own(sandbox: SandboxPage) -> None:
    code = """
import os, pty
status = pty.spawn(["sh", "-c", "tty; echo to the terminal > /dev/tty; exit 3"])
print(os.waitstatus_to_exitcode(status))
"""
    first, *rest = python(sandbox, code).split()
    assert first.startswith("/dev/pts/")
    assert rest == ["to", "the", "terminal", "3"]
