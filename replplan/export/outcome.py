"""What came of a cell, as pieces of a page."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from replplan.cell import CellResult, Display
from replplan.console import words
from replplan.export.elements import html, node

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_STOPPED = {"timeout": "at its time limit", "interrupt": "by an interrupt from outside"}


def outcome(result: CellResult) -> Iterator[Element]:
    """What a cell printed, showed, came to, and how it ended where it did not end well."""
    if text := result.output.rstrip():
        yield node("pre", text, class_="output")
    for shown in result.displays:
        yield _display(shown)
    if result.value is not None:
        yield node("pre", result.value, class_="value")
    if result.stopped in _STOPPED:
        after = words.duration(result.seconds)
        yield node("p", f"stopped {_STOPPED[result.stopped]} after {after}", class_="limit")
    if error := result.error:
        text = error.traceback or f"{error.name}: {error.message}"
        yield node("pre", text, class_="error")
        if error.hint:
            yield node("p", error.hint, class_="hint")


def _display(shown: Display) -> Element:
    """A picture as a picture, a table in a frame of its own that can run nothing."""
    if shown.mime in _PICTURES:
        data = shown.data.replace("\n", "")
        return node("img", src=f"data:{shown.mime};base64,{data}", alt=shown.text)
    if shown.mime == "image/svg+xml":
        return node("img", src=_svg(shown.data), alt=shown.text)
    if shown.mime == "text/html":
        return node("iframe", sandbox="", srcdoc=_framed(shown.data), title=shown.text)
    return node("pre", shown.data, class_="value", title=shown.mime)


def _svg(text: str) -> str:
    """A drawing as a picture: in one, no script runs and nothing is fetched."""
    import base64

    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def _framed(text: str) -> str:
    style = node("style", "body{font:13px system-ui,sans-serif;margin:4px;background:#fff}")
    return html(style) + text
