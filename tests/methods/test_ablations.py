"""Each switch that is off is off in the prompt and in the cells alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from games import WIN, as_cells, play_game
from plans import cell, play, script

from replplan.cell import CellResult
from replplan.fitting import FLAT, fits, names_used, pool_names
from replplan.kernel import Function, KernelOptions
from replplan.methods import Switches, make_planner
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan.pool import Demonstration, read_demonstration
from replplan.switches import ALL_ON
from replplan_domains.alfworld import ALFWorld
from replplan_domains.notebook import Notebook

ALONE = Switches(children=False)
SILENT = Switches(ask=False)
CALLS_A_CHILD = "try:\n    x = solve_it(3)\nexcept NameError as e:\n    answer(str(e))"


async def system_prompt(planner, domain=None):
    model = ScriptedModel([cell("answer(1)")])
    await play(model, domain=domain, planner=planner, task=0)
    return model.requests[0].messages[0].content


async def test_the_whole_method_tells_of_all_it_has():
    told = await system_prompt(make_planner())
    for words in ("sub-task", "- ask(", "- get_args(", "- answer(", "short cell"):
        assert words in told


@pytest.mark.parametrize(
    ("switches", "gone"),
    [
        (Switches(children=False), ("sub-task", "get_args", "does not exist yet")),
        (Switches(ask=False), ("ask(",)),
        (Switches(step="statement"), ("short cell",)),
        (Switches(children=False, ask=False), ("sub-task", "get_args", "ask(")),
    ],
)
async def test_what_is_off_is_not_spoken_of(switches, gone):
    told = await system_prompt(make_planner(switches=switches))
    assert not [words for words in gone if words in told]
    assert "- answer(value)" in told
    assert "\n\n\n" not in told


async def test_without_children_an_undefined_call_is_pythons_own_error():
    model = script(root=["solve_it(3)", CALLS_A_CHILD], solve_it=["answer(1)"])
    played = await play(model, planner=make_planner("flat"))
    assert played.shown[0].splitlines()[-1] == "NameError: name 'solve_it' is not defined"
    assert played.result.answer == "name 'solve_it' is not defined"
    assert played.result.usage.sessions == 1


async def test_with_children_the_same_cell_opens_one():
    model = script(root=["solve_it(3)", "answer(solve_it(3))"], solve_it=["answer(7)"] * 2)
    assert (await play(model)).result.answer == 7


@pytest.mark.parametrize(
    ("switches", "names"),
    [
        (ALONE, ("get_args", "subtask", "SubtaskFailed", "__subtask__")),
        (SILENT, ("ask", "AskError")),
    ],
)
async def test_what_is_off_is_bound_nowhere(switches, names):
    code = (
        f"import builtins\nanswer([n for n in {names!r} if n in globals() or hasattr(builtins, n)])"
    )
    model = script(root=["answer(helper())"], helper=[code])
    if not switches.children:
        model = script(root=[code])
    assert (await play(model, planner=make_planner(switches=switches))).result.answer == []
    kept = await play(script(root=[code]))
    assert kept.result.answer == list(names)


async def test_without_ask_a_call_of_it_is_a_sub_task_by_its_name():
    """Nothing is left of the word: it is a name like any other."""
    model = ScriptedModel({"root": [cell("answer(ask('Is it?'))")], "ask": [cell("answer('no')")]})
    played = await play(model, planner=make_planner(switches=SILENT))
    assert played.result.answer == "no"
    assert played.result.usage.asks == 0


async def test_awaiting_works_without_children():
    code = "import asyncio\nprint(await asyncio.gather(act('look'), act('inventory')))"
    model = ScriptedModel([cell(code), *as_cells(WIN)])
    played = await play_game(model, make_planner("flat"))
    assert played.result.solved
    assert {e.action for e in played.of("acted")[:2]} == {"look", "inventory"}


async def test_the_host_refuses_what_is_off_whatever_a_kernel_asks():
    """A cell is hostile code: it may send the link anything."""

    def all_on(options):
        return kernel_opener()(replace(options, children=True, ask=True))

    from replplan.episode import Episode

    domain, events = Notebook(goal="g"), []
    caught = "except NameError as e:\n    print(e)\n"
    model = script(
        root=[f"try:\n    solve_it()\n{caught}", f"try:\n    ask('?')\n{caught}", "answer(1)"]
    )
    planner = make_planner("flat", SILENT)
    episode = Episode(
        domain, domain.tasks("goal")[0], model, all_on, planner, sinks=(events.append,)
    )
    result = await episode.run()
    shown = [e.shown for e in events if e.type == "cell_finished"]
    assert shown[:2] == ["name 'solve_it' is not defined", "the host knows no function 'ask'"]
    assert (result.answer, result.usage.asks, result.usage.sessions) == (1, 0, 1)


async def test_a_plain_kernel_and_its_switches():
    async with kernel_opener()(KernelOptions(children=False, ask=False)) as kernel:
        result = await kernel.execute("solve_it()")
    assert result.error.name == "NameError"


# ---------------------------------------------------------------------------- demonstrations
async def shown(planner, domain=None):
    """The demonstrations in the opening of a plan in a household."""
    model = ScriptedModel(as_cells(WIN))
    await play_game(model, planner)
    return [m.content for m in model.requests[0].messages[1:-1]]


async def test_no_demonstrations():
    assert await shown(make_planner(switches=Switches(demonstrations=False))) == []


async def test_with_children_demonstrations_call_them():
    told = await shown(make_planner())
    assert any("find_and_take(" in text for text in told)


@pytest.mark.parametrize("method", ["flat", "code", "react"])
async def test_without_children_no_demonstration_calls_one(method):
    told = await shown(make_planner(method))
    assert told
    assert not any("find_and_take" in text or "get_args" in text for text in told)


def made(*codes):
    return Demonstration("root", "Do it.", tuple((c, CellResult()) for c in codes), None)


@pytest.mark.parametrize(
    ("codes", "switches", "fitting"),
    [
        (["x = find(1)"], ALL_ON, True),
        (["x = find(1)"], ALONE, False),
        (["x = find(1)"], SILENT, True),
        (["def find(n): return n", "x = find(1)"], ALONE, True),
        (["from re import search", "search('a', 'b')"], ALONE, True),
        (["import re\nre.search('a', 'b')"], ALONE, True),
        (["find = lambda n: n\nfind(1)"], ALONE, True),
        (["act('look')\nprint(get_obs())", "answer(len('a'))"], ALONE, True),
        (["x, = get_args()"], ALONE, False),
        (["subtask('find', 1)"], ALONE, False),
        (["try:\n    x()\nexcept SubtaskFailed: pass\ndef x(): ..."], ALONE, False),
        (["total = undefined + 1", "total = 1"], ALONE, True),
        (["ask('Is it?')"], ALL_ON, True),
        (["ask('Is it?')"], ALONE, True),
        (["ask('Is it?')"], SILENT, False),
        (["ask.map('Is it?', [1])"], SILENT, False),
        (["try:\n    1 / 0\nexcept AskError: pass"], SILENT, False),
        (["lookup('a')"], ALONE, True),
        (["%time f()"], ALONE, False),
        (["%time f()"], ALL_ON, True),
        (["class A:\n    def b(self, run): run()"], ALONE, True),
    ],
)  # fmt: skip
def test_a_demonstration_fits_where_all_that_it_calls_is_there(codes, switches, fitting):
    functions = (Function(name="lookup", signature="(word: str) -> str"),)
    assert make_planner("repl-plan", switches).fits(made(*codes), functions) is fitting


def test_names_are_those_from_outside():
    assert names_used(made("x = f(g(1))\ndef g(n): ...", "ask('?')")) == {"f", "ask"}
    assert names_used(made("x = = 1")) is None


def test_where_demonstrations_are_looked_for():
    assert pool_names("root", ALL_ON) == ("root",)
    assert pool_names("root", ALONE) == (FLAT, "root")
    assert pool_names("find", ALL_ON) == ("find",)


async def test_a_root_notebook_without_children_serves_where_there_is_no_flat_one(tmp_path):
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    for name, code in (("1-alone", "x = 6 * 7\nanswer(x)"), ("2-child", "answer(find(1))")):
        path = tmp_path / "root" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        cells = [new_markdown_cell(f"The task {name}."), new_code_cell(code)]
        nbformat.write(new_notebook(cells=cells), path)

    class Shown(Notebook):
        @property
        def demos(self):
            return tmp_path

    async def told(method):
        model = ScriptedModel([cell("answer(1)")])
        await play(model, domain=Shown(goal="g"), planner=make_planner(method))
        return "\n".join(m.content for m in model.requests[0].messages)

    assert "2-child" in await told("repl-plan")
    flat = await told("flat")
    assert "1-alone" in flat
    assert "2-child" not in flat


FLATS = sorted((ALFWorld().demos / FLAT).glob("*.ipynb"))


@pytest.mark.parametrize("path", FLATS, ids=lambda p: p.stem)
async def test_the_flat_notebooks_of_the_household_play_again(path):
    """To the letter: outputs, errors, and in ReAct's form the trajectory too."""
    import nbformat

    from replplan.methods.trajectory import trajectory_of
    from replplan.prompt import show

    domain, notebook = ALFWorld(), nbformat.read(path, as_version=4)
    task = notebook.metadata["replplan"]["task"]
    demonstration = read_demonstration(path)
    assert task.startswith("demo-")
    assert domain.open(domain.task(task)).reset() == demonstration.opening
    assert fits(demonstration, ALONE)
    bare = Switches(demonstrations=False)
    model = ScriptedModel([cell(code) for code, _ in demonstration.turns])
    flat = make_planner("flat", replace(bare, hints="errors"))
    played = await play(model, None, domain, task, flat)
    assert played.result.solved
    assert played.shown[:-1] == [show(result) for _, result in demonstration.turns[:-1]]
    moves = trajectory_of(demonstration)
    model = ScriptedModel([f"Thought: {m.thought}\nAction: {m.action}" for m in moves])
    played = await play(model, None, domain, task, make_planner("react", bare))
    assert played.result.solved
    assert [e.observation for e in played.of("acted")] == [m.observation for m in moves]
