"""The demonstrations of the worlds in the box, played again in a kernel: each plan wins."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import nbformat
import pytest

from replplan.episode import Episode
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener, make_domain
from replplan.pool import Pool, read_demonstration
from replplan.prompt import show
from replplan_domains.longtext.reader import reply_to

WORLDS = (
    "babyai",
    "gym",
    "longtext",
    "pddl",
    "reasoning-gym",
    "scienceworld",
    "tables",
    "textworld",
)
CHARACTERS = 6000
"""A demonstration is no longer: about 1,500 tokens."""


def plans():
    """The demonstrations of each task."""
    for name in WORLDS:
        domain, by_task = make_domain(name, {}), defaultdict(list)
        for path in sorted(domain.demos.glob("*/*.ipynb")):
            by_task[read_demonstration(path).about["task"]].append(path)
        for task, paths in by_task.items():
            yield pytest.param(domain, task, paths, id=f"{name}-{task}")


@pytest.mark.parametrize(("domain", "task", "paths"), list(plans()))
async def test_a_plan_plays_again_and_wins(domain, task, paths: list[Path]):
    """The demonstrations are, to the letter, what the models of such sessions read and write."""
    for need in domain.needs:
        if not need.is_here:
            pytest.skip(f"{need.what} is not installed: {need.remedy}")
    demonstrations = [read_demonstration(path) for path in paths]
    cells = defaultdict(list)
    for demonstration in demonstrations:
        codes = [f"```python\n{code}\n```" for code, _ in demonstration.turns]
        cells[demonstration.repl] += codes
        assert demonstration.size < CHARACTERS
    turns = defaultdict(list)
    asked = {"ask": [lambda request: reply_to(request.messages[1].content)] * 1000}
    episode = Episode(
        domain,
        domain.task(task),
        ScriptedModel({**cells, **asked}),
        kernel_opener(),
        pool=Pool(()),
        sinks=(lambda e: turns[e.session].append(e) if e.type.startswith("cell_") else None,),
    )
    result = await episode.run()
    assert (result.solved, result.score) == (True, 1), result.error
    played = [
        (name.split("/")[-1].split("#")[0], started.code, finished.shown)
        for name, events in turns.items()
        for started, finished in zip(
            (e for e in events if e.type == "cell_started"),
            (e for e in events if e.type == "cell_finished"),
            strict=True,
        )
    ]
    told = [(d.repl, code, show(r)) for d in demonstrations for code, r in d.turns]
    assert sorted(played) == sorted(told)
    for path in paths:
        nbformat.validate(nbformat.read(path, as_version=4))
