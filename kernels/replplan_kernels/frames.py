"""Frames between kernel and host as the host reads them: four bytes of length, then strict JSON;
or, for what is printed, text.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

LENGTH = struct.Struct("!I")

LARGEST = 64 << 20
"""Bytes of JSON that one frame may hold."""

_MOST_ITEMS = 1_000_000
"""Of the lists and objects in one frame: each may take 20 times the memory of its text."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class MalformedError(Exception):
    """What came is no frame that an honest kernel sends."""


def encode(frame: dict[str, Any]) -> bytes:
    """A frame's bytes.

    Raises:
        TypeError: something in it has no JSON form.
        ValueError: it is not finite, or larger than a frame may be.
    """
    data = _ENCODER.encode(frame).encode("utf-8", "replace")
    if len(data) > LARGEST:
        raise ValueError(f"{len(data):,} bytes are too many for one frame: at most {LARGEST:,}")
    return LENGTH.pack(len(data)) + data


class Frames:
    """Frames out of bytes that come in pieces. `last` is how many the last whole one had."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.last = 0

    @property
    def waiting(self) -> int:
        """How many bytes of a frame are here that is not."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The frames that are complete now.

        Raises:
            MalformedError: one is too large, or is no JSON object in UTF-8.
        """
        if not self._buffer and data[: LENGTH.size] == LENGTH.pack(max(0, len(data) - LENGTH.size)):
            self.last = len(data)
            yield decode(data[LENGTH.size :])  # one whole frame, as most come
            return
        self._buffer += data
        while len(self._buffer) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._buffer)[0]
            if end > LENGTH.size + LARGEST:
                raise MalformedError("too large")
            if len(self._buffer) < end:
                return
            with memoryview(self._buffer) as whole:
                body = bytes(whole[LENGTH.size : end])
            del self._buffer[:end]
            self.last = end
            yield decode(body)


def decode(body: bytes) -> dict[str, Any]:
    """One frame's JSON, which must be an object of finite numbers and whole characters; of printed
    text, as `{"printed": text, "run": name}`, without the JSON.

    Raises:
        MalformedError: it is not.
    """
    try:
        if body.startswith(b"P"):
            run, _, text = body[1:].decode().partition("\n")
            return {"printed": text, "run": run}
        _check_items(body)
        text = body.decode()
        frame, end = _DECODER.raw_decode(text)
        if b"\\u" in body:
            json.dumps(frame, ensure_ascii=False).encode()  # a lone surrogate may be escaped
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    if end != len(text) or not isinstance(frame, dict):
        raise MalformedError("no object")
    return frame


def _check_items(body: bytes) -> None:
    """Raises `MalformedError` where there are too many, before there is an object of each."""
    if _separators(body) <= _MOST_ITEMS:  # also with those in strings, as nearly always
        return
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"")
    strings = bare.count(b'"') // 2
    if strings > 2 * _MOST_ITEMS or _separators(b"".join(bare.split(b'"')[::2])) > _MOST_ITEMS:
        raise MalformedError("too many items")


def _separators(body: bytes) -> int:
    return sum(map(body.count, (b",", b"[", b"{")))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedError(text)
    return value


_DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)
