"""A fresh Python that calls functions behind walls, so that the host need not fork itself."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from replplan.closing import Closing

SECONDS = 30.0
SERVE = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from replplan_kernels.isolation import trial
trial.serve()
"""


class Helper(Closing):
    """A process that has nothing but the standard library, and answers orders for `trial.serve`.

    Args:
        prefix: what to put before its command, such as that of bubblewrap.
        descriptors: open ones that it inherits.
    """

    def __init__(self, prefix: Sequence[str] = (), descriptors: Sequence[int] = ()) -> None:
        here = str(Path(__file__).resolve().parents[2])
        roots = [here, *(entry for entry in sys.path if entry and entry != here)]
        self.command = [*prefix, sys.executable, "-I", "-S", "-c", SERVE, json.dumps(roots)]
        self.descriptors = descriptors

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        streams: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": pipe, "text": True}
        self._process = subprocess.Popen(
            self.command,
            pass_fds=self.descriptors,
            start_new_session=True,  # Ctrl-C in a terminal is the host's to handle
            **streams,
        )
        return self

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give an order, and wait for the answer: `{"result": ...}` or `{"error": ...}`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watch = threading.Timer(SECONDS, self._process.kill)
        watch.start()
        try:
            with contextlib.suppress(BrokenPipeError):  # then it says why on its standard error
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        return self._answer(line)

    def _answer(self, line: str) -> dict[str, Any]:
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self._process.kill()
        assert self._process.stderr is not None
        last = self._process.stderr.read().strip().splitlines()[-1:]
        return {"error": last[0] if last else "the process ended without a word"}
