"""A cell that a model wrote, and what came of running it."""

from __future__ import annotations

from typing import Literal

from replplan.record import Json, Record

Rung = Literal["signal", "message", "exception", "kill"]
"""What it takes to end a cell, from the mildest on."""


class CellError(Record):
    """A Python error that ended a cell.

    `traceback` is short: the frames of cells alone, each with its line as it was written, then
    the error's type and message. It holds no colour codes. `hint` is a sentence that helps to mend
    it, where there is one: names, keys or attributes that may have been meant.
    """

    name: str
    message: str
    traceback: str
    hint: str = ""


class Display(Record):
    """Something that a cell displayed: a picture, a table, a rich result.

    `mime` is its richest type; `data` its content, base64 for binary types; `text` a line of
    plain text that stands for it where only text can be shown; it is in the output or the value.
    """

    mime: str
    data: str
    text: str


class Variable(Record):
    """A variable of a REPL as people are shown it: its type, and its value in short where it has
    a plain one."""

    name: str
    kind: str
    value: str = ""


class Answer(Record):
    """What a session answered.

    `value` is the answer in JSON where it has a JSON form (`exact`), else its repr. `kind` then
    names what has none, such as "list that holds a lock".
    """

    value: Json = None
    exact: bool = True
    kind: str = ""


class CellResult(Record):
    """What came of one cell.

    Attributes:
        output: all that it printed (stdout and stderr as they came), cut to head and tail where
            it is long.
        value: the repr of its last expression, if that was not None.
        error: the Python error that ended it, if one did.
        displays: the pictures, tables and the like that it showed, in order.
        answer: what it answered its REPL's task with, if it did.
        stopped: who ended a cell that did not end by itself: its own time limit, an interrupt
            from outside, or the end of the whole plan.
        rung: what it took to end it: a signal, a message that woke its event loop, an exception
            set in its thread, or the end of its process.
        lost: what that cost, for people, where it cost more than the rest of the cell.
        seconds: wall time, the time in calls to the host included.
        full_output: a file with all that was printed, as it was printed, where `output` leaves
            something out and the kernel was given a folder for such files: `FOLDER/FILE`, seen
            from where that folder is. The folder of a plan is beside its trace, so that both may
            be moved together.
        number: the cell's own in its REPL, as tracebacks and `history` have it; 0 where it never
            began.
    """

    output: str = ""
    value: str | None = None
    error: CellError | None = None
    displays: tuple[Display, ...] = ()
    answer: Answer | None = None
    stopped: Literal["timeout", "interrupt", "ended"] | None = None
    rung: Rung | None = None
    lost: str = ""
    seconds: float = 0.0
    full_output: str | None = None
    number: int = 0
