"""One program, then repair: code without children and without a conversation."""

from __future__ import annotations

from games import WIN, play_game
from plans import cell, play

from replplan.methods import CodePlanner, Switches, make_planner
from replplan.model import ScriptedModel
from replplan_domains.alfworld import ALFWorld

PROGRAM = f"for action in {WIN!r}:\n    print(act(action))"


async def test_one_program_does_the_whole_task():
    model = ScriptedModel([cell(PROGRAM)])
    played = await play_game(model, make_planner("code"))
    assert played.result.solved
    assert played.result.usage.turns == 1


async def test_an_error_is_shown_and_a_whole_new_program_repairs_it():
    model = ScriptedModel([cell("act(WIN[0])"), cell(PROGRAM)])
    played = await play_game(model, make_planner("code"))
    assert played.result.solved
    told = model.requests[1].messages[-1].content
    assert "NameError: name 'WIN' is not defined" in told
    assert "whole new program" in told


async def test_a_program_that_ends_too_soon_is_told_so():
    model = ScriptedModel([cell("print(act('look'))"), cell(PROGRAM)])
    played = await play_game(model, make_planner("code"))
    assert played.result.solved
    told = model.requests[1].messages[-1].content
    assert told.startswith(played.of("acted")[0].observation)
    assert "not done" in told


async def test_what_a_program_did_in_the_world_stays_done():
    first = f"for action in {WIN[:2]!r}:\n    act(action)\n1 / 0"
    second = f"for action in {WIN[2:]!r}:\n    act(action)"
    played = await play_game(ScriptedModel([cell(first), cell(second)]), make_planner("code"))
    assert played.result.solved
    assert played.result.usage.actions == 4


async def test_there_are_so_many_programs_and_no_more():
    model = ScriptedModel([cell(f"x = {i}") for i in range(9)])
    played = await play(model, planner=CodePlanner(programs=3))
    assert played.result.stop_reason == "stuck"
    assert "3 programs" in played.result.error
    assert len(model.requests) == 3


async def test_a_reply_without_a_program_counts():
    model = ScriptedModel(["Hm.", "", cell("answer(1)")])
    assert (await play(model, planner=CodePlanner(programs=2))).result.stop_reason == "stuck"


async def test_it_has_no_children():
    model = ScriptedModel([cell("answer(double(2))"), cell("answer(4)")])
    played = await play(model, planner=make_planner("code"))
    assert played.result.answer == 4
    assert "NameError: name 'double' is not defined" in played.shown[0]
    assert played.result.usage.sessions == 1


def program_that_heats(shown):
    """The program that answers the demonstration of heating an egg."""
    (at,) = [i for i, m in enumerate(shown) if "heat some egg" in m.content and m.role == "user"][
        :1
    ]
    return shown[at + 1].content


async def test_its_demonstrations_are_programs():
    """A notebook with an error in it is no program that works."""
    model = ScriptedModel([cell(PROGRAM)])
    await play_game(model, make_planner("code"))
    system, *shown, task = model.requests[0].messages
    assert "whole task" in system.content
    program = program_that_heats(shown)
    compile(program.removeprefix("```python\n").removesuffix("\n```"), "<it>", "exec")
    assert program.count("import re") == 1
    assert "move {egg}" in program
    assert "Your task is to" in task.content


async def test_the_demonstrated_program_does_its_task():
    model = ScriptedModel([cell(PROGRAM)])
    await play_game(model, make_planner("code"))
    program = program_that_heats(model.requests[0].messages)
    planner = make_planner("code", Switches(demonstrations=False))
    played = await play(ScriptedModel([program]), None, ALFWorld(), "demo-heat", planner)
    assert played.result.solved
