"""The gate's half of archives, in Python: contents as bytes with holes, and a bridge to a real directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.fcntl import O_CREAT, O_RDWR
from tabux.abi.stat import S_IFDIR, S_IFMT, S_IFREG
from tabux.fs.credentials import ROOT
from tabux.fs.vfs import Vfs
from tabux.session.archive import Writer
from tabux.session.extraction import Extraction
from tabux.session.placing import Place

from tests.unit.fs_support import FakeClock, FakeStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabux.fs.inode import Inode
    from tabux.session.archive import Found

BLOCK = 4096


class Contents(FakeStore):
    """Contents by inode number: the blocks that are there."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: dict[int, dict[int, bytes]] = {}
        self.sizes: dict[int, int] = {}

    def discard(self, ino: int) -> None:
        super().discard(ino)
        self.blocks.pop(ino, None)
        self.sizes.pop(ino, None)

    def write(self, ino: int, offset: int, data: bytes) -> None:
        blocks = self.blocks.setdefault(ino, {})
        for at in range(offset - offset % BLOCK, offset + len(data), BLOCK):
            block = bytearray(blocks.get(at, bytes(BLOCK)))
            first, last = max(at, offset), min(at + BLOCK, offset + len(data))
            block[first - at : last - at] = data[first - offset : last - offset]
            blocks[at] = bytes(block)
        self.sizes[ino] = max(self.sizes.get(ino, 0), offset + len(data))

    def read(self, ino: int, offset: int, length: int) -> bytes:
        first = offset - offset % BLOCK
        blocks = self.blocks.get(ino, {})
        data = b"".join(blocks.get(at, bytes(BLOCK)) for at in range(first, offset + length, BLOCK))
        return data[offset - first : offset - first + length]

    def whole(self, ino: int) -> bytes:
        return self.read(ino, 0, self.sizes.get(ino, 0))

    def taken(self, ino: int) -> int:
        """st_blocks."""
        return len(self.blocks.get(ino, {})) * BLOCK // 512

    def extents(self, ino: int) -> str:
        pieces: list[list[int]] = []
        for at in sorted(self.blocks.get(ino, {})):
            if pieces and sum(pieces[-1]) == at:
                pieces[-1][1] += BLOCK
            else:
                pieces.append([at, BLOCK])
        size = self.sizes.get(ino, 0)
        return " ".join(f"{at} {min(length, size - at)}" for at, length in pieces)


def new_vfs() -> tuple[Vfs, Contents]:
    contents = Contents()
    return Vfs(contents, FakeClock()), contents


def put(vfs: Vfs, contents: Contents, path: str, data: bytes, mode: int = 0o644, offset: int = 0) -> Inode:
    """A regular file with that content, after a hole of `offset` bytes."""
    inode, _ = vfs.open(vfs.root, path, O_RDWR | O_CREAT, mode, ROOT)
    contents.discard(inode.ino)
    contents.write(inode.ino, offset, data)
    size = offset + len(data)
    vfs.written(inode.ino, size, vfs.clock(), None, contents.taken(inode.ino))
    return inode


def packed(contents: Contents, found: Iterable[Found | None], **names: dict[int, str]) -> bytes:
    """The archive, as web/worker/archives.js makes it."""
    archive, _ = packed_with_notes(contents, found, **names)
    return archive


def packed_with_notes(
    contents: Contents, found: Iterable[Found | None], users: dict[int, str] | None = None
) -> tuple[bytes, list[str]]:
    writer = Writer(found, contents.extents, users or {}, {})
    made = []
    while text := writer.next():
        line, _, headers = text.partition("\n")
        made.append(headers.encode("latin-1"))
        ino, *numbers = map(int, line.split())
        if ino:
            data = b"".join(
                contents.read(ino, offset, length)
                for offset, length in zip(numbers[1::2], numbers[2::2], strict=True)
            )
            made += [data, bytes(-len(data) % 512)]
    return b"".join(made), writer.notes


def extracted(
    vfs: Vfs, contents: Contents, archive: bytes, top: Inode, owner: int | None = None
) -> Extraction:
    """Extracts an archive, as web/worker/archives.js does."""
    extraction = Extraction(Place(vfs, top, owner))
    at = 0
    given = ""
    while wanted := extraction.next(given):
        what, *words = wanted.split()
        numbers = [int(word) for word in words]
        if what in ("bytes", "skip"):
            piece = archive[at : at + numbers[0]]
            given = piece.decode("latin-1") if what == "bytes" else str(len(piece))
            at += len(piece)
            continue
        assert what == "content"
        ino, size, *places = numbers
        for offset, length in zip(places[::2], places[1::2], strict=True):
            contents.write(ino, offset, archive[at : at + length])
            at += length
        contents.sizes[ino] = size
        given = "" if at > len(archive) else str(contents.taken(ino))
    return extraction


def listing(
    vfs: Vfs, contents: Contents, top: Inode, only_stored: bool = True
) -> dict[str, tuple[object, ...]]:
    """All that an archive keeps of a tree; hard links by their first name."""
    found: dict[str, tuple[object, ...]] = {}
    first: dict[Inode, str] = {}

    def walk(path: str, inode: Inode) -> None:
        kind = inode.mode & S_IFMT
        found[path] = (
            oct(inode.mode), inode.uid, inode.gid, inode.mtime, inode.nlink, inode.target,
            contents.whole(inode.ino) if kind == S_IFREG else None,
            contents.extents(inode.ino) if kind == S_IFREG else None,
            first.setdefault(inode, path),
        )  # fmt: skip
        if kind == S_IFDIR:
            for name, child in sorted((inode.children or {}).items()):
                if child.mount is inode.mount:
                    walk(f"{path}/{name}", child)

    walk("", top)
    return found
