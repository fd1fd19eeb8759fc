"""``dist/``: the site, Pyodide and the front-end libraries, the kernel, the userland and its manifest.

Everything is written by content: a file that is already right is not touched, and what does not belong
there any more is removed. So a server on ``dist/`` may keep running.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

from . import bootfiles, cache, cxx, environment, libc, manifest, offline, paths, scripts, wheels
from .compress import gzipped
from .console import say
from .recipe import AnySource, NpmSource, PypiSource
from .userland import Built

NOT_PART_OF_THE_SITE = {"package.json", "package-lock.json", "tsconfig.json", "node_modules"}
PYODIDE_FILES = (
    "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip",
    "pyodide-lock.json",
)
# The style sheets of npm packages that the page loads, by their name below dist/vendor/.
STYLES = {"xterm.css": "@xterm/xterm/css/xterm.css"}
# The modules of npm packages that the site's scripts import, by their name below vendor/ there.
VENDOR = {
    "xterm.mjs": "@xterm/xterm/lib/xterm.mjs",
    "addon-clipboard.mjs": "@xterm/addon-clipboard/lib/addon-clipboard.mjs",
    "addon-fit.mjs": "@xterm/addon-fit/lib/addon-fit.mjs",
    "addon-search.mjs": "@xterm/addon-search/lib/addon-search.mjs",
    "addon-unicode11.mjs": "@xterm/addon-unicode11/lib/addon-unicode11.mjs",
    "addon-web-links.mjs": "@xterm/addon-web-links/lib/addon-web-links.mjs",
    "comlink.mjs": "comlink/dist/esm/comlink.min.mjs",
}
# The npm packages that the site's scripts import by their names, with what those import.
PACKAGES = ("@modelcontextprotocol/core", "@modelcontextprotocol/server", "zod")
BOOT = "kernel/boot.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold


class Tree:
    """The files that ``dist/`` shall have, written by ``sync``."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | Path] = {}

    def add(self, name: str, content: bytes | Path) -> None:
        """Add a file by its name in the tree; the content, or the file that has it."""
        self.files[name] = content

    def content(self, name: str) -> bytes:
        """The content of a file that has been added."""
        content = self.files[name]
        return content.read_bytes() if isinstance(content, Path) else content

    def sync(self, root: Path) -> int:
        """Make ``root`` have exactly these files; how many were written."""
        written = 0
        for name, content in self.files.items():
            data = content if isinstance(content, bytes) else content.read_bytes()
            place = root / name
            if place.is_file() and place.stat().st_size == len(data) and place.read_bytes() == data:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f".{place.name}.{os.getpid()}")
            partial.write_bytes(data)
            partial.replace(place)
            written += 1
        for path in sorted(root.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(root).as_posix() not in self.files:
                path.unlink(missing_ok=True)
        return written


def assemble(built: list[Built]) -> None:
    """Write ``dist/``. Parts of the checkout that do not exist yet are left out."""
    tree = Tree()
    _add_site(tree)
    _add_pyodide(tree)
    tree.add("tabux-kernel.zip", kernel_zip())
    _add_userland(tree, built)
    bootfiles.add(tree)
    _add_scripts(tree)
    _add_licences(tree, built)
    offline.add(tree)
    with cache.locked(paths.CACHE / "dist" / cache.digest(str(paths.DIST))):
        written = tree.sync(paths.DIST)
    say("dist", f"{len(tree.files)} files, {written} written")


def _add_site(tree: Tree) -> None:
    for path in sorted(paths.WEB.rglob("*")):
        name = path.relative_to(paths.WEB)
        listed = path.is_file() and name.parts[0] not in NOT_PART_OF_THE_SITE
        if listed and not path.name.endswith((".js", ".ts", ".d.mts")):
            tree.add(name.as_posix(), path)
    for path in sorted((paths.ROOT / "examples").glob("*.html")):
        tree.add(f"examples/{path.name}", path)


def _add_pyodide(tree: Tree) -> None:
    for name in PYODIDE_FILES:
        path = paths.NODE_MODULES / "pyodide" / name
        if path.exists():
            tree.add(f"pyodide/{name}", path)
    tree.add("pyodide/micropip.zip", wheels.archive())


def _add_scripts(tree: Tree) -> None:
    for name, origin in STYLES.items():
        tree.add(f"vendor/{name}", without_source_map(paths.NODE_MODULES / origin))
    for name, script in scripts.bundled({**libraries(), BOOT: tree.content(BOOT)}).items():
        tree.add(name, script)


def libraries() -> dict[str, bytes]:
    """The modules of others that the site's scripts import, by their names there."""
    modules = {f"vendor/{name}": paths.NODE_MODULES / origin for name, origin in VENDOR.items()}
    modules["pyodide/pyodide.mjs"] = paths.NODE_MODULES / "pyodide/pyodide.mjs"
    return {name: path.read_bytes() for name, path in modules.items()}


def without_source_map(path: Path) -> bytes:
    """A script without the comment that makes browsers ask for a map which is not shipped."""
    maps = (b"//# sourceMappingURL=", b"/*# sourceMappingURL=")
    lines = path.read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(maps))


def kernel_zip() -> bytes:
    """The Python package as a zip file that is the same for the same content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
        for path in sorted(paths.KERNEL.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                info = zipfile.ZipInfo(path.relative_to(paths.KERNEL.parent).as_posix(), EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                z.writestr(info, path.read_bytes())
    return buffer.getvalue()


def _add_userland(tree: Tree, built: list[Built]) -> None:
    def ship(stem: str, suffix: str, data: bytes) -> manifest.Entry:
        sha256 = hashlib.sha256(data).hexdigest()
        # "[" is a character that not every server takes
        url = f"userland/{stem.replace('[', 'bracket')}-{sha256[:8]}.{suffix}.gz"
        tree.add(url, gzipped(data))
        return {"url": url, "size": len(data), "sha256": sha256}

    tree.add("userland.json", (json.dumps(manifest.manifest(built, ship), indent=1) + "\n").encode())


def _add_licences(tree: Tree, built: list[Built]) -> None:
    """Licence texts, versions and source archives of all that is distributed."""
    index = []

    def add(name: str, version: str, licence: str, texts: list[Path], source: AnySource) -> None:
        files = []
        for text in texts:
            file = f"{name.replace('/', '-').removeprefix('@')}/{text.name}"
            tree.add(f"licenses/{file}", text)
            files.append(file)
        index.append({
            "name": name, "version": version, "licence": licence, "files": files, "source": _origin(source),
        })

    for b in built:
        r = b.recipe
        add(r.name, r.version, r.licence, sorted((b.place / "licences").glob("*")), r.source)
    musl = libc.recipe()
    sysroot, _ = libc.sysroot(1)
    add("musl", musl["version"], musl["licence"], [sysroot / "COPYRIGHT"], libc.source())
    runtime = sorted((cxx.library(1) / "licences").glob("*"))
    add("libc++", cxx.version(), "Apache-2.0 WITH LLVM-exception", runtime, PypiSource("ziglang"))
    for name, version, licence, texts in wheels.licences():
        add(name, version, licence, texts, PypiSource(name))
    for package in sorted({"pyodide", *PACKAGES, *(_npm_name(origin) for origin in VENDOR.values())}):
        place = paths.NODE_MODULES / package
        texts = [p for p in sorted(place.iterdir()) if p.name.upper().startswith(("LICENSE", "LICENCE"))]
        licence = str(json.loads((place / "package.json").read_text()).get("license", ""))
        add(package, environment.npm_version(package), licence, texts, NpmSource(package, ""))
    tree.add("licenses/index.json", (json.dumps(index, indent=1) + "\n").encode())


def _origin(source: AnySource) -> dict[str, object]:
    """Where exactly the source is."""
    if isinstance(source, NpmSource):
        return {"npm": source.package, "version": environment.npm_version(source.package)}
    if isinstance(source, PypiSource):
        return {"pypi": source.package}
    return {
        "file": source.file, "sha256": source.sha256, "debian-source-package": source.debian,
        "urls": list(source.urls),
    }


def _npm_name(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2] if path.startswith("@") else parts[:1])
