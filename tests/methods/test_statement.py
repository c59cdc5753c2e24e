"""Statement mode: of a cell the first statement runs, and the rest was never written."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import cell, play

from replplan.completion import Reply, read_reply
from replplan.methods import Switches, make_planner
from replplan.model import Completion, ScriptedModel
from replplan.statement import first_statement, only_first_statement

STATEMENTS = [
    "x = 1",
    "act('look')",
    "import re",
    "answer(3)",
    "x = [\n    1,\n    2,\n]",
    's = """one\ntwo\n\nx = 3\n"""',
    "for place in places:\n    act(place)\n\n    print(place)",
    "for x in y:\n    break\nelse:\n    act('z')",
    "if a:\n    b()\nelif c:\n    d()\nelse:\n    e()",
    "try:\n    a()\nexcept KeyError:\n    b()\nfinally:\n    c()",
    "while True: pass",
    "with open('f') as f:\n    text = f.read()",
    "@cache\ndef f(x):\n    # a comment\n    return x",
    "class A:\n    b = 1\n\n    def c(self): ...",
    "async def f():\n    await g()",
    "await f()",
    "match x:\n    case 1:\n        y()",
    "x = 1  # why",
    "# why\nx = 1",
    "x = 'ä ö ü'; ",
    "del x",
    "assert x, 'no x'",
    "x = (a\n     if b\n     else c)",
    "total = 1 + \\\n    2",
]


@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=5), st.sampled_from(["\n", "\n\n\n"])
)
def test_the_first_of_several_statements_is_taken(statements, between):
    assert first_statement(between.join(statements)) == statements[0]


@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3))
def test_what_is_taken_is_one_statement_and_the_same_one(statements):
    code = "\n".join(statements)
    taken = ast.parse(first_statement(code)).body
    assert [ast.dump(s) for s in taken] == [ast.dump(ast.parse(code).body[0])]


@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3),
    st.sampled_from(["x = = 1", "for", "Then I go on.", "%time x", "!ls -l"]),
)
def test_no_python_behind_a_statement_does_not_matter(statements, behind):
    assert first_statement("\n".join([*statements, behind])) == statements[0]


@given(st.text(alphabet="ab :=()[]#\"'\n\r\t;%!?ä\u2028\x0c"))
def test_of_any_text_a_beginning_is_taken(code):
    assert textwrap.dedent(code).startswith(first_statement(code))


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("x = 1; y = 2", "x = 1"),
        ("x = 'ä'; y = 2\nz = 3", "x = 'ä'"),
        ("x = 1; y = 2  # both", "x = 1"),
        ("    x = 1\n    y = 2", "x = 1"),
        ("%time f()\nx = 1", "%time f()"),
        ("!ls\nx = 1", "!ls"),
        ("files = !ls\nx = 1", "files = !ls"),
        ("x?\ny = 1", "x?"),
        ("# look\n%time f()\nx = 1", "# look\n%time f()"),
        ("%%bash\nls\nls -l", "%%bash\nls\nls -l"),
        ("x = = 1\ny = 2", "x = = 1\ny = 2"),
        ("for x in y:\n    f(x)\nelse\n    g()", "for x in y:\n    f(x)\nelse\n    g()"),
        ("if x:\n    f()\nexcept E:\n    g()", "if x:\n    f()\nexcept E:\n    g()"),
        ("# nothing here", "# nothing here"),
        ("x = 1\n# and then\n", "x = 1"),
        ("", ""),
    ],
)
def test_what_counts_as_a_statement(code, first):
    assert first_statement(code) == first


def test_the_transcript_loses_the_rest_too():
    reply = "x = 1 is first.\n```python\nx = 1\nprint(x)\n```\nThen more."
    read = only_first_statement(read_reply(Completion(text=reply)))
    assert read == Reply("x = 1 is first.\n```python\nx = 1\n```", "x = 1")


def test_a_reply_without_a_cell_stays_what_it_is():
    read = read_reply(Completion(text="I wonder."))
    assert only_first_statement(read) is read


async def test_a_plan_goes_statement_by_statement():
    replies = [
        cell("total = 0\ntotal = 99"),
        cell("for i in range(4):\n    total += i\nprint('never')"),
        "I have it.\n" + cell("answer(total)\nanswer(0)"),
    ]
    model = ScriptedModel(replies)
    planner = make_planner("repl-plan", Switches(step="statement"))
    played = await play(model, planner=planner)
    assert played.result.answer == 6
    codes = [e.code for e in played.of("cell_started")]
    assert codes == ["total = 0", "for i in range(4):\n    total += i", "answer(total)"]
    said = [m.content for m in model.requests[-1].messages if m.role == "assistant"]
    assert said == [cell(code) for code in codes[:2]]
    assert "one statement" in model.requests[0].messages[0].content
    assert played.events[0].method == "repl-plan/statement"


async def test_children_go_by_statements_too():
    model = ScriptedModel(
        {
            "root": [cell("answer(double(4))\nx = 1")],
            "double": [cell("n, = get_args()\nn = 0"), cell("answer(2 * n)")],
        }
    )
    played = await play(model, planner=make_planner(switches=Switches(step="statement")))
    assert played.result.answer == 8


async def test_a_statement_with_an_error_is_repaired_by_the_next():
    model = ScriptedModel([cell("x = 1 / 0\nanswer(1)"), cell("answer(2)")])
    played = await play(model, planner=make_planner(switches=Switches(step="statement")))
    assert "ZeroDivisionError" in played.shown[0]
    assert played.result.answer == 2
