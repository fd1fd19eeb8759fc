"""Inodes and the table that numbers them (inode(7))."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tabux.abi.errno import ENOSPC, SysError
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.fs.mount import Mount

#: st_size of a directory, as ext4 has it for a small one
DIRECTORY_SIZE = 4096


class Inode:
    """One file of any type.

    mode      type and permission bits
    nlink     names; for a directory 2 + its subdirectories, 0 once it is removed
    size      bytes; of a link, the length of its text
    blocks    what a regular file takes, in units of 512 bytes (st_blocks); -1 for one of the site's, which is
              taken to have no holes
    atime, mtime, ctime, btime    ns
    rdev      device number of a device node, else 0
    children  a directory's names, oldest first; None for every other type and for virtual directories
    parent, name    where a directory is (a directory has one name); the root is its own parent
    target    a symbolic link's text ("" where it is made up on the spot), None for every other type
    opens     open descriptions and other users (working directories, running programs): see `Vfs.opened`
    object    what the kernel keeps behind a fifo, pipe, socket or terminal
    base      the path of one of the site's own files (`tabux.fs.changes`), None for what was made here
    record    its number in a stored session, 0 while it has none
    """

    __slots__ = (
        "atime",
        "base",
        "blocks",
        "btime",
        "children",
        "ctime",
        "gid",
        "ino",
        "mode",
        "mount",
        "mtime",
        "name",
        "nlink",
        "object",
        "opens",
        "parent",
        "rdev",
        "record",
        "size",
        "target",
        "uid",
    )

    #: True for the made-up inodes of /proc, which have no contents in the store
    virtual = False

    def __init__(self, ino: int, mode: int, uid: int, gid: int, now: int, mount: Mount) -> None:
        self.ino = ino
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.mount = mount
        self.atime = self.mtime = self.ctime = self.btime = now
        self.rdev = 0
        self.opens = 0
        self.base: str | None = None
        self.record = 0
        self.blocks = 0
        self.target: str | None = None
        self.object: object = None
        self.name = ""
        self.parent: Inode | None = None
        self.children: dict[str, Inode] | None
        if mode & S_IFMT == S_IFDIR:
            self.children = {}
            self.nlink = 2
            self.size = DIRECTORY_SIZE
        else:
            self.children = None
            self.nlink = 1
            self.size = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ino} {self.mode:o} {self.name or self.target or ''}>"


#: numbers of inodes: the site's own from 1, made here from FIRST_MADE (those are stored, and stay when a
#: session is opened again), those that nobody stores from FIRST_PASSING (they travel as 32-bit numbers)
FIRST_MADE = 1 << 20
FIRST_PASSING = 1 << 30


class InodeTable:
    """Numbers inodes and finds them by number. A number is never used twice."""

    __slots__ = (
        "_hosted",
        "_inodes",
        "_last",
        "_last_passing",
        "_last_shipped",
        "limit",
        "unseen",
    )

    def __init__(self, limit: int | None = None) -> None:
        """`limit` is how many inodes may exist at once, not counting the site's own (None: any number)."""
        self._inodes: dict[int, Inode] = {}
        #: those of host mounts, which take no room here
        self._hosted: dict[int, Inode] = {}
        self._last_shipped = 0
        self._last = FIRST_MADE - 1
        self._last_passing = FIRST_PASSING - 1
        self.limit = limit
        #: how many inodes of an earlier life are still to be restored: nobody has looked for them yet
        self.unseen = 0

    def new(self, mode: int, uid: int, gid: int, now: int, mount: Mount) -> Inode:
        """A new inode. ENOSPC when the limit is reached."""
        if self.limit is not None and self.made >= self.limit:
            raise SysError(ENOSPC)
        number = self.number() if mount.changes is None else self.record()
        inode = self._inodes[number] = Inode(number, mode, uid, gid, now, mount)
        return inode

    def shipped(self, base: str, mode: int, uid: int, gid: int, now: int, mount: Mount) -> Inode:
        """An inode of the site's own files, at the path `base` there."""
        self._last_shipped += 1
        inode = self._inodes[self._last_shipped] = Inode(self._last_shipped, mode, uid, gid, now, mount)
        inode.base = base
        inode.blocks = -1
        return inode

    @property
    def made(self) -> int:
        """How many inodes exist that are not the site's own (which never go)."""
        return len(self._inodes) - self._last_shipped + self.unseen

    @property
    def free(self) -> int:
        """How many more may be made."""
        return 1 << 30 if self.limit is None else max(0, self.limit - self.made)

    def number(self) -> int:
        """A number for what is never stored: a pipe, a made-up file, a node of /dev."""
        self._last_passing += 1
        return self._last_passing

    def record(self) -> int:
        """A number from those of the inodes made here, for the record of a shipped one."""
        self._last += 1
        return self._last

    def reserve(self, last: int) -> None:
        """The numbers up to `last` have been used in an earlier life."""
        self._last = max(self._last, last)

    def restore(self, ino: int, mode: int, uid: int, gid: int, now: int, mount: Mount) -> Inode:
        """An inode with a number it had in an earlier life (a restored snapshot); new numbers start above."""
        inode = self._inodes[ino] = Inode(ino, mode, uid, gid, now, mount)
        self._last = max(self._last, ino)
        self.unseen = max(0, self.unseen - 1)
        return inode

    def get(self, ino: int) -> Inode | None:
        """The inode with that number, None when it is gone."""
        return self._inodes.get(ino) or self._hosted.get(ino)

    def host(self, inode: Inode) -> None:
        """Takes in an inode of a host mount."""
        self._hosted[inode.ino] = inode

    def hosted(self) -> Iterable[Inode]:
        """The inodes of host mounts."""
        return self._hosted.values()

    def remove(self, inode: Inode) -> None:
        """Forgets an inode whose last name and last user are gone."""
        self._inodes.pop(inode.ino, None)
        self._hosted.pop(inode.ino, None)

    def __iter__(self) -> Iterator[Inode]:
        return iter(self._inodes.values())

    def __len__(self) -> int:
        return len(self._inodes)
