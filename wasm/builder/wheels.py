"""What the kernel's Pyodide loads extensions with: micropip, from PyPI by pip, as one archive of the site."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from . import cache, paths, process

#: pure Python; the versions are those that fit Pyodide's Python
PACKAGES = ("micropip==0.11.1", "packaging==26.4")
LICENCES = {"micropip": "MPL-2.0", "packaging": "Apache-2.0 OR BSD-2-Clause"}
PYTHON = "3.14"
EPOCH = (1980, 1, 1, 0, 0, 0)


def archive() -> bytes:
    """The files of all packages, with their metadata and licences."""
    place = _place()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for wheel in sorted(place.glob("*.whl")):
            with zipfile.ZipFile(wheel) as files:
                for name in sorted(files.namelist()):
                    info = zipfile.ZipInfo(name, EPOCH)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(info, files.read(name))
    return buffer.getvalue()


def licences() -> list[tuple[str, str, str, list[Path]]]:
    """Name, version, licence and licence texts of each package."""
    return [
        (name, version, LICENCES[name], sorted((_place() / "licences" / name).iterdir()))
        for name, version in (package.split("==") for package in PACKAGES)
    ]


def _place() -> Path:
    place, _ = cache.obtain("wheels", "micropip", cache.digest(PACKAGES, PYTHON, "licences"), _download)
    return place


def _download(place: Path) -> None:
    log = paths.CACHE / "logs" / "wheels.log"
    log.unlink(missing_ok=True)
    process.run(
        [
            paths.VENV_PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place,
            "--only-binary=:all:", f"--python-version={PYTHON}", *PACKAGES,
        ],
        what="micropip: pip download", log=log, env={"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )  # fmt: skip
    for wheel in place.glob("*.whl"):
        texts = place / "licences" / wheel.name.split("-")[0]
        texts.mkdir(parents=True)
        with zipfile.ZipFile(wheel) as files:
            for name in files.namelist():
                if Path(name).name.upper().startswith("LICEN"):
                    (texts / Path(name).name).write_bytes(files.read(name))
