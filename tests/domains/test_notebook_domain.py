"""The domain of one's own goal: its files, its functions, and wrong ones of both."""

import functools
import os
import pickle

import pytest
from plans import play, script

from replplan.cell import Answer
from replplan.errors import ConfigError
from replplan_domains.notebook import Notebook

TOOLS = '''
"""Tools of a user."""
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as P

@dataclass
class Region:
    name: str

def lookup(name: str) -> int:
    """The sales of a region."""
    return len(Region(name).name)

async def fetch(name):
    return name

def _hidden():
    pass

also = lookup
other = len

@lru_cache
def cached(name: str) -> str:
    return name
'''


@pytest.fixture
def tools(tmp_path):
    path = tmp_path / "tools.py"
    path.write_text(TOOLS)
    return path


def goal_task(domain):
    (task,) = domain.tasks("goal")
    return task


def test_one_goal_is_one_task():
    domain = Notebook(goal="Which region fell most?")
    assert domain.splits() == ("goal",)
    assert domain.default_split == "goal"
    assert not domain.has_world
    task = goal_task(domain)
    assert (task.goal, task.split, task.domain) == ("Which region fell most?", "goal", "notebook")
    assert domain.task(task.id) == task
    assert "answer(" in domain.description
    with pytest.raises(ConfigError, match="'dev'"):
        domain.tasks("dev")
    with pytest.raises(KeyError):
        domain.task("other")


def test_nothing_is_measured():
    domain = Notebook(goal="?")
    score = domain.score(goal_task(domain), None, Answer(value=3))
    assert (score.value, score.solved) == (None, None)


def test_files_are_resolved_and_told_of(tmp_path, monkeypatch):
    (tmp_path / "sales.csv").write_text("\ufeffregion,march\nnorth,3\n", encoding="utf-8")
    (tmp_path / "wide.tsv").write_text("column\t" * 1000)
    (tmp_path / "notes.txt").write_text("x" * 12_345)
    monkeypatch.chdir(tmp_path)
    domain = Notebook(goal="?", files=["sales.csv", tmp_path / "wide.tsv", "notes.txt"])
    files = domain.files(goal_task(domain))
    assert files == tuple(tmp_path.resolve() / n for n in ("sales.csv", "wide.tsv", "notes.txt"))
    lines = domain.description.splitlines()
    assert "- sales.csv (24 bytes), columns: region,march" in lines
    assert "- notes.txt (12.3 kB)" in lines
    assert max(map(len, lines)) < 300


def test_one_file_may_be_given_by_itself(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("")
    assert Notebook(files=str(path)).files(goal_task(Notebook())) == (path.resolve(),)


def test_many_files_are_not_all_listed(tmp_path):
    for i in range(40):
        (tmp_path / f"{i}.txt").write_text("")
    text = Notebook(files=sorted(tmp_path.iterdir())).description
    assert "and 10 more" in text


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.csv cannot be read: No such file"):
        Notebook(files=[tmp_path / "gone.csv"])
    with pytest.raises(ConfigError, match="is a folder"):
        Notebook(files=[tmp_path])
    with pytest.raises(ConfigError, match="cannot be read"):
        Notebook(files=["a\0b"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_is_named(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text("")
    path.chmod(0)
    with pytest.raises(ConfigError, match=r"secret\.csv cannot be read"):
        Notebook(files=[path])


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text("")
    with pytest.raises(ConfigError, match="the same name"):
        Notebook(files=[tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv"])
    assert len(Notebook(files=[tmp_path / "a" / "x.csv"] * 2).files(goal_task(Notebook()))) == 1


def test_callables_are_the_functions():
    def double(x: int) -> int:
        return 2 * x

    assert Notebook(tools=[double]).functions == (double,)
    assert Notebook().functions == ()


def test_the_public_functions_of_a_file_are_taken(tools):
    functions = {f.__name__: f for f in Notebook(tools=tools).functions}
    assert list(functions) == ["lookup", "fetch", "cached"]
    assert functions["lookup"]("north") == 5
    assert functions["lookup"].__doc__ == "The sales of a region."


def test_functions_of_a_file_travel(tools):
    domain = pickle.loads(pickle.dumps(Notebook(goal="?", tools=str(tools))))
    assert [f.__name__ for f in domain.functions] == ["lookup", "fetch", "cached"]
    assert goal_task(domain).goal == "?"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1\ny = nope\n", "line 2: NameError: name 'nope' is not defined"),
        ("x = 1\n\ndef (:\n", "line 3: SyntaxError"),
        ("import json\njson.loads('{')\n", "line 2: JSONDecodeError"),
        ("raise SystemExit(3)", "line 1: SystemExit: 3"),
        ("x = 1\n", "defines no public function"),
    ],
)
def test_a_wrong_file_of_tools_is_named(tmp_path, text, complaint):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        Notebook(tools=path)
    assert str(path) in str(raised.value)
    assert complaint in str(raised.value)


def test_a_missing_file_of_tools_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.py does not exist"):
        Notebook(tools=tmp_path / "gone.py")
    path = tmp_path / "tools.txt"
    path.write_text("")
    with pytest.raises(ConfigError, match=r"should end in \.py"):
        Notebook(tools=path)


@pytest.mark.parametrize("tool", [lambda x: x, functools.partial(int, "3"), "lookup"])
def test_a_function_needs_a_name(tool):
    with pytest.raises(ConfigError, match="has no name to call it by"):
        Notebook(tools=[tool])


async def test_helpers_of_a_file_go_into_the_kernel_of_any_plan(tmp_path):
    path = tmp_path / "tools.py"
    path.write_text(
        "import os\nfrom replplan import tool\n"
        "@tool(in_kernel=True)\ndef process() -> int:\n    return os.getpid()\n"
        "def here() -> int:\n    return os.getpid()\n"
    )
    domain = Notebook(goal="g", tools=path)
    played = await play(script(root=["answer([process() == here(), here()])"]), domain=domain)
    assert played.result.answer == [False, os.getpid()]


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="'len'"):
        Notebook(tools=[len, len])
