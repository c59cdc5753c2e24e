"""Which calls of a cell become sub-tasks, checked by running the cells."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pytest
from reading_cells import CASES, CASES_312, Cells

from replplan_kernels.inside.reading import TEXT_LIMIT, rewrite

NEW_SYNTAX = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")


@pytest.mark.parametrize(("cells", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_cell(cells: list[str], expected: str) -> None:
    assert Cells().shown(cells) == expected


@NEW_SYNTAX
@pytest.mark.parametrize(
    ("cells", "expected"), [c[1:] for c in CASES_312], ids=[c[0] for c in CASES_312]
)
def test_cell_of_python_3_12(cells: list[str], expected: str) -> None:
    assert Cells().shown(cells) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import os.path\nos(1)",
        "import xml.dom.minidom\nxml(1)",
        "import xml.dom as foo\nfoo(1)",
        "def f():\n global foo\n foo = str\n foo(1)\nf()",
        pytest.param("type foo = int\nfoo(1)", marks=NEW_SYNTAX),
    ],
)
def test_what_a_cell_binds_is_never_looked_up(source: str) -> None:
    cells = Cells()
    cells.shown([source, "print()"])
    assert cells.looked_up == []


@pytest.mark.parametrize(
    ("source", "rewritten"),
    [
        ("await ask.map(x)", "await ask.map.aio(x)"),
        ("await asyncio.gather(ask.over(x), ask.map(x))", "await asyncio.gather(ask.over.aio(x), ask.map.aio(x))"),
        ("ask.map(x)", "ask.map(x)"),
        ("await ask.other(x)", "await ask.other(x)"),
        ("await x.map(x)", "await x.map(x)"),
        ("x = ask = str\nawait ask.map(x)", "x = ask = str\nawait ask.map(x)"),
    ],
)  # fmt: skip
def test_methods_of_ask_are_awaited_where_python_awaits(source: str, rewritten: str) -> None:
    tree = rewrite(ast.parse(source), source, lambda name: True, lambda name: name == "ask")
    assert ast.unparse(tree) == rewritten


def test_a_host_function_named_as_one_that_waits_is_called_as_it_is() -> None:
    source = "await x\nwait(foo(1))"
    names = {"wait", "x"}
    tree = rewrite(ast.parse(source), source, names.__contains__, lambda name: name == "wait")
    assert ast.unparse(tree) == "await x\nwait(__subtask__('foo', 'foo(1)', '')(1))"


# text and comment


def looked_up(source: str) -> list[tuple[str, str, str]]:
    cells = Cells()
    cells.run(source)
    return cells.looked_up


@pytest.mark.parametrize(
    ("source", "text", "comment"),
    [
        ("foo( 1,x =2 )", "foo( 1,x =2 )", ""),
        ("# find\n#  the mug\nx = foo(1)", "foo(1)", "find\nthe mug"),
        ("# far away\n\nfoo(1)", "foo(1)", ""),
        ("foo(1)  # the mug", "foo(1)", "the mug"),
        ("# a\nfoo(1)  # b", "foo(1)", "a\nb"),
        ("x = '# no'; foo(1)", "foo(1)", ""),
        ("'''\n# no\n'''; foo(1)", "foo(1)", ""),
        ("# é\nx = 'é', foo( 'ß' )", "foo( 'ß' )", "é"),
        ("# loop\nfor i in foo(1):\n    # body\n    pass", "foo(1)", "loop"),
        ("if 1:\n\n  # body\n  foo(\n    1,\n  )  # end", "foo(\n    1,\n  )", "body\nend"),
        ("# all\nx = [\n    foo(1),\n]", "foo(1)", "all"),
        ("# all\nx = [\n    1,\n    # mine\n    foo(1),\n]", "foo(1)", "mine"),
        ("# decorated\n@(lambda f: lambda g: g)(1)\ndef f(x=foo(1)): pass", "foo(1)", "decorated"),
        ("if 0: pass\n# else\nelif foo(1): pass", "foo(1)", "else"),
        ("#### heading ####\n#\n# text\nfoo(1)", "foo(1)", "heading ####\n\ntext"),
        ("x = 1\r\n# dos\r\nfoo(1)\r\n", "foo(1)", "dos"),
        ("\n\n  \n# late\nfoo(1)\n\n# end", "foo(1)", "late"),
        ("if 1:\n  # a\n  x = 2; foo(1)", "foo(1)", "a"),
        ("# up\n(foo)( 1 )  # it", "foo(1)", "up"),
        ("#X marks\nfoo(1)", "foo(1)", "X marks"),
        ("".join(f"# {n}\n" for n in range(30)) + "foo(1)", "foo(1)", "\n".join(map(str, range(10, 30)))),
        ("# it\nx = f'é {foo( 1 )} é'", "foo( 1 )", "it"),
    ],
)  # fmt: skip
def test_text_and_comment(source: str, text: str, comment: str) -> None:
    assert looked_up(source) == [("foo", text, comment)]


def test_a_private_name_has_its_text_as_it_was_written() -> None:
    source = "class A:\n    x = __foo( 1 )  # one"
    assert looked_up(source) == [("_A__foo", "__foo( 1 )", "one")]


def test_each_call_has_its_own_text_and_comment() -> None:
    found = looked_up("# outer\nfoo(bar(1),  # first\n    baz(2))  # second\n")
    assert set(found) == {
        ("foo", "foo(bar(1),  # first\n    baz(2))", "outer\nfirst"),
        ("bar", "bar(1)", "outer\nfirst"),
        ("baz", "baz(2)", "outer\nsecond"),
    }


def test_long_texts_are_cut() -> None:
    ((_, text, comment),) = looked_up("# " + "long " * 1000 + "\nfoo('" + "x" * 10_000 + "')")
    assert len(text) == len(comment) == TEXT_LIMIT
    assert text.startswith("foo('xxx")
    assert text.endswith("...")
    assert comment.startswith("long long")


@pytest.mark.parametrize(
    ("source", "parsed"),
    [
        ("%%time\nfoo(1)\nfoo(2)", "foo(1)\nfoo(2)"),
        ("%time x = foo(2)", "x = foo(2)"),
        (">>> foo(2)", "foo(2)"),
        ("    # c\n    foo(2)", "foo(2)"),
        ("", "foo(2)"),
        ("\N{SNOWMAN}" * 50, "foo(2)"),
        ("# c", "# c\nfoo(2)"),
        ("# c\n>>> foo(2)", "\nfoo(2)"),
    ],
)
def test_text_comes_from_the_tree_where_the_source_is_another(source: str, parsed: str) -> None:
    cells = Cells()
    tree = rewrite(ast.parse(parsed), source, cells.names.__contains__, lambda name: False)
    exec(compile(tree, "a cell", "exec"), cells.names)
    assert cells.looked_up[-1] == ("foo", "foo(2)", "")
    assert all(comment == "" for _, _, comment in cells.looked_up)


def test_a_comment_within_a_text_above_a_magic_is_none() -> None:
    text = "'''\n# no\n'''; foo(1)\n"
    cells = Cells()
    cells.names["system"] = len
    tree = ast.parse(text + "system('ls')")
    rewrite(tree, text + "!ls $HOME 'x", cells.names.__contains__, lambda name: False)
    exec(compile(tree, "a cell", "exec"), cells.names)
    assert cells.looked_up == [("foo", "foo(1)", "")]


@pytest.mark.parametrize("magic", ["!ls $HOME 'x", "'x"])
def test_text_and_comment_beside_magics(magic: str) -> None:
    source = f"{magic}\n# find\nx = foo( 1 )  # it"
    parsed = "system('ls and a lot more')\n# find\nx = foo( 1 )  # it"
    cells = Cells()
    cells.names["system"] = len
    tree = rewrite(ast.parse(parsed), source, cells.names.__contains__, lambda name: False)
    exec(compile(tree, "a cell", "exec"), cells.names)
    ((name, text, comment),) = cells.looked_up
    assert (name, text) == ("foo", "foo( 1 )")
    assert comment.startswith("find")


# what stays as it is


def test_locations_are_kept() -> None:
    source = "def f():\n    return 1 + foo(\n        'é', x=bar(2))\nawait ask(1)\n"
    before = [
        (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.expr)
    ]
    tree = rewrite(ast.parse(source), source, lambda n: n == "ask", lambda n: n == "ask")
    after = {
        (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr)
    }
    assert after == set(before)


def test_the_same_tree_comes_back_and_a_second_time_changes_nothing() -> None:
    tree = ast.parse("foo(await bar(1))")
    assert rewrite(tree, "", lambda name: False, lambda name: False) is tree
    once = ast.dump(tree)
    rewrite(tree, "", lambda name: False, lambda name: False)
    assert ast.dump(tree) == once


DEEP = {
    "sum": "x = " + "+".join(["1"] * 2000) + " + foo(1)",
    "attributes": "foo(1)" + ".a" * 2000,
    "calls": "foo(1)" + "()" * 2000,
    "elif": "if 0: pass\n" + "elif 0: pass\n" * 1000 + "else: foo(1)",
    "nested calls": "foo(" * 90 + ")" * 90,
    "lambdas": "lambda: " * 500 + "foo(1)",
    "nots": "not " * 500 + "foo(1)",
    "blocks": "\n".join(" " * i + "if 1:" for i in range(99)) + "\n" + " " * 99 + "foo(1)",
    "functions": "\n".join(" " * i + "def f():" for i in range(99)) + "\n" + " " * 99 + "foo(1)",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_deep_cells_are_read_too(source: str) -> None:
    try:
        tree = ast.parse(source)
    except (RecursionError, MemoryError):
        pytest.skip("deeper than this Python parses")
    rewrite(tree, source, lambda name: False, lambda name: False)
    assert "__subtask__" in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def operations(source: str) -> int:
    """How many calls it takes to read a cell."""
    tree, count = ast.parse(source), 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(counted)
    try:
        rewrite(tree, source, lambda name: False, lambda name: False)
    finally:
        sys.setprofile(previous)
    return count


def test_work_grows_with_the_cell_and_no_faster() -> None:
    piece = "# why\ndef f(a):\n    return [g(x, 'é') for x in a if h(x)]  # how\nx = (g(\n 1))\n"
    assert operations(piece * 160) < 1.2 * 8 * operations(piece * 20)
