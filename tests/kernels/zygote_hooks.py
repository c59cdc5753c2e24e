"""What forked kernels of the tests call in their own process."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Sequence
from typing import Any


def become_another(
    request: dict[str, Any], keep: Sequence[int], announce: int, lifeline: int
) -> None:
    """Be another process from here on, as in a namespace of processes."""
    os.environ["SET_EARLY"] = request["word"]
    os.chdir(request["folder"])
    before = os.pidfd_open(os.getpid())
    pid = os.fork()
    if pid:
        os.write(announce, json.dumps({"kernel": pid, "init": None}).encode() + b"\n")
        os._exit(0)
    poll = select.poll()
    poll.register(before, select.POLLIN)
    poll.poll()  # until the one before is gone, and we are the zygote's
    os.close(before)
    os.close(announce)
    os.close(lifeline)


def refuse(request: dict[str, Any], keep: Sequence[int], announce: int, lifeline: int) -> None:
    raise RuntimeError("this wall is too high")


def greet(app: Any, request: dict[str, Any]) -> None:
    app.kernel.shell.user_ns["greeting"] = request["greeting"]
