"""Writes an archive: which files, in which order, under which headers. Contents are the gate's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tabux.abi.errno import EOPNOTSUPP, SysError
from tabux.abi.stat import S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs
from tabux.session import tar
from tabux.session.tar import Member

#: a path relative to what is archived, and what is there; None for a whiteout, a name that is to be removed
Found = tuple[str, Inode | None]

#: steps are made together until so many names were seen or so many bytes of headers made: about 5 ms
_NAMES_AT_ONCE = 300
_HEADERS_AT_ONCE = 32768


class Writer:
    """Makes the headers of an archive, a few at a time.

    notes  what was left out, a sentence for each
    """

    def __init__(
        self,
        found: Iterable[Found | None],
        extents: Callable[[int], str],
        users: dict[int, str],
        groups: dict[int, str],
    ) -> None:
        """`found` are the members in their order, None where a pause may be made; names are by number.

        `extents` tells of a file with holes where its data is: offsets and lengths, by inode number.
        """
        self._found = iter(found)
        self._extents = extents
        self._users = users
        self._groups = groups
        #: where a file with several names is in the archive
        self._first: dict[Inode, str] = {}
        self._written = 0
        self._over = False
        self.notes: list[str] = []

    def next(self) -> str:
        """Headers, and whose content comes after them; "" when the archive is complete.

        The first line has the content's inode number (0 for none), its size, and offset and length of each
        piece of it that is in the archive; what follows are bytes. The content has to be looked at before
        anybody can change it.
        """
        if self._over:
            return ""
        made: list[str] = []
        seen = size = 0
        content = "0"
        while seen < _NAMES_AT_ONCE and size < _HEADERS_AT_ONCE:
            try:
                found = next(self._found)
            except StopIteration:
                self._over = True
                made.append(tar.end(self._written + size))
                break
            seen += 1
            if found is None:
                continue
            member = self._member(*found)
            if member is None:
                continue
            header = tar.encode(member)
            made.append(header)
            size += len(header)
            inode = found[1]
            if inode is not None and member.size:
                extents = [(0, member.size)] if member.extents is None else member.extents
                length = sum(length for _, length in extents)
                self._written += length + tar.padding(length)
                content = " ".join(
                    [str(inode.ino), str(member.size), *(f"{offset} {length}" for offset, length in extents)]
                )
                break
        self._written += size
        return f"{content}\n{''.join(made)}"

    def _member(self, path: str, inode: Inode | None) -> Member | None:
        if inode is None:
            return Member(path, S_IFREG, whiteout=True)
        kind = inode.mode & S_IFMT
        if kind not in (S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO) or inode.virtual:
            self.notes.append(f"/{path}: not a file that can be archived, left out")
            return None
        member = Member(
            path, inode.mode, inode.uid, inode.gid, inode.mtime,
            uname=self._users.get(inode.uid, ""), gname=self._groups.get(inode.gid, ""),
        )  # fmt: skip
        if kind != S_IFDIR and inode.nlink > 1:
            first = self._first.setdefault(inode, path)
            if first != path:
                member.link, member.hard_link = first, True
                return member
        if kind == S_IFLNK:
            member.link = inode.target or ""
        elif kind == S_IFREG:
            member.size = inode.size
            if 0 <= inode.blocks * 512 < inode.size:
                member.extents = _pieces(self._extents(inode.ino))
        return member


def _pieces(text: str) -> list[tuple[int, int]]:
    numbers = [int(number) for number in text.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def whole(vfs: Vfs, start: Inode, paths: Iterable[str]) -> Iterator[Found | None]:
    """Files and directories with all that is in them, by paths from `start`, as `tar -c` takes them.

    What is mounted below one is left out. A leading "/" and all up to the last ".." are not part of the name
    in the archive. ENOENT, EOPNOTSUPP (in a host mount, whose files come too late), and what the walk raises.
    """
    found = []
    for path in paths:
        inode = vfs.lookup(start, path, ROOT, False)
        if inode.mount.host is not None:
            raise SysError(EOPNOTSUPP)
        names = [name for name in path.split("/") if name not in ("", ".")]
        while ".." in names:
            names = names[names.index("..") + 1 :]
        found.append(("/".join(names), inode))
    return _all(found)


def _all(found: list[tuple[str, Inode]]) -> Iterator[Found | None]:
    for path, inode in found:
        yield from below(path, inode)


def below(path: str, top: Inode) -> Iterator[tuple[str, Inode]]:
    """A file, or a directory with all that is in it but other mounts; each before what it holds."""
    # not by recursion: a tree may be deeper than Python's stack
    yield path, top
    stack = [_entries(path, top)]
    while stack:
        for path, inode in stack[-1]:
            if inode.mount is top.mount:
                yield path, inode
                if inode.mode & S_IFMT == S_IFDIR:
                    stack.append(_entries(path, inode))
                    break
        else:
            stack.pop()


def _entries(path: str, directory: Inode) -> Iterator[tuple[str, Inode]]:
    prefix = f"{path}/" if path else ""
    return iter([(f"{prefix}{name}", child) for name, child in (directory.children or {}).items()])
