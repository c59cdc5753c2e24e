"""The command itself, in a terminal of its own and as a page of HTTP."""

from __future__ import annotations

import fcntl
import http.client
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from urllib.parse import urlsplit

import pytest
from app_page import app_page
from runs import RUN

from replplan.trace import read_trace

STYLE = re.compile(rb"\x1b\[([\d;]+)m")
TRUE = re.compile(rb"[34]8;2;(\d+);(\d+);(\d+)")
NAMED = re.compile(rb"(?:^|;)(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;|$)")


def has_colours(screen):
    """Whether anything is in a colour; greys are none."""
    styles = STYLE.findall(screen)
    true = (colour for style in styles for colour in TRUE.findall(style))
    named = (NAMED.search(TRUE.sub(b"", style)) for style in styles)
    return any(len({*colour}) > 1 for colour in true) or any(named)


def _take_terminal():
    """Have the terminal on the standard input hang up on this process when it is closed."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A process in a pseudo-terminal."""

    def __init__(self, command, **environment):
        self.screen = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=_take_terminal, env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )  # fmt: skip
        os.close(slave)

    def until(self, *words, seconds=60, behind=""):
        """Read until all words have come; colours and moves may stand between them."""
        left = set(words)
        end = time.monotonic() + seconds
        while left:
            ready, _, _ = select.select([self._master], [], [], 1)
            assert time.monotonic() < end, (left, self.screen[-2000:])
            if ready:
                self.screen += os.read(self._master, 65536)
            new = self.screen[self.screen.find(behind.encode()) :]
            left = {word for word in left if word.encode() not in new}

    def type(self, text):
        os.write(self._master, text.encode())

    def hang_up(self):
        """Close it, as a lost connection does."""
        os.close(self._master)

    def end(self):
        """Its exit status; what it wrote last is read."""
        while True:
            try:
                if not (more := os.read(self._master, 65536)):
                    break
            except OSError:  # nobody has the other end open any more
                break
            self.screen += more
        os.close(self._master)
        return self.process.wait(60)


@pytest.mark.parametrize("colours", [True, False])
def test_a_trace_in_a_terminal_is_opened_edited_and_left(tmp_path, colours):
    """With colours, or without any where NO_COLOR is set; `E` hands the terminal to the editor."""
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho EDITED; cp "$1" {tmp_path}/seen\n')
    editor.chmod(0o755)
    more = {} if colours else {"NO_COLOR": "1"}
    command = [sys.executable, "-m", "replplan", "watch", str(RUN)]
    terminal = Terminal(command, EDITOR=str(editor), VISUAL="", **more)
    terminal.until("solved", "46/46", "Search")
    terminal.type("\x1b[A")
    terminal.type("E")
    terminal.until("EDITED")
    terminal.until("46/46", behind="EDITED")  # the app has the terminal again
    terminal.type("q")
    assert terminal.end() == 0
    assert (tmp_path / "seen").read_text().startswith("for _ in range(2):")
    assert has_colours(terminal.screen) == colours
    assert terminal.screen.endswith((b"\x1b[?1049l", b"h", b"l"))  # the terminal is as it was


STARTER = f"""
import subprocess, sys
sys.exit(subprocess.run([sys.executable, "-m", "replplan", "watch", {str(RUN)!r}]).returncode)
"""


def test_ctrl_z_leads_to_the_shell_and_fg_back(tmp_path):
    """Also where another process started it, as `uv run` does."""
    starter = tmp_path / "starter.py"
    starter.write_text(STARTER)
    terminal = Terminal(["bash", "--norc", "-i"], PS1="shell \\#> ", LC_ALL="C.UTF-8")
    terminal.until("shell 1>")
    terminal.type(f"{sys.executable} {starter}\n")
    terminal.until("46/46", "Search")
    terminal.type("\x1a")
    terminal.until("Stopped", "shell 2>")
    terminal.type("fg\n")
    terminal.until("46/46", behind="Stopped")
    terminal.type("q")
    terminal.until("shell 3>")
    terminal.type("exit $?\n")
    assert terminal.end() == 0


def test_a_terminal_that_cannot_be_drawn_on_is_left_as_it_is():
    terminal = Terminal([sys.executable, "-m", "replplan", "watch", str(RUN)], TERM="dumb")
    assert terminal.end() == 2
    assert b"needs a terminal to draw on" in terminal.screen
    assert b"\x1b" not in terminal.screen


@pytest.mark.parametrize("end", ["terminal is closed", signal.SIGTERM, signal.SIGHUP])
def test_a_plan_ends_well_with_its_terminal(tmp_path, endpoint, end):
    """Its trace says that it was cancelled, and nothing of it is left."""
    endpoint.script("```python\nimport time\ntime.sleep(1000)\n```")
    trace = tmp_path / "trace.jsonl"
    command = [
        sys.executable, "-m", "replplan", "plan", "wait", "--watch", "--trace", str(trace),
        "--model", endpoint.model, "--base-url", endpoint.url,
    ]  # fmt: skip
    terminal = Terminal(command, OPENAI_API_KEY=endpoint.key)
    terminal.until("sleep", "1000", "Interrupt")
    if end == "terminal is closed":
        terminal.hang_up()
        assert terminal.process.wait(60) == 128 + signal.SIGHUP
    else:
        terminal.process.send_signal(end)
        assert terminal.end() == {signal.SIGTERM: 130, signal.SIGHUP: 129}[end]
        assert b"\x1b[?1049l" in terminal.screen  # it is as it was
    *_, finished = read_trace(trace)
    assert finished.stop_reason == "cancelled"


@pytest.fixture
def page():
    """The address that `watch --browser` prints."""
    with app_page(str(RUN)) as address:
        yield urlsplit(address)


def ask(page, path, **headers):
    connection = http.client.HTTPConnection(page.hostname, page.port, timeout=30)
    try:
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()
    finally:
        connection.close()


def test_a_port_that_is_taken_says_so(page):
    command = [sys.executable, "-m", "replplan", "watch", "--browser", "--port", str(page.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"port {page.port} cannot be had: Address already in use" in done.stderr


def test_the_page_is_for_who_has_the_token_alone(page):
    refused = ask(page, "/")
    assert refused[0] == 403
    assert "open the address" in refused[2]
    assert ask(page, "/?token=wrong")[0] == ask(page, "/ws?width=80&height=24")[0] == 403
    assert ask(page, f"/?{page.query}", Host="evil.example")[0] == 403
    assert ask(page, f"/?{page.query}", Origin="http://evil.example")[0] == 403
    status, headers, _ = ask(page, f"/?{page.query}")
    assert (status, headers["Location"]) == (302, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    status, headers, body = ask(page, "/", Cookie=cookie.partition(";")[0])
    assert status == 200
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "textual" in body
    assert f"-{page.port}=" in cookie  # another one's page on this machine has another cookie
    assert ask(page, "/", Cookie=f"{cookie.partition('=')[0]}=wrong")[0] == 403
    status, headers, _ = ask(page, f"/?{page.query}", Host=f"localhost:{page.port}")
    assert (status, headers["Location"]) == (302, page.geturl())
