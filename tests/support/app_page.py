"""The terminal app as a page: the server of `watch --browser`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def app_page(*what: str, **options: Any) -> Iterator[str]:
    """The address that it prints. `options` are those of its process."""
    server = subprocess.Popen(
        [sys.executable, "-m", "replplan", "watch", *what, "--browser"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        **options,
    )  # fmt: skip
    assert server.stdout
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        server.stdout.close()
