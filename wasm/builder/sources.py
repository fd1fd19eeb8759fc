"""Upstream sources: from the cache, else as a Debian source package, else from upstream. Verified."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from . import cache, paths, process
from .console import BuildError, megabytes, say
from .recipe import Edit, Source

DEB822 = Path("/etc/apt/sources.list.d")
ONE_LINE = Path("/etc/apt/sources.list")
APT_HELPER = "/usr/lib/apt/apt-helper"
DOWNLOAD_TIMEOUT_S = 120


def cached(source: Source) -> Path:
    """Where the archive is once it has been fetched."""
    return paths.CACHE / "sources" / source.sha256[:16] / source.file


def fetch(sources: Iterable[Source]) -> None:
    """Bring all archives into the cache.

    Raises:
        BuildError: an archive is nowhere, or nowhere with the right content.
    """
    wanted = [s for s in sources if not cached(s).exists()]
    if not wanted:
        return
    say("sources", f"fetching {', '.join(s.file for s in wanted)}")
    problems: list[str] = []
    _from_debian([s for s in wanted if s.debian], problems)
    for source in wanted:
        if not cached(source).exists():
            _from_upstream(source, problems)
    lost = [s.file for s in wanted if not cached(s).exists()]
    if lost:
        raise BuildError(f"sources: could not fetch {', '.join(lost)}\n  " + "\n  ".join(problems))


def _accept(source: Source, file: Path, problems: list[str]) -> None:
    """Take a fetched file into the cache if it is the one that the recipe means."""
    found = cache.file_sha256(file)
    if found != source.sha256:
        problems.append(f"{source.file}: has SHA-256 {found}, the recipe wants {source.sha256}")
        return
    place = cached(source)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.copyfile(file, partial)
    partial.replace(place)
    say("sources", f"{source.file} ({megabytes(place.stat().st_size)})")


def _from_debian(sources: list[Source], problems: list[str]) -> None:
    """Ask the system's own package sources, with private state: no root, no change to the system."""
    names = sorted({s.debian for s in sources if s.debian})
    if not names or not shutil.which("apt-get"):
        return
    place = cache.work_directory("apt")
    log = paths.CACHE / "logs" / "apt.log"
    try:
        env = _private_apt(place)
        process.run(["apt-get", "-q", "update"], what="sources: apt-get update", log=log, env=env)
        # one name that this release does not have would spoil it for all
        listed = set(re.findall(r"(?m)^Package: (.+)$", _source_records(names, env)))
        _apt_source([name for name in names if name in listed], place, env, log, problems)
        # An archive that is gone for the newest version may still be there with an older one.
        for source in sources:
            if not (place / source.file).exists():
                for version in _debian_versions(str(source.debian), env):
                    _apt_source([f"{source.debian}={version}"], place, env, log, problems)
            if not (place / source.file).exists():
                _from_pool(source, place, env, log, problems)
        for source in sources:
            if (place / source.file).exists():
                _accept(source, place / source.file, problems)
            else:
                problems.append(f"{source.file}: not in the system's Debian source packages")
    except BuildError as e:
        problems.append(str(e))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _apt_source(names: list[str], place: Path, env: dict[str, str], log: Path, problems: list[str]) -> None:
    """Download upstream's archives of source packages; keeps what it gets before a failure."""
    try:
        process.run(
            ["apt-get", "-q", "source", "--download-only", "--tar-only", *names],
            what="sources: apt-get source", log=log, env=env, cwd=place,
        )
    except BuildError as e:
        problems.append(str(e))


def _from_pool(source: Source, place: Path, env: dict[str, str], log: Path, problems: list[str]) -> None:
    """Ask for an archive where Debian's mirrors keep it, whatever their indices list at the moment.

    A mirror may list an update without having its files yet; a package may be only in another release.
    """
    for root in archive_roots(_package_sources()):
        try:
            process.run(
                [APT_HELPER, "download-file", f"{root}/{pool_path(source)}", place / source.file],
                what="sources: apt-helper", log=log, env=env,
            )
            return
        except BuildError as e:
            problems.append(str(e))


def archive_roots(text: str) -> list[str]:
    """The addresses of archives in apt's sources, of either format."""
    listed = re.findall(r"(?m)^(?:URIs:|deb(?:-src)?(?:\s+\[[^]]*\])?)\s+(.*)$", text)
    words = [word for line in listed for word in line.split() if "://" in word]
    return list(dict.fromkeys(word.rstrip("/") for word in words))


def pool_path(source: Source) -> str:
    """Where an archive is in every Debian archive (Debian policy, the layout of the pool)."""
    name = str(source.debian)
    return f"pool/main/{name[: 4 if name.startswith('lib') else 1]}/{name}/{quote(source.file)}"


def _debian_versions(name: str, env: dict[str, str]) -> list[str]:
    """The versions of a source package that the system's package sources list."""
    return re.findall(r"(?m)^Version: (.+)$", _source_records([name], env))


def _source_records(names: list[str], env: dict[str, str]) -> str:
    """What the system's package sources tell of some source packages."""
    command = ["apt-cache", "showsrc", *names]
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    return done.stdout


def _private_apt(place: Path) -> dict[str, str]:
    """An apt configuration whose state is all below ``place`` and whose sources are deb-src."""
    parts = place / "sources.d"
    for d in (parts, place / "lists" / "partial", place / "cache" / "archives" / "partial"):
        d.mkdir(parents=True)
    for file in sorted(DEB822.glob("*.sources")):
        (parts / file.name).write_text(as_source_stanzas(file.read_text()))
    lines = [file.read_text() for file in _one_line_sources()]
    (parts / "one-line.list").write_text(as_source_lines("\n".join(lines)))
    config = place / "apt.conf"
    config.write_text(
        f'Dir::State "{place}/state";\n'
        f'Dir::State::Lists "{place}/lists";\n'
        'Dir::State::status "/var/lib/dpkg/status";\n'
        f'Dir::Cache "{place}/cache";\n'
        'Dir::Etc::SourceList "/dev/null";\n'
        f'Dir::Etc::SourceParts "{parts}";\n'
        'APT::Sandbox::User "root";\n'
    )
    return {"APT_CONFIG": str(config), "LC_ALL": "C"}


def _one_line_sources() -> list[Path]:
    return [file for file in (ONE_LINE, *sorted(DEB822.glob("*.list"))) if file.exists()]


def _package_sources() -> str:
    return "\n".join(file.read_text() for file in (*sorted(DEB822.glob("*.sources")), *_one_line_sources()))


def as_source_stanzas(text: str) -> str:
    """A deb822 sources file with every ``Types`` turned to ``deb-src``."""
    return re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)


def as_source_lines(text: str) -> str:
    """One-line sources: the ``deb`` lines as ``deb-src``, all else dropped."""
    return "".join(f"deb-src {m}\n" for m in re.findall(r"(?m)^deb\s+(.*)$", text))


def _from_upstream(source: Source, problems: list[str]) -> None:
    for url in source.urls:
        partial = paths.CACHE / "work" / f"{source.file}.{os.getpid()}"
        partial.parent.mkdir(parents=True, exist_ok=True)
        try:
            with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_S) as response, partial.open("wb") as f:
                shutil.copyfileobj(response, f)
            _accept(source, partial, problems)
        except OSError as e:
            problems.append(f"{url}: {e}")
        finally:
            partial.unlink(missing_ok=True)
        if cached(source).exists():
            return


def unpack(source: Source, place: Path) -> Path:
    """Unpack an archive below ``place``; its single top directory.

    All files get one time, so that make does not think that generated files are stale.
    """
    with tarfile.open(cached(source)) as archive:
        archive.extractall(place, filter="tar")
    tops = [p for p in place.iterdir() if p.is_dir()]
    if len(tops) != 1:
        raise BuildError(f"{source.file}: {len(tops)} top directories instead of one")
    now = cached(source).stat().st_mtime
    for path in tops[0].rglob("*"):
        if not path.is_symlink():
            os.utime(path, (now, now))
    return tops[0]


def apply_patches(source: Source, tree: Path, log: Path) -> None:
    """Make Debian's changes: unpack its archive into the tree, and apply the patches of its series.

    Raises:
        BuildError: one does not fit.
    """
    with tarfile.open(cached(source)) as archive:
        archive.extractall(tree, filter="tar")
    patches = tree / "debian" / "patches"
    for line in (patches / "series").read_text().splitlines():
        name = line.split("#")[0].strip()
        if name:
            process.run(
                ["patch", "-p1", "-s", "-i", patches / name], what=f"{source.file}: {name}", log=log, cwd=tree
            )


def apply_edits(edits: Iterable[Edit], tree: Path) -> None:
    """Make the recipe's changes to an unpacked source.

    Raises:
        BuildError: a text to replace is not there exactly once, or a new file is there already.
    """
    for edit in edits:
        path = tree / edit.file
        if edit.find is None:
            if path.exists():
                raise BuildError(f"{edit.file}: upstream has a file of that name")
            path.write_text(edit.replace)
            continue
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        count = text.count(edit.find)
        if count != 1:
            raise BuildError(f"{edit.file}: the text to edit occurs {count} times, not once: {edit.find!r}")
        times = path.stat()
        text = text.replace(edit.find, edit.replace.removeprefix("\n"))
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
