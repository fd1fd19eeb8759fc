"""Shared libraries: dlopen and its like in a C program (tests/guest/dynlink), and what is no library."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from wasm.builder import wasmfile as w

from .guest_programs import SOURCES, build, build_foreign, build_host, build_library, build_linked
from .pages import SandboxPage

#: what the libraries of most tests print when they begin
BEGIN = ["base begins", "open", "user begins with 45", "open"]
END = ["user ends", "base ends"]

Run = Callable[..., list[str]]


def put(sandbox: SandboxPage, path: str, content: bytes) -> None:
    sandbox.evaluate(
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
        [path, base64.b64encode(content).decode()],
    )


@pytest.fixture
def host(sandbox: SandboxPage) -> Run:
    """Runs the host with words in a directory where the libraries are; the lines that it prints."""
    put(sandbox, "/tmp/dynlink/host", build_host("host"))
    for name in ("base", "lacking", "wrong"):
        put(sandbox, f"/tmp/dynlink/{name}.so", build_library(name))
    put(sandbox, "/tmp/dynlink/user.so", build_linked("user", "base"))
    put(sandbox, "/tmp/dynlink/circle_a.so", build_linked("circle_a", "circle_b"))
    put(sandbox, "/tmp/dynlink/circle_b.so", build_linked("circle_b", "circle_a"))
    sandbox.run("chmod 755 /tmp/dynlink/host")

    def run(words: str, before: str = "export LD_LIBRARY_PATH=.", **options: object) -> list[str]:
        result = sandbox.run(f"cd /tmp/dynlink; {before}; ./host {words}", timeoutMs=30_000, **options)
        assert result["stderr"] == "", result
        return str(result["stdout"]).splitlines()

    return run


def test_a_library_is_loaded_called_and_closed(host: Run) -> None:
    lines = host("open ./base.so call base_add 2 get base_number get base_zero close open ./base.so close")
    again = ["base begins", "open", "base ends", "closed"]
    assert lines == ["base begins", "open", "7", "5", "0", "base ends", "closed", *again]


def test_what_it_needs_is_loaded_with_it(host: Run) -> None:
    words = "open ./user.so call add_all 1 call call_all 1 call direct 1 call back 1 text text"
    values = ["149", "110", "218", "105", "formatted 1.41 40"]
    assert host(words) == ["base begins", "user begins with 45", "open", *values, *END]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("call weak_is_null 4", ["4"]),
        ("call has_errno 5", ["5"]),
        ("call sorted 2", ["223"]),
        ("call sleeps 6", ["6"]),
        ("call arithmetic 7", ["304"]),
        ("call local_count 1 call local_count 1", ["11", "12"]),
        ("setjmp", ["jumped: 7"]),
        ("same own_weak address_of_weak", ["same"]),
        ("spawn", ["spawned", "fine"]),
    ],
)
def test_functions_of_a_library(host: Run, words: str, lines: list[str]) -> None:
    assert host(f"global ./base.so open ./user.so {words}") == [*BEGIN, *lines, *END]


def test_a_library_reads_and_waits(host: Run) -> None:
    assert host("open ./user.so call reads 1", stdin="x")[-3] == str(ord("x") + 1)


def test_a_program_with_libraries_is_replaced(host: Run) -> None:
    assert host("open ./user.so exec")[-1] == "replaced"


def test_libraries_that_need_each_other(host: Run) -> None:
    words = "open ./circle_a.so call a_calls 5 call a_same 7 call b_calls 5 close error"
    assert host(words) == ["b begins", "a begins", "open", "27", "7", "7", "closed", "(none)"]


def test_where_libraries_are_found(host: Run, sandbox: SandboxPage) -> None:
    assert host("open base.so", "unset LD_LIBRARY_PATH") == [
        "base.so: cannot open shared object file: No such file or directory"
    ]
    assert host("open base.so call base_add 1", "export LD_LIBRARY_PATH=/nowhere:.")[:3] == [*BEGIN[:2], "6"]
    put(sandbox, "/tmp/dynlink/deep/base.so", build_library("base"))
    put(sandbox, "/tmp/dynlink/deep/found.so", _with_run_path(build_linked("user", "base"), "/no:$ORIGIN"))
    assert host("open ./deep/found.so call direct 1", "unset LD_LIBRARY_PATH")[:4] == [
        "base begins", "user begins with 45", "open", "218",
    ]


def _with_run_path(module: bytes, path: str) -> bytes:
    """A library as the linker makes it with ``-rpath``."""
    sections = list(w.sections(module))
    entry = b"\1" + w.sized(path.encode())
    return w.join([(0, sections[0][1] + b"\5" + w.sized(entry)), *sections[1:]])


def test_a_library_is_there_once_under_all_its_names(host: Run, sandbox: SandboxPage) -> None:
    sandbox.run("cd /tmp/dynlink; ln -f base.so other.so; ln -sf base.so third.so")
    words = " ".join(f"open ./{name}.so call base_count 1" for name in ("base", "other", "third"))
    lines = ["base begins", "open", "1", "open", "2", "open", "3", "closed", "closed", "base ends", "closed"]
    assert host(f"{words} close close close") == lines


def test_what_is_needed_stays_until_nobody_needs_it(host: Run) -> None:
    words = "open ./user.so open ./base.so close call direct 1 close"
    values = ["open", "closed", "218", "user ends", "base ends", "closed"]
    assert host(words)[2:] == ["open", *values]
    assert host("nodelete ./base.so close error") == ["base begins", "open", "closed", "(none)", "base ends"]


def test_modes(host: Run) -> None:
    assert host("open ./base.so open ./lacking.so default base_add")[-2:] == [
        "./host: undefined symbol: base_add", "base ends",
    ]
    words = "global ./base.so default base_add next base_add default host_twice next host_twice"
    missing = "./host: undefined symbol: host_twice"
    assert host(words)[2:6] == ["found", "found", "found", missing]
    assert host("self call host_twice 4 close") == ["open", "8", "closed"]
    assert host("noload ./base.so open ./base.so noload ./base.so") == [
        "./base.so: not loaded", "base begins", "open", "open", "base ends",
    ]
    assert host("badmode ./base.so") == ["./base.so: invalid mode for dlopen(): Invalid argument"]


def test_addresses(host: Run) -> None:
    words = "global ./base.so open ./user.so address own_weak address own_number stack"
    names = ["own_weak in user.so, own_weak", "own_number in user.so, own_number", "a local in host, (none)"]
    assert host(words)[4:7] == names
    assert host("self address host_twice address host_number") == [
        "open", "host_twice in host, host_twice", "host_number in host, host_number",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("open nothing.so", "nothing.so: cannot open shared object file: No such file or directory"),
        ("open ./no/thing.so", "./no/thing.so: cannot open shared object file: No such file or directory"),
        ("open /tmp", "/tmp: cannot read file data: Is a directory"),
        ("open /etc/passwd", "/etc/passwd: not a WebAssembly module"),
        ("open ./host", "./host: not a shared library: it has no dylink.0 section"),
        (
            "open ./lacking.so",
            "./lacking.so: undefined symbol: first_missing (and second_missing, third_missing, 3 others)",
        ),
        (
            "lazy ./wrong.so",
            "./wrong.so: symbol host_twice is not of the type that is wanted "
            "(imported function does not match the expected type)",
        ),
        ("again", "shared object not open"),
    ],
)
def test_the_words_of_errors(host: Run, words: str, line: str) -> None:
    assert host(f"{words} error") == [line, "(none)"]


def test_an_error_leaves_nothing_behind(host: Run) -> None:
    words = "open ./base.so open ./wrong.so open ./user.so call direct 1 close close"
    lines = host(words)
    assert lines[2].startswith("./wrong.so: symbol host_twice")
    assert lines[3:7] == ["user begins with 45", "open", "218", "user ends"]
    assert lines[7:] == ["closed", "base ends", "closed"]



def _import(module: str, name: str, description: bytes) -> bytes:
    return w.sized(module.encode()) + w.sized(name.encode()) + description


def _dylink(memory: int = 0, alignment: int = 0, table: int = 0, more: bytes = b"") -> tuple[int, bytes]:
    needs = w.uleb(memory) + w.uleb(alignment) + w.uleb(table) + b"\0"
    return 0, w.sized(b"dylink.0") + b"\1" + w.sized(needs) + more


def _library(*imports: bytes, dylink: tuple[int, bytes] | None = None) -> bytes:
    """A library of nothing but imports."""
    types = (1, b"\1\x60\0\0")
    return w.join([dylink or _dylink(), types, (2, w.uleb(len(imports)) + b"".join(imports))])


BAD = {
    "empty": (b"", "file too short"),
    "a header": (w.MAGIC, "not a shared library: it has no dylink.0 section"),
    "another import": (
        _library(_import("wasi_snapshot_preview1", "proc_exit", b"\0\0")),
        "undefined symbol: wasi_snapshot_preview1.proc_exit",
    ),
    "an import of the gate": (
        _library(_import("tabux", "syscall", b"\0\0")),
        "undefined symbol: tabux.syscall",
    ),
    "a global nobody has": (_library(_import("env", "secret", b"\3\x7f\1")), "undefined symbol: secret"),
    "a memory of another name": (_library(_import("env", "heap", b"\2\0\1")), "undefined symbol: heap"),
    "shared memory": (
        _library(_import("env", "memory", b"\2\3\1\2")),
        "is made for memory that is shared or larger than 4 GB",
    ),
    "much memory": (_library(dylink=_dylink(memory=0x7FFFFFF0)), "cannot allocate memory"),
    "more memory": (_library(dylink=_dylink(memory=0xFFFFFFF0)), "wants too much memory"),
    "a large table": (_library(dylink=_dylink(table=900_000)), None),
    "a larger table": (_library(dylink=_dylink(table=9_000_000)), "wants too much memory"),
    "an alignment": (_library(dylink=_dylink(alignment=31)), "wants an alignment that is too large"),
    "no such type": (_library(_import("env", "puts", b"\0\5")), "damaged: a function without a type"),
    "a long number": (w.MAGIC + b"\0" + b"\x80" * 9, "damaged: not a number where one belongs"),
    "a section that is too long": (w.MAGIC + b"\0\x7f", "file too short"),
    "needs nobody": (
        _library(dylink=_dylink(more=b"\2" + w.sized(b"\1" + w.sized(b"none.so")))),
        "none.so: cannot open shared object file: No such file or directory",
    ),
    "needs itself": (_library(dylink=_dylink(more=b"\2" + w.sized(b"\1" + w.sized(b"bad.so")))), None),
    "a body that is no code": (
        w.join([_dylink(), (1, b"\1\x60\0\0"), (3, b"\1\0"), (10, b"\1\3\0\xff\x0b")]),
        "has an instruction that is not known here: 0xff",
    ),
    "a body of the wrong type": (
        w.join([_dylink(), (1, b"\1\x60\0\0"), (3, b"\1\0"), (10, b"\1\4\0\x41\0\x0b")]),
        "not valid WebAssembly: ",
    ),
    "sections out of order": (
        w.join([_dylink(), (3, b"\0"), (1, b"\0")]),
        "damaged: its sections are out of order",
    ),
    "data outside": (
        w.join([_dylink(), (2, b"\1" + _import("env", "memory", b"\2\0\1")), (11, b"\1\0\x41\x7f\x0b\1x")]),
        "cannot be linked: data segment 0 is out of bounds",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(host: Run, sandbox: SandboxPage, name: str) -> None:
    content, message = BAD[name]
    put(sandbox, "/tmp/dynlink/bad.so", content)
    lines = host("open ./bad.so open ./base.so call base_add 1")
    if message is None:
        assert lines[0] == "open"
    else:
        assert lines[0].removeprefix("./bad.so: ").startswith(message), lines
    assert lines[1:4] == ["base begins", "open", "6"]


def test_cut_files(host: Run, sandbox: SandboxPage) -> None:
    whole = build_library("base")
    for length in range(9, len(whole) - 300, 97):
        put(sandbox, "/tmp/dynlink/bad.so", whole[:length])
        lines = host("open ./bad.so")
        assert len(lines) == 1, (length, lines)
        assert lines[0].startswith("./bad.so: "), (length, lines)


def test_a_library_that_is_written_anew(host: Run, sandbox: SandboxPage) -> None:
    put(sandbox, "/tmp/dynlink/new.so", build_library("base"))
    assert host("open ./new.so call base_add 1")[2] == "6"
    put(sandbox, "/tmp/dynlink/new.so", build_library("base", "-Dbase_add=base_other"))
    lines = host("open ./new.so call base_other 1 call base_add 1")
    assert lines[2:4] == ["6", "./new.so: undefined symbol: base_add"]


def test_a_loop_in_a_library_is_interrupted(host: Run, sandbox: SandboxPage) -> None:
    script = "cd /tmp/dynlink; LD_LIBRARY_PATH=. ./host open ./user.so call spins 1 & "
    lines = sandbox.output(f"{script} sleep 0.1; echo others run; kill $!; wait $!; echo $?").splitlines()
    assert lines[-2:] == ["others run", "143"]


def test_a_program_that_cannot_load_any(sandbox: SandboxPage) -> None:
    put(sandbox, "/tmp/dynlink/static", build("host", SOURCES / "dynlink"))
    put(sandbox, "/tmp/dynlink/base.so", build_library("base"))
    output = sandbox.output("cd /tmp/dynlink; chmod 755 static; ./static open ./base.so self default puts")
    assert output.splitlines() == [
        "./base.so: Dynamic loading not supported", "open", "./static: undefined symbol: puts",
    ]


def test_a_fork_has_the_libraries(host: Run, sandbox: SandboxPage) -> None:
    put(sandbox, "/tmp/dynlink/forking", build_host("host", fork="whole"))
    words = "global ./base.so open ./user.so child call direct 1 get own_number"
    lines = sandbox.output(
        f"cd /tmp/dynlink; chmod 755 forking; LD_LIBRARY_PATH=. ./forking {words}"
    ).splitlines()
    end = ["218", "3", "user ends", "base ends"]
    assert lines == [*BEGIN, "in the child", *end, "child: 0", *end]


def test_a_fork_below_a_library_is_refused(host: Run, sandbox: SandboxPage) -> None:
    put(sandbox, "/tmp/dynlink/forking", build_host("host", fork="whole"))
    command = "cd /tmp/dynlink; chmod 755 forking; LD_LIBRARY_PATH=. ./forking open ./user.so call forks 1"
    assert sandbox.output(command).splitlines()[3] == "-38"  # ENOSYS


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("call catches 2 call catches 5", ["4", "-7"]),
        ("call through 1 call through 12", ["2", "13"]),
        ("call prints 3", ["streams 3 1.5", "3"]),
        ("text formats", ["ff 3"]),
        ("call numbers 0", ["60844"]),  # as WASI has them: EAGAIN 6, EBADF 8, ENOENT 44
        ("call sets_errno 0", ["8"]),
        ("call keeps_errno 0", ["44"]),
        ("text says", ["No such file or directory"]),
        ("text category", ["Permission denied"]),
        ("call busy 0", ["10"]),  # EBUSY
    ],
)
def test_a_library_of_another_compiler(host: Run, sandbox: SandboxPage, words: str, lines: list[str]) -> None:
    put(sandbox, "/tmp/dynlink/foreign.so", build_foreign("foreign"))
    assert host(f"open ./foreign.so {words}") == ["open", *lines]
