"""The demonstrations of ALFWorld, played again: their code does what they say it did."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from replplan.domain import Environment
from replplan.episode import Episode
from replplan.model import Request, ScriptedModel
from replplan.plugins import kernel_opener
from replplan.pool import read_demonstration
from replplan.prompt import demonstration_messages, show
from replplan_domains.alfworld import ALFWorld

DOMAIN = ALFWorld()
ROOTS = sorted((DOMAIN.demos / "root").glob("*.ipynb"))
CHILDREN = sorted((DOMAIN.demos / "find_and_take").glob("*.ipynb"))
LIMITS = {"root": 450, "find_and_take": 350}
CHARACTERS_A_TOKEN = 4
DEMONSTRATIONS = {
    name: sum(len(list(demonstration_messages(read_demonstration(p)))) for p in paths)
    for name, paths in (("root", ROOTS), ("find_and_take", CHILDREN))
}
"""How many messages the demonstrations take in a prompt, by the name of the REPL."""


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

    def cells(self, codes: list[str], **names: Any) -> list[dict[str, str]]:
        """The outputs of cells that share a namespace, up to the end of the world."""
        namespace = {"act": self.act, "get_obs": lambda: self.observation, **names}
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

    def child(self, codes: list[str], seen: list[Any]) -> Callable[..., Any]:
        """A sub-task that is solved by these cells; their outputs go into `seen`."""

        def find_and_take(*args: Any) -> Any:
            answers = []

            def answer(value: Any) -> None:
                answers.append(value)
                raise Answered

            self.calls.append(args)
            seen.extend(self.cells(codes, get_args=lambda: args, answer=answer))
            return answers[-1]

        return find_and_take


def codes(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def stored(notebook: Any) -> list[dict[str, str]]:
    """The outputs in a notebook, as `Replay.cells` gives them."""
    outputs = []
    for cell in notebook.cells[1:]:
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        errors = [o for o in cell.outputs if o.output_type == "error"]
        error = {"ename": errors[0].ename, "evalue": errors[0].evalue} if errors else {}
        outputs.append({"text": text, **error})
    return outputs


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def told(notebook: Any) -> dict[str, Any]:
    return dict(notebook.metadata["replplan"])


def child_of(root: Any) -> Any:
    return next(n for n in map(read, CHILDREN) if told(n)["task"] == told(root)["task"])


def test_there_are_two_of_each() -> None:
    assert len(ROOTS) == len(CHILDREN) == 2
    assert all(told(read(p))["task"] in ("demo-heat", "demo-look") for p in ROOTS + CHILDREN)


@pytest.mark.parametrize("path", ROOTS, ids=lambda p: p.stem)
def test_a_plan_plays_again_and_wins(path: Path) -> None:
    root = read(path)
    child = child_of(root)
    replay = Replay(DOMAIN.open(DOMAIN.task(told(root)["task"])))
    assert root.cells[0].source == replay.observation
    seen: list[dict[str, str]] = []
    function = replay.child(codes(child), seen)
    assert replay.cells(codes(root), find_and_take=function) == stored(root)
    assert seen == stored(child)
    assert replay.won
    assert [list(args) for args in replay.calls] == [told(child)["args"]]


def messages(request: Request) -> list[str]:
    """What the session of a request was told itself, demonstrations apart."""
    shown = DEMONSTRATIONS[request.session.split("/")[-1]]
    return [m.content for m in request.messages[1 + shown :]]


def expected(path: Path) -> list[str]:
    """What the session of a demonstration was told, by the words of the core."""
    demonstration = read_demonstration(path)
    told = [demonstration.opening]
    for code, result in demonstration.turns:
        told += [f"```python\n{code}\n```", show(result)]
    return told


@pytest.mark.parametrize("path", ROOTS, ids=lambda p: p.stem)
async def test_a_plan_plays_again_in_a_kernel(path: Path) -> None:
    """The demonstrations are, to the letter, what the models of such sessions read and write."""
    root = told(read(path))
    child = next(p for p in CHILDREN if told(read(p))["task"] == root["task"])
    expect = {"root": expected(path), "find_and_take": expected(child)}
    model = ScriptedModel({name: texts[1::2] for name, texts in expect.items()})
    task = DOMAIN.task(root["task"])
    episode = Episode(domain=DOMAIN, task=task, model=model, open_kernel=kernel_opener())
    result = await episode.run()
    assert (result.solved, result.stop_reason) == (True, "world_ended")
    last = {request.session.split("/")[-1]: messages(request) for request in model.requests}
    for name, seen in last.items():
        assert seen == expect[name][: len(seen)]
        assert len(seen) == len(expect[name]) - 2


@pytest.mark.parametrize("path", ROOTS + CHILDREN, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_demonstration_is_short_and_sound(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert told(notebook)["repl"] == path.parent.name
    assert notebook.cells[0].cell_type == "markdown"
    outputs = [
        o.get("text", "") + "\n".join(o.get("traceback", []))
        for cell in notebook.cells[1:]
        for o in cell.outputs
    ]
    size = sum(len(cell.source) for cell in notebook.cells) + sum(map(len, outputs))
    assert size < LIMITS[path.parent.name] * CHARACTERS_A_TOKEN
