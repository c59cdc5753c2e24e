"""The embedded model in household games: it was taught them, and its adapter says how."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from plans import play
from weights import require_local_model

from replplan.limits import Limits
from replplan.methods import planner_named
from replplan.model import Message, Request
from replplan.models import make_model
from replplan.prompt import Question, ask_messages
from replplan_domains.alfworld import ALFWorld
from replplan_kernels.inside.kinds import kind_of

TAUGHT = Path(__file__).parents[1] / "distil" / "transcript.json"
ROW = ("role", "content")
SHELF = "You arrive at shelf 1. On the shelf 1, you see a cup 2, and a statue 1."
SHUT = "You arrive at drawer 3. The drawer 3 is closed."
OPENED = "You open the drawer 3. The drawer 3 is open. In it, you see a pen 1."
YES_NO = kind_of(bool).schema


@pytest.fixture
async def model():
    require_local_model()
    model = make_model("local", adapters=ALFWorld().adapters)
    yield model
    await model.close()


async def said(model, question, text):
    """What the model answers to a question of a cell, as the cell is given it."""
    messages = ask_messages(Question(question, (text,), YES_NO))
    completion = await model.complete(Request(messages=messages, schema_=YES_NO, purpose="ask"))
    assert completion.text in ('{"answer": true}', '{"answer": false}')
    return kind_of(bool).read(completion.text)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["dev-0001-look", "dev-0003-heat", "dev-0006-pick"])
async def test_the_embedded_model_wins_games_that_it_never_saw(model, task):
    played = await play(model, Limits(seconds=900), ALFWorld(), task)
    assert played.result.solved
    assert played.result.model.endswith("+alfworld+yes-no")
    assert "find_and_take" in {e.name for e in played.of("session_opened")}


@pytest.mark.slow
async def test_the_long_cells_of_a_game_without_children_are_not_cut_off(model):
    planner = planner_named("repl-plan/no-children")
    played = await play(model, Limits(turns=1), ALFWorld(), "dev-0006-pick", planner=planner)
    (reply,) = played.of("model_replied")
    assert "def search(" in reply.text
    assert reply.finish == "stop"


async def test_yes_or_no_is_answered_from_an_observation(model):
    asked = {
        ("Is there a cup?", SHELF): True,
        ("Is there a statue?", SHELF): True,
        ("Is there a mug?", SHELF): False,
        ("Is there a book?", SHELF): False,
        ("Is the drawer 3 closed?", SHUT): True,
        ("Is the drawer 3 closed?", OPENED): False,
        ("Is the drawer 3 open?", SHUT): False,
        ("Is the drawer 3 open?", OPENED): True,
    }
    assert {q: await said(model, *q) for q in asked} == asked


async def test_a_plan_goes_on_as_if_it_had_asked_nothing(model):
    """The same reply, of a prompt that is kept."""
    root = json.loads(TAUGHT.read_text())["sessions"]["root"]
    turn = Request(messages=tuple(Message(**{k: m[k] for k in ROW}) for m in root[:2]))
    before = await model.complete(turn)
    await said(model, "Is there a cup?", SHELF)
    after = await model.complete(turn)
    assert after.text == before.text
    assert after.tokens.cached >= after.tokens.input - 1


def test_the_adapters_are_small_and_name_the_prompts_that_they_were_taught_with():
    system = json.loads(TAUGHT.read_text())["sessions"]["root"][0]["content"]
    taught = ALFWorld().adapters
    question = ask_messages(Question("Is it so?", fits=YES_NO))[0].content
    assert sum(a.stat().st_size for a in (taught.plan, taught.yes_no)) < 15_000_000
    for adapter, prompt in ((taught.plan, system), (taught.yes_no, question)):
        head = adapter.read_bytes()[:100_000]
        key = head.index(b"replplan.prompt")
        assert hashlib.sha256(prompt.encode()).hexdigest()[:16].encode() in head[key : key + 60]


async def test_the_prompt_of_a_plan_is_still_that_prompt():
    from replplan.model import ScriptedModel

    model = ScriptedModel(["```python\nanswer(1)\n```"], taught=True)
    await play(model, domain=ALFWorld(), task="dev-0000-pick")
    system = json.loads(TAUGHT.read_text())["sessions"]["root"][0]
    assert model.requests[0].messages[0].content == system["content"]
