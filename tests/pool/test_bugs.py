"""Bugs put into demonstrations on purpose: one in each, always the same one, and really a bug."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import cell, play

from replplan.cell import CellResult
from replplan.errors import ConfigError
from replplan.methods import make_planner, planner_named
from replplan.model import ScriptedModel
from replplan.pool import Demonstration, Pool, read_demonstration
from replplan.pool.bugs import with_bug
from replplan.switches import Switches
from replplan_domains.alfworld import ALFWorld
from replplan_domains.webshop import WebShop

SHIPPED = sorted(p for d in (ALFWorld(), WebShop()) for p in d.demos.glob("*/*.ipynb"))


def demonstration(*codes):
    return Demonstration("f", "", tuple((c, CellResult(output="as it was")) for c in codes), Path())


def codes(demonstration):
    return [code for code, _ in demonstration.turns]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_demonstration_that_is_shipped_has_one(path):
    good = read_demonstration(path)
    bad = with_bug(good)
    lines = [(a, b) for x, y in zip(codes(good), codes(bad), strict=True)
             for a, b in zip(x.splitlines(), y.splitlines(), strict=True) if a != b]  # fmt: skip
    assert len(lines) == (0 if path.parent.name == "buy" else 1)  # which only clicks
    assert with_bug(good) == bad
    assert [r for _, r in bad.turns] == [r for _, r in good.turns], "what it shows stays"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("place = 1\nanswer(place)", "NameError"),
        ("answer([5][0])", "IndexError"),
        ("import math\nanswer(math.pi)", "NameError"),
        ("word = 'ä'\nanswer(f'ä{word}')", "NameError"),
    ],
)
async def test_who_repeats_it_meets_an_error(code, error):
    (bad,) = codes(with_bug(demonstration(code)))
    played = await play(ScriptedModel([cell(bad), cell("answer('repaired')")]))
    (first, _) = played.of("cell_finished")
    assert first.result.error.name == error
    assert played.result.answer == "repaired"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (("cups = 1\nanswer(cups)",), ("cups = 1\nanswer(cup)",)),
        (("cup = 1\nanswer(cup)",), ("cup = 1\nanswer(cups)",)),
        (("answer([5][0])",), ("answer([5][1])",)),
        (("%time 1", "import re"), ("%time 1", "pass")),
    ],
)
def test_bugs_are_those_that_people_make(good, bad):
    assert codes(with_bug(demonstration(*good))) == list(bad)


@pytest.mark.parametrize(
    "code", ["act('look')", "%time act('x')", "x = = 1", "", "x = xs = 1\nanswer(x + xs)"]
)
def test_where_there_is_no_place_it_stays_as_it_is(code):
    assert codes(with_bug(demonstration(code))) == [code]


@given(st.text(alphabet="xs=0[]()fé'{}\n import.", max_size=60))
def test_any_cell_is_changed_in_one_place_and_stays_python(code):
    (bad,) = codes(with_bug(demonstration(code)))
    if bad != code:
        ast.parse(bad)


async def test_it_is_a_switch_of_the_method():
    pool = Pool((ALFWorld().demos,), "alfworld")
    model = ScriptedModel([cell("answer(1)")])
    await play(model, domain=ALFWorld(), pool=pool, planner=planner_named("repl-plan/buggy"))
    told = "\n".join(m.content for m in model.requests[0].messages)
    roots = [read_demonstration(p) for p in sorted(ALFWorld().demos.glob("root/*.ipynb"))]
    shown = [d for d in roots if all(code in told for code in codes(with_bug(d)))]
    assert len(shown) == pool.most


async def test_the_demonstrations_of_one_name_can_be_left_out():
    pool = Pool((ALFWorld().demos,), "alfworld")
    script = {"root": [cell("find_and_take('mug', [])"), cell("answer(1)")],
              "find_and_take": [cell("answer(1)")]}  # fmt: skip
    model = ScriptedModel(script)
    planner = planner_named("repl-plan/without-find_and_take")
    played = await play(model, domain=ALFWorld(), pool=pool, planner=planner)
    root, child, _ = (["An example." in m.content for m in r.messages] for r in model.requests)
    assert (any(root), any(child)) == (True, False)
    assert played.of("plan_started")[0].method == "repl-plan/without-find_and_take"


def test_what_means_nothing_to_a_method_is_said():
    for name in ("react/buggy", "flat/without-f", "repl-plan/without-no name"):
        with pytest.raises(ConfigError):
            planner_named(name)
    assert make_planner("code", Switches(buggy=True)).name == "code/buggy"
