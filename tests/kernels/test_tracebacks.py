"""An error in a few lines, as a model reads it."""

from __future__ import annotations

import asyncio
import linecache
import re
from collections.abc import Iterator

import pytest
from failing_cells import TITLES, error_of, run, text, traceback_of
from hypothesis import given
from hypothesis import strategies as st

from replplan_kernels.inside import tracebacks
from replplan_kernels.inside.tracebacks import MESSAGE_LIMIT, TRACEBACK_LIMIT, short_error


@pytest.fixture(autouse=True)
def _clean_linecache() -> Iterator[None]:
    yield
    for file in TITLES:
        linecache.cache.pop(file, None)


def test_name_message_and_frames() -> None:
    found = error_of(
        """
        shelf = {"plate": 1}
        def find(name):
            return 1 + shelf[name]
        """,
        """
        x = 1
        found = find("mug") + x
        """,
    )
    assert found == {
        "name": "KeyError",
        "message": "'mug'",
        "traceback": text(
            """
            cell 2, line 2
                found = find("mug") + x
                        ^^^^^^^^^^^
            cell 1, line 3, in find
                return 1 + shelf[name]
                           ^^^^^^^^^^^
            KeyError: 'mug'
            """
        ),
    }


def test_what_a_screen_obeys_is_taken_out() -> None:
    written = "\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07 \x9b1mbold \ud800"
    assert error_of("raise KeyError(text)", text=written)["message"] == (
        "'\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07bell\\x07 \\x9b1mbold \\ud800'"
    )
    assert error_of("raise ValueError(text)", text=written)["message"] == (
        "red bell bold \N{REPLACEMENT CHARACTER}"
    )


def test_python_itself_has_no_limit_here() -> None:
    lines = traceback_of("def f(): return f()\nf()").splitlines()
    assert lines[-1].startswith("RecursionError: maximum recursion depth exceeded")
    assert lines[-2].startswith("[the last frame repeated ")
    assert len(lines) == 7


def test_frames_of_libraries_are_one_line() -> None:
    assert traceback_of("import json\njson.loads('{')").splitlines()[:2] == [
        "cell 1, line 2",
        "    json.loads('{')",
    ]
    library = traceback_of("import json\njson.loads('{')").splitlines()[2:]
    assert [line.partition(",")[0] for line in library] == [
        "in json/decoder.py",
        "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ]
    assert library[0].endswith("in raw_decode")


def test_a_library_between_cells_is_left_out() -> None:
    assert traceback_of("import functools\nfunctools.reduce(lambda a, b: a / b, [1, 0])") == text(
        """
        cell 1, line 2
            functools.reduce(lambda a, b: a / b, [1, 0])
        cell 1, line 2, in <lambda>
            functools.reduce(lambda a, b: a / b, [1, 0])
                                          ^^^^^
        ZeroDivisionError: division by zero
        """
    )


def test_the_kernel_s_own_frames_are_not_shown() -> None:
    def ours() -> None:
        raise LookupError("from the host")

    ours.__code__ = ours.__code__.replace(co_filename=tracebacks.__file__)
    assert traceback_of("call()", call=ours) == text(
        """
        cell 1, line 1
            call()
        LookupError: from the host
        """
    )


def test_no_folder_of_this_machine_is_shown() -> None:
    def elsewhere() -> None:
        raise LookupError("lost")

    file = "/home/somebody/secret/package/part.py"
    elsewhere.__code__ = elsewhere.__code__.replace(co_filename=file)
    assert "\nin package/part.py, line " in traceback_of("call()", call=elsewhere)


def test_a_child_s_cell_has_its_own_title() -> None:
    names = run("def f():\n    raise OSError('gone')", "file-of-child")
    assert traceback_of("f()", f=names["f"]) == text(
        """
        cell 1, line 1
            f()
        find_mug, cell 2, line 2, in f
            raise OSError('gone')
        OSError: gone
        """
    )


def test_tasks_that_fail_together() -> None:
    found = traceback_of(
        """
        async def fail(n): raise ValueError(n)
        async def main():
            async with asyncio.TaskGroup() as group:
                for n in range(12): group.create_task(fail(n))
        asyncio.run(main())
        """,
        asyncio=asyncio,
    ).splitlines()
    assert found[-12:-1] == [
        *(f"error {n + 1} of 12: ValueError: {n} (cell 1, line 1)" for n in range(10)),
        "[... 2 more errors ...]",
    ]
    assert found[-1] == "ExceptionGroup: unhandled errors in a TaskGroup (12 sub-exceptions)"


def test_an_error_that_was_never_raised_and_a_source_that_is_lost() -> None:
    assert short_error(KeyError("x"), TITLES.get)["traceback"] == "KeyError: 'x'"
    with pytest.raises(ZeroDivisionError) as caught:
        run("1 / 0")
    linecache.cache.clear()
    assert short_error(caught.value, TITLES.get)["traceback"] == (
        "cell 1, line 1\nZeroDivisionError: division by zero"
    )


def test_long_messages_are_cut_in_the_middle() -> None:
    found = error_of("raise ValueError('first ' + 'x' * 100_000 + ' last')")
    head, notice, tail = found["message"].split("\n")
    assert len(found["message"]) <= MESSAGE_LIMIT
    assert head.startswith("first xxx")
    assert tail.endswith("xxx last")
    assert notice == f"[... {100_011 - len(head) - len(tail):,} characters left out ...]"
    assert found["traceback"].endswith("ValueError: " + found["message"])
    assert len(found["traceback"]) <= TRACEBACK_LIMIT


def test_deep_calls_that_are_no_cycle_are_cut_in_the_middle() -> None:
    cell = "\n".join(f"def f{n}(): f{n + 1}()" for n in range(300)) + "\nf0()"
    found = traceback_of(cell)
    assert len(found) <= TRACEBACK_LIMIT
    assert found.startswith("cell 1, line 301\n    f0()\ncell 1, line 1, in f0\n")
    assert "\n[... 261 frames left out ...]\n" in found or " lines left out ...]\n" in found
    assert found.endswith("name 'f300' is not defined")


def test_a_long_line_is_shown_around_the_error() -> None:
    found = traceback_of("x = [" + "1, " * 2000 + "1 / 0" + ", 1" * 2000 + "]").splitlines()
    assert len(found[1]) < 200
    start = found[2].index("^")
    assert found[1][start : start + 5] == "1 / 0"
    assert found[2].strip() == "^^^^^"


class Told(Exception):
    def __str__(self) -> str:
        return str(self.args[0])


@given(st.text(), st.text(), st.lists(st.text(), max_size=8), st.integers(1, 400))
def test_any_texts_stay_within_the_limits(
    message: str, name: str, notes: list[str], times: int
) -> None:
    cause = ExceptionGroup("all", [Told(note * times) for note in [*notes, "x"]])
    error = type(name.replace("\0", "").encode(errors="replace").decode(), (Told,), {})(message)
    error.__cause__, error.__notes__ = cause, [note * times for note in notes]
    found = short_error(error, TITLES.get)
    assert len(found["message"]) <= MESSAGE_LIMIT
    assert len(found["traceback"]) <= TRACEBACK_LIMIT
    assert found["traceback"].endswith(found["message"])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "".join(found.values()))
