"""The demonstrations of ALFWorld, played again: their code does what they say it did."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from replplan.domain import Environment
from replplan.episode import Episode
from replplan.methods import make_planner
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan.pool import read_demonstration
from replplan.prompt import show
from replplan.switches import Switches
from replplan_domains.alfworld import ALFWorld
from replplan_domains.alfworld.kinds import KIND_BY_SHORT

DOMAIN = ALFWorld()


def demos_of(name: str) -> list[Path]:
    return sorted((DOMAIN.demos / name).glob("*.ipynb"))


ROOTS, FLATS = demos_of("root"), demos_of("flat")
CHILDREN = [*demos_of("find_and_take"), *demos_of("find_lamp")]
SEARCH = DOMAIN.demos / "find_and_take" / "1-search.ipynb"
"""What finds an egg finds anything: the child of a plan that has none of its own."""
LIMITS = {"root": 450, "flat": 450, "find_and_take": 400, "find_lamp": 350}
CHARACTERS_A_TOKEN = 4


class WorldEnded(BaseException):
    pass


class Answered(BaseException):
    pass


class Replay:
    """A world, and the sessions of a plan in it: code is run cell by cell, outputs are kept."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.observation = environment.reset()
        self.won = False
        self.calls: list[tuple[Any, ...]] = []

    def act(self, action: str) -> str:
        transition = self.environment.step(action)
        self.observation = transition.observation
        if transition.terminated or transition.truncated:
            self.won = transition.reward == 1
            raise WorldEnded
        return transition.observation

    def cells(self, codes: list[str], namespace: dict[str, Any]) -> list[dict[str, str]]:
        """The outputs of cells that share a namespace, up to the end of the world."""
        namespace.update(act=self.act, get_obs=lambda: self.observation)
        outputs = []
        for code in codes:
            error: dict[str, str] = {}
            with contextlib.redirect_stdout(io.StringIO()) as out:
                try:
                    exec(compile(code, "<cell>", "exec"), namespace)
                except (WorldEnded, Answered):
                    pass
                except Exception as e:  # noqa: BLE001 what a cell raises is an output
                    error = {"ename": type(e).__name__, "evalue": str(e)}
            outputs.append({"text": out.getvalue(), **error})
        return outputs

    def child(self, entries: list[list[str]], seen: list[Any]) -> Callable[..., Any]:
        """A sub-task that is solved by these cells, call by call; outputs go into `seen`."""
        todo, namespace = iter(entries), dict[str, Any]()

        def solve(*args: Any) -> Any:
            answers = []

            def answer(value: Any) -> None:
                answers.append(value)
                raise Answered

            self.calls.append(json.loads(json.dumps(args)))
            namespace.update(get_args=lambda: args, answer=answer)
            seen.extend(self.cells(next(todo), namespace))
            return answers[-1]

        return solve


def codes(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def entries(notebook: Any) -> list[list[str]]:
    """The code of a sub-task, call by call."""
    found: list[list[str]] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found.append([])
        else:
            found[-1].append(cell.source)
    return found


def stored(notebook: Any) -> list[dict[str, str]]:
    """The outputs in a notebook, as `Replay.cells` gives them."""
    outputs = []
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        errors = [o for o in cell.outputs if o.output_type == "error"]
        error = {"ename": errors[0].ename, "evalue": errors[0].evalue} if errors else {}
        outputs.append({"text": text, **error})
    return outputs


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def told(notebook: Any) -> dict[str, Any]:
    return dict(notebook.metadata["replplan"])


def children_of(task: str) -> dict[str, Path]:
    """The sub-tasks of a plan, by name."""
    own = [p for p in CHILDREN if told(read(p))["task"] == task]
    return {"find_and_take": SEARCH} | {p.parent.name: p for p in own}


def test_there_is_one_of_each_kind() -> None:
    for paths in (ROOTS, FLATS):
        tasks = [told(read(p))["task"] for p in paths]
        assert sorted(DOMAIN.kind(DOMAIN.task(t)) for t in tasks) == sorted(KIND_BY_SHORT)
    assert {told(read(p))["task"] for p in CHILDREN} <= {told(read(p))["task"] for p in ROOTS}


@pytest.mark.parametrize("path", ROOTS, ids=lambda p: p.stem)
def test_a_plan_plays_again_and_wins(path: Path) -> None:
    root = read(path)
    task = told(root)["task"]
    replay = Replay(DOMAIN.open(DOMAIN.task(task)))
    assert root.cells[0].source == replay.observation
    seen: dict[str, list[dict[str, str]]] = {}
    functions = {
        name: replay.child(entries(read(p)), seen.setdefault(name, []))
        for name, p in children_of(task).items()
    }
    assert replay.cells(codes(root), functions) == stored(root)
    assert replay.won
    for name, child in ((n, read(p)) for n, p in children_of(task).items()):
        if told(child)["task"] == task:
            assert seen[name] == stored(child)
            assert told(child)["args"] in replay.calls


def expected(path: Path) -> list[str]:
    """What the session of a demonstration was told and wrote, by the words of the core."""
    demonstration = read_demonstration(path)
    texts = [demonstration.opening]
    for number, (code, result) in enumerate(demonstration.turns, 1):
        called_again = demonstration.told.get(number)
        said = show(result) + (f"\n\n{called_again}" if called_again else "")
        texts += [f"```python\n{code}\n```", said]
    return texts


@pytest.mark.parametrize("path", ROOTS, ids=lambda p: p.stem)
async def test_a_plan_plays_again_in_a_kernel(path: Path) -> None:
    """The demonstrations are, to the letter, what models read and write that get no more hints."""
    task = told(read(path))["task"]
    children = children_of(task)
    expect = {name: expected(p) for name, p in {"root": path, **children}.items()}
    model = ScriptedModel({name: texts[1::2] for name, texts in expect.items()})
    bare = make_planner("repl-plan", Switches(demonstrations=False, hints="errors"))
    episode = Episode(DOMAIN, DOMAIN.task(task), model, kernel_opener(), planner=bare)
    result = await episode.run()
    assert (result.solved, result.stop_reason) == (True, "world_ended")
    last = {request.session.split("/")[-1]: request for request in model.requests}
    assert last.keys() == expect.keys()
    for name, request in last.items():
        seen = [m.content for m in request.messages[1:]]
        if name == "root" or told(read(children[name]))["task"] == task:
            assert seen == expect[name][: len(seen)]
            assert len(seen) == len(expect[name]) - 2


@pytest.mark.parametrize(
    "path", ROOTS + FLATS + CHILDREN, ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_a_demonstration_is_short_and_sound(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert told(notebook)["repl"] == path.parent.name
    assert notebook.cells[0].cell_type == "markdown"
    outputs = [
        o.get("text", "") + "\n".join(o.get("traceback", []))
        for cell in notebook.cells
        for o in cell.get("outputs", ())
    ]
    size = sum(len(cell.source) for cell in notebook.cells) + sum(map(len, outputs))
    assert size < LIMITS[path.parent.name] * CHARACTERS_A_TOKEN
