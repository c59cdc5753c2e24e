"""From a reply to its cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replplan.completion import read_reply
from replplan.model import Completion


def read(text, finish="stop"):
    return read_reply(Completion(text=text, finish=finish))


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("```\nx = 1\n```", "x = 1"),
        ("```py\nx = 1\n```", "x = 1"),
        ("I will look.\n\n```python\nact('look')\n```\nThen I go on.", "act('look')"),
        ("```python\nprint('```')\n```", "print('```')"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''"),
        ("```python\nx = 1", "x = 1"),
        ("act('look')", "act('look')"),
        ("x = 1\nprint(x)", "x = 1\nprint(x)"),
        ("```json\n{}\n```\n```python\ny = 2\n```", "y = 2"),
        ("```python\n\n    \nx = 1\n\n```", "    \nx = 1"),
        ("1. First:\n\n   ```python\n   if x:\n       y()\n   ```\n2. Then", "if x:\n    y()"),
        ("- so:\n  ```python\n  x = 1", "x = 1"),
        (
            '```python\ns = """\n   ```\n   x\n   ```\n"""\n```',
            's = """\n   ```\n   x\n   ```\n"""',
        ),
        (
            "```python\ns = '''\n```sh\nls\n```\n'''\n```\nOut:\n```\n3\n```",
            "s = '''\n```sh\nls\n```\n'''",
        ),
    ],
)
def test_a_cell_is_found(reply, code):
    assert read(reply).code == code


def test_of_two_blocks_the_first_is_run_and_the_rest_forgotten():
    found = read("```python\na()\n```\nOut: 3\n```python\nb()\n```")
    assert found.code == "a()"
    assert "b()" not in found.text
    assert "Out: 3" not in found.text


def test_a_cell_that_does_not_parse_ends_at_its_own_fence():
    found = read("```python\nx = (\n```\nI go on.\n```python\n)\n```")
    assert found.code == "x = ("
    assert found.text == "```python\nx = (\n```"


def test_an_indented_cell_enters_the_transcript_as_it_is_run():
    found = read("1. First:\n   ```python\n   x = 1\n   y = 2\n   ```\n2. Then")
    assert found.text == "1. First:\n```python\nx = 1\ny = 2\n```"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("I do not know.", "no_code"),
        ("Done", "no_code"),
        ("yes", "no_code"),
        ("```python\n```", "no_code"),
        ("```json\n{}\n```", "no_code"),
        ("```text\nact('look')\n```", "no_code"),
    ],
)
def test_a_reply_without_a_cell_says_why(reply, reason):
    found = read(reply)
    assert found.code is None
    assert found.reason == reason


@pytest.mark.parametrize("reply", ["```python\nfor r in places:\n    act(f'go to {r", "x = 1"])
def test_a_cell_that_was_cut_off_is_not_run(reply):
    found = read(reply, finish="length")
    assert (found.code, found.reason) == (None, "cut")


def test_a_cell_whose_rest_was_held_back_is_not_run():
    found = read("```python\nfor r in places:\n    act(f'go to {r", finish="content_filter")
    assert (found.code, found.reason) == (None, "no_code")
    assert read("", finish="content_filter").reason == "empty"


def test_a_reply_whose_length_went_on_thoughts_alone_was_cut_off():
    assert read("", finish="length").reason == "cut"


def test_a_whole_cell_before_a_cut_is_run():
    assert read("```python\nx = 1\n```\nNow I thi", finish="length").code == "x = 1"


@given(st.text())
def test_any_text_is_read(text):
    found = read(text)
    assert (found.code is None) == bool(found.reason)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="`\r"), min_size=1))
def test_what_was_fenced_comes_out(code):
    found = read(f"Some words\n```python\n{code}\n```")
    if code.strip():
        assert found.code is not None
        assert found.code.strip() in code
