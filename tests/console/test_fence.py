"""Code and prose of a completion that is still coming."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.completion import read_reply
from replplan.console.fence import Part, before_code, parts
from replplan.model import Completion

TEXT = "I look first.\n\n```python\nx = '`'\nprint(x)\n```\nThen I go on."


def test_a_whole_completion() -> None:
    assert parts(TEXT) == [
        Part("prose", "I look first."),
        Part("code", "x = '`'\nprint(x)"),
        Part("prose", "Then I go on."),
    ]
    assert before_code(TEXT) == "I look first."


@pytest.mark.parametrize("end", range(len(TEXT)))
def test_wherever_it_breaks_off_no_fence_is_shown(end: int) -> None:
    found = parts(TEXT[:end])
    assert all("```" not in part.text and "python\n" not in part.text for part in found)
    whole = {"prose": "I look first.\n\nThen I go on.", "code": "x = '`'\nprint(x)"}
    assert all(part.text in whole[part.kind] for part in found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```\nx\n```", ["x"]),
        ("````python\n```\nx\n````", ["```\nx"]),
        ("```json\n{}\n```\n```py\nx", ["x"]),
        ("```python\nx\n```\n```python\ny\n```", ["x", "y"]),
        ("inline ``` is no fence", []),
        ("```python\ns = 1\n``` no end\n```", ["s = 1\n``` no end"]),
        ("", []),
    ],
)  # fmt: skip
def test_fences(text: str, code: list[str]) -> None:
    assert [part.text for part in parts(text + "\n") if part.kind == "code"] == code


_LINES = st.sampled_from(["```python", "```", "````", "```json", "``` ", "x = 1", "words", ""])


@given(st.lists(_LINES, max_size=8))
def test_the_code_shown_first_is_the_cell_that_is_run(lines: list[str]) -> None:
    text = "\n".join(lines)
    proposal = read_reply(Completion(text=text))
    if proposal.code is None or "```" not in text:
        return
    code = [part.text for part in parts(text.strip() + "\n") if part.kind == "code"]
    assert code[:1] == [proposal.code.strip("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "```python\n1\n```",
        "I look.\n\n```python\nx = 1\n```\n",
        "\n \n```python\n1",
        "I look.```python\n1\n```",
        "a `b` c\n```python\n1\n```",
        "no\n```text\n1\n```\n```python\n2\n```",
        "none\n```python\n\n```\nmore\n```python\n1\n```",
        "none\n```python\n``` \n",
        "first\n```python\n  \n1\n```",
        "nothing",
    ],
)
def test_what_is_said_before_the_code_is_its_first_prose(text: str) -> None:
    found = parts(text + "\n")
    kinds = [part.kind for part in found]
    first = kinds.index("code") if "code" in kinds else 0
    assert before_code(text) == "\n".join(part.text for part in found[:first])
