"""Long texts in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan_kernels.inside.chunks import chunks

PAGE = "".join(f"Line {i} speaks of nothing.\n" for i in range(200))


@given(st.lists(st.sampled_from(["", " ", ". ", "\n", "\n\n"]), max_size=300), st.integers(20, 120))
def test_parts_hold_the_whole_text_in_order(gaps, size):
    text = "".join(chr(0x4E00 + i) + gap for i, gap in enumerate(gaps))  # no letter comes twice
    *parts, last = chunks(text, size)
    begins = [text.index(part) for part in parts] + [len(text) - len(last)]
    ends = [begin + len(part) for begin, part in zip(begins, [*parts, last], strict=True)]
    assert text.endswith(last)
    assert begins == sorted(begins)
    assert all(end - begin <= size for begin, end in zip(begins, ends, strict=True))
    assert begins[0] == 0
    assert all(begin <= end for begin, end in zip(begins[1:], ends[:-1], strict=True))


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("a" * 30 + "\n\n" + "b" * 5 + "\n" + "c" * 60, "\n\n"),
        ("a" * 30 + "\n" + "b c" + "d" * 60, "\n"),
        ("a" * 30 + " " + "b" * 60, " "),
        ("a" * 90, "a"),
    ],
)
def test_a_part_ends_where_a_reader_would_pause(text, ends):
    assert chunks(text, 50)[0].endswith(ends)
    assert len(chunks(text, 50)[0]) >= 25


def test_parts_overlap_by_whole_lines():
    first, second = chunks(PAGE, 2000)[:2]
    begin = second.splitlines()[0]
    assert begin in first.splitlines()


def test_parts_cannot_be_tiny():
    with pytest.raises(ValueError, match="too small"):
        chunks("text", 5)
