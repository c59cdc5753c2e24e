"""Pictures among the values of cells, as a model can be shown them."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

LARGEST = 10_000_000
"""Bytes that a picture may have."""

_SIGNS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def image_of(value: Any) -> dict[str, str] | None:
    """The picture that a value is, as `mime` and base64 `data`; None if it is none.

    Bytes that begin as an image does; what has a `_repr_png_` or `_repr_jpeg_`, as pictures of
    Pillow and of IPython's `display` have; a figure of matplotlib.

    Raises:
        ValueError: it is too large.
    """
    data = _bytes_of(value)
    mime = None if data is None else _mime(data)
    if data is None or mime is None:
        return None
    if len(data) > LARGEST:
        raise ValueError(f"a picture of {len(data):,} bytes is too large: at most {LARGEST:,}")
    return {"mime": mime, "data": base64.b64encode(data).decode()}


def _mime(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for sign, mime in _SIGNS.items() if data.startswith(sign)), None)


def _bytes_of(value: Any) -> bytes | None:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    figure = sys.modules.get("matplotlib.figure")
    if figure and isinstance(value, figure.Figure):
        file = io.BytesIO()
        value.savefig(file, format="png", bbox_inches="tight")
        return file.getvalue()
    if isinstance(value, type):
        return None
    for name in ("_repr_png_", "_repr_jpeg_"):
        shown = _shown(getattr(value, name, None))
        if shown is not None:
            return shown
    return None


def _shown(method: Any) -> bytes | None:
    """What such a method gives: bytes, base64 text, or one of these and its metadata."""
    given = method() if callable(method) else None
    given = given[0] if isinstance(given, tuple) else given
    if isinstance(given, str):
        return base64.b64decode(given)
    return given if isinstance(given, bytes) else None
