"""Archives of a sandbox, and sandboxes from archives."""

from __future__ import annotations

import base64
import gzip
import io
import os
import subprocess
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest

from .pages import SandboxPage

#: what the public module hands out or takes: a Blob as base64, and back
BLOBS = """
    window.toBase64 = (blob) => new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1]);
        reader.readAsDataURL(blob);
    });
    window.toBlob = async (text) => (await fetch(`data:;base64,${text}`)).blob();
"""
#: everything that is kept of files
LIST = r"find / -xdev -printf '%p %m %U %G %s %T@ %l %n\n' 2>/dev/null | LC_ALL=C sort"
TREE = r"""
mkdir -p tree/empty tree/deep/er && cd tree
echo text > file && ln file hard && ln -s file soft && ln -s /nowhere/$(printf 'x%.0s' {1..150}) long
mkfifo fifo && : > none && printf 'odd' > $'a\377b\nc' && printf 'u' > 'ä€😀' && echo .wh > .wh.x
printf 'l' > $(printf 'n%.0s' {1..200})
truncate -s 3M sparse && printf 'data' | dd of=sparse bs=1 seek=1000000 conv=notrunc 2>/dev/null
seq 100000 > deep/er/large
chmod 4751 file && chmod 1775 deep && chmod 2755 deep/er && chmod 000 none
touch -d '2001-02-03 04:05:06.123456789' file empty && touch -h -d '1969-12-31 23:59:58.5' soft
touch -d '2100-01-01' deep/er && touch -d '1999-09-09 09:09:09.000000009' deep .
"""


@pytest.fixture
def own(fresh: SandboxPage) -> SandboxPage:
    """A own with a started sandbox of its own."""
    fresh.page.evaluate(BLOBS)
    fresh.create()
    return fresh


def archive(own: SandboxPage, expression: str = "sandbox.export()") -> bytes:
    return base64.b64decode(own.evaluate(f"return toBase64(await {expression})"))


def extract(own: SandboxPage, data: bytes, options: object = None) -> dict[str, object]:
    code = "return sandbox.files.extract(await toBlob(arg[0]), arg[1])"
    done = own.evaluate(code, [base64.b64encode(data).decode(), options])
    assert isinstance(done, dict)
    return done


def scanned(top: Path) -> list[str]:
    """What `find` says of a tree, but for owners, which only root can give."""
    form = r"%P %m %s %T@ %l %n\n"
    found = subprocess.run(["find", top, "-mindepth", "1", "-printf", form], check=True, capture_output=True)
    return sorted(
        line for line in found.stdout.decode("utf-8", "replace").splitlines() if " 4096 " not in line
    )


def told(own: SandboxPage, top: str) -> list[str]:
    text = own.output(rf"find {top} -mindepth 1 -printf '%P %m %s %T@ %l %n\n'")
    return sorted(line for line in text.splitlines() if " 4096 " not in line)


def test_a_new_sandbox_from_an_archive_is_as_the_old_one_was(own: SandboxPage) -> None:
    own.output(TREE)
    own.output("rm ~/.profile; chmod 700 ~; rm -rf /tmp/x; mkdir /tmp/x; echo a > /tmp/x/a")
    before = own.output(LIST)
    content = own.output("cd tree; sha256sum deep/er/large sparse; stat -c '%b %n' sparse")
    own.evaluate(
        """
        const blob = await sandbox.export();
        await sandbox.kill();
        window.sandbox = await tabux.Sandbox.import(blob);
        """
    )
    assert own.output(LIST) == before
    assert own.output("cd tree; sha256sum deep/er/large sparse; stat -c '%b %n' sparse") == content
    assert own.run("ls ~/.profile")["exitCode"] == 2


def test_the_tar_of_this_machine_extracts_it(own: SandboxPage, tmp_path: Path) -> None:
    own.output(TREE)
    data = archive(own)
    done = subprocess.run(["tar", "-C", tmp_path, "-xpzf", "-"], input=data, check=True, capture_output=True)
    assert b"rror" not in done.stderr
    assert scanned(tmp_path / "home/user/tree") == told(own, "tree")
    sparse = (tmp_path / "home/user/tree/sparse").stat()
    assert (sparse.st_size, sparse.st_blocks < 100) == (3 << 20, True)
    whole = archive(own, "sandbox.files.archive('tree')")
    with tarfile.open(fileobj=io.BytesIO(whole)) as opened:
        assert {member.name.split("/")[0] for member in opened} == {"tree"}
        assert opened.getmember("tree/file").uname == "user"


def test_what_the_tar_of_this_machine_has_made_is_imported_exactly(own: SandboxPage, tmp_path: Path) -> None:
    tree = tmp_path / "srv/tree"
    tree.mkdir(parents=True)
    subprocess.run(["bash", "-ec", f"cd {tree.parent}; {TREE}"], check=True)
    for options in (["--format=posix", "-S"], ["--format=gnu", "-S"], ["--format=posix", "-z"]):
        argv = ["tar", "-C", tmp_path, *options, "-cf", "-", "srv"]
        data = subprocess.run(argv, check=True, capture_output=True).stdout
        own.evaluate(
            "await sandbox.kill(); window.sandbox = await tabux.Sandbox.import(await toBlob(arg))",
            base64.b64encode(data).decode(),
        )
        expected, found = scanned(tmp_path / "srv"), told(own, "/srv")
        if "--format=gnu" in options:  # which keeps whole seconds
            expected, found = ([line.split(".")[0] for line in lines] for lines in (expected, found))
        assert found == expected
        assert own.output("stat -c '%u %g' /srv/tree/file").split() == [str(os.getuid()), str(os.getgid())]


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        for info, data in members:
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return file.getvalue()


def member(
    name: str, data: bytes = b"new", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o666
    return info, data


def test_an_archive_extracted_by_the_owner_is_the_users(sandbox: SandboxPage) -> None:
    sandbox.page.evaluate(BLOBS)
    data = tar_of(member("a/file"), member("a/null", b"", tarfile.CHRTYPE))
    done = extract(sandbox, gzip.compress(data), {"to": "/home/user/out/here"})
    assert done == {"members": 2, "notes": ["/a/null: a device, left out"]}
    assert sandbox.output("cd out/here; cat a/file; stat -c '%U %a' . a/file") == "newuser 755\nuser 644\n"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([member("f"), member("../x")], 'member 2, "../x": its name contains ".."'),
        (
            [member("l", b"", tarfile.SYMTYPE, "/etc"), member("l/passwd")],
            'member 2, "l/passwd": it lies behind a symbolic link of the archive',
        ),
        (
            [member("h", b"", tarfile.LNKTYPE, "/etc/passwd")],
            'member 1, "h": it is a link to "etc/passwd", and no such file is there',
        ),
    ],
)
def test_archives_that_mean_harm(
    sandbox: SandboxPage, made: list[tuple[tarfile.TarInfo, bytes]], reason: str
) -> None:
    sandbox.page.evaluate(BLOBS)
    before = sandbox.output("sha256sum /etc/passwd")
    code = "await sandbox.files.extract(await toBlob(arg), { to: '/home/user/harm' })"
    assert sandbox.fails(code, base64.b64encode(tar_of(*made)).decode()) == ("ArchiveError", reason)
    assert sandbox.output("sha256sum /etc/passwd") == before


def test_archives_that_are_none_or_broken(sandbox: SandboxPage) -> None:
    sandbox.page.evaluate(BLOBS)
    whole = tar_of(member("one", os.urandom(3000)), member("two", os.urandom(300_000)))
    packed = gzip.compress(whole)
    damaged = bytearray(packed)
    damaged[-8] ^= 1  # its checksum
    cases = {
        b"": "this is not a tar archive",
        b"PK\3\4" + bytes(600): "this is not a header of a tar archive",
        whole[:3000]: 'member 1, "one": the archive ends too early',
        whole[:100_000]: 'member 2, "two": the archive ends too early',
        packed[:100_000]: 'member 2, "two": the compressed data is damaged or ends too early',
        bytes(damaged): 'member 2, "two": the compressed data is damaged or ends too early',
        packed[:10] + os.urandom(100): "the compressed data is damaged or ends too early",
    }
    code = "await sandbox.files.extract(await toBlob(arg), { to: '/home/user/broken' })"
    for data, reason in cases.items():
        assert sandbox.fails(code, base64.b64encode(data).decode()) == ("ArchiveError", reason)
    assert sandbox.output("ls broken") == "one\n"
    assert sandbox.fails("await sandbox.files.extract('text')")[0] == "InvalidArgumentError"
    assert sandbox.fails("await sandbox.files.archive('nowhere')")[0] == "NotFoundError"
    assert sandbox.fails("await sandbox.files.archive([])")[0] == "InvalidArgumentError"


def test_an_import_that_fails_leaves_nothing(fresh: SandboxPage) -> None:
    fresh.page.evaluate(BLOBS)
    fresh.limit = 60_000
    code = "await tabux.Sandbox.import(await toBlob(arg), { session: 'broken' })"
    broken = base64.b64encode(tar_of(member("home/user/f"), member("../x"))).decode()
    assert fresh.fails(code, broken)[0] == "ArchiveError"
    assert fresh.evaluate("return (await tabux.Sandbox.sessions.list()).map((s) => s.name)") == []
    good = base64.b64encode(tar_of(member("home/user/f"))).decode()
    fresh.evaluate(
        "const made = await tabux.Sandbox.import(await toBlob(arg), { session: 'kept' }); await made.close()",
        good,
    )
    kept = fresh.fails(code.replace("broken", "kept"), good)
    assert kept[0] == "FileExistsError"
    assert fresh.evaluate("return (await tabux.Sandbox.sessions.list()).map((s) => s.name)") == ["kept"]


def test_a_session_that_is_opened_again_is_exported_whole(fresh: SandboxPage, tmp_path: Path) -> None:
    fresh.page.evaluate(BLOBS)
    fresh.create({"session": "export"})
    fresh.output(TREE)
    fresh.output(
        "head -c 3000000 /dev/urandom > tree/random; rm -r /etc/skel 2>/dev/null; echo changed >> ~/.bashrc"
    )
    sums = fresh.output("cd tree; sha256sum deep/er/large random sparse")
    before = told(fresh, "tree")
    fresh.evaluate("await sandbox.close()")
    fresh.create({"session": "export"})
    subprocess.run(
        ["tar", "-C", tmp_path, "-xpzf", "-"], input=archive(fresh), check=True, capture_output=True
    )
    tree = tmp_path / "home/user/tree"
    assert scanned(tree) == before
    again = subprocess.run(
        ["sha256sum", "deep/er/large", "random", "sparse"], cwd=tree, check=True, capture_output=True
    )
    assert again.stdout.decode() == sums
    assert (tmp_path / "home/user/.bashrc").read_text().endswith("changed\n")


def test_a_file_that_is_written_meanwhile_is_as_it_was_at_one_moment(
    own: SandboxPage, tmp_path: Path
) -> None:
    own.output("yes a | head -c 8M > big")
    own.evaluate(
        """
        const writing = sandbox.commands.run(
            "for i in b c d e f; do yes $i | head -c 8M | dd of=big conv=notrunc bs=64k status=none; done"
        );
        window.blobs = [];
        for (let i = 0; i < 3; i++) blobs.push(await sandbox.files.archive("big"));
        await writing;
        """
    )
    for number in range(3):
        data = archive(own, f"blobs[{number}]")
        with tarfile.open(fileobj=io.BytesIO(data)) as opened:
            file = opened.extractfile("big")
            assert file is not None
            lines = file.read().split(b"\n")
        # one writer, from front to back: at any moment there are at most two kinds of lines
        assert len(lines) == 4 * (1 << 20) + 1
        assert sum(a != b for a, b in pairwise(lines[:-1])) <= 1


def test_a_hundred_megabytes_without_a_long_pause(own: SandboxPage) -> None:
    own.limit = 240_000
    own.output("head -c 100000000 /dev/urandom > big; for i in {1..2000}; do echo $i > small$i; done")
    watched = """
        let done = false, longest = 0, answers = 0;
        const watch = (async () => {
            for (; !done; answers++) {
                const began = performance.now();
                await sandbox.files.exists("/");
                longest = Math.max(longest, performance.now() - began);
            }
        })();
        const began = performance.now();
        const result = await (async () => { %s })();
        const took = performance.now() - began;
        done = true;
        await watch;
        return [result, took, longest, answers];
    """
    steps = {
        "export": "window.packed = await sandbox.export(); return packed.size > 1e8",
        "extract": "return (await sandbox.files.extract(packed, { to: '/tmp/out' })).members > 2000",
    }
    for name, code in steps.items():
        right, took, longest, answers = own.evaluate(watched % code)
        print(f"{name}: {took:.0f} ms, {answers} answers meanwhile, the longest after {longest:.1f} ms")
        # (in shares of the time it took: the machine may be busy with other things)
        assert right
        assert answers > 100
        assert longest < took / 8
    assert own.output("cmp big /tmp/out/home/user/big; ls /tmp/out/home/user | wc -l") == "2001\n"
