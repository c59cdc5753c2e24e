"""The notebook of a trace runs again in a stock kernel, and comes to the same."""

import nbformat
import pytest
from nbclient import NotebookClient
from plans import cell, household, play, script

from replplan.export.notebook import plan_notebook
from replplan.export.plan_tree import plan_tree
from replplan.limits import Limits
from replplan.model import ScriptedModel
from replplan_domains.notebook import Notebook


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
    NotebookClient(ran, timeout=60, resources=resources).execute()
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
            root=["while True: pass", "x = double(4)\nx", "answer(x)"],
            double=["y = get_args()[0] * 2\nprint('y', y)", "answer(y)"],
        ),
        limits=Limits(seconds=60, cell_seconds=0.5),
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
