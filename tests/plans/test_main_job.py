"""The main job: a model behind a real endpoint plans in a real kernel and wins a real game."""

from __future__ import annotations

import json

import pytest

from replplan.episode import Episode
from replplan.events import (
    Acted,
    CellFinished,
    ModelCalled,
    ModelReplied,
    PlanFinished,
    SessionClosed,
    SessionOpened,
)
from replplan.limits import Limits
from replplan.openai_model import OpenAIModel
from replplan.plugins import kernel_opener
from replplan.replay import ReplayModel
from replplan.trace import TraceWriter, read_trace
from replplan_domains.alfworld import ALFWorld

ROOT = [
    """I read the room and let a sub-task do the searching.
```python
import re
text = get_obs()
places = re.findall(r"an? ([a-z]+ \\d+)", text.split("you see")[1].split("Your task")[0])
kind, target = re.search(r"two (\\w+) (?:and put them )?in (\\w+)", text).groups()
there = [p for p in places if p.startswith(target + " ")][0]
print(kind, there)
```""",
    """```python
taken = []
for _ in range(2):
    # one each time, and not from where they are to go
    thing = find_and_take(kind, [p for p in places if p != there])
    taken.append(thing)
    act("go to " + there)
    act("open " + there)
    act(f"move {thing} to {there}")
```""",
]
CHILD = [
    """```python
kind, places = get_args()
seen = look_round(places[0]).upper
```""",
    """```python
PROBE = "a word of the child alone"
todo = list(places)
def search():
    while todo:
        place = todo[0]
        seen = act("go to " + place)
        if seen == "Nothing happens.":
            seen = act("examine " + place)  # it shares its place with the one before
        if "is closed" in seen:
            seen = act("open " + place)
        for name in re.findall(kind + r" \\d+", seen):
            if "pick up" in act(f"take {name} from {place}"):
                return name
        todo.pop(0)
print(len(todo), PROBE)
thing = search()
```""",
    """```python
import re
thing = search()
print("found", thing)
```""",
    """```python
answer(thing)
```""",
    """```python
answer(search())
```""",
]
GRANDCHILD = ["```python\nanswer(None)\n```"]


def scripted(scripts):
    """Replies by the REPL that a prompt is of: the one named in its own opening."""
    left = {name: iter(replies) for name, replies in scripts.items()}

    def reply(body):
        told = [m["content"] for m in body["messages"] if m["role"] == "user"]
        mine = [t for t in told if t.startswith("This notebook solves the sub-task `")]
        name = mine[0].split("`")[1].split("(")[0] if mine else "root"
        return next(left[name])

    return reply


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The game, played once: the result, its trace, the requests that the endpoint got."""
    import asyncio

    from endpoint import Endpoint

    domain = ALFWorld()
    task = domain.task("demo-two")
    trace = tmp_path_factory.mktemp("main") / "trace.jsonl"
    scripts = {"root": ROOT, "find_and_take": CHILD, "look_round": GRANDCHILD}

    async def play(endpoint):
        model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
        with TraceWriter(trace) as writer:
            episode = Episode(
                domain, task, model, kernel_opener(), sinks=(writer,), trace=str(trace)
            )
            try:
                return await episode.run()
            finally:
                await model.close()

    with Endpoint() as endpoint:
        endpoint.script(scripted(scripts))
        result = asyncio.run(play(endpoint))
        yield result, list(read_trace(trace)), endpoint.bodies, trace


def of(kind, played):
    return [e for e in played[1] if isinstance(e, kind)]


def test_the_game_is_won(played):
    result = played[0]
    assert (result.stop_reason, result.solved, result.score) == ("world_ended", True, 1.0)
    assert result.error is None


def test_the_trace_holds_both_repls(played):
    opened = [(e.session, e.entry, e.depth) for e in of(SessionOpened, played)]
    assert opened == [
        ("root", 1, 0),
        ("root/find_and_take", 1, 1),
        ("root/find_and_take/look_round", 1, 2),
        ("root/find_and_take", 2, 1),
    ]
    first = of(SessionOpened, played)[1]
    assert first.comment == "one each time, and not from where they are to go"
    assert first.call == "find_and_take(kind, [p for p in places if p != there])"
    assert first.args[0].startswith("'")


def test_the_child_errs_and_repairs(played):
    errors = [(e.session, e.result.error.name) for e in of(CellFinished, played) if e.result.error]
    assert errors == [("root/find_and_take", "AttributeError"), ("root/find_and_take", "NameError")]
    answers = [e.answer.value for e in of(SessionClosed, played) if e.answer]
    assert answers[0] is None
    assert answers[1] != answers[2]


def test_the_prompt_of_the_root_holds_nothing_of_the_child(played):
    root = [b for b in played[2] if "This notebook solves" not in json.dumps(b["messages"])]
    assert len(root) == len(ROOT)
    for body in root:
        assert "PROBE" not in json.dumps(body["messages"])
    assert any("PROBE" in json.dumps(b["messages"]) for b in played[2])


def test_prompts_only_grow(played):
    """Turn n+1's messages begin with turn n's, byte for byte."""
    by_session = {}
    for event, body in zip(of(ModelCalled, played), played[2], strict=True):
        before = by_session.get(event.session, [])
        assert body["messages"][: len(before)] == before
        assert len(before) == event.first
        by_session[event.session] = body["messages"]
    assert len(by_session) == 3


def test_usage_is_that_of_the_whole_tree(played):
    result = played[0]
    calls = len(played[2])
    assert (result.usage.model_calls, result.usage.turns) == (calls, calls)
    assert result.usage.sessions == 3
    assert result.usage.actions == len(of(Acted, played)) <= 50
    replies = of(ModelReplied, played)
    assert result.usage.input_tokens == sum(r.tokens.input for r in replies) > 0
    assert result.usage.cached_tokens > result.usage.input_tokens / 2
    assert of(PlanFinished, played)[0].usage == result.usage


def test_the_reward_is_told_to_the_trace_and_never_to_a_prompt(played):
    last = of(Acted, played)[-1]
    assert (last.reward, last.terminated) == (1.0, True)
    assert "admissible" not in json.dumps([b["messages"] for b in played[2]])


async def test_the_trace_replays_without_a_model(played, tmp_path):
    result, events, _, trace = played
    domain = ALFWorld()
    model = ReplayModel(trace)
    again = tmp_path / "again.jsonl"
    with TraceWriter(again) as writer:
        episode = Episode(domain, domain.task(result.task), model, kernel_opener(), sinks=(writer,))
        replayed = await episode.run()
    assert (replayed.stop_reason, replayed.score) == ("world_ended", 1.0)
    shown = [(e.session, e.shown) for e in events if isinstance(e, CellFinished)]
    assert [(e.session, e.shown) for e in read_trace(again) if isinstance(e, CellFinished)] == shown


async def test_a_replay_that_departs_says_where(played, tmp_path):
    domain = ALFWorld()
    other = domain.tasks("dev")[0]
    result = await Episode(
        domain, other, ReplayModel(played[3]), kernel_opener(), limits=Limits(turns=5)
    ).run()
    assert result.stop_reason == "failed"
    assert "departs from its trace in session root, message" in result.error
