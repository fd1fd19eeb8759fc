"""pip and venv in the sandbox, with wheels that lie there."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping

import pytest

from .pages import SandboxPage

BACKEND = """
import zipfile
def build_editable(directory, config=None, metadata=None):
    with zipfile.ZipFile(directory + "/hello-1.0-py3-none-any.whl", "w") as wheel:
        info = "hello-1.0.dist-info/"
        wheel.writestr("hello.pth", "/home/user/project")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: hello\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\n")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nhello = hello:main\\n")
        wheel.writestr(info + "RECORD", "")
    return "hello-1.0-py3-none-any.whl"
"""
PROJECT = """
[project]
name = "hello"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def wheel(
    name: str,
    version: str,
    files: Mapping[str, str],
    *,
    requires: str = "",
    command: str = "",
    tag: str = "py3-none-any",
) -> tuple[str, bytes]:
    """A wheel (packaging.python.org, binary distribution format): its file name and its bytes."""
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if command:
        contents[f"{info}/entry_points.txt"] = f"[console_scripts]\n{command}\n"
    record = ""
    for path, text in contents.items():
        digest = (
            base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        )
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return f"{name}-{version}-{tag}.whl", buffer.getvalue()


ALPHA = wheel(
    "alpha",
    "1.0",
    {"alpha/__init__.py": "import beta\ndef main(): print('alpha', beta.X)\n"},
    requires="beta>=2",
    command="alpha-command = alpha:main",
)
BETA = wheel("beta", "2.1", {"beta.py": "X = 42\n"})


@pytest.fixture
def place(sandbox: SandboxPage) -> SandboxPage:
    """A sandbox with two wheels in ~/wheels and nothing installed."""
    sandbox.limit = 120_000
    sandbox.run("cd; rm -rf .local wheels project v; mkdir wheels")
    for name, content in (ALPHA, BETA):
        put(sandbox, f"/home/user/wheels/{name}", content)
    return sandbox


def put(sandbox: SandboxPage, path: str, content: bytes) -> None:
    """Write a file."""
    code = (
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))"
    )
    sandbox.evaluate(code, [path, base64.b64encode(content).decode()])


def pip(sandbox: SandboxPage, arguments: str) -> str:
    """What pip prints; it must succeed."""
    result = sandbox.run(f"cd; pip {arguments}", timeoutMs=110_000)
    assert result["exitCode"] == 0, result
    return str(result["stdout"])


def test_install_use_and_uninstall(place: SandboxPage) -> None:
    assert "Successfully installed alpha-1.0 beta-2.1" in pip(
        place, "install --no-index --find-links wheels alpha"
    )
    assert place.output("alpha-command; type -p alpha-command") == (
        "alpha 42\n/home/user/.local/bin/alpha-command\n"
    )
    assert place.output("bash -lc alpha-command") == "alpha 42\n"
    assert pip(place, "freeze") == "alpha==1.0\nbeta==2.1\n"
    assert "Location: /home/user/.local/lib/python3.14/site-packages\nRequires: beta" in pip(
        place, "show alpha"
    )
    assert pip(place, "check") == "No broken requirements found.\n"
    assert "Successfully uninstalled alpha-1.0" in pip(place, "uninstall -y alpha")
    assert pip(place, "freeze") == "beta==2.1\n"


def test_download_requirements_and_wheel(place: SandboxPage) -> None:
    pip(place, "download --no-index --find-links wheels -d v/down alpha")
    pip(place, "wheel --no-index --find-links wheels -w v/built alpha")
    assert place.output("cd ~/v; ls down built").count("alpha-1.0-py3-none-any.whl") == 2
    place.output("echo 'beta == 2.1' > ~/v/requirements.txt")
    assert "beta-2.1" in pip(place, "install --no-index --find-links wheels -r v/requirements.txt")


def test_an_editable_project(place: SandboxPage) -> None:
    put(place, "/home/user/project/pyproject.toml", PROJECT.encode())
    put(place, "/home/user/project/backend.py", BACKEND.encode())
    put(place, "/home/user/project/hello.py", b"def main(): print('one')\n")
    pip(place, "install -e project")
    assert place.output("~/.local/bin/hello") == "one\n"
    put(place, "/home/user/project/hello.py", b"def main(): print('two, edited')\n")
    assert place.output("~/.local/bin/hello") == "two, edited\n"


def test_a_virtual_environment(place: SandboxPage) -> None:
    place.output("cd; python3 -m venv v", timeoutMs=110_000)
    script = "cd; . v/bin/activate; pip install -q --no-index --find-links wheels alpha; "
    script += "alpha-command; pip freeze; which pip"
    assert place.run(script, timeoutMs=110_000)["stdout"] == (
        "alpha 42\nalpha==1.0\nbeta==2.1\n/home/user/v/bin/pip\n"
    )
    assert place.run("python3 -c 'import alpha'")["exitCode"] == 1


def test_the_tag_of_wheels_that_fit(place: SandboxPage) -> None:
    fits = wheel("fits", "1.0", {"fits.py": ""}, tag="cp314-cp314-pyemscripten_2026_0_wasm32")
    foreign = wheel("foreign", "1.0", {"foreign.py": ""}, tag="cp314-cp314-manylinux_2_17_x86_64")
    for name, content in (fits, foreign):
        put(place, f"/home/user/wheels/{name}", content)
    assert "Successfully installed fits-1.0" in pip(place, f"install wheels/{fits[0]}")
    result = place.run(f"cd; pip install wheels/{foreign[0]}")
    assert result["exitCode"] == 1
    assert f"{foreign[0]} is not a supported wheel on this platform" in result["stderr"]
    suffix = "import sysconfig; print(sysconfig.get_config_var(\"EXT_SUFFIX\"))"
    assert ".cpython-314-wasm32-emscripten.so" in place.output(f"python3 -c '{suffix}'")


@pytest.mark.parametrize("content", [b"not an archive", BETA[1][:200], b""])
def test_a_broken_wheel(place: SandboxPage, content: bytes) -> None:
    put(place, "/home/user/wheels/broken-1.0-py3-none-any.whl", content)
    result = place.run("cd; pip install wheels/broken-1.0-py3-none-any.whl")
    assert result["exitCode"] == 1
    assert (
        "Wheel 'broken' located at /home/user/wheels/broken-1.0-py3-none-any.whl is invalid"
        in result["stderr"]
    )


def test_without_a_network_it_says_so(place: SandboxPage) -> None:
    result = place.run("cd; pip install requests")
    assert result["exitCode"] == 1
    assert "Failed to resolve '" in result["stderr"]
    assert "No matching distribution found for requests" in result["stderr"]
