"""Which view fits where, and the live one on a real terminal."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from typing import TextIO

import plan_events as p
import pytest
from terminal import Terminal

from replplan.console import LiveView, PlainView, View, view_for
from replplan.console.gauge import SPINNER


class Pseudo:
    """A pseudo-terminal; a thread takes what is written to its stream."""

    def __init__(self, columns: int = 60, encoding: str = "utf-8") -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.stream: TextIO = os.fdopen(slave, "w", encoding=encoding)
        self._taken = b""
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        try:
            while data := os.read(self._master, 65536):
                self._taken += data
        except OSError:  # Linux says it so when the other side is closed
            pass

    def close(self) -> bytes:
        if not self.stream.closed:
            self.stream.close()
            self._thread.join()
            os.close(self._master)
        return self._taken


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "NO_COLOR",
        "FORCE_COLOR",
        "TTY_COMPATIBLE",
        "TTY_INTERACTIVE",
        "COLUMNS",
        "LINES",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def tty() -> Iterator[Pseudo]:
    pseudo = Pseudo()
    yield pseudo
    pseudo.close()


def test_a_real_terminal_gets_the_live_view(tty: Pseudo) -> None:
    assert isinstance(view_for(tty.stream), LiveView)


def test_pipes_and_files_get_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(view_for(io.StringIO()), PlainView)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert isinstance(view_for(io.StringIO()), PlainView)


def test_a_dumb_terminal_gets_plain_lines(tty: Pseudo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(view_for(tty.stream), PlainView)


def test_a_terminal_without_unicode_gets_plain_lines() -> None:
    pseudo = Pseudo(encoding="ascii")
    assert isinstance(view_for(pseudo.stream), PlainView)
    pseudo.close()


def test_quiet_shows_nothing(tty: Pseudo) -> None:
    stream = io.StringIO()
    with view_for(stream, quiet=True) as view:
        for event in p.story():
            view(event)
    assert type(view) is View
    assert type(view_for(tty.stream, quiet=True)) is View
    assert stream.getvalue() == ""


SCRIPT = """
import sys, plan_events
from replplan.console import view_for
with view_for(sys.stdout, trace="t.jsonl") as view:
    for number, event in enumerate(plan_events.story()):
        view(event)
        if number == 5:
            view.refresh()
            print("a word from elsewhere")
            print("and a warning", file=sys.stderr)
            view.refresh()
"""


def watched(pseudo: Pseudo) -> Terminal:
    """A process that shows a plan on its own terminal, as a user's shell would start it."""
    subprocess.run(
        [sys.executable, "-c", SCRIPT],
        stdin=pseudo.stream,
        stdout=pseudo.stream,
        stderr=pseudo.stream,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},
        check=True,
        timeout=60,
    )
    return Terminal(60).feed(pseudo.close().decode())


def test_a_plan_on_a_real_terminal_of_60_columns(tty: Pseudo) -> None:
    terminal = watched(tty)
    text = terminal.text
    assert terminal.colours > 10
    assert "│   act: go to shelf 1 -> On the shelf 1, you see a mug 1.\n" in text
    assert "└ find_and_take -> 'mug 1'\n" in text
    assert text.endswith("  trace: t.jsonl\n")
    assert not set(text) & set(SPINNER)
    elsewhere = "a word from elsewhere\nand a warning\n"
    assert text.index("put a mug") < text.index(elsewhere) < text.index("solved")


def test_no_color_is_respected(tty: Pseudo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert watched(tty).colours == 0


def test_rich_is_not_imported_before_it_is_used() -> None:
    code = (
        "import io, sys, replplan, replplan.console as c\n"
        "c.view_for(io.StringIO()), c.PlainView\n"
        "assert 'rich' not in sys.modules\n"
        "c.LiveView\n"
        "assert 'rich' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_there_is_nothing_else_by_that_name() -> None:
    with pytest.raises(ImportError, match="DeadView"):
        from replplan.console import DeadView  # type: ignore[attr-defined]  # noqa: F401
