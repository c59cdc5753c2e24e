"""What comes of a turn, and what its model is told of it."""

from __future__ import annotations

from itertools import groupby

from plans import cell, play

from replplan.model import ScriptedModel
from replplan.planner import ReplPlanner
from replplan_domains.notebook import Notebook


async def test_what_was_said_of_a_turn_goes_when_the_turn_is_left_out():
    """What people said, and what a call was about, would stay."""
    same = [cell("print('again')")] * 3
    long = [cell(f"n = {n}  # {'x' * 1500}") for n in range(12)]
    model = ScriptedModel(["no cell in this", *same, *long, cell("answer(n)")], context=3500)
    played = await play(model)
    assert played.result.answer == 11
    told = ["There was no cell in that", "This is the same cell"]
    prompts = ["\n".join(m.content for m in r.messages) for r in model.requests]
    assert [sum(text in prompt for prompt in prompts) > 0 for text in told] == [True, True]
    assert "earlier turns are left out" in prompts[-1]
    assert [text in prompts[-1] for text in told] == [False, False]


async def test_what_a_child_does_is_told_with_its_name_and_its_turn(tmp_path):
    tools = tmp_path / "tools.py"
    tools.write_text("def power(x: int, by: int = 2) -> int:\n    'A power.'\n    return x ** by\n")
    work = ["no cell in this", cell("print(power(3, by=1))"), cell("answer(power(4))")]
    model = ScriptedModel({"root": [cell("answer(work())")], "work": work})
    played = await play(model, domain=Notebook(goal="g", tools=tools))
    assert played.result.answer == 16

    kinds = ("turn_rejected", "cell_started", "output_streamed", "function_called", "cell_finished")
    child = [e for e in played.of(*kinds) if e.session == "root/work"]
    told = [kind for kind, _ in groupby(e.type for e in child)]  # what is printed, in its pieces
    assert told == [
        "turn_rejected",
        "cell_started",
        "function_called",
        "output_streamed",
        "cell_finished",
        "cell_started",
        "function_called",
        "cell_finished",
    ]
    assert [e.turn for e in child if hasattr(e, "turn")] == [1, 2, 2, 3, 3]
    first, second = (e for e in child if e.type == "function_called")
    assert {first.name, second.name} == {"power"}
    assert (first.arguments, first.keywords, first.value) == ((3,), {"by": 1}, 3)
    assert (second.arguments, second.keywords, second.value) == ((4,), {}, 16)
    of_root = [e.type for e in played.of(*kinds) if e.session == "root"]
    assert of_root == ["cell_started", "cell_finished"]


async def test_how_long_a_reply_may_be_is_told_to_the_model_each_time():
    model = ScriptedModel({"root": [cell("answer(work())")], "work": [cell("answer(1)")]})
    played = await play(model, planner=ReplPlanner(max_tokens=77))
    assert played.result.answer == 1
    assert [r.max_tokens for r in model.requests] == [77, 77]
