"""`ask.over` in a real kernel, and pictures: what is too long to be read, and what is no text."""

from __future__ import annotations

import base64

import pytest
from oracle import ROOM, Oracle, value_of

from replplan.kernel import KernelOptions

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST, OPTIONS = Oracle, KernelOptions(ask_room=ROOM)


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
