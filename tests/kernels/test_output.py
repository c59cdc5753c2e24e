"""Printed text within a limit."""

from __future__ import annotations

import re
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan_kernels.output import BoundedText

NOTICE = re.compile(r"\n\[\.\.\. ([\d,]+) characters left out \.\.\.\]\n")


def shown(*pieces: str, limit: int = 1000) -> str:
    text = BoundedText(limit)
    for piece in pieces:
        text.write(piece)
    return text.text


def cleaned(text: str) -> str:
    """The text without controls, put together by other means than those that are tested."""
    text = re.sub(r"\x1b\[[\x20-\x3f]*[\x40-\x7e]", "", text)
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", text)
    lines = text.split("\n")
    versions = ([v for v in re.sub(r"\r+$", "", line).split("\r") if v] for line in lines)
    return "\n".join((v or [""])[-1] for v in versions)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plain\n\ttext é \N{SNOWMAN} \U0001f600\n", "plain\n\ttext é \N{SNOWMAN} \U0001f600\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[?25l\x1b[2K\x1b[38;5;12mx", "x"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$tx\x1b\\y\x9dz\x9cw", "yw"),
        ("\x1b(Bx\x1b=y\x1bcz", "xyz"),
        ("\x1b]0;never ended\nnext", "\nnext"),
        ("\x1b[31\nnext", "\nnext"),
        ("\x1b\nnext\x1b", "\nnext"),
        ("\x1b\x1b[31mx", "x"),
        ("a\x00b\x07c\x08d\x0be\x0cf\x7fg\x85h", "abcdefgh"),
        ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
        ("dos\r\nlines\r\n", "dos\nlines\n"),
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("10%\r50%\r", "50%"),
        ("long line\rnew\n", "new\n"),
        ("kept\r\x1b[K\nx", "kept\nx"),
        ("kept\r\r\nx", "kept\nx"),
        ("first\n\rsecond", "first\nsecond"),
    ],
)
def test_what_a_screen_obeys_is_resolved(written: str, expected: str) -> None:
    assert shown(written) == expected
    assert shown(*written) == expected


def test_total_counts_what_was_written() -> None:
    text = BoundedText(10)
    text.write("\x1b[31mred\x1b[0m")
    text.write("x" * 100)
    assert text.total == 112


def test_a_long_text_keeps_head_and_tail() -> None:
    numbers = "".join(f"line {n}\n" for n in range(10_000))
    found = shown(numbers, limit=1000)
    head, count, tail = NOTICE.split(found)
    assert numbers.startswith(head + "\n")
    assert numbers.endswith("\n" + tail)
    assert head.startswith("line 0\nline 1\n")
    assert tail.endswith("line 9999\n")
    assert int(count.replace(",", "")) == len(numbers) - len(head) - len(tail)
    assert 900 < len(head) + len(tail) <= 1000


def test_a_line_that_is_far_too_long_is_cut_anywhere() -> None:
    assert shown("ab" * 500_000, limit=10) == "ababa\n[... 999,990 characters left out ...]\nbabab"


def test_a_line_written_over_does_not_count() -> None:
    bars = "".join(f"\r{n:7,} of 50,000 |{'#' * (n // 1000):50}|" for n in range(50_001))
    assert shown("start\n", bars, "\nend\n", limit=200) == (
        f"start\n 50,000 of 50,000 |{'#' * 50}|\nend\n"
    )


def test_a_long_line_written_over_leaves_what_stood_before_it() -> None:
    assert shown("a" * 30 + "\n", "b" * 10_000, "\rc", limit=40) == "a" * 30 + "\nc"


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_tiny_limits(limit: int) -> None:
    found = NOTICE.split(shown("abcdef", limit=limit))
    assert [found[0] + found[2], found[1]] == [("af"[2 - limit :] if limit else ""), f"{6 - limit}"]


def test_a_limit_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="limit is -1"):
        BoundedText(-1)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(["x" * 20_000_000], id="one long piece"),
        pytest.param(["\x1b[0m" + "x" * 20_000_000 + "\r"], id="one long piece of a piece"),
        pytest.param(["x" * 99 + "\n"] * 20_000, id="many lines"),
        pytest.param(["x"] * 200_000, id="one line in many pieces"),
        pytest.param(["\N{SNOWMAN}\r"] * 20_000, id="one line written over"),
        pytest.param(["\x1b]" + "x" * 5_000_000, "x" * 5_000_000], id="a sequence without end"),
        pytest.param(["\x1b[" + "1;" * 5_000_000], id="a sequence without end, of numbers"),
        pytest.param(["\x07" * 100_000, "\n" * 100_000], id="controls and empty lines"),
    ],
)
def test_memory_is_bounded_whatever_is_written(pieces: list[str]) -> None:
    text = BoundedText(4000)
    tracemalloc.start()
    try:
        for piece in pieces:
            text.write(piece)
        assert len(text.text) < 4100
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_500_000


ANY = st.lists(
    st.sampled_from(
        [*"abcé[];m\\(P \n\r\t\x00\x07\x18\x1b\x9b\x9c\x9d\ud800\U0001f600", "31", "x" * 50]
    )
    | st.text(),
    max_size=40,
).map("".join)
SIMPLE = st.lists(
    st.sampled_from(["a", "word ", "\n", "\r", "\r\n", "\x1b[31m", "\x1b[0K", "\x07", "\t"]),
    max_size=40,
).map("".join)


@given(ANY, st.lists(st.integers(0, 200)), st.integers(0, 60))
def test_it_does_not_matter_where_the_text_is_cut(text: str, cuts: list[int], limit: int) -> None:
    edges = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    whole = shown(text, limit=limit)
    assert shown(*pieces, limit=limit) == whole
    assert shown(*text, limit=limit) == whole


@given(ANY, st.integers(0, 60))
def test_never_longer_than_the_limit_and_its_notice(text: str, limit: int) -> None:
    found, all_of_it = shown(text, limit=limit), shown(text, limit=len(text))
    if len(all_of_it) <= limit:
        assert found == all_of_it
        return
    head, count, tail = NOTICE.split(found)
    assert len(head + tail) <= limit
    assert all_of_it.startswith(head)
    assert all_of_it.endswith(tail)
    assert int(count.replace(",", "")) == len(all_of_it) - len(head) - len(tail)


@given(SIMPLE)
def test_it_is_the_cleaned_text_where_that_fits(text: str) -> None:
    assert shown(text, limit=len(text)) == cleaned(text)


@given(ANY)
def test_nothing_that_a_screen_obeys_is_left_and_cleaning_twice_changes_nothing(text: str) -> None:
    once = shown(text, limit=len(text))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", once)
    assert shown(once, limit=len(text)) == once
