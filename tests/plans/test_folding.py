"""A transcript longer than the model's window: folded in one rare step, append-only in between."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from endpoint import Refused
from hypothesis import given
from hypothesis import strategies as st
from plans import Played, cell, household, play

from replplan.endpoints.dialect import Refusal
from replplan.endpoints.faults import Place, refused
from replplan.episode import Episode
from replplan.errors import LimitExceeded, ModelError
from replplan.folding import fold
from replplan.limits import Limits
from replplan.methods import make_planner
from replplan.model import Completion, Message, ScriptedModel, Tokens
from replplan.openai_model import OpenAIModel
from replplan.plugins import kernel_opener
from replplan.replay import ReplayModel
from replplan.trace import TraceWriter
from replplan.transcript import Part, Transcript
from replplan.window import Window
from replplan_domains.notebook import Notebook

LONG = "print('line {n} begins'); print('x' * 1500)"
LIMITS = Limits(turns=None, model_calls=None, seconds=240)


def long_plan(turns, last="answer('done')"):
    return [*(cell(LONG.format(n=n)) for n in range(1, turns + 1)), cell(last)]


def turns_of(model):
    return [r for r in model.requests if r.purpose == "turn"]


def grows(before, after):
    return after[: len(before)] == before


async def test_old_outputs_become_a_line_each_and_the_plan_goes_on():
    model = ScriptedModel(long_plan(40), context=4000)
    played = await play(model, LIMITS)
    assert played.result.answer == "done"
    folds = played.of("transcript_folded")
    assert folds
    prompts = [r.messages for r in turns_of(model)]
    for prompt in prompts:
        assert sum(m.length for m in prompt) / 4 < 4000
    last = prompts[-1]
    folded = [m.content for m in last if "[Folded: line" in m.content]
    assert folded
    assert all(m.count("\n") == 0 and len(m) < 120 for m in folded)
    assert "x" * 1500 in last[-1].content, "the latest output stays whole"


async def test_between_folds_prompts_only_grow_and_folds_are_rare():
    model = ScriptedModel(long_plan(60), context=8000)
    played = await play(model, LIMITS)
    prompts = [r.messages for r in turns_of(model)]
    breaks = [not grows(a, b) for a, b in pairwise(prompts)]
    folds = played.of("transcript_folded")
    assert sum(breaks) == len(folds)
    assert 1 <= len(folds) <= 8
    called = [e for e in played.of("model_called") if e.purpose == "turn"]
    assert [e.first for e in called].count(0) == 1 + len(folds), "the sinks are told it anew"


async def test_what_was_folded_is_read_from_code():
    code = "answer((history[1].output.count('x'), history[2].output.splitlines()[0]))"
    played = await play(ScriptedModel(long_plan(12, code), context=3500), LIMITS)
    assert played.of("transcript_folded")
    assert played.result.answer == [1500, "line 2 begins"]


async def test_a_fold_says_where_the_whole_is():
    cells = [
        "print('printed'); print('x' * 1500)",
        "'valued' + 'x' * 1500",
        "raise ValueError('failed ' + 'x' * 60 + '\\n' + 'x' * 1400)",
        *(LONG.format(n=n) for n in range(4, 9)),
        "answer([history[1].output[:7], history[2].value[1:7], history[3].error.count('x') > 60])",
    ]
    model = ScriptedModel(map(cell, cells), context=3000)
    played = await play(model, LIMITS)
    assert played.result.answer == ["printed", "valued", True]
    lines = "\n".join(m.content for r in turns_of(model) for m in r.messages)
    assert "[Folded: printed - all of it: history[1].output]" in lines
    assert re.search(r"\[Folded: Out: 'valuedx+ \.\.\. - all of it: history\[2\]\.value\]", lines)
    assert re.search(r"\[Folded: ValueError: failed x+ x* ?\.\.\. - .*history\[3\]\.error\]", lines)


async def test_a_cell_that_never_ran_takes_no_number():
    replies = ["no cell in this", *long_plan(10, "answer(history[1].code)")]
    model = ScriptedModel(replies, context=3000)
    played = await play(model, LIMITS)
    assert played.result.answer == LONG.format(n=1)
    told = "\n".join(m.content for r in turns_of(model) for m in r.messages)
    assert "[Folded: line 1 begins - all of it: history[1].output]" in told


async def test_where_lines_are_too_many_the_oldest_turns_are_left_out():
    code = "answer((history[1].output.count('x'), history[60].number))"
    model = ScriptedModel(long_plan(70, code), context=2600)
    played = await play(model, LIMITS)
    assert played.result.answer == [1500, 60]
    prompt = turns_of(model)[-1].messages
    (notice,) = [m.content for m in prompt if "earlier turns are left out" in m.content]
    assert notice.startswith("a goal"), "the task stays, and stays first"
    left_out = sum(f.turns for f in played.of("transcript_folded"))
    assert f"[{left_out} earlier turns are left out here. history[1] to " in notice
    assert [m.role for m in prompt[1:]] == ["user", "assistant"] * (len(prompt) // 2 - 1) + ["user"]


async def test_a_prompt_that_cannot_be_folded_is_a_limit():
    played = await play(ScriptedModel(long_plan(3), context=300))
    assert played.result.stop_reason == "limit:context"
    assert not played.of("transcript_folded")


async def test_a_child_that_is_called_again_and_again_knows_its_present_call():
    calls = "for i in range(40): last = work(i)\nanswer(last)"
    script = {"root": [cell(calls)], "work": []}
    for _ in range(40):
        script["work"] += [cell("print('x' * 1200)"), cell("answer(get_args()[0])")]
    model = ScriptedModel(script, context=3000)
    played = await play(model, LIMITS)
    assert played.result.answer == 39
    assert played.of("transcript_folded")
    for request in turns_of(model):
        told = "\n".join(m.content for m in request.messages)
        assert told.count("called again") <= 40
    last = turns_of(model)[-2].messages
    assert "get_args() gives (39,)" in "\n".join(m.content for m in last)
    assert len([m for m in last if "get_args() gives (0,)" in m.content]) == 1, "its first call"


async def test_a_method_without_a_kernel_folds_too():
    replies = [f"Thought: x\nAction: go to {'nowhere ' * 100}{n}" for n in range(30)]
    model = ScriptedModel(replies, context=3000)
    played = await play(model, Limits(turns=30), domain=household(), planner=make_planner("react"))
    assert played.of("transcript_folded")
    assert played.result.stop_reason == "limit:turns"
    assert "history" not in "\n".join(m.content for m in turns_of(model)[-1].messages)


async def test_an_endpoint_that_refuses_is_asked_again_with_less(endpoint):
    """Its window is not known before; then it is."""
    limit = 4000
    steps = iter(long_plan(40))

    def reply(body):
        needed = sum(len(m["content"]) for m in body["messages"]) // 4
        if needed > limit:
            said = f"This model's maximum context length is {limit} tokens. You sent {needed}."
            return Refused(400, said, code="context_length_exceeded")
        return next(steps)

    endpoint.script(*[reply] * 100)
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    played = await play(model, LIMITS)
    await model.close()
    assert played.result.answer == "done"
    folds = played.of("transcript_folded")
    assert len(folds) >= 2
    assert {f.window for f in folds} == {limit}
    calls, replies = played.of("model_called"), played.of("model_replied")
    assert len(calls) == len(replies) + 1, "it is refused once: then its window is known"


async def test_an_endpoint_that_refuses_everything_is_a_failure(endpoint):
    endpoint.script(*[Refused(400, "the prompt is too long")] * 5)
    model = OpenAIModel(endpoint.model, base_url=endpoint.url, api_key=endpoint.key)
    played = await play(model)
    await model.close()
    assert played.result.stop_reason == "failed"
    assert "too long" in played.result.error


@pytest.mark.parametrize("told", [True, False])
async def test_a_folded_plan_replays(tmp_path, told):
    """Whether the window was known at first, or learned from a refusal."""
    replies = long_plan(14)
    if not told:
        replies.insert(9, ModelError("too long", too_long=True, window=4000))
    model = ScriptedModel(replies, context=4000 if told else None)
    domain = Notebook(goal="a goal")
    path = tmp_path / "trace.jsonl"

    async def run(model, sink):
        (task,) = domain.tasks("goal")
        return await Episode(domain, task, model, kernel_opener(), limits=LIMITS, sinks=sink).run()

    first, again = Played(), Played()
    with TraceWriter(path) as writer:
        await run(model, (writer, first.events.append))
    result = await run(ReplayModel(path), (again.events.append,))
    assert (result.stop_reason, result.answer, result.error) == ("answered", "done", None)
    assert first.of("transcript_folded")
    assert [e.digest for e in again.of("model_called")] == [
        e.digest for e in first.of("model_called")
    ]


# ---------------------------------------------------------------- the parts
PARTS = st.builds(
    Part,
    text=st.text("ab \n", min_size=1, max_size=300),
    kind=st.sampled_from(["output", "output", "output", "call", "said", "note"]),
    line=st.text("ab", max_size=20),
    number=st.integers(0, 99),
)


@given(
    turns=st.lists(st.lists(PARTS, min_size=1, max_size=3), min_size=1, max_size=12),
    rooms=st.lists(st.integers(0, 3000), min_size=1, max_size=3),
)
def test_a_fold_is_shorter_and_keeps_what_has_to_stay(turns, rooms):
    transcript = Transcript()
    transcript.enter(Message(role="system", content="how"))
    transcript.tell(Part("the task"))
    for n, parts in enumerate(turns):
        transcript.prompt()
        transcript.enter(Message(role="assistant", content=f"reply {n}"))
        for part in parts:
            transcript.tell(part)
    notes = [p.text for parts in turns for p in parts if p.kind == "note"]
    for room in rooms:
        before = transcript.prompt()
        done = fold(transcript, room)
        after = transcript.prompt()
        assert (done is None) == (after == before)
        assert after[0] == before[0]
        assert after[-1] == before[-1]
        assert after[1].content.startswith("the task")
        assert transcript.length == sum(m.length for m in after)
        assert [m.role for m in after[1:]] == ["user", "assistant"] * ((len(after) - 2) // 2) + [
            "user"
        ]
        kept = [p.text for _, parts in sorted(transcript.parts.items()) for p in parts
                if p.kind == "note"]  # fmt: skip
        assert kept == ["the task", *notes]
        if done:
            assert done.after == transcript.length < done.before
            assert transcript.sent == 0


def test_tokens_are_the_endpoints_own_and_what_is_new_is_estimated():
    window, model = Window(1000), ScriptedModel([])

    def request(*lengths):
        from replplan.model import Request

        messages = [Message(role="user", content="x" * n) for n in lengths]
        return Request(messages=tuple(messages))

    assert window.estimate(request(400)) == 100
    window.count(request(400), 0, Completion(text="", tokens=Tokens(input=200, output=5)))
    assert window.estimate(request(400, 100), 1) == 250, "two characters a token here"
    window.count(request(400, 100), 1, Completion(text="", tokens=Tokens(input=240)))
    assert window.estimate(request(400, 100), 2) == 240
    with pytest.raises(LimitExceeded):
        window.check(request(400, 100, 1600), 2)
    assert window.room("root", 10_000) == pytest.approx(1000 * 500 / 240 / 2, abs=1)
    assert model.context is None


@pytest.mark.parametrize(
    ("status", "message", "code", "too_long", "window"),
    [
        (400, "This model's maximum context length is 8192 tokens. However, you requested 9000.",
         None, True, 8192),
        (400, "Input too big", "context_length_exceeded", True, None),
        (400, "the request exceeds the available context size (4096 tokens), try increasing it",
         None, True, 4096),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", None, True, 200000),
        (413, "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
         None, True, 8192),
        (500, "context length", None, False, None),
        (400, "temperature is too high", None, False, None),
    ],
)  # fmt: skip
def test_words_of_endpoints_for_too_long_a_prompt(status, message, code, too_long, window):
    error = refused(Place("m", "http://127.0.0.1/v1"), Refusal(status, message, code))
    assert (error.too_long, error.window) == (too_long, window)
