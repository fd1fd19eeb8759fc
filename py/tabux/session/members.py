"""Reads the headers of an archive, whoever has written it: ustar, pax, GNU and what was there before them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from tabux.abi.stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG
from tabux.session import tar
from tabux.session.tar import BLOCK, Header, TarError

#: asks for so many bytes; what comes is shorter where the archive ends
Asking = Generator[int, str, "Entry | None"]

_KINDS = {"2": S_IFLNK, "3": S_IFCHR, "4": S_IFBLK, "5": S_IFDIR, "6": S_IFIFO, "D": S_IFDIR}
#: members that are no files: a volume's label, names for programs that nobody has any more
_NO_FILES = "VNI"
#: more pieces than that no sparse file has
_MOST_EXTENTS = 1 << 20
_LARGEST = (1 << 63) - 1
_NO_ID = (1 << 32) - 1


@dataclass
class Entry(tar.Member):
    """A member as it is read; `stored` bytes of data, then zeros up to a block, follow.

    `mode` has no type for what is no file.
    """

    stored: int = 0


class Reader:
    """Reads one member after the other. `notes` tell what is unusual, a sentence for each."""

    def __init__(self) -> None:
        self._global: dict[str, str] = {}
        self.notes: list[str] = []
        #: whether a header has been read
        self._begun = False

    def member(self) -> Asking:
        """The next member, None at the end of the archive.

        Raises:
            TarError: what is read is no header, or says what cannot be.
        """
        local: dict[str, str] = {}
        pieces: list[tuple[int, int]] = []
        while True:
            block = yield BLOCK
            if not block and self._begun:
                self.notes.append("the archive has no end mark: there may have been more")
                return None
            if len(block) < BLOCK:
                raise TarError("the archive ends too early" if self._begun else "this is not a tar archive")
            header = tar.decode(block)
            if header is None:
                return None
            self._begun = True
            if header.size < 0:
                raise TarError("its size is negative")
            if header.kind in "xX":
                pieces = _take(local, tar.records((yield from self._extension(header))))
            elif header.kind == "g":
                _take(self._global, tar.records((yield from self._extension(header))))
            elif header.kind in "LK":
                text = yield from self._extension(header)
                local.setdefault("path" if header.kind == "L" else "linkpath", text.partition("\0")[0])
            else:
                return (yield from self._entry(header, {**self._global, **local}, pieces))

    def _extension(self, header: Header) -> Generator[int, str, str]:
        if header.size > tar.LONGEST_EXTENSION:
            raise TarError("its extended header is too long")
        length = header.size + tar.padding(header.size)
        body = (yield length) if length else ""
        _complete(body, length)
        return body[: header.size]

    def _entry(self, header: Header, said: dict[str, str], pieces: list[tuple[int, int]]) -> Asking:
        # (an empty value takes back what was said for all)
        said = {key: value for key, value in said.items() if value}
        path = said.get("path", header.name)
        entry = Entry(
            _plain(path),
            header.mode & 0o7777,
            tar.integer(said["uid"]) if "uid" in said else header.uid,
            tar.integer(said["gid"]) if "gid" in said else header.gid,
            tar.time(said["mtime"]) if "mtime" in said else tar.seconds(header.mtime),
            link=said.get("linkpath", header.link),
        )
        if not (0 <= entry.uid < _NO_ID and 0 <= entry.gid < _NO_ID):
            raise TarError("its owner is none")
        if header.kind == "1":
            entry.hard_link = True
            entry.link = _plain(entry.link)
            entry.mode |= S_IFREG
            return entry
        size = tar.integer(said["size"]) if "size" in said else header.size
        kind = _KINDS.get(header.kind, S_IFREG)
        if header.kind == "M":
            raise TarError("it was begun in another volume of the archive")
        if header.kind in _NO_FILES:
            entry.stored = size
            return entry
        if kind == S_IFREG and header.kind in "0\0" and path.endswith("/"):
            kind = S_IFDIR  # as it was before there were types
        entry.mode |= kind
        if kind == S_IFREG:
            entry.size = entry.stored = size
            if header.kind not in "0\0007S":
                self.notes.append(f"/{entry.path}: of an unknown type, taken for a file")
            yield from self._sparse(entry, header, said, pieces)
            entry.whiteout = tar.is_whiteout(entry.path.rpartition("/")[2], said.get("comment", ""))
        elif header.kind == "D":
            entry.stored = size
        return entry

    def _sparse(
        self, entry: Entry, header: Header, said: dict[str, str], pieces: list[tuple[int, int]]
    ) -> Generator[int, str, None]:
        if header.kind == "S":
            entry.size = tar.number(header.block[483:495])
            entry.extents = yield from _old_map(header.block)
        elif "GNU.sparse.major" in said:
            if (said["GNU.sparse.major"], said.get("GNU.sparse.minor")) != ("1", "0"):
                raise TarError("it is sparse in an unknown way")
            entry.size = tar.integer(said.get("GNU.sparse.realsize", ""))
            entry.extents = yield from _map_in_data(entry)
        elif "GNU.sparse.map" in said:
            entry.size = tar.integer(said.get("GNU.sparse.size", ""))
            entry.extents = _pairs(said["GNU.sparse.map"].split(","))
        elif "GNU.sparse.size" in said:
            entry.size = tar.integer(said["GNU.sparse.size"])
            entry.extents = pieces
        if entry.extents is not None:
            entry.path = _plain(said.get("GNU.sparse.name", entry.path))
            entry.extents = _checked(entry.extents, entry.size, entry.stored)


def _plain(path: str) -> str:
    """A path as members have it: relative, "a/b" for "./a//b/"."""
    return "/".join([name for name in path.split("/") if name not in ("", ".")])


def _complete(text: str, length: int) -> None:
    if len(text) < length:
        raise TarError("the archive ends too early")


def _take(said: dict[str, str], records: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """Takes records over; those that come again and again are the map of a sparse file (version 0.0)."""
    offsets: list[str] = []
    for key, value in records:
        if key in ("GNU.sparse.offset", "GNU.sparse.numbytes"):
            offsets.append(value)
        else:
            said[key] = value
    return _pairs(offsets)


def _pairs(numbers: list[str]) -> list[tuple[int, int]]:
    if len(numbers) % 2 or len(numbers) > 2 * _MOST_EXTENTS:
        raise TarError("the map of its holes cannot be read")
    values = [tar.integer(number) for number in numbers]
    return list(zip(values[::2], values[1::2], strict=True))


def _old_map(block: str) -> Generator[int, str, list[tuple[int, int]]]:
    """The map of a sparse file in GNU's own format: in its header, and in blocks that follow."""
    found = _old_entries(block[386:482])
    more = block[482]
    while more not in "\0":
        block = yield BLOCK
        _complete(block, BLOCK)
        found += _old_entries(block[:504])
        more = block[504]
        if len(found) > _MOST_EXTENTS:
            raise TarError("the map of its holes is too long")
    return found


def _old_entries(text: str) -> list[tuple[int, int]]:
    entries = [text[at : at + 24] for at in range(0, len(text), 24)]
    return [(tar.number(entry[:12]), tar.number(entry[12:])) for entry in entries if entry.strip("\0 ")]


def _map_in_data(entry: Entry) -> Generator[int, str, list[tuple[int, int]]]:
    """The map of a sparse file before its data: lines, padded to blocks (version 1.0)."""
    lines: list[str] = []
    rest = ""
    wanted = 1
    while len(lines) < wanted:
        if entry.stored < BLOCK:
            raise TarError("the map of its holes cannot be read")
        block = yield BLOCK
        _complete(block, BLOCK)
        entry.stored -= BLOCK
        *found, rest = (rest + block).split("\n")
        lines += found
        if lines:
            wanted = 2 * tar.integer(lines[0]) + 1
        if wanted > 2 * _MOST_EXTENTS or len(rest) > BLOCK:
            raise TarError("the map of its holes cannot be read")
    return _pairs(lines[1:wanted])


def _checked(extents: list[tuple[int, int]], size: int, stored: int) -> list[tuple[int, int]]:
    """The pieces that hold something. TarError where they cannot be those of a file of that size."""
    at = total = 0
    for offset, length in extents:
        if offset < at or length < 0:
            raise TarError("the map of its holes cannot be")
        at = offset + length
        total += length
    if at > size or total != stored or size > _LARGEST:
        raise TarError("the map of its holes does not fit its size")
    return [(offset, length) for offset, length in extents if length]
