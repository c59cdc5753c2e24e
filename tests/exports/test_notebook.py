"""The notebook of a trace runs again in a stock kernel, and comes to the same."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from plans import cell, household, play, script
from traitlets.config import Config

from replplan.export.notebook import plan_notebook
from replplan.export.plan_tree import plan_tree
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan_domains.longtext import LongText
from replplan_domains.notebook import Notebook
from replplan_domains.pddl import PDDL
from replplan_domains.tables import Tables


def told(one):
    """What a cell's outputs say, however they say it."""
    text = ""
    for output in one.get("outputs", ()):
        match output.output_type:
            case "stream":
                text += output.text
            case "error":
                text += f"{output.ename}: {output.evalue}\n"
            case _:
                text += output.data["text/plain"] + "\n"
    return text


def in_child(one):
    return one.source.startswith("%%repl")


def run_again(events, folder, change=None):
    """The notebook as it was written, and as it is when it has run."""
    written = plan_notebook(plan_tree(events))
    nbformat.validate(written)
    ran = nbformat.reads(nbformat.writes(written), 4)
    if change:
        change(ran)
    for one in ran.cells:
        if one.cell_type == "code":
            one.outputs = []
    resources = {"metadata": {"path": str(folder)}}
    # no port, which another process could take between its choice and its use
    config = Config(KernelManager={"transport": "ipc", "ip": str(folder / "k")})
    NotebookClient(ran, timeout=60, resources=resources, config=config).execute()
    return [c for c in written.cells if c.cell_type == "code"][1:], [
        c for c in ran.cells if c.cell_type == "code"
    ][1:]


def same(written, ran):
    """A child's errors are shown as text, those of the root as IPython shows them."""
    for before, after in zip(written, ran, strict=True):
        if in_child(before) and any(o.output_type == "error" for o in before.outputs):
            assert before.outputs[-1].traceback == after.outputs[-1].text.rstrip("\n").split("\n")
        else:
            assert told(before) == told(after), before.source


def price_of(name: str) -> int:
    """What a thing costs."""
    if name == "nothing":
        raise LookupError("no such thing")
    return len(name)


@pytest.mark.slow
async def test_children_questions_functions_and_errors_come_to_the_same(tmp_path):
    played = await play(
        script(
            root=[
                "things = ['mug', 'plate']\nthings",
                "unknown + 1",
                # a child that changes what it was given, and is given back as it is
                "got = sort_out(things)\nprint(got is things, things)",
                "import asyncio\nprint(await asyncio.gather(weigh('a'), weigh('bb')))",
                "try:\n    give_up()\nexcept SubtaskFailed as e:\n    print('failed', e)",
                "print(sort_out(things), ask('is it?', type=bool), price_of('mug'))\nanswer(things)",
            ],
            sort_out=[
                "mine = get_args()[0]\nmine.append(price_of('nothing'))",
                "print('twice', ask.map('long?', mine, type=bool))\n"
                "mine.append(inner(mine))\nanswer(mine)",
                "mine.append('again')\nanswer(len(mine))",
            ],
            inner=["answer(','.join(get_args()[0]))"],
            weigh=["answer(len(get_args()[0]))"] * 2,
            give_up=["1"] * 5,
            ask=["true", "false", "true"],
        ),
        domain=Notebook(goal="sort things\nof all kinds", tools=[price_of]),
    )
    assert played.result.stop_reason == "answered", played.result.error
    written, ran = run_again(played.events, tmp_path)
    same(written, ran)
    assert told(ran[0]) == "['mug', 'plate']\n"
    assert "unknown" in told(ran[1])
    assert "LookupError: no such thing" in "".join(map(told, filter(in_child, ran)))
    assert told(ran[-2 if in_child(ran[-1]) else -1]).endswith(
        "answered ['mug', 'plate', 'mug,plate', 'again']\n"
    )


@pytest.mark.slow
async def test_a_world_is_played_again_from_the_record(tmp_path):
    played = await play(
        script(
            root=["print(get_obs()[:10], act('look') == get_obs())", "again()\nprint('not here')"],
            again=["for _ in range(3):\n    act('inventory')"],
        ),
        domain=household(),
        limits=Limits(seconds=60, actions=3),
    )
    assert played.result.stop_reason == "limit:actions"
    written, ran = run_again(played.events, tmp_path)
    assert told(ran[0]) == told(written[0])
    assert told(ran[1]) == "the plan ended here\n"


@pytest.mark.slow
async def test_what_was_stopped_is_not_run_again_and_what_was_changed_is(tmp_path):
    played = await play(
        script(
            root=["import time\ntime.sleep(1000)", "x = double(4)\nx", "answer(x)"],
            double=["y = get_args()[0] * 2\nprint('y', y)", "answer(y)"],
        ),
        limits=Limits(seconds=60, cell_seconds=5),
    )

    def change(notebook):
        for one in notebook.cells:
            one.source = one.source.replace("print('y', y)", "print('changed', y)")

    _, ran = run_again(played.events, tmp_path, change)
    assert told(ran[0]) == "not run again: it was stopped at its time limit\n"
    assert told(ran[1]) == "8\n"
    assert told(ran[2]) == "changed 8\n"
    assert told(ran[3]) == "answered 8\n"


@pytest.mark.slow
async def test_a_call_that_is_not_in_the_record_says_so(tmp_path):
    played = await play(script(root=["print(price_of('mug'))\nanswer(1)"]),
                        domain=Notebook(goal="x", tools=[price_of]))  # fmt: skip

    def change(notebook):
        one = next(c for c in notebook.cells if c.source.startswith("print(price"))
        one.source, one.metadata["tags"] = "price_of('cup')", ["raises-exception"]

    _, ran = run_again(played.events, tmp_path, change)
    assert "price_of(['cup'], {}) is not in the record" in told(ran[0])


async def test_replies_without_a_cell_are_text():
    model = ScriptedModel(["I think about it.", cell("answer(1)")])
    played = await play(model)
    notebook = plan_notebook(plan_tree(played.events))
    texts = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    assert "I think about it." in texts
    assert any(text.startswith("*Rejected:*") for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("domain", [LongText(size=2000), PDDL(), Tables()], ids=lambda d: d.name)
async def test_what_a_world_gives_its_cells_is_there_again(domain, tmp_path):
    task = domain.tasks("dev")[0]
    given = [f"print({value.name}[:50])" for value in domain.values(task)]
    given += [f"print(open({file.name!r}, 'rb').read(50))" for file in domain.files(task)]
    played = await play(script(root=["\n".join(given), "answer(1)"]), domain=domain, task=task.id)
    written, ran = run_again(played.events, tmp_path)
    same(written[1:], ran[1:])
    assert told(ran[1])


async def of_a_goal():
    sales = Path(__file__)
    domain = Notebook(goal="sum them", files=[sales])
    domain.furnish(values={"prices": [1, 2]})
    played = await play(script(root=["answer(sum(prices))"]), domain=domain)
    notebook = plan_notebook(plan_tree(played.events))
    return next(c.source for c in notebook.cells if "import bring" in c.source), sales


async def test_what_the_user_gave_is_named_where_it_is_missing(tmp_path, monkeypatch):
    source, sales = await of_a_goal()
    monkeypatch.chdir(tmp_path)
    assert "# Bound: prices" in source
    wish = f"bind prices in a cell above and put {sales.name} beside this notebook"
    with pytest.raises(LookupError, match=re.escape(wish)):
        exec(source, {})
    (tmp_path / sales.name).touch()
    exec(source, {"prices": [1, 2]})


async def test_a_file_that_is_there_is_not_written_over(tmp_path, monkeypatch):
    domain = Tables()
    task = domain.tasks("dev")[0]
    played = await play(script(root=["answer(1)"]), domain=domain, task=task.id)
    code = [c.source for c in plan_notebook(plan_tree(played.events)).cells]
    monkeypatch.chdir(tmp_path)
    there = [Path(file.name) for file in domain.files(task)]
    there[0].write_text("mine")
    exec(next(source for source in code if "import bring" in source), {})
    assert there[0].read_text() == "mine"


async def test_a_trace_that_does_not_hold_its_task_has_no_such_cell():
    played = await play(script(root=["answer(1)"]), domain=Tables(), task="dev-0")
    older = [
        e.model_copy(update={"data": {}}) if e.type == "plan_started" else e for e in played.events
    ]
    assert not any("import bring" in c.source for c in plan_notebook(plan_tree(older)).cells)
