"""Filling the tree from the list of files a build produced (dist/userland.json)."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable
from typing import Required, TypedDict

from tabux.abi.stat import S_IALLUGO, S_IFDIR, S_IFMT, S_IFREG
from tabux.fs import bundle
from tabux.fs.bundle import Bundle, Part, byte_text
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.lazy import defer
from tabux.fs.vfs import Vfs


class Entry(TypedDict, total=False):
    """One file, in the order things are made; `path` is absolute, text is Unicode, ids are 0 by default.

    A regular file has `text` or `base64`, or `url`, `size` and `sha256`; a hard link has `link` (a path
    listed anywhere in the manifest), a symbolic link `symlink`, a directory `dir`, a directory of data files
    `bundle`. `mode` holds permission bits.
    """

    path: Required[str]
    mode: int
    text: str
    base64: str
    url: str
    size: int
    sha256: str
    link: str
    symlink: str
    dir: bool
    bundle: Bundle
    uid: int
    gid: int


def content(entry: Entry) -> bytes | None:
    """What a file holds that is in the manifest itself; None for one to be downloaded."""
    if "base64" in entry:
        return binascii.a2b_base64(entry["base64"])
    return entry["text"].encode() if "text" in entry else None


def populate(
    vfs: Vfs,
    entries: Iterable[Entry],
    supply: Callable[[Inode, Entry], None],
    supply_part: Callable[[Inode, Part], None],
) -> None:
    """Makes the files of a manifest; missing parents become root's, mode 755.

    `supply(inode, entry)` is called for each regular file, its size already set, so that the content can be
    attached; `supply_part(inode, part)` for each file of a bundle, when somebody has looked into the bundle.
    What is at a path already is replaced; a directory keeps what it holds.
    """
    hard_links: list[tuple[str, str]] = []
    directories: dict[str, Inode] = {}
    for entry in entries:
        path = byte_text(entry["path"])
        directory, name = _parent(vfs, path, directories)
        if "link" in entry:
            hard_links.append((byte_text(entry["link"]), path))
            continue
        present = directory.children.get(name) if directory.children else None
        if "dir" in entry:
            if present is None or present.mode & S_IFMT != S_IFDIR:
                _clear(vfs, directory, name, present)
                present = vfs.mkdir(directory, name, 0o755, ROOT)
            _own(present, entry, S_IFDIR, 0o755)
            continue
        if "bundle" in entry:
            if present is None:
                _defer(vfs, vfs.mkdir(directory, name, 0o755, ROOT), entry["bundle"], supply_part)
            else:
                bundle.fill(vfs, present, entry["bundle"], supply_part)
            continue
        _clear(vfs, directory, name, present)
        if "symlink" in entry:
            inode = vfs.symlink(byte_text(entry["symlink"]), directory, name, ROOT)
            inode.uid, inode.gid = entry.get("uid", 0), entry.get("gid", 0)
            continue
        inode = vfs.mknod(directory, name, S_IFREG | 0o644, 0, ROOT)
        _own(inode, entry, S_IFREG, 0o644)
        held = content(entry)
        inode.size = entry.get("size", 0) if held is None else len(held)
        supply(inode, entry)
    for target, path in hard_links:
        directory, name = _parent(vfs, path, directories)
        _clear(vfs, directory, name, directory.children.get(name) if directory.children else None)
        vfs.link(vfs.root, target, directory, name, ROOT)


def _defer(vfs: Vfs, directory: Inode, files: Bundle, supply: Callable[[Inode, Part], None]) -> None:
    def fill(top: Inode) -> None:
        with vfs.shipped():
            bundle.fill(vfs, top, files, supply)

    defer(directory, fill, bundle.subdirectories(files))


def _parent(vfs: Vfs, path: str, directories: dict[str, Inode]) -> tuple[Inode, str]:
    """(directory, last name) of a path, the directory made where it is missing."""
    parent, _, name = path.rstrip("/").rpartition("/")
    directory = directories.get(parent)
    if directory is None:
        directory = vfs.root
        for step in parent.split("/"):
            if step:
                below = vfs.walker.walk(directory, step, ROOT)
                directory = vfs.mkdir(directory, step, 0o755, ROOT) if below is None else below
        directories[parent] = directory
    return directory, name


def _clear(vfs: Vfs, directory: Inode, name: str, present: Inode | None) -> None:
    if present is not None:
        vfs.unlink(directory, name, ROOT)


def _own(inode: Inode, entry: Entry, kind: int, default: int) -> None:
    inode.mode = kind | entry.get("mode", default) & S_IALLUGO
    inode.uid = entry.get("uid", 0)
    inode.gid = entry.get("gid", 0)
