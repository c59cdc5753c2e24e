"""`ask`: schemas, replies that are read, replies that are refused."""

from __future__ import annotations

import json

import pytest

from replplan.kernel import KernelOptions
from replplan_kernels.inside.kinds import NotValidError, kind_of
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")


def asked(host):
    return [call[2] for call in host.calls]


async def test_a_text_is_asked_without_a_schema(kernel, host):
    host.replies = [" a mug \n"]
    assert (await kernel.execute("ask('What is it?', 'context', [1, 2])")).value == "'a mug'"
    assert asked(host) == [["What is it?", ["context", "[1, 2]"], None, []]]


async def test_awaited_and_from_a_child(kernel, host):
    host.replies, host.scripts = ["yes", "no"], {"judge": ["answer(ask('Is it?', type=bool))"]}
    assert (
        await kernel.execute("await ask('Is it?', type=bool), judge()")
    ).value == "(True, False)"
    assert host.calls[0][0] == 0
    assert host.calls[1][0] == host.subtasks[0].repl


async def test_a_bad_reply_is_complained_of(kernel, host):
    host.replies = ["perhaps", "yes"]
    assert (await kernel.execute("ask('Is it?', type=bool)")).value == "True"
    first, second = asked(host)
    assert first[3] == []
    assert second[3] == [["perhaps", "'perhaps' is no bool"]]
    assert second[:3] == first[:3]


async def test_after_three_bad_replies_it_raises(kernel, host):
    host.replies = ["perhaps", "", "maybe", "yes"]
    error = (await kernel.execute("ask('Is it?', type=bool)")).error
    assert error.name == "AskError"
    assert "no valid bool in 3 replies to 'Is it?'" in error.message
    assert "'maybe' is no bool" in error.message
    assert len(host.calls) == 3


async def test_the_choice_itself_is_given_back(kernel, host):
    host.replies = ["the red one."]
    result = await kernel.execute(
        "class Mug:\n"
        "    def __init__(self, c): self.c = c\n"
        "    def __str__(self): return f'The {self.c} one'\n"
        "mugs = [Mug('red'), Mug('blue')]\n"
        "ask('Which?', choices=mugs) is mugs[0]"
    )
    assert result.value == "True"
    schema = asked(host)[0][2]
    assert schema["properties"]["answer"] == {"enum": ["The red one", "The blue one"]}


async def test_pydantic_models_and_lists_of_them(kernel, host):
    host.replies = ['```json\n{"x": 1, "kind": "b"}\n```', '{"answer": [{"x": "?"}]}', "[]"]
    await kernel.execute(
        "from pydantic import BaseModel\nfrom typing import Literal\n"
        "class P(BaseModel):\n    x: int\n    kind: Literal['a', 'b'] = 'a'"
    )
    assert (await kernel.execute("ask('Which?', type=P)")).value == "P(x=1, kind='b')"
    assert (await kernel.execute("ask('Which?', type=list[P])")).value == "[]"
    model, lists, again = [args[2] for args in asked(host)]
    assert model["type"] == "object"
    assert lists["properties"]["answer"]["type"] == "array"
    assert lists["$defs"]["P"]["properties"]["x"]["type"] == "integer"
    assert "0.x" in asked(host)[2][3][0][1]
    assert again == lists
    json.dumps(lists)


@pytest.mark.parametrize(
    ("context", "shown"),
    [
        ("'as it is'", "as it is"),
        ("{'a': (1, None)}", '{"a": [1, null]}'),
        ("{1, 1}", "{1}"),
        ("'ü'", "ü"),
        ("['ü']", '["ü"]'),
        ("object", "<class 'object'>"),
    ],
)
async def test_contexts_are_readable(kernel, host, context, shown):
    host.replies = ["x"]
    await kernel.execute(f"ask('What?', {context})")
    assert asked(host)[0][1] == [shown]


async def test_tables_are_shown_as_tables(kernel, host):
    host.replies = ["x"]
    result = await kernel.execute(
        "import sys, types\n"
        "class DataFrame:\n    def to_string(self): return 'a  b\\n1  2'\n"
        "class Series: pass\n"
        "sys.modules['pandas'] = types.SimpleNamespace(DataFrame=DataFrame, Series=Series)\n"
        "try: ask('What?', DataFrame())\nfinally: del sys.modules['pandas']"
    )
    assert result.error is None
    assert asked(host)[0][1] == ["a  b\n1  2"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("ask(5)", "TypeError"),
        ("ask('q', type=object())", "TypeError"),
        ("ask('q', choices=[])", "ValueError"),
    ],
)
async def test_wrong_use(kernel, host, cell, name):
    assert (await kernel.execute(cell)).error.name == name
    assert host.calls == []


async def test_asking_for_simple_types_imports_nothing_heavy(host):
    options = KernelOptions(calls=host, start="stock", isolation="none")
    async with open_ipython(options) as fresh:
        host.replies = ["3", '["a"]']
        await fresh.execute("ask('q', type=int), ask('q', type=list[str])")
        heavy = "{'pydantic', 'numpy', 'replplan', 'pandas'} & set(sys.modules)"
        assert (await fresh.execute(f"import sys; {heavy}")).value == "set()"


GOOD = [
    (bool, None, "yes", True),
    (bool, None, "False.", False),
    (bool, None, '{"answer": true}', True),
    (bool, None, "```\nno\n```", False),
    (bool, None, '```json\n{"answer": false}\n```', False),
    (int, None, "3", 3),
    (int, None, '{"answer": 3.0}', 3),
    (int, None, 'Sure: {"answer": 4}', 4),
    (float, None, "3", 3.0),
    (float, None, "-0.5", -0.5),
    (list[int], None, "[1, 2]", [1, 2]),
    (list, None, '["a"]', ["a"]),
    (str, ["Yes", "No"], "yes", "Yes"),
    (str, [1, 2], '{"answer": "2"}', 2),
    (str, [1, 2], '{"answer": 2}', 2),
    (str, [True, False], "true", True),
    (list, ["a", "b", "c"], '{"answer": ["A", "c"]}', ["a", "c"]),
    (dict[str, int], None, '{"a": 1}', {"a": 1}),
    (int | None, None, '{"answer": null}', None),
]
BAD = [
    (bool, None, "1"),
    (bool, None, "yes and no"),
    (int, None, "three"),
    (int, None, "true"),
    (int, None, "2.5"),
    (float, None, "nan"),
    (float, None, '{"answer": "much"}'),
    (list[int], None, "1"),
    (list[int], None, "[1, true]"),
    (list[str], None, "[1]"),
    (str, ["a", "b"], "c"),
    (str, ["a", "A"], "{}"),
    (str, None, "  "),
    (dict[str, int], None, "no json"),
]


@pytest.mark.parametrize(("wanted", "choices", "reply", "value"), GOOD)
async def test_replies_that_are_read(wanted, choices, reply, value):
    found = kind_of(wanted, choices).read(reply)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("wanted", "choices", "reply"), BAD)
async def test_replies_that_are_refused(wanted, choices, reply):
    with pytest.raises(NotValidError):
        kind_of(wanted, choices).read(reply)
