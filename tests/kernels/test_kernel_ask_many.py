"""`ask.map` and `ask.over` in a real kernel: many questions, long texts, pictures."""

from __future__ import annotations

import ast
import asyncio
import base64
import random

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOM = 1000


class Oracle(ScriptedHost):
    """Replies by what is asked: `reply` is given the context's last part and the stage.

    `gate`: how many questions have to be with it before it answers any.
    """

    def __init__(self, scripts=None):
        super().__init__(scripts)
        self.reply = lambda text, stage: text.upper()
        self.gate = self.now = self.most = 0
        self.full = asyncio.Event()

    async def call(self, repl, name, args, kwargs):
        if name != "ask":
            return await super().call(repl, name, args, kwargs)
        self.calls.append((repl, name, args, kwargs))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.now >= self.gate:
                self.full.set()
            await self.full.wait()
            await asyncio.sleep(random.random() / 200)
        except asyncio.CancelledError:
            self.cancelled.release()
            raise
        finally:
            self.now -= 1
        return self.reply(args[1][-1], args[4][0] if len(args) > 4 else None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened():
    host = Oracle()
    options = KernelOptions(calls=host, functions=FUNCTIONS, ask_room=ROOM)
    async with open_ipython(options) as kernel:
        yield kernel, host


@pytest.fixture
def kernel(opened):
    return opened[0]


@pytest.fixture
def host(opened):
    opened[1].__init__({})
    return opened[1]


async def value_of(kernel, cell):
    result = await asyncio.wait_for(kernel.execute(cell, timeout=30), 60)
    assert result.error is None, result.error
    return ast.literal_eval(result.value)


# ------------------------------------------------------------------ ask.map
@pytest.mark.parametrize("awaited", ["", "await "])
async def test_many_are_asked_at_once_and_answered_in_order(kernel, host, awaited):
    host.gate = 16
    items = [f"item {i}" for i in range(40)]
    got = await value_of(kernel, f"{awaited}ask.map('Which?', {items!r})")
    assert got == [item.upper() for item in items]
    assert host.most == 16


@pytest.mark.parametrize("jobs", [1, 3])
async def test_no_more_than_jobs_at_once(kernel, host, jobs):
    await value_of(kernel, f"ask.map('Which?', range(10), jobs={jobs})")
    assert host.most == jobs


async def test_gathered_beside_other_things(kernel, host):
    host.gate = 3
    cell = "import asyncio\nawait asyncio.gather(ask.map('?', ['a', 'b']), ask('?', 'c'))"
    assert await value_of(kernel, cell) == [["A", "B"], "C"]


async def test_each_question_has_the_common_context_first(kernel, host):
    await value_of(kernel, "ask.map('Which?', ['a', 'b'], 'common', jobs=1)")
    assert [call[2][:2] for call in host.calls] == [
        ["Which?", ["common", "a"]],
        ["Which?", ["common", "b"]],
    ]


async def test_of_equal_items_one_is_asked(kernel, host):
    assert await value_of(kernel, "ask.map('?', ['a', 'b', 'a', 'a'])") == ["A", "B", "A", "A"]
    assert len(host.calls) == 2


async def test_types_and_choices(kernel, host):
    host.reply = lambda text, stage: "yes" if text == "a" else "no"
    assert await value_of(kernel, "ask.map('?', ['a', 'b'], type=bool)") == [True, False]
    host.reply = lambda text, stage: text
    assert await value_of(kernel, "ask.map('?', ['1', '2'], choices=[1, 2])") == [1, 2]


async def test_nothing_asked_of_nothing(kernel, host):
    assert await value_of(kernel, "ask.map('?', [])") == []
    assert host.calls == []


async def test_one_failing_item_does_not_lose_the_others(kernel, host):
    host.reply = lambda text, stage: "perhaps" if text == "2" else "true"
    cell = (
        "try: ask.map('?', [1, 2, 3], type=bool)\n"
        "except AskError as e: got = str(e), [d if d is True else type(d).__name__ for d in e.done]"
    )
    message, done = await value_of(kernel, f"{cell}\ngot")
    assert done == [True, "AskError", True]
    assert message.startswith(
        "1 of 3 items could not be answered; the first of them is item 1, '2'"
    )
    got = await value_of(
        kernel, "[repr(a)[:9] for a in ask.map('?', [1, 2], type=bool, errors='return')]"
    )
    assert got == ["True", "AskError("]


async def test_from_a_child_in_its_own_name(kernel, host):
    host.scripts = {"judge": ["answer(ask.map('?', get_args()[0]))"]}
    assert await value_of(kernel, "judge(['a', 'b'])") == ["A", "B"]
    assert {call[0] for call in host.calls} == {host.subtasks[0].repl}


@pytest.mark.parametrize("wait", ["", "await "])
async def test_it_is_stopped_with_its_cell(kernel, host, wait):
    host.gate = 1000
    running = asyncio.create_task(kernel.execute(f"{wait}ask.map('?', range(50), jobs=4)"))
    while host.now < 4:
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for _ in range(4):
        await asyncio.wait_for(host.cancelled.acquire(), 20)
    assert len(host.calls) == 4
    assert await value_of(kernel, "1 + 1") == 2


async def test_it_is_given_up_when_its_awaiting_is(kernel, host):
    host.gate = 1000
    cell = (
        "import asyncio\ntry: await asyncio.wait_for(ask.map('?', range(50), jobs=4), 0.3)\n"
        "except TimeoutError: print('gave up')"
    )
    result = await asyncio.wait_for(kernel.execute(cell, timeout=20), 30)
    assert (result.output, result.error) == ("gave up\n", None)
    for _ in range(4):
        await asyncio.wait_for(host.cancelled.acquire(), 20)
    assert len(host.calls) == 4


async def test_the_end_of_the_plan_ends_it(host):
    from replplan.kernel import PlanEnded

    def reply(text, stage):
        raise PlanEnded("over")

    host.reply = reply
    async with open_ipython(KernelOptions(calls=host)) as fresh:
        cell = "try: ask.map('?', range(50), errors='return')\nexcept Exception: pass\nprint('on')"
        result = await asyncio.wait_for(fresh.execute(cell), 30)
    assert (result.stopped, result.output) == ("ended", "")


@pytest.mark.parametrize(
    ("call", "name", "words"),
    [
        ("ask.map(1, [])", "TypeError", "question as text"),
        ("ask.map('?', 'text')", "TypeError", "list of items"),
        ("ask.map('?', 5)", "TypeError", "not iterable"),
        ("ask.map('?', [1], errors='ignore')", "ValueError", "'raise' or 'return'"),
        ("ask.map('?', [1], jobs=0)", "ValueError", "at least 1"),
        ("ask.map('?', [1], choices=[])", "ValueError", "no choices"),
        ("ask.over('?', 'x', chunk=5)", "ValueError", "at least 100"),
        ("ask.over(None, 'x')", "TypeError", "question as text"),
        ("ask.over('?', b'\\x89PNG\\r\\n\\x1a\\n')", "TypeError", "not a picture"),
        ("ask('?', choices=[1, '1'])", "ValueError", "read the same"),
    ],
)
async def test_wrong_use(kernel, host, call, name, words):
    error = (await kernel.execute(call)).error
    assert error.name == name
    assert words in error.message
    assert host.calls == []


# ------------------------------------------------------------------ ask.over
PAGE = "".join(f"Line {i} speaks of nothing.\n" for i in range(200))


async def test_a_text_that_fits_is_asked_about_as_it_is(kernel, host):
    assert await value_of(kernel, "ask.over('?', 'short')") == "SHORT"
    assert len(host.calls[0][2]) == 4


async def test_a_bool_is_true_where_it_is_for_any_part(kernel, host):
    host.reply = lambda text, stage: "yes" if "needle" in text else "no"
    text = PAGE + "the needle\n" + PAGE
    assert await value_of(kernel, f"ask.over('Is it there?', {text!r}, type=bool)") is True
    assert await value_of(kernel, f"await ask.over('Is it there?', {PAGE!r}, type=bool)") is False
    assert {call[2][4][0] for call in host.calls} == {"part"}
    sizes = [len(call[2][1][0]) for call in host.calls]
    assert max(sizes) <= ROOM
    assert min(call[2][4][2] for call in host.calls) >= len(PAGE) / ROOM


async def test_lists_are_put_together_without_duplicates(kernel, host):
    def reply(text, stage):
        import json
        import re

        return json.dumps(re.findall(r"Line (\d)\d* ", text))

    host.reply = reply
    got = await value_of(kernel, f"ask.over('Which?', {PAGE!r}, type=list[str])")
    assert got == [str(d) for d in range(10)]


async def test_all_else_is_answered_from_notes(kernel, host):
    def reply(text, stage):
        if stage == "note":
            return "12 lines"
        assert text.startswith("Part 1: 12 lines\n\nPart 2: 12 lines")
        return "77"

    host.reply = reply
    assert await value_of(kernel, f"ask.over('How many?', {PAGE!r}, type=int)") == 77
    stages = [call[2][4][0] for call in host.calls]
    assert stages[-1] == "combine"
    assert set(stages[:-1]) == {"note"}
    schemas = [call[2][2] for call in host.calls]
    assert schemas[0] is None
    assert schemas[-1]["properties"]["answer"] == {"type": "integer"}


async def test_notes_that_are_too_long_are_condensed(kernel, host):
    host.reply = lambda text, stage: "done" if stage == "combine" else text[: len(text) // 3]
    assert await value_of(kernel, f"ask.over('What?', {PAGE!r})") == "done"
    assert len(host.calls[-1][2][1][0]) <= ROOM


async def test_notes_that_do_not_get_shorter_are_given_up(kernel, host):
    host.reply = lambda text, stage: text
    error = (await kernel.execute(f"ask.over('What?', {PAGE!r})")).error
    assert error.name == "AskError"
    assert "hardly shorter" in error.message


async def test_a_part_of_ones_own_size(kernel, host):
    host.reply = lambda text, stage: "no"
    await value_of(kernel, f"ask.over('?', {PAGE!r}, type=bool, chunk=200)")
    assert max(len(call[2][1][0]) for call in host.calls) <= 200


# ------------------------------------------------------------------ pictures
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(
    ("make", "mime"),
    [
        (f"picture = {PIXEL!r}", "image/png"),
        (f"picture = bytearray({PIXEL!r})", "image/png"),
        ("picture = b'\\xff\\xd8\\xff' + bytes(9)", "image/jpeg"),
        ("picture = b'GIF89a' + bytes(9)", "image/gif"),
        ("picture = b'RIFF1234WEBP'", "image/webp"),
        (f"from IPython.display import Image\npicture = Image({PIXEL!r})", "image/png"),
        ("from PIL import Image\npicture = Image.new('RGB', (2, 2), 'red')", "image/png"),
        pytest.param(
            "from matplotlib.figure import Figure\npicture = Figure()\n"
            "picture.subplots().plot([1, 2])",
            "image/png",
            marks=pytest.mark.slow,
        ),
    ],
)
async def test_pictures_cross_as_pictures(kernel, host, make, mime):
    host.reply = lambda part, stage: part["mime"]
    assert await value_of(kernel, f"{make}\nask('What is it?', 'see:', picture)") == mime
    text, picture = host.calls[0][2][1]
    assert text == "see:"
    assert base64.b64decode(picture["data"])


async def test_bytes_that_are_no_picture_are_their_repr(kernel, host):
    assert await value_of(kernel, "ask('?', b'abc')") == "B'ABC'"


async def test_a_picture_that_is_too_large_is_refused(kernel, host):
    error = (await kernel.execute(f"ask('?', {PIXEL!r} + bytes(10_000_001))")).error
    assert (error.name, host.calls) == ("ValueError", [])
    assert "too large" in error.message


async def test_many_pictures(kernel, host):
    host.reply = lambda part, stage: part["mime"]
    cell = f"ask.map('?', [{PIXEL!r}, {PIXEL!r}, b'GIF89a'])"
    assert await value_of(kernel, cell) == ["image/png", "image/png", "image/gif"]
    assert len(host.calls) == 2
