"""Sockets: the same calls here and on Linux, and what a sandbox is to bear."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_programs import SOURCES, build
from .pages import SandboxPage
from .socket_sequences import sequence

SEQUENCES = range(600)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of sequences, for this machine."""
    if not shutil.which("gcc"):
        pytest.skip("there is no gcc to ask what Linux does")
    program = tmp_path_factory.mktemp("native") / "sockets"
    subprocess.run(["gcc", "-o", program, SOURCES / "sockets.c"], check=True)
    return program


@pytest.fixture
def guest(sandbox: SandboxPage) -> Iterator[str]:
    """The same in the sandbox."""
    sandbox.evaluate(
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
        ["/tmp/sockets", base64.b64encode(build("sockets")).decode()],
    )
    yield "chmod 755 /tmp/sockets; cd $(mktemp -d); /tmp/sockets"


def both(
    sandbox: SandboxPage, native: Path, guest: str, script: str, cwd: Path
) -> tuple[list[str], list[str]]:
    """What the calls come to: here, and on Linux."""
    told = subprocess.run(
        [native], input=script, capture_output=True, text=True, cwd=cwd, timeout=60, check=True
    )
    return sandbox.output(guest, stdin=script, timeoutMs=60_000).splitlines(), told.stdout.splitlines()


def test_as_linux(sandbox: SandboxPage, native: Path, guest: str, tmp_path: Path) -> None:
    histories = [sequence(number) for number in SEQUENCES]
    script = "\n".join(line for history in histories for line in history) + "\n"
    found, wanted = both(sandbox, native, guest, script, tmp_path)
    assert len(found) == len(wanted) == script.count("\n")
    different = []
    at = 0
    for number, history in zip(SEQUENCES, histories, strict=True):
        rows = slice(at, at + len(history))
        if found[rows] != wanted[rows]:
            lines = zip(history, found[rows], wanted[rows], strict=True)
            different.append((number, next(row for row in lines if row[1] != row[2])))
        at += len(history)
    assert not different


def upload(sandbox: SandboxPage, name: str) -> None:
    sandbox.evaluate(
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
        [f"/tmp/{name}", base64.b64encode(build(name)).decode()],
    )


def test_between_processes(sandbox: SandboxPage) -> None:
    """What waits, what is killed, what is too much, a thousand connections, names."""
    upload(sandbox, "socket_waits")
    result = sandbox.run(
        "chmod 755 /tmp/socket_waits; cd $(mktemp -d); /tmp/socket_waits all", timeoutMs=60_000
    )
    assert (result["exitCode"], result["stderr"]) == (0, ""), result["stdout"]
    assert sandbox.output("tail -qn +2 /proc/net/tcp /proc/net/udp /proc/net/unix") == "", "nothing is left"


def test_the_same_checks_hold_on_linux(tmp_path: Path) -> None:
    if not shutil.which("gcc"):
        pytest.skip("there is no gcc to ask what Linux does")
    subprocess.run(["gcc", "-o", tmp_path / "waits", SOURCES / "socket_waits.c"], check=True)
    done = subprocess.run(
        [tmp_path / "waits"], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


def test_netcat_and_the_shell_talk(sandbox: SandboxPage) -> None:
    listening = "until netstat -tln | grep -q :8000; do sleep .01; done"
    script = f"nc -l -p 8000 >got & {listening}; seq 10000 | nc -q 0 localhost 8000; wait"
    script += "; cksum <got; seq 10000 | cksum"
    mine, wanted = sandbox.output(f"cd $(mktemp -d); {script}").splitlines()
    assert mine == wanted
    script = f"nc -l -p 8000 -c 'read x; echo got $x' & {listening};"
    script += " exec 3<>/dev/tcp/localhost/8000; echo word >&3; cat <&3; wait"
    assert sandbox.output(script) == "got word\n"
    script = "exec 3<>/dev/udp/127.0.0.1/9000; echo word >&3"
    assert sandbox.output(f"nc -u -l -p 9000 -w 1 & sleep .1; {script}; wait").strip() == "word"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("nc -z localhost 9; echo $?", "1\n"),
        ("nc -w 5 93.184.216.34 80 </dev/null; echo $?", "1\n(UNKNOWN) [93.184.216.34] 80 (http) : Network"),
        ("exec 3<>/dev/tcp/localhost/9", "bash: connect: Connection refused"),
        ("exec 3<>/dev/tcp/93.184.216.34/80", "bash: connect: Network is unreachable"),
        ("exec 3<>/dev/tcp/example.org/80", "bash: line 1: example.org: "),
        ("hostname; hostname -i; hostname -f", "tabux\n127.0.1.1\ntabux\n"),
        ("nc -l -p 80 2>&1", "Can't grab 0.0.0.0:80 with bind : Permission denied\n"),
    ],
)
def test_what_leads_nowhere_fails_at_once(sandbox: SandboxPage, command: str, wanted: str) -> None:
    result = sandbox.run(command, timeoutMs=5_000)
    assert not result.get("timedOut")
    assert (result["stdout"] + result["stderr"]).startswith(wanted)


PYTHON = """
import asyncio, http.server, os, socket, threading, urllib.request

async def upper(reader, writer):
    writer.write((await reader.readline()).upper())
    writer.close()

async def ask(port, number):
    reader, writer = await asyncio.open_connection("localhost", port)
    writer.write(b"hello %d\\n" % number)
    answer = await reader.readline()
    writer.close()
    return answer

async def main():
    server = await asyncio.start_server(upper, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(b"".join(await asyncio.gather(*(ask(port, n) for n in range(3)))))

asyncio.run(main())
os.chdir("/etc")
handler = http.server.SimpleHTTPRequestHandler
handler.log_message = lambda *arguments: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(urllib.request.urlopen(f"http://localhost:{server.server_port}/hostname").read())
try:
    socket.create_connection(("example.org", 80), 5)
except socket.gaierror as error:
    print(error.errno == socket.EAI_NONAME)
"""


def test_pythons_servers_and_clients(sandbox: SandboxPage) -> None:
    if sandbox.run("command -v python3")["exitCode"]:
        pytest.skip("python3 was left out of this build")
    told = sandbox.output("python3 -", stdin=PYTHON, timeoutMs=60_000).splitlines()
    assert told == [r"b'HELLO 0\nHELLO 1\nHELLO 2\n'", r"b'tabux\n'", "True"]
