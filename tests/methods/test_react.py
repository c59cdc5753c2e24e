"""ReAct: thoughts and actions as text, and no kernel."""

from __future__ import annotations

import nbformat
import pytest
from games import TASK, WIN, as_steps, play_game
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from plans import play

from replplan.episode import Episode
from replplan.errors import ConfigError, KernelError
from replplan.kernel import KernelOptions
from replplan.methods import ReactPlanner, Switches, make_planner
from replplan.methods.step import read_call, read_step
from replplan.methods.trajectory import trajectory_of
from replplan.model import Completion, ScriptedModel
from replplan.no_kernel import open_no_kernel
from replplan.pool import read_demonstration
from replplan_domains.alfworld import ALFWorld
from replplan_domains.notebook import Notebook


def read(text, finish="stop"):
    return read_step(Completion(text=text, finish=finish))


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("Thought: I look.\nAction: look", "look"),
        ("Action: go to desk 1", "go to desk 1"),
        ("**Thought:** hm\n**Action:** go to desk 1", "go to desk 1"),
        ("> Action 2: look", "look"),
        ("action: look\nObservation: You see a pot.\nAction: take pot", "look"),
        ("Thought: my next Action: none\nAction: look", "look"),
        ("Action: `go to desk 1`", "go to desk 1"),
        ("Action: 'look'", "look"),
        ("Action:\n```\ngo to desk 1\n```", "go to desk 1"),
        ("Action:\n\nlook\n\nand more", "look"),
        ("**Action: look**", "look"),
        ("Action: search[red shoes: size 5]", "search[red shoes: size 5]"),
    ],
)
def test_an_action_is_found(reply, action):
    step = read(reply)
    assert (step.action, step.answer) == (action, None)
    assert reply.startswith(step.text)


def test_what_stands_behind_the_action_is_forgotten():
    step = read("Thought: a\nAction: look\nObservation: You won.\nThought: done")
    assert step.text == "Thought: a\nAction: look"


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Thought: so\nAnswer: 42", "42"),
        ("Answer: two\nlines", "two\nlines"),
        ("**Answer:** 42", "42"),
    ],
)
def test_an_answer_is_found(reply, answer):
    assert read(reply).answer == answer


@pytest.mark.parametrize(
    ("reply", "finish", "reason"),
    [
        ("", "stop", "react_no_action"),
        ("I wonder.", "stop", "react_no_action"),
        ("Action:", "stop", "react_no_action"),
        ("Answer:  ", "stop", "react_no_action"),
        ("Thought: I should", "length", "react_cut"),
        ("Thought: a\nAction: go to de", "length", "react_cut"),
        ("Answer: the first of", "length", "react_cut"),
        ("Thought: a\nAction: go to de", "content_filter", "react_cut"),
    ],
)
def test_a_reply_without_an_action_says_why(reply, finish, reason):
    step = read(reply, finish)
    assert (step.action, step.answer, step.reason) == (None, None, reason)


def test_a_whole_action_before_a_cut_is_done():
    assert read("Action: look\nObservation: You", "length").action == "look"


@given(st.text(alphabet="Action:nswer `'\n*>x1"), st.sampled_from(["stop", "length"]))
def test_any_text_is_read(text, finish):
    step = read(text, finish)
    assert sum([step.action is not None, step.answer is not None, bool(step.reason)]) == 1
    assert step.action != ""


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("lookup('a', n=3)", ("lookup", ["a"], {"n": 3})),
        ("lookup([1, 2])", ("lookup", [[1, 2]], {})),
        ("lookup(other())", None),
        ("lookup(*x)", None),
        ("other('a')", None),
        ("lookup", None),
        ("go to desk 1", None),
        ("lookup('a'", None),
        ("__import__('os')", None),
    ],
)
def test_a_call_of_a_function_is_told_from_other_actions(action, call):
    assert read_call(action, ["lookup"]) == call


async def test_no_kernel_is_opened():
    def refuse(options):
        raise AssertionError("a kernel was asked for")

    domain, model = ALFWorld(), ScriptedModel(as_steps(WIN))
    episode = Episode(domain, domain.task(TASK), model, refuse, planner=ReactPlanner())
    assert (await episode.run()).solved


async def test_who_has_no_kernel_can_run_no_cell():
    async with open_no_kernel(KernelOptions()) as kernel:
        with pytest.raises(KernelError, match="needs no kernel"):
            await kernel.execute("1 + 1")
        await kernel.close()


async def test_the_transcript_is_what_was_thought_done_and_observed():
    model = ScriptedModel([f"{r}\nObservation: made up" for r in as_steps(WIN)])
    played = await play_game(model, make_planner("react", Switches(demonstrations=False)))
    last = [m.content for m in model.requests[-1].messages]
    observed = [e.observation for e in played.of("acted")]
    expected = [t for pair in zip(as_steps(WIN), observed, strict=True) for t in pair]
    assert last[2:] == expected[:6]
    assert not played.of("cell_started", "cell_finished")


async def test_its_prompt_speaks_of_no_code():
    model = ScriptedModel(as_steps(WIN))
    await play_game(model, make_planner("react"))
    told = "\n".join(m.content for m in model.requests[0].messages)
    for word in ("```", "import re", "ask(", "sub-task", " cell "):
        assert word not in told


async def test_act_as_code_is_an_action_too():
    model = ScriptedModel([f'Action: act("{a}")' for a in WIN])
    assert (await play_game(model, make_planner("react"))).result.solved


async def test_repeating_is_said():
    model = ScriptedModel(as_steps(["dance"] * 3 + list(WIN)))
    played = await play_game(model, make_planner("react"))
    assert played.result.solved
    assert "same action" in model.requests[3].messages[-1].content


async def test_functions_of_the_domain_are_actions(tmp_path):
    tools = tmp_path / "tools.py"
    tools.write_text(
        "def double(x: int) -> int:\n    'Twice x.'\n    return 2 * x\n"
        "def page(n: int = 1) -> str:\n    'A long page.'\n    return 'begin' + 'x' * n + 'end'\n"
        "def fail():\n    raise LookupError('no such row')\n"
    )
    model = ScriptedModel(
        ["Action: double(21)", "Action: page(n=100)", "Action: fail()", "Action: double('a', 2)",
         "Action: walk on", "Action: double(other(1))", "Answer: 42"]
    )  # fmt: skip
    planner = ReactPlanner(observation_limit=40)
    played = await play(model, domain=Notebook(goal="g", tools=tools), planner=planner)
    assert played.result.answer == "42"
    assert "double(x: int) -> int: Twice x." in model.requests[0].messages[0].content
    told = [r.messages[-1].content for r in model.requests[1:]]
    assert told[0] == "42"
    assert told[1] == "beginxxxxxxxxxxxxxxx\n[68 characters left out]\nxxxxxxxxxxxxxxxxxend"
    assert told[2] == "LookupError: no such row"
    assert "TypeError" in told[3]
    assert told[4] == told[5]
    assert "Action:" in told[4]
    assert len(played.of("turn_rejected")) == 2
    assert [e.name for e in played.of("function_called") if e.error] == ["fail", "double"]


async def test_without_functions_and_world_only_an_answer_is_left():
    model = ScriptedModel(["Action: look", "Answer: none"])
    played = await play(model, planner=make_planner("react"))
    assert played.result.answer == "none"
    assert "Answer:" in model.requests[1].messages[-1].content


async def test_demonstrations_are_trajectories_with_thoughts():
    model = ScriptedModel(as_steps(WIN))
    await play_game(model, make_planner("react"))
    messages = model.requests[0].messages
    begin = next(i for i, m in enumerate(messages) if "heat some egg" in m.content)
    moves = trajectory_of(read_demonstration(ALFWorld().demos / "flat" / "1-heat.ipynb"))
    assert messages[begin].content.startswith("An example.\n\n-= Welcome")
    shown = [m.content for m in messages[begin + 1 : begin + 2 * len(moves)]]
    assert shown[::2] == [f"Thought: {m.thought}\nAction: {m.action}" for m in moves]
    assert shown[1::2] == [m.observation for m in moves[:-1]]
    assert sum(m.content.startswith("An example.") for m in messages) > 1


async def test_a_demonstration_without_a_trajectory_is_not_shown(tmp_path):
    notebook(tmp_path / "root" / "1.ipynb", {})
    notebook(tmp_path / "root" / "2.ipynb", {"trajectory": [{"action": "lookup(2)"}]})

    class Shown(Notebook):
        @property
        def demos(self):
            return tmp_path

    model = ScriptedModel(["Answer: 1"])
    await play(model, domain=Shown(goal="g"), planner=make_planner("react"))
    told = [m.content for m in model.requests[0].messages[1:]]
    assert told[1] == "Action: lookup(2)"
    assert len(told) == 3


@pytest.mark.parametrize("found", [3, [3], [{"thought": "no action"}], "text"])
def test_a_damaged_trajectory_is_named(tmp_path, found):
    path = notebook(tmp_path / "root" / "1.ipynb", {"trajectory": found})
    with pytest.raises(ConfigError, match="replplan/trajectory") as raised:
        trajectory_of(read_demonstration(path))
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def notebook(path, about):
    path.parent.mkdir(exist_ok=True)
    cells = [new_code_cell("answer(find(1))")]
    nbformat.write(new_notebook(cells=cells, metadata={"replplan": about}), path)
    return path
