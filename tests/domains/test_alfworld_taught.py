"""The embedded model in household games: it was taught them, and its adapter says how."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from plans import play
from weights import require_local_model

from replplan.limits import Limits
from replplan.models import make_model
from replplan_domains.alfworld import ALFWorld

TAUGHT = Path(__file__).parents[1] / "distil" / "transcript.json"


@pytest.mark.slow
@pytest.mark.parametrize("task", ["dev-0001-look", "dev-0003-heat", "dev-0006-pick"])
async def test_the_embedded_model_wins_games_that_it_never_saw(task):
    require_local_model()
    domain = ALFWorld()
    model = make_model("local", adapter=domain.adapter)
    try:
        played = await play(model, Limits(seconds=900), domain, task)
    finally:
        await model.close()
    assert played.result.solved
    assert played.result.model.endswith("+alfworld")
    assert "find_and_take" in {e.name for e in played.of("session_opened")}


def test_the_adapter_is_small_and_names_the_prompt_that_it_was_taught_with():
    adapter = ALFWorld().adapter
    assert adapter.stat().st_size < 15_000_000
    system = json.loads(TAUGHT.read_text())["sessions"]["root"][0]
    prompt = hashlib.sha256(system["content"].encode()).hexdigest()[:16]
    head = adapter.read_bytes()[:100_000]
    key = head.index(b"replplan.prompt")
    assert prompt.encode() in head[key : key + 60]


async def test_the_prompt_of_a_plan_is_still_that_prompt():
    from replplan.model import ScriptedModel

    model = ScriptedModel(["```python\nanswer(1)\n```"], taught=True)
    await play(model, domain=ALFWorld(), task="dev-0000-pick")
    system = json.loads(TAUGHT.read_text())["sessions"]["root"][0]
    assert model.requests[0].messages[0].content == system["content"]
