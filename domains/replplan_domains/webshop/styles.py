"""The three ways in which a page is written for a customer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from replplan_domains.webshop.pages import SCORE, Node, Place

SEPARATOR = " [SEP] "


def text(page: Iterable[Node]) -> str:
    """The usual one: every text, with separators. What was chosen does not show."""
    return SEPARATOR.join(node.text.strip() for node in page)


def rich(page: Iterable[Node], place: Place) -> str:
    """A text a line, buttons marked, and those that were clicked."""
    # A value counts as chosen when it stands, quoted, in the page's address.
    address = "+".join(place.keywords) + json.dumps(place.chosen)
    lines, head = list[str](), list[str]()
    for kind, words in page:
        if kind == "option" and f'"{words}"' in address:
            head.insert(0, f"You have clicked {words}.")
            lines.append("  " + _clicked(words))
        elif kind == "option":
            lines.append("  " + _button(words))
        elif kind == "link":
            lines.append("\n" + (_clicked if words in place.seen else _button)(words))
        else:
            lines.append(_button(words) if kind == "button" else words)
    return "\n".join(head + lines) + "\n"


def _button(words: str) -> str:
    return f"[button] {words} [button_]"


def _clicked(words: str) -> str:
    return f"[clicked button] {words} [clicked button_]"


def react(page: Iterable[Node], place: Place, results: int) -> str:
    """The short one, of ReAct (Yao et al., ICLR 2023): the first results alone.

    Args:
        page: what is on the page.
        place: where that is.
        results: how many products of a page of results are shown.
    """
    if place.page == "done":
        return f"{SCORE}: {place.score}"
    return "".join(_react_parts(page, place, results))


def _react_parts(page: Iterable[Node], place: Place, results: int) -> Iterator[str]:
    skipped = 0 if place.page == "search" else 2  # the instruction stands on the first page alone
    chosen = str(place.chosen)
    for kind, words in page:
        if not words.strip():
            continue
        if skipped and kind == "text":
            skipped -= 1
            continue
        if kind == "link":
            results -= 1
        if results < 0:
            return
        if kind == "option":
            yield f"[[{words}]]" if f"'{words}'" in chosen else f"[{words}]"
        else:
            yield f"\n[{words}] " if kind != "text" else f"\n{words} "
