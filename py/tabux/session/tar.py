"""The form of a tar archive: headers of members, as pax(1) has them, and as they are read.

All text has one character for each byte (latin-1), times are nanoseconds. What is written:

- ustar headers, with the bytes of a name as they are; a pax record only for what does not fit (long names,
  large numbers, fractions of a second). Where such a name is not UTF-8, `hdrcharset=BINARY` says so.
- sparse files as GNU tar writes them with `--format=posix` (version 1.0).
- a *whiteout*, a name that the site has and the sandbox has not: an empty file `.wh.NAME`, as in OCI layers,
  here with a pax comment, so that a file that really has such a name is not taken for one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tabux.abi.stat import S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG

BLOCK = 512
#: what two blocks of zeros at the end are padded to
RECORD = 10240
#: the largest extended header that is read: the map of a sparse file may be long
LONGEST_EXTENSION = 8 << 20

WHITEOUT_PREFIX = ".wh."
_WHITEOUT = "tabux whiteout"

_TYPES = {S_IFREG: "0", S_IFLNK: "2", S_IFDIR: "5", S_IFIFO: "6"}
_SECOND = 1_000_000_000
#: times that fit into nanoseconds of 64 bits, seconds
_LAST_SECOND = (1 << 63) // _SECOND - 1


class TarError(ValueError):
    """What was read is not a tar header, or says something that cannot be."""


@dataclass
class Member:
    """One file in an archive.

    path       relative, without a slash at the end; "" is the directory itself that is archived
    mode       type and permission bits
    size       of a regular file, bytes
    link       the text of a symbolic link, or the path of the earlier member that this is a hard link to
    hard_link  whether it is one
    extents    (offset, length) of what a sparse file holds, None for any other
    whiteout   a name that is to be removed: the last part of `path`
    """

    path: str
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    size: int = 0
    link: str = ""
    hard_link: bool = False
    extents: list[tuple[int, int]] | None = None
    whiteout: bool = False
    uname: str = ""
    gname: str = ""


# writing


def end(written: int) -> str:
    """What follows the last member of an archive of so many bytes."""
    return "\0" * (-(written + 2 * BLOCK) % RECORD + 2 * BLOCK)


def padding(size: int) -> int:
    """How many zeros fill the last block of so many bytes."""
    return -size % BLOCK


def encode(member: Member) -> str:
    """The header blocks of a member, and the map of a sparse file; its data comes next, padded to blocks."""
    records: dict[str, str] = {}
    kind = member.mode & 0o170000
    path, size = member.path or ".", 0
    if member.whiteout:
        directory, slash, name = path.rpartition("/")
        path = f"{directory}{slash}{WHITEOUT_PREFIX}{name}"
        records["comment"] = _WHITEOUT
    elif kind == S_IFDIR:
        path += "/"
    elif kind == S_IFREG and not member.hard_link:
        size = member.size
    sparse_map = ""
    if member.extents is not None:
        records["GNU.sparse.major"], records["GNU.sparse.minor"] = "1", "0"
        records["GNU.sparse.name"] = path
        records["GNU.sparse.realsize"] = str(size)
        sparse_map = _sparse_map(member.extents, size)
        size = len(sparse_map) + sum(length for _, length in member.extents)
        directory, slash, name = path.rpartition("/")
        path = f"{directory}{slash}GNUSparseFile.0/{name}"
    prefix, name = _split(path)
    if not name:
        if member.extents is None:
            records["path"] = path
        name = path[:100]
    if len(member.link) > 100:
        records["linkpath"] = member.link
    seconds, fraction = divmod(member.mtime, _SECOND)
    if fraction or not 0 <= seconds <= _LAST_TIME:
        records["mtime"] = _decimal(member.mtime)
    for key, value in (("uid", member.uid), ("gid", member.gid), ("size", size)):
        if value > _MOST[key]:
            records[key] = str(value)
    header = _header(
        name, member.mode & 0o7777, member.uid, member.gid, size, seconds,
        "1" if member.hard_link else _TYPES[kind], member.link[:100], member.uname, member.gname, prefix,
    )  # fmt: skip
    return (_extension(path, records) if records else "") + header + sparse_map


#: the largest numbers that fit into their fields; others are cut there, and a pax record tells
_MOST = {"uid": (1 << 21) - 1, "gid": (1 << 21) - 1, "size": (1 << 33) - 1}
_LAST_TIME = (1 << 33) - 1


def _header(
    name: str, mode: int, uid: int, gid: int, size: int, mtime: int, kind: str, link: str, uname: str,
    gname: str, prefix: str,
) -> str:  # fmt: skip
    uid, gid, size = min(uid, _MOST["uid"]), min(gid, _MOST["gid"]), min(size, _MOST["size"])
    mtime = min(max(mtime, 0), _LAST_TIME)
    start = f"{name:\0<100}{mode:07o}\0{uid:07o}\0{gid:07o}\0{size:011o}\0{mtime:011o}\0"
    rest = (
        f"{kind}{link:\0<100}ustar\00000{uname[:31]:\0<32}{gname[:31]:\0<32}"
        f"0000000\0000000000\0{prefix:\0<155}{'':\0<12}"
    )
    checksum = sum(f"{start}        {rest}".encode("latin-1"))
    return f"{start}{checksum:06o}\0 {rest}"


def _split(path: str) -> tuple[str, str]:
    """(prefix, name) of a path in a ustar header, ("", "") where it does not fit."""
    if len(path) <= 100:
        return "", path
    slash = path.find("/", len(path) - 101, len(path) - 1)
    return (path[:slash], path[slash + 1 :]) if 0 < slash <= 155 else ("", "")


def _extension(path: str, records: dict[str, str]) -> str:
    if not all(_is_utf8(value) for value in records.values()):
        records = {"hdrcharset": "BINARY", **records}
    body = "".join(_record(key, value) for key, value in records.items())
    directory, slash, name = path.rstrip("/").rpartition("/")
    name = f"{directory}{slash}PaxHeaders/{name}"[:100]
    header = _header(name, 0o644, 0, 0, len(body), 0, "x", "", "", "", "")
    return header + body + "\0" * padding(len(body))


def _record(key: str, value: str) -> str:
    length = len(key) + len(value) + 3
    digits = len(str(length))
    digits = len(str(length + digits))
    return f"{length + digits} {key}={value}\n"


def _is_utf8(text: str) -> bool:
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decimal(ns: int) -> str:
    sign = "-" if ns < 0 else ""
    seconds, fraction = divmod(abs(ns), _SECOND)
    return f"{sign}{seconds}.{fraction:09}".rstrip("0").rstrip(".")


def _sparse_map(extents: list[tuple[int, int]], size: int) -> str:
    entries = list(extents)
    if not entries or sum(entries[-1]) < size:
        entries.append((size, 0))
    text = f"{len(entries)}\n" + "".join(f"{offset}\n{length}\n" for offset, length in entries)
    return text + "\0" * padding(len(text))


# reading


@dataclass
class Header:
    """One header block as it is; `block` is for what only some dialects have."""

    name: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    kind: str
    link: str
    block: str = field(repr=False)


def decode(block: str) -> Header | None:
    """Reads a header block; None for the zeros that end an archive.

    Raises:
        TarError: it is none.
    """
    if not block.strip("\0"):
        return None
    if not _is_header(block):
        raise TarError("this is not a header of a tar archive")
    name = _string(block[:100])
    if block[257:263] == "ustar\0":
        prefix = _string(block[345:476] if block[508:512] == "tar\0" else block[345:500])
        if prefix:
            name = f"{prefix}/{name}"
    return Header(
        name, number(block[100:108]), number(block[108:116]), number(block[116:124]),
        number(block[124:136]), number(block[136:148]), block[156], _string(block[157:257]), block,
    )  # fmt: skip


def _is_header(block: str) -> bool:
    """Whether its checksum is right: the sum of its bytes, or of signed ones, which some have written."""
    digits = block[148:156].strip("\0 ")
    if not digits or digits.strip("01234567"):
        return False
    data = f"{block[:148]}        {block[156:]}".encode("latin-1")
    total, said = sum(data), int(digits, 8)
    return total == said or total - 256 * sum(byte > 127 for byte in data) == said


def _string(text: str) -> str:
    return text.partition("\0")[0]


def number(text: str) -> int:
    """A field's number: octal digits, or as GNU tar has large ones, binary with the highest bit set."""
    if text[0] in "\x80\xff":
        data = text.encode("latin-1")
        value = int.from_bytes(data[1:], "big")
        return value if data[0] == 0x80 else value - (1 << 8 * (len(data) - 1))
    digits = text.partition("\0")[0].strip(" ")
    if not digits:
        return 0
    if digits.strip("01234567"):
        raise TarError("a number in its header is none")
    return int(digits, 8)


def records(body: str) -> list[tuple[str, str]]:
    """The records of a pax header. TarError where it has another form."""
    found = []
    at = 0
    while at < len(body) and body[at] != "\0":
        space = body.find(" ", at, at + 12)
        length = body[at:space] if space > 0 else ""
        if not (length.isascii() and length.isdigit()):
            raise TarError("its extended header cannot be read")
        stop = at + int(length)
        key, equals, value = body[space + 1 : stop - 1].partition("=")
        if stop > len(body) or not equals or body[stop - 1 : stop] != "\n":
            raise TarError("its extended header cannot be read")
        found.append((key, value))
        at = stop
    return found


def integer(text: str) -> int:
    """A number of a pax record."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise TarError("a number in its extended header is none")
    return int(text)


def time(text: str) -> int:
    """The time of a pax record, seconds with a fraction, as ns."""
    whole, _, fraction = text.removeprefix("-").partition(".")
    if not (whole + fraction).isascii() or not whole.isdigit() or not (fraction or "0").isdigit():
        raise TarError("a time in its extended header is none")
    ns = seconds(int(whole.lstrip("0")[:19] or "0")) + int(f"{fraction:0<9}"[:9])
    return -ns if text.startswith("-") else ns


def seconds(value: int) -> int:
    """A time in seconds as ns; beyond what 64 bits hold, the end of them."""
    return min(max(value, -_LAST_SECOND), _LAST_SECOND) * _SECOND


def is_whiteout(name: str, comment: str) -> bool:
    """Whether a member of that last name and pax comment stands for a name that is removed."""
    return comment == _WHITEOUT and name.startswith(WHITEOUT_PREFIX) and len(name) > len(WHITEOUT_PREFIX)
