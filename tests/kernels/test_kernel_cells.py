"""Cells of the root REPL in a real kernel: values, output, errors, displays, answers."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.cell import Answer
from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel():
    options = KernelOptions(calls=ScriptedHost(), functions=FUNCTIONS, output_limit=2000)
    async with open_ipython(options) as kernel:
        yield kernel


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plain():
    async with open_ipython(KernelOptions()) as kernel:
        yield kernel


async def test_the_last_expression_is_the_value(kernel):
    result = await kernel.execute("print('a')\nx = 20\nx + 1")
    assert (result.value, result.output, result.error) == ("21", "a\n", None)
    assert 0 < result.seconds < 60


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("x = 1", None),
        ("None", None),
        ("5;", None),
        ("", None),
        ("# only a comment", None),
        ("'text'", "'text'"),
        ("import asyncio\nawait asyncio.sleep(0, 7)", "7"),
        ("if True:\n    3", None),
    ],
)
async def test_values(kernel, cell, value):
    result = await kernel.execute(cell)
    assert (result.value, result.error) == (value, None)


async def test_underscore_is_the_last_value(kernel):
    await kernel.execute("6 * 7")
    assert (await kernel.execute("_ + 1")).value == "43"


async def test_stderr_and_subprocess_are_output(kernel):
    result = await kernel.execute("import sys; print('to stderr', file=sys.stderr)\n!echo shouted")
    assert "to stderr" in result.output
    assert "shouted" in result.output


async def test_output_is_streamed_and_bounded(kernel):
    heard = []
    result = await kernel.execute("for i in range(2000): print('line', i)", on_output=heard.append)
    assert "".join(heard).startswith("line 0\nline 1\n")
    assert "".join(heard).endswith("line 1999\n")
    assert len(result.output) < 2100
    assert result.output.startswith("line 0\n")
    assert result.output.endswith("line 1999\n")
    assert "left out" in result.output


async def test_a_flood_is_complete_and_the_next_cell_is_clean(kernel):
    heard = 0

    def count(text):
        nonlocal heard
        heard += len(text)

    await kernel.execute("for i in range(50_000): print('x' * 99)", on_output=count)
    assert heard == 5_000_000
    assert (await kernel.execute("print('after')")).output == "after\n"


async def test_a_value_is_bounded_too(kernel):
    result = await kernel.execute("'x' * 100_000")
    assert len(result.value) < 2100


async def test_a_fault_in_on_output_is_raised_when_the_cell_has_ended(kernel):
    def broken(text):
        raise LookupError("the screen is gone")

    with pytest.raises(LookupError, match="the screen is gone"):
        await kernel.execute("print(1)\nkept = 'here'", on_output=broken)
    assert (await kernel.execute("kept")).value == "'here'"


async def test_errors_are_short_and_show_the_cells_alone(kernel):
    await kernel.execute("import json\ndef read(text):\n    return json.loads(text)")
    error = (await kernel.execute("read('{')")).error
    assert error.name == "JSONDecodeError"
    assert "return json.loads(text)" in error.traceback
    assert "read('{')" in error.traceback
    assert error.traceback.splitlines()[-1].startswith("JSONDecodeError: ")
    assert len(error.traceback) < 500
    assert "\x1b" not in error.traceback


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("x = = 1", "SyntaxError"),
        ("return 1", "SyntaxError"),
        ("if True:\npass", "IndentationError"),
        ("'unclosed", "SyntaxError"),
        ("%no_such_magic", "UsageError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("exit()", "SystemExit"),
        ("input('name?')", "RuntimeError"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "E"),
        ("class R:\n    def __repr__(self): return 1 / 0\nR()", "ZeroDivisionError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("next(iter([]))", "StopIteration"),
        ("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
        ("import asyncio\nawait asyncio.sleep(0)\n1 / 0", "ZeroDivisionError"),
        ("def f(): return f()\nf()", "RecursionError"),
        ("raise ExceptionGroup('two', [ValueError(1), TypeError(2)])", "ExceptionGroup"),
        ("[" * 500, "SyntaxError"),
        ("'\\ud800'.encode()", "UnicodeEncodeError"),
        ("raise ValueError('\\ud800')", "ValueError"),
    ],
)
async def test_what_ends_a_cell_is_its_error_and_the_kernel_lives(kernel, cell, name):
    result = await kernel.execute(cell)
    assert result.error.name == name
    assert name in result.error.traceback
    assert (await kernel.execute("'alive'")).value == "'alive'"


async def test_lone_surrogates_harm_nothing(kernel):
    result = await kernel.execute("print('a\\ud800b')\n'c\\ud800d'")
    assert result.error is None
    result.model_dump_json().encode()


async def test_pictures_and_tables_are_displays(kernel):
    result = await kernel.execute(
        "from IPython.display import Image, display, HTML\n"
        "display(HTML('<b>bold</b>'))\n"
        "Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(100), format='png')"
    )
    html, picture = result.displays
    assert (html.mime, html.data) == ("text/html", "<b>bold</b>")
    assert picture.mime == "image/png"
    assert picture.data.startswith("iVBORw0KGgo")
    assert "bytes" not in result.output


async def test_future_imports_last(kernel):
    await kernel.execute("from __future__ import annotations")
    result = await kernel.execute("def f(x: nowhere): ...\nf.__annotations__")
    assert result.value == "{'x': 'nowhere'}"


async def test_source_can_be_inspected(kernel):
    await kernel.execute("def f(x):\n    return x  # as written")
    result = await kernel.execute("import inspect; print(inspect.getsource(f))")
    assert "# as written" in result.output


async def test_cells_run_one_after_the_other(kernel):
    cells = [kernel.execute(f"order = globals().get('order', '') + '{i}'; order") for i in "abc"]
    results = await asyncio.gather(*cells)
    assert [r.value for r in results] == ["'a'", "'ab'", "'abc'"]


@pytest.mark.parametrize(
    ("cell", "value", "exact"),
    [
        ("answer(5)", 5, True),
        ("answer()", None, True),
        ("answer({'a': [1, 2.5, None, True]})", {"a": [1, 2.5, None, True]}, True),
        ("answer((1, (2,)))", [1, [2]], True),
        ("answer({1: 2})", "{1: 2}", False),
        ("answer({3})", "{3}", False),
        ("answer(float('inf'))", "inf", False),
        ("answer('\\ud800')", "?", True),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nanswer(P(1))",
         {"x": 1}, True),
        ("from pydantic import BaseModel\nclass M(BaseModel):\n    y: int\nanswer([M(y=2)])",
         [{"y": 2}], True),
        ("a = []; a.append(a); answer(a)", "[[...]]", False),
        ("class R:\n    def __repr__(self): return 1 / 0\nanswer(R())",
         "<R object that cannot be shown>", False),
        ("answer(object)", "<class 'object'>", False),
        ("while True:\n    try: answer(7)\n    except Exception: pass", 7, True),
        ("import asyncio\nawait asyncio.sleep(0)\nanswer(8)", 8, True),
        ("async def f(): answer(9)\nawait f()", 9, True),
        ("import threading\nt = threading.Thread(target=answer, args=(10,)); t.start(); t.join()",
         10, True),
        ("%time answer(11)", 11, True),
    ],
)  # fmt: skip
async def test_answers(kernel, cell, value, exact):
    result = await kernel.execute(cell, timeout=20)
    assert result.error is None
    assert (result.answer.value, result.answer.exact) == (value, exact)


async def test_an_inexact_answer_is_cut_and_says_so(kernel):
    result = await kernel.execute("answer({'x' * 20_000})")
    assert result.answer.value == "{'" + 9_998 * "x" + " ... [20,004 characters in all]"


async def test_nothing_runs_after_an_answer(kernel):
    result = await kernel.execute("print('before'); answer(1); print('after')")
    assert result.output == "before\n"
    assert (await kernel.execute("1")).answer is None


async def test_a_second_answer_is_an_error(kernel):
    result = await kernel.execute(
        "import threading\nt = threading.Thread(target=answer, args=(1,)); t.start(); t.join()\n"
        "answer(2)"
    )
    assert result.error.name == "RuntimeError"
    assert "already answered" in result.error.message
    assert result.answer == Answer(value=1)


async def test_a_threads_error_is_printed_short(kernel):
    result = await kernel.execute(
        "import threading\nt = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()"
    )
    assert "ZeroDivisionError: division by zero" in result.output
    assert "threading.py" not in result.output


async def test_rebinding_harms_only_oneself(kernel):
    await kernel.execute("saved = act; act = None; del answer")
    assert (await kernel.execute("act")).error is None
    result = await kernel.execute("print(foo(1))\nact, answer = saved, get_args")
    assert result.output == "('child', 1)\n"


async def test_the_root_has_no_arguments(kernel):
    error = (await kernel.execute("get_args()")).error
    assert error.name == "RuntimeError"
    assert "nobody called this REPL, the root" in error.message


async def test_the_hosts_functions_explain_themselves(kernel):
    result = await kernel.execute("import inspect; print(act.__name__, inspect.signature(act))")
    assert result.output == "act (action: 'str') -> 'str'\n"
    assert (await kernel.execute("act.__doc__")).value == "'One action in the world.'"


async def test_our_names_are_hidden_from_listings(kernel):
    output = (await kernel.execute("mine = 1\n%who")).output
    assert "mine" in output
    assert "__subtask__" not in output
    assert "subtask" not in output


async def test_magics_see_the_variables(kernel):
    assert "Wall time" in (await kernel.execute("n = 3\n%time n + 1")).output
    assert (await kernel.execute("m = 'said'\n!echo {m}")).output == "said\n"


async def test_a_plain_kernel_binds_nothing(plain):
    for name in ("answer", "act", "ask", "get_args", "__subtask__"):
        assert (await plain.execute(name)).error.name == "NameError"
    error = (await plain.execute("def f():\n    return foo(1)\nf()")).error
    assert error.name == "NameError"
    assert len(error.traceback.splitlines()) < 8
    assert (await plain.execute("import asyncio\nawait asyncio.sleep(0)\n2")).value == "2"
