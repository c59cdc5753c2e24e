"""Frames between kernel and host: four bytes of length, then JSON; or, for what is printed, text.

Cells may print hundreds of megabytes, and JSON costs more than all else on their way.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from contextlib import suppress
from typing import Any

LENGTH = struct.Struct("!I")

LARGEST = 64 << 20
"""Bytes of JSON that one frame may hold."""

_PIECE = 1 << 16
_AWAKE = 150e-6
"""Seconds for which a reply is looked for before its thread goes to sleep."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def to_json(value: Any) -> bytes:
    """JSON in UTF-8. A lone surrogate, which UTF-8 cannot hold, becomes a question mark."""
    return _ENCODER.encode(value).encode("utf-8", "replace")


def encode(frame: dict[str, Any]) -> bytes:
    """A frame's bytes.

    Raises:
        ValueError: it would be larger than a frame may be.
    """
    data = to_json(frame)
    if len(data) > LARGEST:
        raise ValueError(f"{len(data):,} bytes are too many for one call: at most {LARGEST:,}")
    return LENGTH.pack(len(data)) + data


def printed(text: str, run: str) -> bytes:
    """A frame of printed text: `P`, the cell, a newline, and the text in UTF-8."""
    data = f"P{run}\n{text}".encode("utf-8", "replace")
    return LENGTH.pack(len(data)) + data


def receive(connection: socket.socket) -> Any:
    """The next frame; None when the other side has closed the connection, or says that it does."""
    head = _read(connection, LENGTH.size)
    body = _read(connection, LENGTH.unpack(head)[0]) if head else None
    frame = None if body is None else json.loads(body)
    return None if frame is None or "closing" in frame else frame


def receive_reply(connection: socket.socket) -> Any:
    """The same where no more than one frame can be under way: as a rule by a single system call."""
    data = _soon(connection)
    if not data:
        return None
    if len(data) < LENGTH.size or len(data) < LENGTH.size + LENGTH.unpack_from(data)[0]:
        more = _read(connection, LENGTH.size - len(data)) if len(data) < LENGTH.size else b""
        if more is None:
            return None
        data += more
        rest = _read(connection, LENGTH.size + LENGTH.unpack_from(data)[0] - len(data))
        if rest is None:
            return None
        data += rest
    return json.loads(data[LENGTH.size :])


def _soon(connection: socket.socket) -> bytes:
    """What comes next. A short call has its reply before a core that goes to sleep is awake again,
    so for a moment it is looked for, and whoever else wants the core has it."""
    until = time.monotonic() + _AWAKE
    while time.monotonic() < until:
        with suppress(BlockingIOError):
            return connection.recv(_PIECE, socket.MSG_DONTWAIT)
        os.sched_yield()
    return connection.recv(_PIECE)


def _read(connection: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        more = connection.recv(min(size - len(data), 1 << 20))
        if not more:
            return None
        data += more
    return bytes(data)
