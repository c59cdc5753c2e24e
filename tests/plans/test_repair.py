"""What a model is shown that helps it to repair, and what is left out."""

from __future__ import annotations

import pytest
from plans import cell, household, play, script

from replplan.errors import ConfigError
from replplan.methods import Switches, make_planner
from replplan.model import ScriptedModel

WRONG = "places = {'fridge 1': 1}\nprint(plases)"


def told(model):
    """The last thing that the model read."""
    return model.requests[-1].messages[-1].content


async def test_a_python_error_comes_with_what_helps():
    model = script(root=[WRONG, "places['fridge']", "answer(1)"])
    played = await play(model)
    assert played.shown[0].endswith("not defined\nHint: did you mean places?")
    assert played.shown[1].endswith("KeyError: 'fridge'\nHint: its keys are 'fridge 1'")
    assert told(model) == played.shown[1]


async def test_hints_can_be_switched_off():
    planner = make_planner("repl-plan", Switches(hints="none"))
    played = await play(script(root=[WRONG, "answer(1)"]), planner=planner)
    assert "Hint" not in played.shown[0]
    assert played.events[0].method == "repl-plan/no-hints"


REFUSED = "for c in ['open fridge', 'dance', 'look', 'go to shelf']:\n    print(act(c))"


@pytest.mark.parametrize(
    ("taught", "hints", "named"),
    [(True, None, "repl-plan"), (False, "errors", "repl-plan/error-hints")],
)
async def test_what_was_taught_a_world_reads_the_worlds_own_word_of_a_refusal_and_no_more(
    taught, hints, named
):
    """The model goes on seeing what it was taught with; others do where that is asked for."""
    model = ScriptedModel({"root": [cell(REFUSED), cell("answer(1)")]}, taught=taught)
    planner = make_planner("repl-plan", Switches(hints=hints))
    played = await play(model, domain=household(), planner=planner)
    assert "Hint" not in played.shown[0]
    assert played.shown[0].endswith("Nothing happens.")
    assert played.events[0].method == named


@pytest.mark.parametrize(
    ("taught", "hints", "named"), [(False, None, "repl-plan"), (True, "all", "repl-plan/all-hints")]
)
async def test_the_nearest_admissible_commands_are_shown_once_a_cell(taught, hints, named):
    planner = make_planner("repl-plan", Switches(hints=hints))
    cells = [f"said = act('open it')\n{REFUSED}", "print(said)", "answer(said)"]
    model = ScriptedModel({"root": [cell(c) for c in cells]}, taught=taught)
    played = await play(model, domain=household(), planner=planner)
    *_, hint = played.shown[0].splitlines()
    assert played.shown[0].count("Hint") == 1
    assert hint.startswith("Hint: `go to shelf` was refused. Near to it and possible now: `go to ")
    commands = hint.partition("now: ")[2].split(", ")
    admissible = played.of("acted")[-1].info["admissible"]
    assert 1 <= len(commands) <= 5
    assert {c.strip("`") for c in commands} <= set(admissible)
    assert played.shown[1] == "Nothing happens."
    assert played.result.answer == "Nothing happens."
    assert {e.observation for e in played.of("acted") if e.action == "open it"} == {
        "Nothing happens."
    }
    assert played.events[0].method == named


async def test_a_cell_that_went_on_after_a_refusal_needs_no_help():
    """What the world allows by then may be the very action that it refused."""
    went_on = "for c in ['go to shelf', 'look']:\n    print(act(c))"
    played = await play(script(root=[went_on, "answer(1)"]), domain=household())
    assert played.shown[0].startswith("Nothing happens.")
    assert "Hint" not in played.shown[0]


async def test_a_refusal_is_told_to_the_session_whose_cell_it_was():
    model = script(root=["work()", "answer(1)"], work=["act('dance')", "answer(2)"])
    played = await play(model, domain=household())
    shown = {(e.session, e.turn): e.shown for e in played.of("cell_finished")}
    assert "`dance` was refused" in shown["root/work", 1]
    assert "Hint" not in shown["root/work", 2]
    assert "Hint" not in shown["root", 1]


def test_a_method_without_cells_has_no_hints():
    with pytest.raises(ConfigError, match="--hints means nothing for the method react"):
        make_planner("react", Switches(hints="all"))
    assert make_planner("flat", Switches(hints="none")).switches.hints == "none"
    assert make_planner("code").switches.hints is None
