"""Archives, against the tar programs of this machine in both directions, and archives that mean harm."""

# (paths are bytes here, and those of pathlib are not)
# ruff: noqa: PTH101, PTH102, PTH112, PTH114, PTH115, PTH123, PTH208, PTH211

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tabux.abi.errno import SysError
from tabux.abi.stat import S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.layout import make_layout
from tabux.fs.manifest import Entry, populate
from tabux.fs.vfs import Vfs
from tabux.session import tar
from tabux.session.archive import whole
from tabux.session.difference import differing
from tabux.session.extraction import Extraction, ExtractionError
from tabux.session.placing import Place
from tabux.session.tar import Member

from tests.unit.archive_support import (
    BLOCK,
    Contents,
    extracted,
    listing,
    new_vfs,
    packed,
    packed_with_notes,
    put,
)

IS_ROOT = os.geteuid() == 0
#: a name of every byte that one may have
ODD = bytes(range(1, 256)).replace(b"/", b"")


# -- real trees --------------------------------------------------------------------------------------------


def grow(top: Path, seed: int) -> None:
    """A random tree: modes, owners, times, links of both kinds, FIFOs, holes, odd and long names."""
    rng = random.Random(seed)
    directories = [os.fsencode(top)]
    files: list[bytes] = []
    fifos: list[bytes] = []  # (GNU tar does not keep hard links to them)
    for number in range(60):
        place = rng.choice(directories)
        name = b"%d" % number + rng.choice((
            b"f", "ä€😀".encode(), rng.choice((b"x", b"y")) * rng.randrange(90, 250), b" ",
            bytes(rng.choice(ODD) for _ in range(rng.randrange(1, 30))),
        ))  # fmt: skip
        name = rng.choice((b"", b".wh.")) + name
        path = place + b"/" + name
        if os.path.lexists(path) or len(path) > 3000:
            continue
        kind = rng.choice(("file", "file", "file", "directory", "link", "symlink", "fifo", "sparse"))
        if kind == "file":
            Path(os.fsdecode(path)).write_bytes(
                rng.randbytes(rng.choice((0, 1, 511, 512, 513, 5000, 70_000)))
            )
        elif kind == "sparse":
            with open(path, "wb") as file:
                file.truncate(rng.choice((1 << 20, (1 << 20) + 123)))
                for _ in range(rng.randrange(0, 4)):
                    file.seek(rng.randrange(256) * BLOCK + rng.choice((0, 7)))
                    file.write(rng.randbytes(rng.choice((1, BLOCK, 9000))))
        elif kind == "directory":
            os.mkdir(path)
            directories.append(path)
        elif kind == "symlink":
            os.symlink(
                rng.choice((b"x", b"/etc", b"../" * 50 + b"up", b"t\xff" * 70, b"l" * 100, b"l" * 101)), path
            )
        elif kind == "fifo":
            os.mkfifo(path)
            fifos.append(path)
        elif files:
            os.link(rng.choice(files), path, follow_symlinks=False)
        if os.path.lexists(path) and kind not in ("directory", "link", "fifo"):
            files.append(path)
    for path in [*files, *fifos, *reversed(directories)]:
        if IS_ROOT:
            os.chown(path, rng.choice((0, 1000, 3_000_000)), rng.choice((0, 1000)), follow_symlinks=False)
        if not os.path.islink(path):
            low = 0 if IS_ROOT else 0o600
            os.chmod(path, rng.randrange(0o10000) | (0o700 if os.path.isdir(path) else low))
        when = rng.choice(
            (rng.randrange(1 << 60), rng.randrange(1 << 30) * 10**9, -rng.randrange(1, 10**18), 5, 1 << 62)
        )
        os.utime(path, ns=(when, when), follow_symlinks=False)


def scanned(top: Path) -> dict[str, tuple[object, ...]]:
    """The same as `listing`, of a real directory."""
    first: dict[int, str] = {}
    found = {}

    def walk(path: bytes, name: str) -> None:
        info = os.lstat(path)
        is_file = stat.S_ISREG(info.st_mode)
        found[name] = (
            oct(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns,
            2 if stat.S_ISDIR(info.st_mode) else info.st_nlink,
            os.readlink(path).decode("latin-1") if stat.S_ISLNK(info.st_mode) else None,
            Path(os.fsdecode(path)).read_bytes() if is_file else None,
            is_file and info.st_blocks * 512 < info.st_size,
            first.setdefault(info.st_ino, name),
        )  # fmt: skip
        if stat.S_ISDIR(info.st_mode):
            for entry in sorted(os.listdir(path)):
                walk(path + b"/" + entry, f"{name}/{entry.decode('latin-1')}")

    walk(os.fsencode(top), "")
    return found


def told(vfs: Vfs, contents: Contents, top: Inode) -> dict[str, tuple[object, ...]]:
    """`listing`, as `scanned` has it."""
    found = {}
    for path, (mode, uid, gid, mtime, nlink, target, data, _, first) in listing(vfs, contents, top).items():
        inode = vfs.lookup(top, f"./{path}", ROOT, False) if len(path) < 4000 else top
        is_directory = int(str(mode), 8) & 0o170000 == S_IFDIR
        found[path] = (
            mode, uid, gid, mtime, 2 if is_directory else nlink, target, data,
            data is not None and inode.blocks * 512 < inode.size, first,
        )  # fmt: skip
    return found


def run(*argv: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, **options)  # type: ignore[call-overload,no-any-return]


def gnu_tar(*options: str) -> Callable[[Path], bytes]:
    return lambda tree: run("tar", "-C", tree, *options, "-cf", "-", ".").stdout


MAKERS = {
    "posix": gnu_tar("--format=posix"),
    "posix sparse 1.0": gnu_tar("--format=posix", "-S"),
    "posix sparse 0.1": gnu_tar("--format=posix", "-S", "--sparse-version=0.1"),
    "posix sparse 0.0": gnu_tar("--format=posix", "-S", "--sparse-version=0.0"),
    "gnu sparse": gnu_tar("--format=gnu", "-S"),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("maker", MAKERS)
def test_what_tar_has_made_is_extracted_exactly(tmp_path: Path, maker: str, seed: int) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    grow(tree, seed)
    vfs, contents = new_vfs()
    done = extracted(vfs, contents, MAKERS[maker](tree), vfs.mkdir(vfs.root, "to", 0o755, ROOT))
    assert done.notes == []
    expected, found = scanned(tree), told(vfs, contents, vfs.lookup(vfs.root, "to", ROOT))
    if maker.startswith("gnu"):  # which keeps whole seconds
        expected = {path: (*row[:3], int(str(row[3])) // 10**9, *row[4:]) for path, row in expected.items()}
        found = {path: (*row[:3], int(str(row[3])) // 10**9, *row[4:]) for path, row in found.items()}
    if "sparse" not in maker:
        expected = {path: (*row[:7], False, row[8]) for path, row in expected.items()}
    assert found == expected


@pytest.mark.parametrize("seed", range(6))
def test_what_is_made_tar_extracts_exactly(tmp_path: Path, seed: int) -> None:
    tree, again = tmp_path / "tree", tmp_path / "again"
    tree.mkdir()
    again.mkdir()
    grow(tree, seed)
    vfs, contents = new_vfs()
    top = vfs.mkdir(vfs.root, "to", 0o755, ROOT)
    extracted(vfs, contents, MAKERS["posix sparse 1.0"](tree), top)
    archive = packed(contents, whole(vfs, top, ["."]))
    done = run("tar", "-C", again, "-xpf", "-", "--numeric-owner", "--warning=no-timestamp", input=archive)
    # (what tar does not know it leaves out)
    assert set(done.stderr.splitlines()) <= {b"tar: Ignoring unknown extended header keyword 'hdrcharset'"}
    assert scanned(again) == scanned(tree)
    assert len(archive) % tar.RECORD == 0

    other, more = new_vfs()
    top = other.mkdir(other.root, "to", 0o755, ROOT)
    extracted(other, more, archive, top)
    assert packed(more, whole(other, top, ["."])) == archive


def test_other_programs_read_it(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    grow(tree, 1)
    vfs, contents = new_vfs()
    top = vfs.mkdir(vfs.root, "to", 0o755, ROOT)
    extracted(vfs, contents, MAKERS["posix sparse 1.0"](tree), top)
    archive = packed(contents, whole(vfs, top, ["."]))
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        names = {member.name.encode("utf-8", "surrogateescape").decode("latin-1") for member in opened}
    assert names == {path.lstrip("/") or "." for path in scanned(tree)}
    if shutil.which("bsdtar"):
        again = tmp_path / "again"
        again.mkdir()
        run("bsdtar", "-C", again, "-xpf", "-", "--numeric-owner", input=archive)
        assert as_bsdtar(scanned(again)) == as_bsdtar(scanned(tree))


def as_bsdtar(rows: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    """Without holes, the time of the top, and times before 1970, whose fractions it does not understand."""
    return {
        path: (*row[:3], row[3] if path and int(str(row[3])) > 0 else None, *row[4:7], row[8])
        for path, row in rows.items()
    }


# -- large and strange numbers -----------------------------------------------------------------------------


def read_back(member: Member) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO((tar.encode(member) + tar.end(0)).encode("latin-1"))) as opened:
        return opened.getmembers()[0]


@pytest.mark.parametrize("size", [0, 511, (1 << 33) - 1, 1 << 33, 1 << 44])
def test_sizes(size: int) -> None:
    header = tar.encode(Member("large", S_IFREG | 0o644, size=size))
    argv = ["tar", "-tvf", "-"]
    told = subprocess.run(argv, input=header.encode("latin-1"), capture_output=True, check=False)
    assert (told.stdout.split()[2], told.stdout.split()[-1]) == (b"%d" % size, b"large")


@pytest.mark.parametrize("length", [1, 99, 100, 101, 155, 156, 255])
@pytest.mark.parametrize("kind", [S_IFREG, S_IFDIR, S_IFLNK])
def test_names_of_any_length(kind: int, length: int) -> None:
    for path in ("n" * length, f"{'d' * length}/n", f"d/{'n' * length}", f"{'d' * 155}/{'n' * length}"):
        member = Member(path, kind | 0o755, link="t" * length if kind == S_IFLNK else "")
        info = read_back(member)
        assert (info.name, info.linkname) == (path, member.link)


@pytest.mark.parametrize("mtime", [0, 1, -1, 999_999_999, -1_500_000_000, 1 << 62, (1 << 33) * 10**9])
@pytest.mark.parametrize("owner", [0, 2_097_151, 2_097_152, (1 << 32) - 2])
def test_times_and_owners_come_back(mtime: int, owner: int) -> None:
    vfs, contents = new_vfs()
    archive = tar.encode(Member("f", S_IFREG | 0o4711, owner, owner, mtime)) + tar.end(0)
    extracted(vfs, contents, archive.encode("latin-1"), vfs.root)
    inode = vfs.lookup(vfs.root, "f", ROOT)
    assert (inode.mode, inode.uid, inode.gid, inode.mtime) == (S_IFREG | 0o4711, owner, owner, mtime)


def test_numbers_that_gnu_tar_writes_in_binary() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as opened:
        info = tarfile.TarInfo("f")
        info.uid, info.gid, info.mtime = 3_000_000, 4_000_000_000, -5
        opened.addfile(info)
    vfs, contents = new_vfs()
    extracted(vfs, contents, file.getvalue(), vfs.root)
    inode = vfs.lookup(vfs.root, "f", ROOT)
    assert (inode.uid, inode.gid, inode.mtime) == (3_000_000, 4_000_000_000, -5_000_000_000)


def test_headers_are_made_in_pieces() -> None:
    vfs, contents = new_vfs()
    for number in range(2000):
        vfs.mkdir(vfs.root, f"d{number}", 0o755, ROOT)
    archive = packed(contents, whole(vfs, vfs.root, ["."]))
    other, more = new_vfs()
    assert extracted(other, more, archive, other.root).count == 2001
    assert listing(other, more, other.root) == listing(vfs, contents, vfs.root)


# -- what an archive of a sandbox has ----------------------------------------------------------------------

SITE: list[Entry] = [
    {"path": "/etc/passwd", "text": "root"},
    {"path": "/etc/skel/a", "text": "aa"},
    {"path": "/etc/skel/b", "text": "bbb"},
    {"path": "/etc/skel/deep/c", "text": "c"},
    {"path": "/usr/bin/ls", "text": "program", "mode": 0o755},
    {"path": "/usr/bin/dir", "link": "/usr/bin/ls"},
    {"path": "/usr/bin/sh", "symlink": "dash"},
    {
        "path": "/usr/share/data",
        "bundle": {
            "chunks": [{"url": "c", "size": 5, "sha256": "0"}],
            "index": "sub/\nsub/x\t2\ny\t3\nlink\t>\ty\n",
        },
    },
]


def new_site() -> tuple[Vfs, Contents]:
    vfs, contents = new_vfs()
    with vfs.shipped():
        make_layout(vfs)
        vfs.new_mount("/dev", "devtmpfs", "udev", 0o755, 5)

        def supply(inode: Inode, entry: Entry) -> None:
            contents.write(inode.ino, 0, entry["text"].encode())

        populate(vfs, SITE, supply, lambda inode, part: contents.write(inode.ino, 0, b"d" * part.length))
    return vfs, contents


def members(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return [member.name for member in opened]


def test_a_new_sandbox_is_an_empty_archive() -> None:
    vfs, contents = new_site()
    vfs.lookup(vfs.root, "/etc/passwd", ROOT)
    vfs.accessed(vfs.lookup(vfs.root, "/etc/skel/a", ROOT))
    assert packed(contents, differing(vfs)) == bytes(tar.RECORD)


def test_it_has_what_differs_with_the_directories_that_lead_there() -> None:
    vfs, contents = new_site()
    put(vfs, contents, "/home/user/new", b"mine")
    vfs.chmod(vfs.root, "/etc/skel/a", 0o600, ROOT)
    vfs.unlink(vfs.root, "/etc/skel/b", ROOT)
    vfs.mkdir(vfs.root, "/dev/hidden", 0o755, ROOT)
    assert members(packed(contents, differing(vfs))) == [
        ".", "home", "home/user", "home/user/new", "etc", "etc/skel", "etc/skel/.wh.b", "etc/skel/a",
    ] or members(packed(contents, differing(vfs))) == [
        ".", "etc", "etc/skel", "etc/skel/.wh.b", "etc/skel/a", "home", "home/user", "home/user/new",
    ]  # fmt: skip


def change(vfs: Vfs, contents: Contents, rng: random.Random) -> None:
    """Does something to the file system."""
    found = [path for path in listing(vfs, contents, vfs.root) if path and not path.startswith("/dev")]
    path, other = rng.choice(found), f"{rng.choice(found)}/n{rng.randrange(30)}"
    size = rng.randrange(3) * 3000
    actions: list[Callable[[], object]] = [
        lambda: put(vfs, contents, path, rng.randbytes(size)),
        lambda: put(vfs, contents, other, rng.randbytes(size), offset=rng.randrange(3) * BLOCK),
        lambda: vfs.mkdir(vfs.root, other, rng.randrange(0o1000), ROOT),
        lambda: vfs.symlink("somewhere", vfs.root, other, ROOT),
        lambda: vfs.mknod(vfs.root, other, S_IFIFO | 0o600, 0, ROOT),
        lambda: vfs.link(vfs.root, path, vfs.root, other, ROOT),
        lambda: vfs.rename(vfs.root, path, vfs.root, other, ROOT),
        lambda: vfs.rename(vfs.root, path, vfs.root, rng.choice(found), ROOT),
        lambda: vfs.remove_tree(vfs.root, path, ROOT),
        lambda: vfs.chown(vfs.root, path, rng.randrange(3), rng.randrange(3), ROOT, False),
        lambda: vfs.chmod(vfs.root, path, rng.randrange(0o10000), ROOT, False),
        lambda: vfs.utimens(vfs.root, path, (1, 1), (rng.randrange(99), rng.randrange(99)), ROOT, False),
    ]
    with contextlib.suppress(SysError):  # (not everything is possible everywhere)
        rng.choice(actions)()


@pytest.mark.parametrize("seed", range(40))
def test_an_archive_makes_a_new_sandbox_what_the_old_one_was(seed: int) -> None:
    rng = random.Random(seed)
    vfs, contents = new_site()
    for _ in range(rng.choice((1, 5, 60))):
        change(vfs, contents, rng)
    archive = packed(contents, differing(vfs))
    other, more = new_site()
    done = extracted(other, more, archive, other.root)
    assert done.notes == []
    assert listing(other, more, other.root) == listing(vfs, contents, vfs.root)
    assert set(members(packed(more, differing(other)))) == set(members(archive))


def test_a_file_that_looks_like_a_whiteout_is_a_file() -> None:
    vfs, contents = new_site()
    put(vfs, contents, "/etc/skel/.wh.a", b"no whiteout")
    other, more = new_site()
    extracted(other, more, packed(contents, differing(vfs)), other.root)
    assert listing(other, more, other.root) == listing(vfs, contents, vfs.root)


def test_what_cannot_be_archived_is_told_of() -> None:
    vfs, contents = new_vfs()
    vfs.mknod(vfs.root, "null", S_IFCHR | 0o666, 0x103, ROOT)
    vfs.mknod(vfs.root, "socket", S_IFSOCK | 0o666, 0, ROOT)
    put(vfs, contents, "file", b"")
    archive, notes = packed_with_notes(contents, whole(vfs, vfs.root, ["null", "socket", "file"]))
    assert members(archive) == ["file"]
    assert notes == [f"/{name}: not a file that can be archived, left out" for name in ("null", "socket")]


def test_names_of_users_are_in_it() -> None:
    vfs, contents = new_vfs()
    vfs.set_owner(put(vfs, contents, "file", b""), 7, 8, ROOT)
    archive, _ = packed_with_notes(contents, whole(vfs, vfs.root, ["file"]), {7: "seven", 8: "eight"})
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        info = opened.getmember("file")
    assert (info.uid, info.uname, info.gid, info.gname) == (7, "seven", 8, "")


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a"], ["a", "a/b", "a/b/c"]),
        (["./a/b/", "x"], ["a/b", "a/b/c", "x"]),
        (["/top/a/b/c"], ["top/a/b/c"]),
        (["../top/x"], ["top/x"]),
        (["a/../x"], ["x"]),
    ],
)
def test_given_paths_are_named_as_tar_does(paths: list[str], names: list[str]) -> None:
    vfs, contents = new_vfs()
    top = vfs.mkdir(vfs.root, "top", 0o755, ROOT)
    for path in ("a", "a/b"):
        vfs.mkdir(top, path, 0o755, ROOT)
    put(vfs, contents, "/top/a/b/c", b"c")
    put(vfs, contents, "/top/x", b"x")
    assert members(packed(contents, whole(vfs, top, paths))) == names


# -- what is there already ---------------------------------------------------------------------------------


def archive_of(*made: Member | tuple[Member, bytes]) -> bytes:
    parts = []
    for member in made:
        member, data = member if isinstance(member, tuple) else (member, b"")
        member.size = member.size or len(data)
        parts += [tar.encode(member).encode("latin-1"), data, bytes(-len(data) % 512)]
    return b"".join(parts) + bytes(1024)


def file(path: str, data: bytes = b"new", mode: int = 0o644) -> tuple[Member, bytes]:
    return Member(path, S_IFREG | mode), data


def text(vfs: Vfs, contents: Contents, path: str) -> bytes:
    return contents.whole(vfs.lookup(vfs.root, path, ROOT).ino)


def test_files_are_replaced_and_directories_kept() -> None:
    vfs, contents = new_vfs()
    old = vfs.mkdir(vfs.root, "d", 0o700, ROOT)
    put(vfs, contents, "d/kept", b"kept")
    before = put(vfs, contents, "d/file", b"before")
    vfs.link(vfs.root, "d/file", vfs.root, "other", ROOT)
    vfs.symlink("other", vfs.root, "d/link", ROOT)
    archive = archive_of(Member("d", S_IFDIR | 0o755, mtime=5), file("d/file"), file("d/link"), file("d/x/y"))
    extracted(vfs, contents, archive, vfs.root)
    assert vfs.lookup(vfs.root, "d", ROOT) is old
    assert (old.mode, old.mtime) == (S_IFDIR | 0o755, 5)
    assert text(vfs, contents, "d/kept") == b"kept"
    assert text(vfs, contents, "d/file") == text(vfs, contents, "d/link") == b"new"
    assert text(vfs, contents, "other") == b"before"
    assert before.nlink == 1
    assert vfs.lookup(vfs.root, "d/x", ROOT).mode == S_IFDIR | 0o755


def test_a_directory_takes_the_place_of_a_file_and_an_empty_one_makes_way() -> None:
    vfs, contents = new_vfs()
    put(vfs, contents, "a", b"file")
    vfs.mkdir(vfs.root, "b", 0o755, ROOT)
    extracted(vfs, contents, archive_of(Member("a", S_IFDIR | 0o755), file("b")), vfs.root)
    assert vfs.lookup(vfs.root, "a", ROOT).mode & S_IFMT == S_IFDIR
    assert text(vfs, contents, "b") == b"new"


def test_a_user_gets_what_the_user_would_get_from_tar() -> None:
    vfs, contents = new_vfs()
    archive = archive_of(file("f", mode=0o6777), Member("d", S_IFDIR | 0o2777, 5, 5))
    extracted(vfs, contents, archive, vfs.root, owner=1000)
    for path, mode in (("f", S_IFREG | 0o755), ("d", S_IFDIR | 0o755)):
        inode = vfs.lookup(vfs.root, path, ROOT)
        assert (inode.uid, inode.gid, inode.mode) == (1000, 1000, mode)


def test_other_mounts_and_devices_are_left_out() -> None:
    vfs, contents = new_site()
    tail = tar.encode(Member("null", S_IFREG | 0o666))
    device = bytearray(tail.encode("latin-1"))
    device[156:157] = b"3"
    device[148:156] = b" " * 8
    device[148:156] = b"%06o\0 " % sum(device)
    archive = archive_of(
        Member("dev", S_IFDIR | 0o700), file("dev/x", b"data"), Member("dev/d/e", S_IFDIR | 0o700)
    )
    done = extracted(vfs, contents, bytes(device) + archive, vfs.root)
    assert done.notes == [
        "/null: a device, left out",
        "/dev: another file system is mounted there, left out",
        "/dev/x: another file system is mounted there, left out",
        "/dev/d/e: another file system is mounted there, left out",
    ]
    assert vfs.lookup(vfs.root, "/dev", ROOT).children == {}
    assert done.count == 4


# -- archives that mean harm, or are broken ----------------------------------------------------------------


def refused(archive: bytes, prepare: Callable[[Vfs, Contents], object] = lambda vfs, contents: None) -> str:
    """Why an archive cannot be extracted into /to; nothing else changes, and no file stays half-made."""
    vfs, contents = new_vfs()
    top = vfs.mkdir(vfs.root, "to", 0o755, ROOT)
    vfs.mkdir(vfs.root, "etc", 0o755, ROOT)
    put(vfs, contents, "/etc/passwd", b"root")
    prepare(vfs, contents)
    outside = {
        path: row for path, row in listing(vfs, contents, vfs.root).items() if not path.startswith("/to")
    }
    with pytest.raises(ExtractionError) as failure:
        extracted(vfs, contents, archive, top)
    after = {
        path: row for path, row in listing(vfs, contents, vfs.root).items() if not path.startswith("/to")
    }
    assert after == outside
    assert len(vfs.table) == len(listing(vfs, contents, vfs.root)), "an inode without a name"
    return str(failure.value)


def link(path: str, target: str) -> Member:
    return Member(path, S_IFLNK | 0o777, link=target)


def hard(path: str, target: str) -> Member:
    return Member(path, S_IFREG | 0o644, link=target, hard_link=True)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([file("../etc/passwd")], 'member 1, "../etc/passwd": its name contains ".."'),
        ([file("a/../../etc/passwd")], 'its name contains ".."'),
        ([Member("..", S_IFDIR | 0o777)], 'its name contains ".."'),
        (
            [link("l", "/etc"), file("l/passwd")],
            'member 2, "l/passwd": it lies behind a symbolic link of the archive',
        ),
        ([link("l", "../etc"), file("l/passwd")], "behind a symbolic link of the archive"),
        ([link("l", "."), file("l/passwd")], "behind a symbolic link of the archive"),
        ([link("a", "/"), link("b", "a"), file("b/etc/passwd")], "behind a symbolic link of the archive"),
        ([link("l", "/etc"), Member("l/x", S_IFDIR | 0o777)], "behind a symbolic link of the archive"),
        ([link("l", "/etc"), hard("h", "l/passwd")], "behind a symbolic link of the archive"),
        ([hard("h", "../etc/passwd")], 'its name contains ".."'),
        ([hard("h", "/etc/passwd")], 'it is a link to "etc/passwd", and no such file is there'),
        ([hard("h", "h")], "no such file is there"),
        ([Member("d", S_IFDIR | 0o755), hard("h", "d")], "no such file is there"),
        ([file("f"), file("f/x")], 'member 2, "f/x": part of its path is not a directory'),
        ([file("d/x"), file("d")], 'member 2, "d": a directory that is not empty is in the way'),
        ([file("n" * 256)], "its name is too long"),
        ([file("/".join(["d" * 100] * 50))], "its name is too long"),
        ([file("d/" * 3000 + "f")], "its name is too long"),
        ([Member("", S_IFREG | 0o644)], "it has no name"),
        ([link("l", "")], "a symbolic link without a text"),
        ([link("l", "t" * 4096)], "its name is too long"),
    ],
)
def test_nothing_leaves_its_place(made: list[Member | tuple[Member, bytes]], reason: str) -> None:
    assert reason in refused(archive_of(*made))


def test_a_link_that_was_there_is_followed_within_the_place_only() -> None:
    vfs, contents = new_vfs()
    top = vfs.mkdir(vfs.root, "to", 0o755, ROOT)
    vfs.mkdir(top, "d", 0o755, ROOT)
    vfs.symlink("/to/d", top, "inside", ROOT)
    extracted(vfs, contents, archive_of(file("inside/f")), top)
    assert text(vfs, contents, "/to/d/f") == b"new"
    assert "leads elsewhere" in refused(
        archive_of(file("l/passwd")), lambda vfs, contents: vfs.symlink("/etc", vfs.root, "/to/l", ROOT)
    )
    assert "leads elsewhere" in refused(
        archive_of(file("l/passwd")), lambda vfs, contents: vfs.symlink("..", vfs.root, "/to/l", ROOT)
    )


def test_absolute_names_are_relative() -> None:
    vfs, contents = new_vfs()
    top = vfs.mkdir(vfs.root, "to", 0o755, ROOT)
    extracted(vfs, contents, archive_of(file("/etc/passwd"), file("//a/./b")), top)
    assert text(vfs, contents, "/to/etc/passwd") == text(vfs, contents, "/to/a/b") == b"new"


def test_what_is_no_archive_is_refused() -> None:
    for data in (b"", b"x", bytes(100), b"PK\3\4" + bytes(2000), random.Random(1).randbytes(5000)):
        assert refused(data) in ("this is not a tar archive", "this is not a header of a tar archive")


def test_an_archive_without_an_end_is_noted() -> None:
    vfs, contents = new_vfs()
    done = extracted(vfs, contents, archive_of(file("f"))[:-1024], vfs.root)
    assert done.notes == ["the archive has no end mark: there may have been more"]


def test_it_may_end_anywhere() -> None:
    tree = archive_of(
        file("f", b"x" * 1500),
        file("n" * 200),
        Member("s", S_IFREG | 0o644, size=9 * BLOCK, extents=[(BLOCK, 512)]),
    )
    tree = tree[:-1024] + bytes(512)
    for length in {*range(1, len(tree) - 512, 100), *range(511, len(tree) - 512, 512)}:
        reason = refused(tree[:length])
        assert "ends too early" in reason or "not a tar archive" in reason


def test_damage_is_told_of_or_harmless() -> None:
    """Whatever the bytes are: an error that says where, or files; never a fault."""
    whole_archive = archive_of(
        Member("d", S_IFDIR | 0o755), file("d/f", b"x" * 700), file("n" * 200), link("l", "t" * 150),
        hard("h", "d/f"),
        (Member("s", S_IFREG | 0o644, mtime=5, size=9 * BLOCK, extents=[(BLOCK, 100)]), bytes(100)),
        Member(".wh.x", S_IFREG, whiteout=True),
    )  # fmt: skip
    rng = random.Random(7)
    failed = 0
    for _ in range(600):
        damaged = bytearray(whole_archive)
        for _ in range(rng.choice((1, 1, 4))):
            at = rng.randrange(len(damaged))
            damaged[at] = rng.choice((0, 0xFF, ord("9"), ord(" "), rng.randrange(256)))
            block = at - at % 512
            if rng.random() < 0.7:  # a header that holds together
                damaged[block + 148 : block + 156] = b" " * 8
                damaged[block + 148 : block + 156] = b"%06o\0 " % sum(damaged[block : block + 512])
        vfs, contents = new_vfs()
        top = vfs.mkdir(vfs.root, "to", 0o755, ROOT)
        try:
            extracted(vfs, contents, bytes(damaged), top)
        except ExtractionError:
            failed += 1
        names = {row[-1] for row in listing(vfs, contents, vfs.root).values()}
        assert len(vfs.table) == len(names), "an inode without a name"
        assert all(path == "" or path.startswith("/to") for path in listing(vfs, contents, vfs.root))
    assert failed > 50


def test_sizes_that_lie() -> None:
    lie = tar.encode(Member("f", S_IFREG | 0o644, size=1 << 40)).encode("latin-1")
    assert refused(lie + bytes(5000)) == 'member 1, "f": the archive ends too early'


@pytest.mark.parametrize(
    "extents", [[(0, 100), (50, 100)], [(10 * BLOCK, 200)], [(0, 100)], [(0, 300)], [(1 << 63, 200)]]
)
def test_maps_of_holes_that_lie(extents: list[tuple[int, int]]) -> None:
    header = tar.encode(Member("s", S_IFREG | 0o644, size=9 * BLOCK, extents=[(0, 200)]))
    lie = tar.encode(Member("s", S_IFREG | 0o644, size=9 * BLOCK, extents=extents))
    # (the map is the last block)
    assert "the map of its holes" in refused((header[:-512] + lie[-512:]).encode("latin-1") + bytes(2048))


def test_a_content_for_which_there_is_no_space() -> None:
    vfs, contents = new_vfs()
    extraction = Extraction(Place(vfs, vfs.root))
    assert extraction.next("") == "bytes 512"
    header = tar.encode(Member("f", S_IFREG | 0o644, size=1000))
    assert extraction.next(header) == f"content {1 << 20} 1000 0 1000"
    with pytest.raises(ExtractionError) as failure:
        extraction.next("-28")
    assert (str(failure.value), failure.value.space) == ('member 1, "f": no space is left', True)
    assert vfs.root.children == {}
    assert contents.discarded == [1 << 20]


def test_a_limit_of_inodes_is_an_error() -> None:
    contents = Contents()
    vfs = Vfs(contents, lambda: 0, 10)
    with pytest.raises(ExtractionError) as failure:
        extracted(vfs, contents, archive_of(*(Member(f"d{n}", S_IFDIR | 0o755) for n in range(20))), vfs.root)
    assert (str(failure.value), failure.value.space) == ('member 11, "d10": no space is left', True)
