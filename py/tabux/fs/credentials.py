"""Who a process is, and what that lets it do (credentials(7), path_resolution(7) "Permissions").

User 0 has every privilege; there are no finer capabilities. The file system user is the effective user.
"""

from __future__ import annotations

from collections.abc import Iterable

from tabux.abi.stat import S_IFDIR, S_IFMT, S_IFREG, S_ISGID, S_ISUID, S_ISVTX, S_IXGRP
from tabux.fs.inode import Inode

# what to ask `permitted` for; added together
MAY_EXEC = 1
MAY_WRITE = 2
MAY_READ = 4


class Credentials:
    """User and group ids of a process: real, effective, saved, and the supplementary groups.

    Never changed in place, so that processes and open descriptions can share one.
    """

    __slots__ = ("egid", "euid", "gid", "groups", "sgid", "suid", "uid")

    def __init__(
        self,
        uid: int,
        gid: int,
        groups: Iterable[int] = (),
        *,
        euid: int | None = None,
        egid: int | None = None,
        suid: int | None = None,
        sgid: int | None = None,
    ) -> None:
        """Ids not given follow: effective from real, saved from effective."""
        self.uid = uid
        self.gid = gid
        self.euid = uid if euid is None else euid
        self.egid = gid if egid is None else egid
        self.suid = self.euid if suid is None else suid
        self.sgid = self.egid if sgid is None else sgid
        self.groups = frozenset(groups)

    def in_group(self, gid: int) -> bool:
        """True when the process acts as a member of that group."""
        return gid == self.egid or gid in self.groups

    def real(self) -> Credentials:
        """The same process judged by its real ids, as access(2) does."""
        if self.uid == self.euid and self.gid == self.egid:
            return self
        return Credentials(self.uid, self.gid, self.groups)


ROOT = Credentials(0, 0)


def permitted(inode: Inode, want: int, cred: Credentials) -> bool:
    """May `cred` read, write, execute (or search) the file? `want` adds MAY_READ, MAY_WRITE and MAY_EXEC.

    Only the first class that fits counts: an owner without a right does not get it from the others. User 0
    may do all but execute a file that nobody can execute.
    """
    mode = inode.mode
    uid = cred.euid
    if uid == 0:
        return not (want & MAY_EXEC and mode & 0o111 == 0 and mode & S_IFMT != S_IFDIR)
    if uid == inode.uid:
        mode >>= 6
    elif inode.gid == cred.egid or inode.gid in cred.groups:
        mode >>= 3
    return mode & want == want


def owns(inode: Inode, cred: Credentials) -> bool:
    """True for the owner and for user 0: who may change the mode and set the times."""
    return cred.euid == 0 or cred.euid == inode.uid


def deletable(directory: Inode, victim: Inode, cred: Credentials) -> bool:
    """The sticky bit's rule: in such a directory only the owner of either may remove or rename a file."""
    if not directory.mode & S_ISVTX:
        return True
    uid = cred.euid
    return uid == 0 or uid == victim.uid or uid == directory.uid


def may_link(inode: Inode, cred: Credentials) -> bool:
    """May `cred` give this file a further name? (proc(5), fs.protected_hardlinks, which is on everywhere.)

    Its owner may; others only with read and write access to a plain file that is neither set-user-ID nor
    an executable set-group-ID one.
    """
    if owns(inode, cred):
        return True
    mode = inode.mode
    if mode & S_IFMT != S_IFREG or mode & S_ISUID or mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP:
        return False
    return permitted(inode, MAY_READ | MAY_WRITE, cred)


def inherited(directory: Inode, mode: int, cred: Credentials) -> tuple[int, int]:
    """(mode, gid) of a new file in `directory` (inode(7), the set-group-ID bit of directories).

    A set-group-ID directory hands down its group, and to directories the bit; a new executable may carry the
    bit itself only when the creator is of that group.
    """
    if not directory.mode & S_ISGID:
        return mode, cred.egid
    gid = directory.gid
    if mode & S_IFMT == S_IFDIR:
        mode |= S_ISGID
    elif mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP and cred.euid != 0 and not cred.in_group(gid):
        mode &= ~S_ISGID
    return mode, gid


def without_privilege(mode: int, keep_group: bool = False) -> int:
    """A file's mode after a write, truncation or change of owner: no set-user-ID, no set-group-ID.

    Set-group-ID without group execution (once mandatory locking) stays when `keep_group`: the caller is root
    or of the file's group.
    """
    if mode & S_ISGID and (mode & S_IXGRP or not keep_group):
        mode &= ~S_ISGID
    return mode & ~S_ISUID
