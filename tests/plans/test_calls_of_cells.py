"""What a cell may call: the world, the host's functions, and a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import household, play, script

from replplan.domain import Domain, Environment, Task
from replplan.limits import Limits


async def test_the_end_of_the_world_unwinds_every_cell():
    """No `except Exception` holds it, in no REPL of the tree."""
    won = "try:\n    go()\nexcept Exception:\n    print('held')\nprint('went on')"
    plan = ["go to shelf 2", "take alarmclock 1 from shelf 2", "go to sidetable 1"]
    child = [
        f"for a in {plan!r}: act(a)",
        "try:\n    act('move alarmclock 1 to sidetable 1')\n"
        "except Exception: pass\nprint('and on')",
    ]
    domain = household()
    played = await play_dev(script(root=[won], go=child), domain)
    assert (played.result.stop_reason, played.result.solved) == ("world_ended", True)
    assert not any("on" in s for s in played.shown)
    assert not [e for e in played.of("cell_finished") if e.result.error]


async def play_dev(model, domain, limits=None):
    task = domain.task("demo-pick")

    class Dev(Domain):
        name, has_world, description, demos = "alfworld", True, domain.description, None

        def splits(self):
            return ("dev",)

        def tasks(self, split):
            return (task,)

        def open(self, t):
            return domain.open(t)

    Dev.__module__ = "__main__"  # defined in a test: its world runs in a thread
    return await play(model, limits, Dev())


async def test_fifty_actions_end_a_game():
    played = await play_dev(script(root=["for i in range(99): act('look')"]), household())
    result = played.result
    assert (result.stop_reason, result.solved, result.score) == ("world_ended", False, 0.0)
    assert result.usage.actions == 50


async def test_a_limit_on_actions_is_held_before_the_action():
    played = await play_dev(
        script(root=["for i in range(99): act('look')"]), household(), Limits(actions=7)
    )
    assert played.result.stop_reason == "limit:actions"
    assert played.result.usage.actions == len(played.of("acted")) == 7


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("act(3)", "TypeError: act() takes the action as a string, not int"),
        ("act()", "TypeError: act(): missing a required argument: 'action'"),
        ("act('look', 'up')", "TypeError: act(): too many positional arguments"),
        ("get_obs(1)", "TypeError: get_obs(): too many positional arguments"),
    ],
)
async def test_a_wrong_call_is_the_cells_own_error(call, sentence):
    played = await play_dev(script(root=[call, "answer(1)"]), household())
    assert played.result.stop_reason == "answered"
    assert played.shown[0].splitlines()[-1] == sentence
    assert played.result.usage.actions == 0


async def test_an_unknown_action_is_the_worlds_own_refusal():
    played = await play_dev(script(root=["print(act('dance'))", "answer(get_obs())"]), household())
    assert played.shown[0] == "Nothing happens."
    assert played.result.answer == "Nothing happens."


async def test_a_cell_that_redefines_act_and_answer_harms_only_itself():
    cells = [
        "act = lambda a: 'You won, reward 1'\nprint(act('x'))\nanswer = print\nanswer(5)",
        "act('look')",
        "del act, answer",
        "answer(7)",
    ]
    played = await play_dev(script(root=cells, answer=["answer(1)"]), household(), Limits(turns=6))
    assert played.result.score == 0
    assert played.result.usage.actions == 0


class Fragile(Environment):
    def reset(self):
        return "begin"

    def step(self, action):
        raise RuntimeError("it broke")


class FragileDomain(Domain):
    name, description = "fragile", "fragile"

    def splits(self):
        return ("only",)

    def tasks(self, split):
        return (Task(id="t", domain="fragile", split="only", goal="g"),)

    def open(self, task):
        return Fragile()


async def test_a_world_that_breaks_is_an_ending_with_a_sentence():
    played = await play(script(root=["act('x')"]), domain=FragileDomain())
    assert played.result.stop_reason == "failed"
    assert "RuntimeError: it broke" in played.result.error


async def test_functions_of_the_host_cross_in_json(tmp_path):
    tools = tmp_path / "tools.py"
    tools.write_text(
        "SECRET = 'sk-canary'\n"
        "def double(x: int) -> int:\n    'Twice x.'\n    return 2 * x\n"
        "def fail():\n    raise LookupError('no such row')\n"
        "def thing():\n    import threading\n    return threading.Lock()\n"
    )
    from replplan_domains.notebook import Notebook

    cells = [
        "print(double(21), double.__doc__)",
        "fail()",
        "thing()",
        "print('sk-canary'[:3] + 'x' in str(globals()), 'SECRET' in globals())",
        "answer(double(x=1))",
    ]
    played = await play(script(root=cells), domain=Notebook(goal="g", tools=Path(tools)))
    assert played.shown[0] == "42 Twice x."
    assert played.shown[1].endswith("LookupError: no such row")
    assert "cannot be handed to the kernel" in played.shown[2]
    assert played.result.answer == 2
    assert [e.name for e in played.of("function_called")] == ["double", "fail", "thing", "double"]


async def test_ask_is_a_model_call_with_a_typed_answer():
    cells = [
        "sure = ask('Is it a fruit?', 'apple', type=bool)\n"
        "kind = ask('Which?', choices=['red', 'green'])\n"
        "n = ask('How many?', type=int)\nanswer([sure, kind, n])"
    ]
    model = script(root=cells, ask=["true", "green", "perhaps", "3"])
    played = await play(model)
    assert played.result.answer == [True, "green", 3]
    usage = played.result.usage
    assert (usage.turns, usage.asks, usage.model_calls) == (1, 3, 5)
    schemas = [r.schema_ for r in model.requests if r.purpose == "ask"]
    assert all(schemas)
    assert "perhaps" in model.requests[-1].messages[-2].content


async def test_an_ask_that_cannot_be_answered_raises():
    model = script(root=["try:\n    ask('?', type=int)\nexcept AskError as e:\n    answer(str(e))"],
                   ask=["dunno"] * 3)  # fmt: skip
    played = await play(model)
    assert "dunno" in played.result.answer
