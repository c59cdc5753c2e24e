"""Text of models, cells and worlds, made fit for a terminal: harmless, and short."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS
    r"|\x1b[ -/]+[0-~]"  # character sets
)
_UNFIT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
    r"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def harmless(text: str) -> str:
    """The text without anything that a terminal acts upon, but for line ends.

    Colours and other escape sequences are taken out, a line that was written over with a carriage
    return shows what stood there last, and any other control character, surrogate or invisible
    direction mark becomes a visible sign. Tabs become spaces.
    """
    if _is_plain(text):
        return text
    if not _UNFIT.search(text):
        return text.expandtabs(4)
    text = _SEQUENCE.sub("", text)
    if "\r" in text:
        lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
        text = "\n".join(lines)
    return _UNFIT.sub(_visible, text).expandtabs(4)


def _is_plain(text: str) -> bool:
    """Most text is: what can be printed holds nothing to take out, and is told apart quickly."""
    return text.isprintable() or text.replace("\n", "").isprintable()


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def one_line(text: str, limit: int = 240) -> str:
    """The text as one harmless line of at most `limit` characters."""
    line = " ".join(harmless(text[: 4 * limit]).split())
    if len(line) > limit:
        return line[: limit - 1] + "…"
    return line + "…" if len(text) > 4 * limit else line


def shortened(text: str, lines: int = 20, width: int = 400) -> str:
    """The text, harmless, as its first and last lines; a line between says how many are left out.

    Args:
        text: anything.
        lines: how many lines to show; a quarter of them from the end.
        width: characters of one line that are shown.
    """
    plain = _is_plain(text)
    if plain and len(text) <= width and " \n" not in text and text.count("\n") <= lines:
        return text.strip("\n").rstrip()
    shown = text.strip("\n").split("\n") if plain else _whole(text)
    more = len(shown) - lines
    if more > 1:
        tail = lines // 4
        mark = f"… {more:,} more lines in the trace"
        shown = [*shown[: lines - tail], mark, *shown[len(shown) - tail :]]
    return "\n".join([_narrow(line if plain else harmless(line), width) for line in shown])


def _whole(text: str) -> list[str]:
    """The lines from the first with something to see to the last, as they are.

    Each is cleaned where it is shown, for there may be a million: no sequence goes past its line.
    """
    found = text.strip("\n").split("\n")
    while len(found) > 1 and not harmless(found[-1]):
        found.pop()
    first = next((n for n, line in enumerate(found[:-1]) if harmless(line)), len(found) - 1)
    return found[first:]


def _narrow(line: str, width: int) -> str:
    line = line.rstrip()
    if len(line) <= width:
        return line
    return f"{line[:width]}… {len(line) - width:,} more characters in the trace"
