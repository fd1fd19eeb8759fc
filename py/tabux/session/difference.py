"""What of the file system goes into an archive of a sandbox: all that is not as the site brought it."""

from __future__ import annotations

from collections.abc import Iterator

from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.fs.changes import Changes, Pristine
from tabux.fs.inode import Inode
from tabux.fs.lazy import is_deferred
from tabux.fs.vfs import Vfs
from tabux.session.archive import Found, below


def differing(vfs: Vfs) -> Iterator[Found | None]:
    """All that differs from the site's own files, and the directories that lead there; whiteouts.

    Each directory comes before what it holds, a whiteout before what is there instead. Other mounts are left
    out. A shipped file that has but another mode, owner or name comes whole: an archive cannot say it
    otherwise. None where there was nothing to tell for a while.
    """
    changes = vfs.mount_root.changes
    assert changes is not None
    return _walk(vfs.root, changes)


class _Directory:
    """A directory on the way down; `told` is whether it is in the archive already."""

    __slots__ = ("entries", "inode", "path", "shipped", "told")

    def __init__(self, path: str, inode: Inode, changes: Changes) -> None:
        self.path = path
        self.inode = inode
        children = inode.children or {}
        pristine = changes.pristine.get(inode)
        #: the site's names in it
        self.shipped = (children if pristine is None else pristine.children) or {}
        self.entries = iter(list(children.items()))
        self.told = False


def _walk(root: Inode, changes: Changes) -> Iterator[Found | None]:
    stack: list[_Directory] = []
    #: shipped files that have a name elsewhere, too; and the names, in their places, of those that may have
    moved: dict[Inode, None] = {}
    kept: dict[Inode, list[tuple[_Directory, str]]] = {}

    def enter(path: str, inode: Inode) -> Iterator[Found]:
        here = _Directory(path, inode, changes)
        stack.append(here)
        if _differs(inode, changes):
            yield from told()
        for name, shipped in here.shipped.items():
            if _is_gone(shipped, (inode.children or {}).get(name)):
                yield from told()
                yield _join(path, name), None

    def told() -> Iterator[Found]:
        for directory in stack:
            if not directory.told:
                directory.told = True
                yield directory.path, directory.inode

    yield from enter("", root)
    while stack:
        here = stack[-1]
        for name, inode in here.entries:
            if inode.mount is not root.mount:
                continue
            path = _join(here.path, name)
            if here.shipped.get(name) is not inode:
                yield from told()
                # (also what is in a shipped directory that was moved: nobody could know it)
                for below_path, found in below(path, inode):
                    if found.base is not None and found.nlink > 1:
                        moved[found] = None
                    yield below_path, found
            elif inode.mode & S_IFMT != S_IFDIR:
                if _differs(inode, changes) or inode in moved:
                    yield from told()
                    yield path, inode
                    continue
                if inode.nlink > 1:
                    kept.setdefault(inode, []).append((here, path))
                yield None
            elif is_deferred(inode) and inode not in changes.pristine:
                yield None
            else:
                yield from enter(path, inode)
                break
        else:
            stack.pop()
    for inode in moved:
        for directory, path in kept.get(inode, ()):
            # (once more: to give it a name changes the directory)
            yield directory.path, directory.inode
            yield path, inode


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _differs(inode: Inode, changes: Changes) -> bool:
    """Whether a shipped inode is not as it came, in what an archive tells of it."""
    pristine = changes.pristine.get(inode)
    return pristine is not None and (inode in changes.rewritten or _told(inode) != _told(pristine))


def _told(inode: Inode | Pristine) -> tuple[object, ...]:
    names = 0 if inode.mode & S_IFMT == S_IFDIR else inode.nlink
    return inode.mode, inode.uid, inode.gid, inode.mtime, inode.target, names


def _is_gone(shipped: Inode, now: Inode | None) -> bool:
    """Whether what was shipped has to be removed first: a file is replaced anyway, by whatever is not one."""
    if now is None:
        return True
    if now.mount is not shipped.mount:
        now = now.mount.covers
    directories = (shipped.mode & S_IFMT == S_IFDIR, now is not None and now.mode & S_IFMT == S_IFDIR)
    return now is not shipped and True in directories
