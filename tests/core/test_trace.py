"""Traces: written as it happens, read back by the same code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from replplan.cell import Answer, CellError, CellResult
from replplan.errors import TraceError
from replplan.events import (
    Acted,
    Asked,
    CellFinished,
    ModelReplied,
    PlanFinished,
    PlanStarted,
    SessionOpened,
    TextStreamed,
)
from replplan.trace import TraceWriter, read_trace

EVENTS = [
    PlanStarted(domain="d", task="t", split="s", goal="g", seed=1, model="m"),
    SessionOpened(name="root", args=("1", "x='ü'")),
    ModelReplied(text="```python\nact('look')\n```"),
    CellFinished(
        turn=1,
        result=CellResult(
            output="line\u2028separator \x1b[31m",
            error=CellError(name="E", message="m", traceback="t"),
            answer=Answer(value={"a": [1, None, 2.5]}),
        ),
    ),
    Acted(action_count=1, action="look", observation="you see\nmuch", reward=1, info={"won": True}),
    Asked(question="?", answer=["x"]),
    PlanFinished(stop_reason="answered"),
]


def test_a_trace_reads_back_as_it_was_written(tmp_path):
    path = tmp_path / "deep" / "trace.jsonl"
    with TraceWriter(path) as write:
        for event in EVENTS:
            write(event)
    assert list(read_trace(path)) == EVENTS
    assert len(path.read_text().split("\n")) == len(EVENTS) + 1


def test_what_streams_is_not_written(tmp_path):
    path = tmp_path / "trace.jsonl"
    with TraceWriter(path) as write:
        write(EVENTS[0])
        write(TextStreamed(text="x"))
    assert list(read_trace(path)) == EVENTS[:1]


def test_kill_9_loses_nothing_that_was_written(tmp_path):
    path = tmp_path / "trace.jsonl"
    code = (
        "import os, signal, pathlib, replplan.events as e\n"
        "from replplan.trace import TraceWriter\n"
        f"w = TraceWriter(pathlib.Path({str(path)!r}))\n"
        "for i in range(20): w(e.SessionOpened(name=str(i)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert [e.name for e in read_trace(path)] == [str(i) for i in range(20)]


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "trace.jsonl"
    with TraceWriter(path) as write:
        for event in EVENTS:
            write(event)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert list(read_trace(path)) == EVENTS[:-1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"{not json\n", "line 1 is damaged"),
        (b'{"type": "unheard_of"}\n', "line 1 is no event"),
        (b"[]\n", "version 0"),
        (b'{"type": "plan_started", "version": 99}\n', "version 99"),
        (b"\xff\xfe\n", "line 1 is damaged"),
    ],
)
def test_what_is_no_trace_is_named(tmp_path, content, sentence):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(content)
    with pytest.raises(TraceError, match=sentence):
        list(read_trace(path))


def test_a_missing_trace_is_named(tmp_path):
    with pytest.raises(TraceError, match=r"nowhere\.jsonl cannot be read: No such file"):
        list(read_trace(tmp_path / "nowhere.jsonl"))


def test_a_trace_is_never_overwritten(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_text("precious")
    with pytest.raises(TraceError, match="is there already"):
        TraceWriter(path)
    assert path.read_text() == "precious"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence(tmp_path):
    write = TraceWriter(tmp_path / "trace.jsonl")
    os.dup2(full := os.open("/dev/full", os.O_WRONLY), write._file.fileno())
    os.close(full)
    with write, pytest.raises(TraceError, match="cannot be written: No space left on device"):
        write(EVENTS[0])
