"""Extracts an archive, member by member, as its bytes come. Contents are moved by the gate."""

from __future__ import annotations

from collections.abc import Generator

from tabux.abi.errno import (
    EACCES,
    EBUSY,
    EFBIG,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    ENOTEMPTY,
    EPERM,
    EROFS,
    SysError,
)
from tabux.abi.stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG
from tabux.fs.inode import Inode
from tabux.session import tar
from tabux.session.members import Entry, Reader
from tabux.session.placing import Elsewhere, Place, PlaceError
from tabux.session.tar import TarError

_MEANINGS = {
    EACCES: "permission denied",
    EBUSY: "what is there is in use",
    EFBIG: "the file would be too large",
    ELOOP: "too many symbolic links",
    ENAMETOOLONG: "its name is too long",
    ENOENT: "a directory has been removed meanwhile, or a symbolic link leads nowhere",
    ENOSPC: "no space is left",
    ENOTDIR: "part of its path is not a directory",
    ENOTEMPTY: "a directory that is not empty is in the way",
    EPERM: "it is not permitted",
    EROFS: "the file system is read-only",
}
#: so many notes are kept
_MOST_NOTES = 1000


class ExtractionError(Exception):
    """The archive cannot be extracted any further; `space` where that is for want of space."""

    def __init__(self, reason: str, space: bool = False) -> None:
        super().__init__(reason)
        self.space = space


class Extraction:
    """Says which bytes of the archive it wants next, and what to do with the content of a file.

    count  members read so far
    notes  what was left out and what is unusual, a sentence for each
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._reader = Reader()
        self._steps = self._run()
        self._begun = False
        #: the file whose content is coming
        self._file: Inode | None = None
        self._path = ""
        self.count = 0
        self.notes = self._reader.notes

    def next(self, given: str) -> str:
        """What is wanted, after `given`, the answer to what was wanted before; "" when all is done.

        bytes N             N bytes; fewer where the archive ends
        skip N              leave N bytes out; the answer is how many there were
        content I S O L …   write the next bytes to the content with inode number I: L at offset O, and so on;
                            then it has the size S. The answer is how many units of 512 bytes it takes, or
                            -errno, or "" where the archive ends too early.

        The answer to the first one is "".

        Raises:
            ExtractionError: it cannot go on; the text says at which member and why.
        """
        try:
            if self._begun:
                return self._steps.send(given)
            self._begun = True
            return next(self._steps)
        except StopIteration:
            self.end()
            return ""
        except (TarError, PlaceError) as error:
            raise ExtractionError(self.fail(str(error))) from error
        except SysError as error:
            reason = _MEANINGS.get(error.errno, f"error {error.errno}")
            raise ExtractionError(self.fail(reason), error.errno in (ENOSPC, EFBIG)) from error

    def fail(self, reason: str) -> str:
        """Ends it; what has been extracted stays. Answers what to say of it."""
        self.end()
        if not self.count:
            return reason
        return f'member {self.count}, "{self._path}": {reason}'

    def end(self) -> None:
        """Nothing more comes; what has been extracted stays, the file whose content was coming does not."""
        self._steps.close()
        self._drop_file()
        self._place.finish()

    def _drop_file(self) -> None:
        if self._file is not None:
            self._place.drop_file(self._file)
            self._file = None

    def _run(self) -> Generator[str, str, None]:
        while True:
            entry = yield from self._member()
            if entry is None:
                return
            self.count += 1
            self._path = entry.path
            try:
                yield from self._extract(entry)
            except Elsewhere:
                self._drop_file()
                self._note(entry, "another file system is mounted there, left out")
            left = entry.stored + tar.padding(entry.stored)
            if entry.stored and (yield f"skip {left}") != str(left):
                raise TarError("the archive ends too early")

    def _member(self) -> Generator[str, str, Entry | None]:
        steps = self._reader.member()
        try:
            wanted = next(steps)
            while True:
                wanted = steps.send((yield f"bytes {wanted}"))
        except StopIteration as done:
            found: Entry | None = done.value
            return found

    def _extract(self, entry: Entry) -> Generator[str, str, None]:
        kind = entry.mode & S_IFMT
        if entry.whiteout:
            name = entry.path.rpartition("/")[2].removeprefix(tar.WHITEOUT_PREFIX)
            self._place.whiteout(entry.path, name)
        elif entry.hard_link:
            self._place.hard_link(entry)
        elif kind == S_IFDIR:
            self._place.directory(entry)
        elif kind == S_IFREG:
            yield from self._regular(entry)
        elif kind in (S_IFCHR, S_IFBLK):
            self._note(entry, "a device, left out")
        elif kind:
            self._place.special(entry)

    def _regular(self, entry: Entry) -> Generator[str, str, None]:
        inode = self._file = self._place.begin_file(entry)
        blocks = 0
        if entry.size:
            pieces = [(0, entry.size)] if entry.extents is None else entry.extents
            places = " ".join(f"{offset} {length}" for offset, length in pieces)
            answer = yield f"content {inode.ino} {entry.size} {places}"
            if not answer:
                raise TarError("the archive ends too early")
            blocks = int(answer)
            if blocks < 0:
                raise SysError(-blocks)
        padding = tar.padding(entry.stored)
        entry.stored = 0
        if padding and len((yield f"bytes {padding}")) < padding:
            raise TarError("the archive ends too early")
        self._place.end_file(inode, entry, blocks)
        self._file = None

    def _note(self, entry: Entry, text: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(f"/{entry.path}: {text}")
