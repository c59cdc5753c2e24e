"""Pictures of cells, drawn with half blocks where Pillow is installed; any terminal shows these."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from replplan.cell import Display

MOST_WIDTH, MOST_ROWS, MOST_PIXELS = 60, 20, 20_000_000
_HALF = "▀"


def picture(display: Display, width: int) -> list[Strip]:
    """The rows of a picture; none where it is no picture, or cannot be drawn here."""
    if display.mime not in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        return []
    return _drawn(display.data, max(8, min(width, MOST_WIDTH)))


@lru_cache(maxsize=32)
def _drawn(data: str, width: int) -> list[Strip]:
    try:
        from PIL import Image
    except ImportError:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a picture that is a bomb
            found = Image.open(io.BytesIO(base64.b64decode(data)))
            if found.width * found.height > MOST_PIXELS:
                return []
            image = found.convert("RGB")
    except (OSError, ValueError, SyntaxError, Warning, binascii.Error):
        return []  # what a cell called a picture is none; its line of text stands for it
    scale = min(width / image.width, 2 * MOST_ROWS / image.height, 1.0)
    size = max(1, round(image.width * scale)), max(2, round(image.height * scale) // 2 * 2)
    small = image.resize(size)
    return [_row(small, y) for y in range(0, size[1], 2)]


def _row(image: object, y: int) -> Strip:
    def pixel(x: int, y: int) -> Color:
        red, green, blue = image.getpixel((x, y))  # type: ignore[attr-defined]
        return Color.from_rgb(red, green, blue)

    width = image.width  # type: ignore[attr-defined]
    return Strip(
        [Segment(_HALF, Style(color=pixel(x, y), bgcolor=pixel(x, y + 1))) for x in range(width)]
    )
