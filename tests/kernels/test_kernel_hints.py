"""What helps with an error, in a real kernel."""

from __future__ import annotations

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETUP = """
places, shelf = ["fridge 1"], {"mug 1": 1, "cup 2": {"inner": 2}}
letters = dict.fromkeys("abcdefghijklmnop")
class Box:
    def __init__(self): self.things = {"apple": 1}
    def __len__(self): return 3
    def open_lid(self): ...
box = Box()
def look(where): return shelf[where]
class Loud(dict):
    def keys(self): raise ValueError
loud = Loud(x=1)
def count(): places += [1]
"""
CASES = [
    ("a misspelt variable", "print(plases)", "did you mean places?"),
    ("upper and lower case", "Places", "did you mean places?"),
    ("a misspelt builtin", "map(lenn, [])", "did you mean len?"),
    ("a misspelt function of the host, only read", "f = acct", "did you mean act?"),
    ("a module that was not imported", "json.dumps(1)", "import json first"),
    ("a local of the failing function", "def f():\n    total = 1\n    return totl\nf()",
     "did you mean total?"),
    ("nothing like it", "xyzzyx", ""),
    ("a sub-task that was called, read", "child_task(1)\nlist(map(child_task, [1]))",
     "child_task is a sub-task: it can be called, child_task(...), but is no value"),
    ("like a sub-task that was called", "child_task(1)\nchild_tusk",
     "you have called the sub-task child_task"),
    ("undefined in text given to exec", "exec('foo(1)')",
     "foo(...) is a sub-task only where a cell's own text calls it"),
    ("an outer name that a function assigns", "count()",
     "the function assigns places, so it is local there: 'global places' takes the outer"),
    ("a key", "shelf['mug']", "its keys are 'mug 1', 'cup 2'"),
    ("a key in a function", "look('cup')", "its keys are 'cup 2', 'mug 1'"),
    ("a key of an inner dict", "shelf['cup 2']['outer']", "its keys are 'inner'"),
    ("a key of an attribute", "box.things['aple']", "its keys are 'apple'"),
    ("a key that was to be deleted", "del shelf['x']", "its keys are 'mug 1', 'cup 2'"),
    ("a key that was popped", "shelf.pop('x')", "its keys are 'mug 1', 'cup 2'"),
    ("many keys", "letters['z']",
     "its keys are 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', ... (16 in all)"),
    ("no keys", "{}['x']", ""),
    ("an empty dict", "e = {}\ne['x']", "it is empty"),
    ("a dict that lies about its keys", "loud['y']", "its keys are 'x'"),
    ("the dict comes out of a call", "dict(a=1)['b']", ""),
    ("a KeyError of one's own", "raise KeyError('mug')", ""),
    ("an index", "places[3]", "its length is 1"),
    ("an attribute", "box.open_lit", "did you mean .open_lid?"),
    ("an attribute of text", "'a'.uper()", "did you mean .upper or .isupper?"),
    ("an attribute of a module", "import math\nmath.squrt(4)", "did you mean .sqrt or .isqrt?"),
    ("an attribute of None", "None.strip()", ""),
    ("private attributes are not offered", "box.init", ""),
    ("another error", "1 / 0", ""),
    ("a syntax error", "x = = 1", ""),
    ("hostile attributes",
     "class H:\n    def __dir__(self): raise SystemExit\n    def __getattr__(self, n):"
     " raise AttributeError('no', name=n, obj=self)\nH().x",
     ""),
    ("hostile keys",
     "class K(str):\n    def __repr__(self): raise ValueError\n    __hash__ = str.__hash__\n"
     "d = {K('a'): 1}\nd['x']", None),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel():
    host = ScriptedHost()
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        await kernel.execute(SETUP)
        yield kernel


@pytest.mark.parametrize(("title", "cell", "hint"), CASES, ids=[c[0] for c in CASES])
async def test_hints(kernel, title, cell, hint):
    error = (await kernel.execute(cell, timeout=20)).error
    if hint is not None:
        assert error.hint == hint
    assert "Hint" not in error.traceback


async def test_columns_of_a_table(kernel):
    pytest.importorskip("pandas")
    cell = (
        "import pandas as pd\ntable = pd.DataFrame({'price': [1], 'name': ['x']})\ntable['prize']"
    )
    assert (await kernel.execute(cell, timeout=60)).error.hint == "its keys are 'price', 'name'"


async def test_hints_are_short(kernel):
    cell = "wide = {'k' * 300 + str(i): i for i in range(99)}\nwide['k']"
    assert len((await kernel.execute(cell)).error.hint) <= 400


async def test_a_child_has_the_names_of_its_own_alone():
    host = ScriptedHost({"work": ["plases", "shelves = 1", "shelvs", "answer(1)"]})
    async with open_ipython(KernelOptions(calls=host)) as kernel:
        await kernel.execute("places = 1\nwork()")
    assert [r.error.hint for r in host.results if r.error] == ["", "did you mean shelves?"]


async def test_without_children_nothing_is_said_of_sub_tasks():
    async with open_ipython(KernelOptions(calls=ScriptedHost(), children=False)) as kernel:
        assert (await kernel.execute("exec('foo(1)')")).error.hint == ""
        assert (await kernel.execute("placs = 1\nplacess")).error.hint == "did you mean placs?"
