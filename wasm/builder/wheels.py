"""What the kernel's Pyodide loads extensions with: micropip, from PyPI by pip, as one archive of the site."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from . import cache, paths, process

#: pure Python; the versions are those that fit Pyodide's Python
PACKAGES = ("micropip==0.11.1", "packaging==26.4")
PYTHON = "3.14"
EPOCH = (1980, 1, 1, 0, 0, 0)


def archive() -> bytes:
    """The files of all packages, with their metadata and licences."""
    place, _ = cache.obtain("wheels", "micropip", cache.digest(PACKAGES, PYTHON), _download)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for wheel in sorted(place.glob("*.whl")):
            with zipfile.ZipFile(wheel) as files:
                for name in sorted(files.namelist()):
                    info = zipfile.ZipInfo(name, EPOCH)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(info, files.read(name))
    return buffer.getvalue()


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
