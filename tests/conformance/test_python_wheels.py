"""Packages of PyPI in the sandbox's own Python: installed by pip from their wheels as they are, and used.

Pip on this machine fetches the wheels for CPython 3.14 on `pyemscripten_2026_0_wasm32` (PEP 783) as PyPI
has them today; without a network the tests are skipped.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pages import CONFIG, SandboxPage

PACKAGES = ("requests", "rich", "click", "pytest", "black", "pydantic", "msgpack", "jiter")
PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14", "--implementation", "cp")
FETCH = ("download", "--quiet", *PLATFORM, "--abi", "cp314", "--only-binary=:all:")
#: seconds for pip in the sandbox, on a slow machine
INSTALLING_MS = 180_000

USES = {
    "pydantic": """
from typing import Annotated
from pydantic import BaseModel, Field, ValidationError
class Person(BaseModel):
    name: str
    age: Annotated[int, Field(ge=0)]
    friends: list["Person"] = []
ada = Person.model_validate_json('{"name": "Ada", "age": "36", "friends": [{"name": "Bo", "age": 3}]}')
print(ada.friends[0].age + ada.age, ada.model_dump_json())
try:
    Person(name=3, age=-1)
except ValidationError as error:
    print(error.error_count(), [e["type"] for e in error.errors()])
print(sorted(Person.model_json_schema()["$defs"]["Person"]["properties"]))
""",
    "msgpack": """
import msgpack
from msgpack import _cmsgpack
value = {"n": [1, -2**40, 2.5], "b": bytes(range(256)), "t": "grüße" * 1000, "none": None}
packed = msgpack.packb(value)
print(msgpack.unpackb(packed) == value, len(packed), msgpack.Packer is _cmsgpack.Packer)
try:
    msgpack.unpackb(packed[:50])
except ValueError as error:
    print(error)
""",
    "jiter": """
import jiter, json
text = json.dumps([{"i": i, "x": i / 7, "s": "ä" * i} for i in range(500)]).encode()
print(jiter.from_json(text) == json.loads(text), jiter.from_json(b'{"a": [1, "x', partial_mode=True))
try:
    jiter.from_json(b"[1, }")
except ValueError as error:
    print(error)
""",
    "rich": """
from rich.console import Console
from rich.table import Table
table = Table(title="Sizes")
table.add_column("name"); table.add_column("bytes", justify="right")
table.add_row("bash", "1234"); table.add_row("[bold]ls[/]", "99")
Console(width=30, file=__import__("sys").stdout).print(table)
""",
    "requests": """
import requests
request = requests.Request("GET", "http://example.org/a b", params={"q": "ü"}).prepare()
print(request.url)
try:
    requests.get("http://example.invalid/", timeout=5)
except requests.ConnectionError as error:
    print(type(error.args[0].reason).__name__)
""",
}
PRINTED = {
    "pydantic": '39 {"name":"Ada","age":36,"friends":[{"name":"Bo","age":3,"friends":[]}]}\n'
    "2 ['string_type', 'greater_than_equal']\n['age', 'friends', 'name']\n",
    "msgpack": "True 7295 True\nUnpack failed: incomplete input\n",
    "jiter": "True {'a': [1]}\nexpected value at line 1 column 5\n",
    "rich": "     Sizes      \n┏━━━━━━┳━━━━━━━┓\n┃ name ┃ bytes ┃\n┡━━━━━━╇━━━━━━━┩\n│ bash │  1234 │\n"
    "│ ls   │    99 │\n└──────┴───────┘\n",
    "requests": "http://example.org/a%20b?q=%C3%BC\nNameResolutionError\n",
}  # fmt: skip

PROJECT = """
mkdir -p ~/project/tests; cd ~/project
cat > shapes.py <<'END'
import click
def area(width, height):
    if width < 0: raise ValueError("a width is not negative")
    return width*height
@click.command()
@click.argument("width", type=int)
@click.option("--height", default=1, show_default=True)
def main(width, height):
    click.echo(area(width, height))
if __name__ == "__main__": main()
END
cat > tests/test_shapes.py <<'END'
import pytest, subprocess, sys
from shapes import area
@pytest.mark.parametrize(("width", "height", "wanted"), [(1, 2, 2), (3, 3, 9), (2, 2, 5)])
def test_area(width, height, wanted):
    assert area(width, height) == wanted
def test_negative():
    with pytest.raises(ValueError, match="not negative"):
        area(-1, 1)
def test_command(tmp_path, capfd):
    done = subprocess.run([sys.executable, "shapes.py", "6", "--height=7"], capture_output=True, text=True)
    assert done.stdout == "42\\n"
END
"""


def fetch(directory: Path, *arguments: str) -> None:
    """Have pip on this machine fetch wheels; skips where it cannot."""
    command = [sys.executable, "-m", "pip", *FETCH, "--dest", str(directory), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip cannot fetch wheels here: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def installed(
    browser: Browser, site: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SandboxPage]:
    """A sandbox in which pip has installed the packages; contourpy's wheel lies in ~/wheels."""
    wheels = tmp_path_factory.mktemp("wheels")
    fetch(wheels, *PACKAGES)
    fetch(wheels, "--no-deps", "contourpy")
    page = browser.new_page()
    sandbox = SandboxPage(page, site)
    sandbox.create()
    if sandbox.run("command -v python3")["exitCode"]:
        pytest.skip("the site has no python3")
    sandbox.limit = INSTALLING_MS
    write = "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))"
    for wheel in wheels.iterdir():
        content = base64.b64encode(wheel.read_bytes()).decode()
        sandbox.evaluate(write, [f"/home/user/wheels/{wheel.name}", content])
    install = f"pip install --no-index --find-links wheels {' '.join(PACKAGES)}"
    result = sandbox.run(install, timeoutMs=INSTALLING_MS)
    assert result["exitCode"] == 0, result
    sandbox.limit = 4 * CONFIG["STEP_TIMEOUT"]
    yield sandbox
    page.close()


def test_what_is_installed_fits_together(installed: SandboxPage) -> None:
    assert installed.output("pip check") == "No broken requirements found.\n"
    names = {line.split("==")[0] for line in installed.output("pip freeze").split()}
    assert names >= set(PACKAGES)


@pytest.mark.parametrize("name", USES)
def test_a_package_in_use(installed: SandboxPage, name: str) -> None:
    assert installed.output("python3 -", stdin=USES[name]) == PRINTED[name]


def test_a_project_is_tested_by_pytest(installed: SandboxPage) -> None:
    installed.output(PROJECT)
    result = installed.run("cd project; python3 -m pytest -q --no-header -p no:cacheprovider")
    assert result["exitCode"] == 1
    assert "assert 4 == 5" in result["stdout"] and "1 failed, 4 passed in " in result["stdout"]
    assert installed.output("cd project; python3 -m pytest -q -k 'not 2-5' | tail -1").startswith("4 passed")


def test_a_project_is_formatted_by_black(installed: SandboxPage) -> None:
    installed.output(PROJECT)
    told = installed.run("cd project; black shapes.py tests; black --check shapes.py; sed -n 4,11p shapes.py")
    assert "2 files reformatted." in told["stderr"] and "1 file would be left unchanged." in told["stderr"]
    assert told["stdout"] == (
        "def area(width, height):\n    if width < 0:\n"
        '        raise ValueError("a width is not negative")\n    return width * height\n\n\n'
        '@click.command()\n@click.argument("width", type=int)\n'
    )
    assert installed.output("cd project; python3 shapes.py 6 --height 7") == "42\n"


def test_a_module_whose_requirement_is_missing(installed: SandboxPage) -> None:
    """Contourpy's module is loaded and runs until it imports numpy, which PyPI has no such wheel of."""
    installed.output("pip install --quiet --no-index --no-deps wheels/contourpy-*.whl")
    result = installed.run("python3 -c 'import contourpy._contourpy'")
    assert result["exitCode"] == 1
    assert result["stderr"].strip().splitlines()[-1] == "ModuleNotFoundError: No module named 'numpy'"
