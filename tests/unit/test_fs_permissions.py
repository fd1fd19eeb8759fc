"""Who may do what: inode(7), path_resolution(7), chmod(2), chown(2), access(2), credentials(7)."""

from __future__ import annotations

import pytest
from tabux.abi.fcntl import O_CREAT
from tabux.abi.stat import S_IFDIR, S_IFREG
from tabux.fs.credentials import MAY_EXEC, MAY_READ, MAY_WRITE, ROOT, Credentials, permitted
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs

CAROL = Credentials(1002, 1002)


@pytest.fixture
def vfs() -> Vfs:
    """Alice's file /f of group 100, which Bob shares and Carol does not."""
    vfs = new_vfs()
    vfs.chmod(vfs.root, "/", 0o777, ROOT)
    vfs.open(vfs.root, "/f", O_CREAT, 0o644, ALICE)
    vfs.chown(vfs.root, "/f", -1, 100, ALICE)
    return vfs


def file(vfs: Vfs) -> Inode:
    return vfs.lookup(vfs.root, "/f", ROOT)


def mode(vfs: Vfs, path: str = "/f") -> int:
    return vfs.lookup(vfs.root, path, ROOT).mode & 0o7777


def test_only_the_first_class_that_fits_counts(vfs: Vfs) -> None:
    inode = file(vfs)
    rights = ((0o077, ""), (0o707, "AC"), (0o770, "AB"), (0o007, "C"), (0o700, "A"), (0o070, "B"))
    for bits, who in rights:
        inode.mode = S_IFREG | bits
        allowed = [
            name
            for name, cred in (("A", ALICE), ("B", BOB), ("C", CAROL))
            if permitted(inode, MAY_READ, cred)
        ]
        expected = {0o077: "BC"}.get(bits, who)
        assert "".join(allowed) == expected, oct(bits)
    inode.mode = S_IFREG | 0o640
    assert permitted(inode, MAY_READ | MAY_WRITE, ALICE)
    assert not permitted(inode, MAY_READ | MAY_WRITE, BOB)


def test_root(vfs: Vfs) -> None:
    inode = file(vfs)
    inode.mode = S_IFREG
    assert permitted(inode, MAY_READ | MAY_WRITE, ROOT)
    assert not permitted(inode, MAY_EXEC, ROOT)
    inode.mode = S_IFREG | 0o001
    assert permitted(inode, MAY_EXEC, ROOT)
    assert permitted(vfs.mkdir(vfs.root, "/closed", 0, ALICE), MAY_EXEC, ROOT)


def test_sticky_directories(vfs: Vfs) -> None:
    vfs.mkdir(vfs.root, "/tmp", 0o1777, CAROL)
    for name in ("one", "two", "three"):
        vfs.open(vfs.root, f"/tmp/{name}", O_CREAT, 0o666, ALICE)
    assert failure(vfs.unlink, vfs.root, "/tmp/one", BOB) == "EPERM"
    assert failure(vfs.unlink, vfs.root, "/tmp/one", ALICE) == ""
    assert failure(vfs.unlink, vfs.root, "/tmp/two", CAROL) == ""
    assert failure(vfs.unlink, vfs.root, "/tmp/three", ROOT) == ""


def test_setgid_directories(vfs: Vfs) -> None:
    vfs.mkdir(vfs.root, "/team", 0o777, CAROL)
    vfs.chown(vfs.root, "/team", -1, 100, ROOT)
    vfs.chmod(vfs.root, "/team", 0o2777, ROOT)
    inode, _ = vfs.open(vfs.root, "/team/file", O_CREAT, 0o644, CAROL)
    assert (inode.uid, inode.gid) == (1002, 100)
    directory = vfs.mkdir(vfs.root, "/team/sub", 0o755, CAROL)
    assert (directory.gid, directory.mode) == (100, S_IFDIR | 0o2755)
    assert vfs.mkdir(vfs.root, "/team/sub/sub", 0o755, CAROL).gid == 100
    # a set-group-ID program of a group one is not in
    assert vfs.open(vfs.root, "/team/a", O_CREAT, 0o2755, CAROL)[0].mode & 0o7777 == 0o755
    assert vfs.open(vfs.root, "/team/b", O_CREAT, 0o2755, BOB)[0].mode & 0o7777 == 0o2755
    assert vfs.open(vfs.root, "/team/c", O_CREAT, 0o2644, CAROL)[0].mode & 0o7777 == 0o2644


def test_chmod(vfs: Vfs) -> None:
    start = vfs.root
    assert failure(vfs.chmod, start, "/f", 0o600, BOB) == "EPERM"
    vfs.chmod(start, "/f", 0o170000 | 0o7755, ALICE)
    assert mode(vfs) == 0o7755
    assert file(vfs).mode == S_IFREG | 0o7755
    vfs.chown(start, "/f", -1, 1002, ROOT)
    vfs.chmod(start, "/f", 0o2755, ALICE)
    assert mode(vfs) == 0o755  # not of that group
    vfs.chmod(start, "/f", 0o2755, ROOT)
    assert mode(vfs) == 0o2755
    vfs.symlink("f", start, "/l", ALICE)
    assert failure(vfs.chmod, start, "/l", 0o600, ALICE, False) == "EOPNOTSUPP"
    vfs.chmod(start, "/l", 0o604, ALICE)
    assert mode(vfs) == 0o604


@pytest.mark.parametrize(
    ("uid", "gid", "cred", "name"),
    [
        (1001, -1, ALICE, "EPERM"),
        (1000, -1, ALICE, ""),
        (-1, 1000, ALICE, ""),
        (-1, 100, ALICE, ""),
        (-1, 1001, ALICE, "EPERM"),
        (1000, 1000, ALICE, ""),
        (-1, 100, BOB, "EPERM"),
        (-1, -1, BOB, ""),
        (1001, 1001, ROOT, ""),
    ],
)
def test_chown(vfs: Vfs, uid: int, gid: int, cred: Credentials, name: str) -> None:
    before = file(vfs).ctime
    assert failure(vfs.chown, vfs.root, "/f", uid, gid, cred) == name
    if not name:
        assert (uid in (-1, file(vfs).uid), gid in (-1, file(vfs).gid)) == (True, True)
        assert file(vfs).ctime > before


def test_chown_takes_privileges(vfs: Vfs) -> None:
    for bits, left in ((0o6755, 0o755), (0o4755, 0o755), (0o2745, 0o2745)):
        vfs.chmod(vfs.root, "/f", bits, ROOT)
        vfs.chown(vfs.root, "/f", 1000, 100, ROOT)
        assert mode(vfs) == left
    vfs.mkdir(vfs.root, "/d", 0o755, ALICE)
    vfs.chmod(vfs.root, "/d", 0o6755, ROOT)
    vfs.chown(vfs.root, "/d", 1001, 1001, ROOT)
    assert mode(vfs, "/d") == 0o6755
    assert failure(vfs.chown, vfs.root, "/f", 1000, -1, ALICE) == ""


def test_writing_takes_privileges(vfs: Vfs) -> None:
    inode = file(vfs)
    vfs.chmod(vfs.root, "/f", 0o6775, ALICE)
    vfs.written(inode.ino, 5, 10, ROOT)
    assert (mode(vfs), inode.size, inode.mtime, inode.ctime) == (0o6775, 5, 10, 10)
    vfs.written(inode.ino, 6, 11, BOB)
    assert mode(vfs) == 0o775
    vfs.written(999, 6, 11, BOB)  # a file that is gone


def test_access(vfs: Vfs) -> None:
    def access(want: int, cred: Credentials, effective: bool = False) -> str:
        return failure(vfs.access, vfs.root, "/f", want, cred, effective)

    vfs.chmod(vfs.root, "/f", 0o640, ALICE)
    assert access(0, CAROL) == ""
    assert access(4, CAROL) == "EACCES"
    assert access(4, BOB) == ""
    assert access(6, BOB) == "EACCES"
    assert access(1, ROOT) == "EACCES"
    assert access(6, ROOT) == ""
    assert access(8, ROOT) == "EINVAL"
    assert failure(vfs.access, vfs.root, "/none", 0, ROOT) == "ENOENT"
    setuid = Credentials(1002, 1002, euid=0)
    assert access(4, setuid) == "EACCES"
    assert access(4, setuid, effective=True) == ""


def test_credentials() -> None:
    cred = Credentials(1, 2, [3], euid=4)
    assert (cred.euid, cred.suid, cred.egid, cred.sgid) == (4, 4, 2, 2)
    assert [gid for gid in range(6) if cred.in_group(gid)] == [2, 3]
    assert (cred.real().euid, cred.real().groups) == (1, frozenset([3]))
    assert ALICE.real() is ALICE
