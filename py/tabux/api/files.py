"""The owner's file operations: any path, no permission asked. Contents are moved by the gate."""

from __future__ import annotations

import json

from tabux.abi.errno import EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, EROFS, SysError
from tabux.abi.fcntl import O_CREAT, O_RDWR
from tabux.abi.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from tabux.api.owner import HOME, USER
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.virtual import VirtualFile
from tabux.kernel.kernel import Kernel

_TYPES = {S_IFREG: "file", S_IFDIR: "dir", S_IFLNK: "symlink"}


def home(k: Kernel) -> Inode:
    """Where relative paths start: the user's home, or / when that is gone."""
    try:
        return k.vfs.lookup(k.vfs.root, HOME, ROOT)
    except SysError:
        return k.vfs.root


def _give_to_user(inode: Inode) -> None:
    inode.uid, inode.gid = USER.uid, USER.gid


def make_dir(k: Kernel, path: str) -> int:
    """Makes a directory and its parents, owned by the user.

    EEXIST where something else is there, ENOTDIR where that is so above it.
    """
    start = k.vfs.root if path.startswith("/") else home(k)
    names = [name for name in path.split("/") if name not in ("", ".")]
    for i, name in enumerate(names):
        try:
            start = k.vfs.mkdir(start, name, 0o755, ROOT)
            _give_to_user(start)
        except SysError as error:
            if error.errno != EEXIST:
                raise
            start = k.vfs.lookup(start, name, ROOT)
            if start.mode & S_IFMT != S_IFDIR:
                raise SysError(ENOTDIR if i + 1 < len(names) else EEXIST) from None
    return 0


def _make_parents(k: Kernel, path: str) -> None:
    """Makes the directories above `path`. ENOTDIR where something else is there."""
    parent = path.rpartition("/")[0]
    try:
        make_dir(k, parent)
    except SysError as error:
        raise SysError(ENOTDIR if error.errno == EEXIST else error.errno) from None


def write(k: Kernel, path: str) -> int:
    """The inode number of the file at `path`, made with its parents if missing; the gate sets its content."""
    if path.endswith("/"):
        raise SysError(EISDIR)
    _make_parents(k, path)
    try:
        inode = k.vfs.lookup(home(k), path, ROOT)
    except SysError as error:
        if error.errno != ENOENT:
            raise
        inode, _ = k.vfs.open(home(k), path, O_RDWR | O_CREAT, 0o644, ROOT)
        _give_to_user(inode)
    if inode.mode & S_IFMT == S_IFDIR:
        raise SysError(EISDIR)
    if inode.mode & S_IFMT != S_IFREG or inode.virtual:
        raise SysError(EINVAL)
    if inode.mount.readonly:
        raise SysError(EROFS)
    _use(inode)
    return inode.ino


def _use(inode: Inode) -> None:
    """The content is about to be used."""
    if inode.mount.host is not None and inode.mode & S_IFMT == S_IFREG:
        inode.mount.host.open(inode)


def read(k: Kernel, path: str) -> int:
    """The number under which the gate has the content. EISDIR, ENOENT, EINVAL (not a regular file)."""
    inode = k.vfs.lookup(home(k), path, ROOT)
    if inode.mode & S_IFMT == S_IFDIR:
        raise SysError(EISDIR)
    if inode.mode & S_IFMT != S_IFREG:
        raise SysError(EINVAL)
    if isinstance(inode, VirtualFile):
        number = k.vfs.table.number()
        k.gate.set_text(number, inode.read(None))
        return number
    _use(inode)
    return inode.ino


def _unicode(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _info(name: str, path: str, inode: Inode) -> dict[str, object]:
    return {
        "name": _unicode(name),
        "path": _unicode(path),
        "type": _TYPES.get(inode.mode & S_IFMT, "other"),
        "size": inode.size,
        "mode": inode.mode & 0o7777,
        "uid": inode.uid,
        "gid": inode.gid,
        "modifiedMs": inode.mtime / 1_000_000,
    }


def _plain(k: Kernel, path: str) -> str:
    """An absolute path without "." and "..", to something that is there.

    Symbolic links stay as they were named, except before a "..", where they count.
    """
    above = HOME if home(k) is not k.vfs.root else ""
    full = path if path.startswith("/") else f"{above}/{path}"
    names = [name for name in full.split("/") if name not in ("", ".")]
    if ".." not in names:
        return "/" + "/".join(names)
    if names[-1] == "..":
        return k.vfs.path_of(k.vfs.lookup(k.vfs.root, full, ROOT))
    above = k.vfs.path_of(k.vfs.lookup(k.vfs.root, "/" + "/".join(names[:-1]), ROOT))
    return f"{above.rstrip('/')}/{names[-1]}"


def info(k: Kernel, path: str) -> str:
    """One file as JSON (a FileInfo of the public module); a symbolic link at the end is described itself."""
    inode = k.vfs.lookup(home(k), path, ROOT, False)
    full = _plain(k, path)
    return json.dumps(_info(full.rsplit("/", 1)[-1] or "/", full, inode))


def listing(k: Kernel, path: str, depth: int = 1) -> str:
    """What is in a directory as JSON, `depth` levels deep, each level sorted by name. ENOTDIR, ENOENT.

    Symbolic links are not followed on the way down.
    """
    directory = k.vfs.lookup(home(k), path, ROOT)
    found: list[dict[str, object]] = []
    level = [(_plain(k, path).rstrip("/"), directory)]
    while level and depth > 0:
        depth -= 1
        below: list[tuple[str, Inode]] = []
        for base, parent in level:
            entries = [e for e in k.vfs.listdir(parent) if e[0] not in (".", "..")]
            for name, inode in sorted(entries, key=lambda e: e[0]):
                found.append(_info(name, f"{base}/{name}", inode))
                if inode.mode & S_IFMT == S_IFDIR:
                    below.append((f"{base}/{name}", inode))
        level = below
    return json.dumps(found)


def exists(k: Kernel, path: str) -> int:
    """1 when something is at `path`, else 0."""
    try:
        k.vfs.lookup(home(k), path, ROOT, False)
    except SysError:
        return 0
    return 1


def rename(k: Kernel, old: str, new: str) -> int:
    """Renames; parents of the new name are made."""
    _make_parents(k, new.rstrip("/"))
    k.vfs.rename(home(k), old, home(k), new, ROOT)
    return 0


def remove(k: Kernel, path: str) -> int:
    """Removes a file, or a directory with all that is in it: see `Naming.remove_tree`."""
    k.vfs.remove_tree(home(k), path, ROOT)
    return 0


def change_mode(k: Kernel, path: str, mode: int) -> int:
    """Sets the permission bits; a link is followed. ENOENT, EROFS."""
    k.vfs.chmod(home(k), path, mode & 0o7777, ROOT)
    return 0


def symlink(k: Kernel, target: str, path: str) -> int:
    """Makes a symbolic link, the user's, with its parents. EEXIST."""
    _make_parents(k, path)
    _give_to_user(k.vfs.symlink(target, home(k), path, ROOT))
    return 0


def copy(k: Kernel, old: str, new: str) -> str:
    """Makes at `new` what is at `old`, with all that is in it, as `cp -rT --preserve=mode` does.

    Answers JSON: inode numbers in pairs, whose contents the gate copies. What is made is the user's. EINVAL:
    a directory into itself, or a special file. EISDIR, ENOTDIR: something of another kind is there.
    """
    vfs, start = k.vfs, home(k)
    source = vfs.lookup(start, old, ROOT)
    _make_parents(k, new.rstrip("/"))
    pairs: list[int] = []
    above: Inode | None = vfs.walker.to_parent(start, new.rstrip("/") or "/", ROOT, None)
    if above is not None and vfs.walker.entry(above, vfs.walker.name) is source:
        raise SysError(EINVAL)
    while above is not None and above is not above.parent:
        if above is source:
            raise SysError(EINVAL)
        above = above.parent
    pending = [(source, start, new.rstrip("/"))]
    while pending:
        inode, directory, name = pending.pop()
        kind = inode.mode & S_IFMT
        if kind == S_IFDIR:
            made = _directory_at(k, directory, name)
            vfs.set_mode(made, inode.mode & 0o7777, ROOT)
            entries = [e for e in vfs.listdir(inode) if e[0] not in (".", "..")]
            pending += [(child, made, child_name) for child_name, child in entries]
        elif kind == S_IFLNK:
            _give_to_user(vfs.symlink(vfs.link_text(inode), directory, name, ROOT))
        elif kind == S_IFREG and not inode.virtual:
            made, _ = vfs.open(directory, name, O_RDWR | O_CREAT, 0o644, ROOT)
            if made is inode or made.mode & S_IFMT != S_IFREG:
                raise SysError(EINVAL)
            _give_to_user(made)
            vfs.set_mode(made, inode.mode & 0o7777, ROOT)
            _use(inode)
            pairs += [inode.ino, made.ino]
        else:
            raise SysError(EINVAL)
    return json.dumps(pairs)


def _directory_at(k: Kernel, start: Inode, name: str) -> Inode:
    try:
        made = k.vfs.mkdir(start, name, 0o755, ROOT)
    except SysError as error:
        if error.errno != EEXIST:
            raise
        made = k.vfs.lookup(start, name, ROOT)
        if made.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR) from None
        return made
    _give_to_user(made)
    return made
