"""Running a function behind walls, and hearing what became of it.

For `ladder`, which tries what works, for `proof`, and for tests. A kernel does not need it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from replplan_kernels.isolation.enter import enter

SECONDS = 20.0


class Broken(Exception):
    """A function behind walls raised an error, or its process ended; the message says which."""


def run_walled(
    request: dict[str, Any],
    function: Callable[..., Any],
    *arguments: Any,
    before: Callable[[], None] | None = None,
    seconds: float = SECONDS,
) -> Any:
    """Fork, enter, call a function, and give back what it returned, through JSON.

    All that it started is ended with it, as far as the level can.

    Args:
        request: from `ladder.prepare`.
        function: whatever its result is, it must have a JSON form.
        arguments: of the function.
        before: called in the forked process before it is walled in.
        seconds: after that long the process is killed.

    Raises:
        Broken: the function raised, the walls could not be put up, or time was up.
    """
    (answer, theirs), (news, announce), (lifeline, life) = os.pipe(), os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(answer)
        os.close(life)
        ends = {"announce": announce, "lifeline": lifeline}
        _answer_and_leave(request, function, arguments, before, theirs, ends)
    for descriptor in (theirs, announce, lifeline):
        os.close(descriptor)
    try:
        text = _read(answer, time.monotonic() + seconds)
    finally:
        _end(child, _read(news, time.monotonic() + seconds))
        for descriptor in (answer, news, life):
            os.close(descriptor)
    if not text:
        raise Broken("the process ended without an answer, or was too slow")
    said = json.loads(text)
    if "error" in said:
        raise Broken(said["error"])
    return said["result"]


def serve() -> None:
    """Call functions behind walls, as ordered by lines of JSON, and answer each with a line.

    An order is `{"request": from ladder.prepare, "function": "module:name", "arguments": []}`, the
    answer `{"result": ...}` or `{"error": ...}`.
    """
    for line in sys.stdin:
        order = json.loads(line)
        module, _, name = order["function"].partition(":")
        try:
            function = getattr(importlib.import_module(module), name)
            said = {"result": run_walled(order["request"], function, *order["arguments"])}
        except Broken as e:
            said = {"error": str(e)}
        print(json.dumps(said), flush=True)


def works() -> str:
    """An ordinary computation: files, a thread's worth of numbers, a process."""
    import subprocess

    with open("proof", "w+") as file:  # noqa: PTH123
        file.write("x" * 1000)
        file.seek(0)
        assert file.read() == "x" * 1000
    os.unlink("proof")  # noqa: PTH108
    assert sum(range(1000)) == 499500
    subprocess.run(["/bin/sh", "-c", "exit 0"], check=True)
    return "works"


def _answer_and_leave(
    request: dict[str, Any],
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    before: Callable[[], None] | None,
    answer: int,
    ends: dict[str, int],
) -> None:
    status = 1
    try:
        if before is not None:
            before()
        enter(request, keep=[answer], **ends)
        _say(answer, {"result": function(*arguments)})
        status = 0
    except Exception as e:  # noqa: BLE001  # whatever it is, it is the answer
        _say(answer, {"error": _in_words(e)})
    finally:
        os._exit(status)


def _say(answer: int, said: dict[str, Any]) -> None:
    data = json.dumps(said).encode() + b"\n"
    while data:
        data = data[os.write(answer, data) :]


def _in_words(error: BaseException) -> str:
    return str(error) if type(error).__name__ == "WallError" else f"{type(error).__name__}: {error}"


def _read(descriptor: int, deadline: float) -> bytes:
    """One line, or what came before the end or the deadline."""
    text = b""
    while not text.endswith(b"\n"):
        left = max(deadline - time.monotonic(), 0)
        if not select.select([descriptor], [], [], left)[0]:
            return b""
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            return b""
        text += chunk
    return text


def _end(child: int, news: bytes) -> None:
    """Kill what still lives of it and reap what is ours."""
    pids = json.loads(news) if news else {"kernel": child, "init": None}
    for pid in (pids["init"], pids["kernel"]):
        if pid is not None:
            _kill(pid)
    os.waitpid(child, 0)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # its own session: what it started is ended as well
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
