"""The house is in order: style, types, layers, sizes, and what is shipped."""

import ast
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [ROOT / "replplan", ROOT / "kernels", ROOT / "domains", ROOT / "tui"]
OURS = {
    "replplan_domains/alfworld/adapter/alfworld.gguf",
    "replplan_domains/alfworld/adapter/yes-no.gguf",
    "replplan_domains/alfworld/demonstrated.jsonl.gz",
}
"""Data that is made by what stands in this repository."""
SOURCES = sorted(p for room in ROOMS for p in room.rglob("*.py"))


def run(*command, timeout=900):
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("-m", "ruff", "check", "."), id="lint"),
        pytest.param(("-m", "ruff", "format", "--check", "."), id="format"),
        pytest.param(("-m", "mypy"), id="types", marks=pytest.mark.slow),
        pytest.param(("-c", "from importlinter.cli import lint_imports_command as c; c()"),
                     id="layers"),
    ],
)  # fmt: skip
def test_the_tools_have_nothing_to_say(command):
    done = run(sys.executable, *command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_held_in_the_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300


def test_a_module_of_the_tests_has_a_name_of_its_own():
    """They have no packages, so two of one name are one to Python."""
    names = [p.name for p in (ROOT / "tests").rglob("*.py") if p.name != "conftest.py"]
    assert len(names) == len(set(names))


def test_functions_are_short():
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert sorted(lengths)[len(lengths) // 2] < 10
    assert sum(n > 40 for n in lengths) <= len(lengths) / 100


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The wheel and the sdist, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "hatchling", "build", "-d", str(folder))
    assert done.returncode == 0, done.stderr
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_holds_the_four_packages_and_nothing_else(shipped):
    names = zipfile.ZipFile(shipped[0]).namelist()
    tops = {n.split("/")[0] for n in names}
    packages = {t for t in tops if not t.endswith(".dist-info")}
    assert packages == {"replplan", "replplan_kernels", "replplan_domains", "replplan_tui"}
    for needed in (
        "replplan/prompts/system.md",
        "replplan/py.typed",
        "replplan_kernels/inside/reading.py",
        *OURS,
    ):
        assert needed in names
    assert any(n.startswith("replplan_domains/alfworld/demos/root/") for n in names)
    data = {n for n in names if n.endswith((".gz", ".gguf"))}
    assert data == OURS, "data that is not known to be our own"
    code = {n for n in names if not n.startswith("replplan/templates/")}
    assert not [n for n in code if "test" in n.split("/")[-1]]


def test_the_sdist_holds_what_the_tests_need(shipped):
    with tarfile.open(shipped[1]) as sdist:
        names = {n.split("/", 1)[1] for n in sdist.getnames() if "/" in n}
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/conftest.py"} <= names
    assert "uv.lock" not in names


def test_the_wheel_works_without_the_source_tree(shipped, tmp_path):
    """Unpacked beside the dependencies, isolated from this tree and from the user's own path."""
    zipfile.ZipFile(shipped[0]).extractall(tmp_path)
    roots = [str(ROOT), *(str(ROOT / room) for room in ("kernels", "domains", "tui"))]
    code = (
        f"import sys; sys.path = [p for p in sys.path if p not in {roots!r}]\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import replplan, replplan_kernels, replplan_domains, replplan_tui\n"
        "from replplan.prompt import say; say('no_code')\n"
        "from replplan import plan_sync, Limits, ScriptedModel\n"
        f"assert replplan.__file__.startswith({str(tmp_path)!r})\n"
        "print(sorted(replplan.__all__)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "CellResult", done.stderr


def test_importing_replplan_has_no_side_effect_and_pulls_in_nothing_heavy():
    code = (
        "import sys, threading, replplan\n"
        "heavy = {'openai', 'textual', 'jupyter_client', 'IPython', 'pydantic', 'rich', 'zmq'}\n"
        "print(heavy & set(sys.modules), threading.active_count())"
    )
    assert run(sys.executable, "-c", code).stdout.strip() == "set() 1"


def test_help_pulls_in_nothing_heavy():
    code = (
        "import sys\n"
        "from replplan.cli import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        "heavy = {'openai', 'textual', 'jupyter_client', 'IPython', 'pydantic', 'asyncio', 'zmq'}\n"
        "print(heavy & set(sys.modules))"
    )
    assert run(sys.executable, "-c", code).stdout.strip().endswith("set()")
