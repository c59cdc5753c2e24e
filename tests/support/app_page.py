"""The terminal app as a page: the server of `watch --browser`."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def app_page(*what: str, **options: Any) -> Iterator[str]:
    """The address that it prints, once the server is there. `options` are those of its process."""
    server = subprocess.Popen(
        [sys.executable, "-m", "replplan", "watch", *what, "--browser"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        **options,
    )  # fmt: skip
    assert server.stdout
    try:
        yield _listening(server.stdout.readline().strip())
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        server.stdout.close()


def _listening(page: str) -> str:
    """The address, once the server is there: it is printed a little earlier."""
    place, end = urlsplit(page), time.monotonic() + 60
    while True:
        try:
            socket.create_connection((str(place.hostname), place.port or 0), 60).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end
        else:
            return page
