"""Text of others, harmless and short."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replplan.console.clean import harmless, one_line, shortened


@given(st.text(st.characters()) | st.text(st.sampled_from("\x1b[]0;31mPK\x07\\\r\n\ta\x9b\x90")))
@example("\x1b]0;evil\x07")
@example("\x1b[31")
@example("\ud800\u202e\u2028")
def test_nothing_that_a_terminal_acts_upon_is_left(text: str) -> None:
    clean = harmless(text)
    joiners = "\u200c\u200d"  # they hold emoji and words together
    left = {c for c in clean if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
    assert left <= {"\n"}
    assert not {c for c in clean if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE")}
    assert harmless(clean) == clean
    assert all(c in harmless(c) for c in joiners)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]) | st.just("\n")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\x1b]0;evil\x07b", "ab"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended\nnext", "\nnext"),
        ("\x9b2Jgone", "gone"),
        ("\x1bP1$r\x1b\\x", "x"),
        (" 10%\r 50%\r100%\r\ndone", "100%\ndone"),
        ("bell\x07 back\x08 nul\x00 del\x7f", "bell␇ back␈ nul␀ del␡"),
        ("a\tb", "a   b"),
        ("\x1b", "␛"),
        ("[red]x[/red] :smile:", "[red]x[/red] :smile:"),
    ],
)
def test_what_is_made_of_it(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_long_text_is_cut_in_the_middle_and_says_so() -> None:
    lines = shortened("\n".join(map(str, range(54)))).split("\n")
    assert lines[:2] + lines[14:17] + lines[-1:] == [
        "0",
        "1",
        "14",
        "… 34 more lines in the trace",
        "49",
        "53",
    ]
    assert len(lines) == 21


def test_no_line_is_hidden_to_save_one() -> None:
    text = "\n".join("abc" * 7)
    assert shortened(text) == text


def test_lines_of_a_very_long_text_are_all_counted() -> None:
    text = "\n".join(f"line {n}" for n in range(100_000))
    lines = shortened(text).split("\n")
    assert lines[15] == "… 99,980 more lines in the trace"
    assert (lines[0], lines[-1]) == ("line 0", "line 99999")


def test_a_long_line_is_cut_and_says_so() -> None:
    assert shortened("x" * 450) == "x" * 400 + "… 50 more characters in the trace"


@given(st.text(st.characters()), st.integers(2, 50))
def test_one_line_is_one_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert "\n" not in line
    assert len(line) <= limit + 1
    assert harmless(line) == line


def test_one_line_says_that_it_was_cut() -> None:
    assert one_line("a\n  b") == "a b"
    assert one_line("x" * 300, 10) == "x" * 9 + "…"
