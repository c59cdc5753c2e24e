"""What else is resumed as it was: children at once, other methods, a folded transcript, a person."""

from __future__ import annotations

import asyncio

import pytest
from plans import cell, household, until
from resuming import Recorded, told

from replplan.errors import ModelError
from replplan.limits import Limits
from replplan.methods import make_planner
from replplan.model import ScriptedModel
from replplan.steering import Allow, Refuse, Steering
from replplan.trace import TraceWriter, read_trace
from replplan_domains.notebook import Notebook


async def test_children_at_once_get_their_own_pasts(tmp_path):
    root = (
        "import asyncio, builtins, threading\nbuiltins.meet = threading.Barrier(4).wait\n"
        "async def go(i): return await work(i)\n"
        "got = await asyncio.gather(*[go(i) for i in range(4)])\nprint(got)"
    )

    def work(request):
        (told,) = [m.content for m in request.messages if "solves the sub-task" in m.content]
        number = int(told.split("get_args() gives (")[1].split(",")[0])
        return cell(
            "meet(); x = get_args()[0]" if len(request.messages) == 2 else f"answer(x * {number})"
        )

    script = {"root": [cell(root), cell("answer(got)")], "work": [work] * 20}
    recorded = await Recorded(tmp_path, Notebook(goal="g"), script).play()
    assert recorded.played.result.answer == [0, 1, 4, 9]
    for lines in range(8, len(recorded.lines) - 1, 5):
        again = await recorded.resume(recorded.cut(lines))
        assert (again.result.error, again.result.answer) == (None, [0, 1, 4, 9])


async def test_a_plan_that_was_cancelled_goes_on(tmp_path, patient):
    cells = ["x = 1", "import time\nprint('begun')\ntime.sleep(100 if x else 0)", "answer(x)"]
    recorded = Recorded(tmp_path, Notebook(goal="g"), map(cell, cells))
    begun = asyncio.Event()

    def watch(event):
        if event.type == "output_streamed" and "begun" in event.text:
            begun.set()

    with TraceWriter(recorded.path) as writer:
        run = asyncio.create_task(recorded.episode(recorded.model, sinks=(writer, watch)).run())
        await until(begun, run)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert list(read_trace(recorded.path))[-1].stop_reason == "cancelled"
    again = await recorded.resume(
        recorded.path,
        ScriptedModel([cell("answer(x + 1)")]),
        limits=Limits(cell_seconds=3, seconds=60),
    )
    assert again.result.answer == 2
    stopped = [e.result.stopped for e in again.of("cell_finished")]
    assert stopped == [None, "timeout", None]


async def test_a_cell_that_was_stopped_is_stopped_there_again(tmp_path, patient):
    cells = ["import time\nx = 1\ntime.sleep(100)\nx = 2", "answer(x)"]
    recorded = Recorded(tmp_path, Notebook(goal="g"), map(cell, cells))
    await recorded.play(limits=Limits(cell_seconds=2, seconds=60))
    assert recorded.played.of("cell_finished")[0].result.stopped == "timeout"
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 3))
    assert again.result.answer == recorded.played.result.answer == 1
    assert told(again) == told(recorded.played)


async def test_what_a_cell_printed_then_is_what_the_model_goes_on_from(tmp_path):
    cells = ["import os\nprint(os.urandom(8).hex())", "answer(1)"]
    recorded = await Recorded(tmp_path, Notebook(goal="g"), map(cell, cells)).play()
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 3))
    assert told(again) == told(recorded.played)
    then, now = (p.of("cell_finished")[0].result.output for p in (recorded.played, again))
    assert now == then


FAILING = """
import pathlib
class Lost(Exception): pass
def row(key):
    with pathlib.Path(__file__).with_name("called").open("a") as file:
        file.write(key + "\\n")
    raise {"key": KeyError("key"), "lost": Lost("no such row"), "two": ValueError("a: b")}[key]
def lock():
    import threading
    return threading.Lock()
"""


async def test_errors_of_functions_are_raised_again_as_they_were(tmp_path):
    (tmp_path / "tools.py").write_text(FAILING)
    calls = ("row('key')", "row('lost')", "row('two')", "row()", "lock()")
    cells = ["import builtins\nbuiltins.seen = []"]
    cells += [
        f"try: {call}\nexcept Exception as e: seen.append([type(e).__name__, *e.args])"
        for call in calls
    ]
    domain = Notebook(goal="g", tools=str(tmp_path / "tools.py"))
    recorded = await Recorded(tmp_path, domain, map(cell, [*cells, "answer(seen)"])).play()
    (key, lost, two, none, lock) = recorded.played.result.answer
    assert key == ["KeyError", "key"]
    assert lost == ["RuntimeError", "Lost: no such row"]
    assert two == ["ValueError", "a: b"]
    assert none == ["TypeError", "row(): key: missing required argument"]
    assert lock[0] == "TypeError"
    assert "cannot be handed to the kernel" in lock[1]
    called = (tmp_path / "called").read_text()
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 3))
    assert again.result.answer == recorded.played.result.answer
    assert told(again) == told(recorded.played)
    assert (tmp_path / "called").read_text() == called == "key\nlost\ntwo\n"


ORDERED = """
def times(x: int, by: int = 2) -> int:
    return x * by
"""


async def test_calls_in_another_order_get_what_their_own_arguments_gave(tmp_path):
    (tmp_path / "tools.py").write_text(ORDERED)
    cells = [
        "import random\ncalls = [(x, by) for x in range(5) for by in range(5)]\n"
        "random.SystemRandom().shuffle(calls)\n"
        "got = [(times(x, by=by), x * by) for x, by in calls]",
        "answer([a - b for a, b in got])",
    ]
    domain = Notebook(goal="g", tools=str(tmp_path / "tools.py"))
    recorded = await Recorded(tmp_path, domain, map(cell, cells)).play()
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 3))
    assert again.result.answer == recorded.played.result.answer == [0] * 25


OBJECTS = """
import decimal, pathlib
def price():
    with pathlib.Path(__file__).with_name("called").open("a") as file:
        file.write("price\\n")
    return decimal.Decimal("1.50")
"""


async def test_a_call_that_gave_an_object_is_made_again(tmp_path):
    """A trace holds only what JSON can say."""
    (tmp_path / "tools.py").write_text(OBJECTS)
    cells = ["got = price()", "answer(repr(got))"]
    domain = Notebook(goal="g", tools=str(tmp_path / "tools.py"))
    recorded = await Recorded(tmp_path, domain, map(cell, cells)).play()
    (called,) = recorded.played.of("function_called")
    assert (called.kind, called.error) == ("Decimal", None)
    assert 0 < called.seconds < recorded.played.result.usage.seconds
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 3))
    assert again.result.answer == recorded.played.result.answer == "Decimal('1.50')"
    assert (tmp_path / "called").read_text() == "price\n" * 2
    assert told(again) == told(recorded.played)


async def test_react_is_resumed_too(tmp_path):
    replies = [f"Thought: {n}\nAction: go to nowhere {n}" for n in range(5)] + ["Answer: done"]
    planner = make_planner("react")
    recorded = await Recorded(tmp_path, household(), replies, planner).play()
    for lines in range(3, len(recorded.lines) - 2, 4):
        again = await recorded.resume(recorded.cut(lines))
        assert again.result.answer == "done"
        assert told(again) == told(recorded.played)


async def test_a_folded_transcript_is_resumed_folded(tmp_path):
    cells = [f"print('line {n}'); print('x' * 1500)" for n in range(14)] + ["answer('done')"]
    recorded = Recorded(tmp_path, Notebook(goal="g"), [])
    recorded.model = ScriptedModel(map(cell, cells), context=3500)
    await recorded.play()
    assert recorded.played.of("transcript_folded")
    digests = [e.digest for e in recorded.played.of("model_called")]
    for lines in range(20, len(recorded.lines) - 2, 9):
        again = await recorded.resume(recorded.cut(lines))
        assert again.result.answer == "done", again.result.error
        assert [e.digest for e in again.of("model_called")] == digests


async def test_a_prompt_that_was_too_long_is_folded_again(tmp_path):
    cells = [cell(f"print('line {n}'); print('x' * 1500)") for n in range(6)]
    script = [*cells, ModelError("too long", too_long=True, window=2500), cell("answer('done')")]
    recorded = await Recorded(tmp_path, Notebook(goal="g"), script).play()
    assert recorded.played.of("transcript_folded")
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 2))
    assert (again.result.answer, again.result.error) == ("done", None)
    *before, _, folded = (e.digest for e in recorded.played.of("model_called"))
    assert [e.digest for e in again.of("model_called")] == [*before, folded]


class Generous(Steering):
    """Somebody who gives three turns more."""

    def __init__(self):
        self.asked = 0

    async def limit_fell(self, limit):
        self.asked += 1
        return Limits(turns=limit.allowed + 3, seconds=900)


async def test_limits_that_somebody_raised_are_raised_again_and_nobody_is_asked(tmp_path):
    limits = Limits(turns=2, seconds=900)
    cells = [cell(f"x = {n}") for n in range(6)] + [cell("answer(x)")]
    recorded = await Recorded(tmp_path, Notebook(goal="g"), cells).play(
        limits=limits, steering=Generous()
    )
    assert (recorded.played.result.answer, len(recorded.played.of("limits_raised"))) == (5, 2)
    generous = Generous()
    path = recorded.cut(len(recorded.lines) - 2)
    again = await recorded.resume(path, limits=limits, steering=generous)
    assert (again.result.answer, generous.asked) == (5, 0)
    assert told(again) == told(recorded.played)


class Person(Steering):
    """Somebody who notes, edits, refuses, answers, and runs a cell."""

    def __init__(self):
        self.asked = 0

    def opened(self, plan):
        self.plan = plan

    async def before_turn(self, session):
        self.asked += 1
        if session.turns == 1:
            await self.plan.run_cell("mine = 5", session.id)
        return ["be quick"] if session.turns == 2 else ()

    async def before_cell(self, session, code):
        self.asked += 1
        return {"a = 1": Allow("a = 2"), "b = 1": Refuse("not this")}.get(code)

    async def before_ask(self, session, question):
        self.asked += 1
        return "7" if question.text == "How many?" else None


async def test_what_somebody_did_is_done_again_and_nobody_is_asked(tmp_path):
    cells = ["a = 1", "b = 1", "n = ask('How many?', type=int)", "answer((a, mine, n, 'b' in globals()))"]  # fmt: skip
    recorded = await Recorded(tmp_path, Notebook(goal="g"), map(cell, cells)).play(
        steering=Person()
    )
    assert recorded.played.result.answer == [2, 5, 7, False]
    last = max(n for n, line in enumerate(recorded.lines) if b'"model_called"' in line)
    for lines in (*range(3, last, 4), last):
        person = Person()
        again = await recorded.resume(recorded.cut(lines), steering=person)
        assert again.result.answer == [2, 5, 7, False], again.result.error
        assert told(again) == told(recorded.played)
        if lines == last:
            assert person.asked == 2, "the last turn and its cell alone are new"


# ---------------------------------------------------------------- where it cannot be
async def test_a_cell_that_ends_in_another_way_is_named(tmp_path):
    flag = tmp_path / "flag"
    cells = ["import os\nwent = os.path.exists('flag.txt')\nassert not went", "answer(went)"]
    domain = Notebook(goal="g")
    recorded = await Recorded(tmp_path, domain, map(cell, cells)).play()
    flag = tmp_path / "flag.txt"
    flag.write_text("now it is there")
    recorded.domain = Notebook(goal="g", files=[flag])
    again = await recorded.resume(recorded.cut(len(recorded.lines) - 2))
    assert again.result.stop_reason == "failed"
    assert "cannot be resumed: in session root, turn 1 its cell ended well, and now it ended with" \
        " AssertionError" in again.result.error  # fmt: skip


async def test_a_call_that_was_not_made_is_named(tmp_path):
    world = household()
    cells = ["import os, time\nact('look' if time.time() < {} else 'inventory')", "answer(1)"]
    script = [cell(cells[0].format(2e9)), cell(cells[1])]
    recorded = await Recorded(tmp_path, world, script).play()
    path = tmp_path / "other.jsonl"
    path.write_bytes(b"".join(recorded.lines[:-2]).replace(b"2000000000.0", b"0"))
    again = await recorded.resume(path, ScriptedModel([cell("answer(1)")]))
    assert again.result.stop_reason == "failed"
    assert "now did the action 'inventory', which it had not" in again.result.error
