"""The embedded model with what it was taught of a domain."""

from __future__ import annotations

from plans import cell, play
from weights import require_local_model, servers

from replplan.domain import Adapters
from replplan.episode import Episode
from replplan.local import LocalModel, ServerOptions
from replplan.methods import planner_named
from replplan.model import Request, ScriptedModel
from replplan.models import make_model
from replplan.plugins import kernel_opener
from replplan.prompt import Question, ask_messages
from replplan.replay import ReplayModel
from replplan.resume import read_resumable, resumed
from replplan.trace import TraceWriter
from replplan_domains.alfworld import ALFWorld
from replplan_domains.notebook import Notebook

TASK = "dev-0000-pick"
LOOK = [cell("print(get_obs())"), cell("answer(1)")]


def shown(model: ScriptedModel) -> str:
    return "\n".join(m.content for m in model.requests[0].messages)


async def test_a_taught_model_is_shown_no_demonstrations():
    pupil, other = ScriptedModel(LOOK, taught=True), ScriptedModel(LOOK)
    for model in (pupil, other):
        await play(model, domain=ALFWorld(), task=TASK)
    assert "An example." in shown(other)
    assert "An example." not in shown(pupil)


async def test_it_is_shown_them_where_that_is_what_is_asked_for():
    pupil = ScriptedModel(LOOK, taught=True)
    await play(pupil, domain=ALFWorld(), task=TASK, planner=planner_named("repl-plan/shown"))
    assert "An example." in shown(pupil)


async def test_a_trace_says_so_and_replays_without_them(tmp_path):
    played = await play(ScriptedModel(LOOK, taught=True), domain=ALFWorld(), task=TASK)
    with TraceWriter(tmp_path / "trace.jsonl") as write:
        for event in played.events:
            write(event)
    replay = ReplayModel(tmp_path / "trace.jsonl")
    assert replay.taught
    again = await play(replay, domain=ALFWorld(), task=TASK)
    assert again.result.stop_reason == played.result.stop_reason == "answered"


def test_a_domain_without_an_adapter_gets_the_plain_model():
    require_local_model()
    assert Notebook(goal="x").adapters is None
    plain = make_model("local", adapters=None)
    assert not plain.taught
    assert "+" not in plain.name


def test_a_domain_with_one_gets_it_and_its_name_says_so(tmp_path):
    require_local_model()
    model = make_model("local", adapters=Adapters(tmp_path / "household.gguf"))
    assert isinstance(model, LocalModel)
    assert model.taught
    assert model.name.endswith("+household")
    assert not LocalModel(options=ServerOptions()).taught


async def test_a_plan_that_is_resumed_goes_on_as_it_began_whoever_goes_on(tmp_path):
    path = tmp_path / "trace.jsonl"
    played = await play(ScriptedModel(LOOK[:1], taught=True), domain=ALFWorld(), task=TASK)
    with TraceWriter(path) as write:
        for event in played.events:
            write(event)
    other = ScriptedModel(LOOK[1:])
    domain = ALFWorld()
    episode = Episode(domain, domain.task(TASK), other, kernel_opener())
    result = await resumed(episode, read_resumable(path)).run()
    assert result.stop_reason == "answered"
    assert "An example." not in shown(other)


def test_the_weights_as_they_came_can_be_asked_for_by_name(tmp_path):
    require_local_model()
    base = make_model("local-base", adapters=Adapters(tmp_path / "household.gguf"))
    assert not base.taught
    assert "+" not in base.name


async def test_yes_or_no_may_be_a_model_apart(tmp_path):
    """Its server is started by the first such question, and all else is asked as ever."""
    require_local_model()
    taught = ALFWorld().adapters
    other = tmp_path / "judge.gguf"
    other.write_bytes(taught.plan.read_bytes())
    model = make_model("local", adapters=Adapters(taught.plan, other))
    assert model.name.endswith("+alfworld+judge")
    try:
        await model.complete(asked({"type": "integer"}))
        assert len(servers()) == 1
        await model.complete(asked({"type": "boolean"}))
        await model.complete(asked({"type": "boolean"}))
        assert len(servers()) == 2
    finally:
        await model.close()
    assert not servers()


def asked(fits) -> Request:
    schema = {"type": "object", "properties": {"answer": fits}, "required": ["answer"]}
    messages = ask_messages(Question("Is it?", fits=schema))
    return Request(messages=messages, schema_=schema, purpose="ask", max_tokens=12)
