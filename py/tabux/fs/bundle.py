"""The files of a bundle: data that programs read, in chunks. wasm/builder/bundles.py writes the index."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypedDict

from tabux.abi.stat import S_IFREG
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs


class Chunk(TypedDict):
    """A file of the site, unpacked of that size in bytes, that holds several files of the sandbox."""

    url: str
    size: int
    sha256: str


class Bundle(TypedDict):
    """The entry of a manifest: the chunks, and a line for each file."""

    chunks: list[Chunk]
    index: str


class Part(NamedTuple):
    """Where a file's bytes are: `length` of them at `offset` in the chunk."""

    chunk: Chunk
    offset: int
    length: int


def subdirectories(bundle: Bundle) -> int:
    """How many directories are right at the top of the bundle."""
    return len(re.findall(r"(?m)^[^/\n]+/$", bundle["index"]))


def fill(vfs: Vfs, top: Inode, bundle: Bundle, supply: Callable[[Inode, Part], None]) -> None:
    """Puts all files of the bundle below `top`, as old as it is; `supply(inode, part)` attaches a content."""
    chunks = iter(bundle["chunks"])
    chunk = next(chunks, None)
    offset = 0
    made: list[Inode] = []
    hard_links: list[tuple[str, str]] = []
    lines = byte_text(bundle["index"]).split("\n")[:-1]
    for name, *fields in (line.split("\t") for line in lines):
        if name == "@":
            chunk, offset = next(chunks), 0
        elif name.endswith("/"):
            made.append(vfs.mkdir(top, name.rstrip("/"), 0o755, ROOT))
        elif fields[0] == "=":
            hard_links.append((fields[1], name))
        elif fields[0] == ">":
            made.append(vfs.symlink(fields[1], top, name, ROOT))
        else:
            mode = int(fields[1], 8) if len(fields) > 1 else 0o644
            inode = vfs.mknod(top, name, S_IFREG | mode, 0, ROOT)
            made.append(inode)
            inode.size = int(fields[0])
            if inode.size and chunk:
                supply(inode, Part(chunk, offset, inode.size))
            offset += inode.size
    for target, name in hard_links:
        vfs.link(top, target, top, name, ROOT)
    for inode in made:
        inode.atime = inode.mtime = inode.ctime = inode.btime = top.btime


def byte_text(text: str) -> str:
    """The kernel's form of a name or link text: one character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode().decode("latin-1")
