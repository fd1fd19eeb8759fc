"""Where things are: the checkout and the cache outside it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WASM = ROOT / "wasm"
LIBC = WASM / "libc"
PACKAGES = WASM / "packages"
ROOTFS = WASM / "rootfs"
WEB = ROOT / "web"
NODE_MODULES = WEB / "node_modules"
KERNEL = ROOT / "py" / "tabux"
DIST = ROOT / "dist"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"

CACHE = Path(os.environ.get("TABUX_CACHE") or Path.home() / ".cache" / "tabux").resolve()
