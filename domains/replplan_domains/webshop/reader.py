"""Reading a page back from its text, in whichever style it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from replplan_domains.webshop.pages import (
    ATTRIBUTES,
    BACK,
    BUY,
    NEXT,
    PREVIOUS,
    SCORE,
    SEARCH,
    SUB_PAGES,
    Node,
)
from replplan_domains.webshop.styles import SEPARATOR

Kind = Literal["search", "results", "item", "sub", "done", "words"]

_NAMES = (
    "age,bundle,color,edition,fit type,flavor,flavor name,fuel,item package quantity,item shape,"
    "length,material,material type,model,number of items,pack,pattern,pattern name,picture,"
    "pieces,plug,ports,product packaging,scent,scent name,shape,size,special size,"
    "special size type,style,style name,team name,thickness,unit count,wattage,width"
)
OPTION_NAMES = frozenset(_NAMES.split(","))
"""In the style "text" nothing but this tells the name of an option from its values."""

_BUTTONS = {SEARCH, BACK, PREVIOUS, NEXT, BUY, *SUB_PAGES, ATTRIBUTES}
_ASIN = re.compile(r"[A-Z0-9]{10}")
_NUMBER = re.compile(r"Page (\d{1,9}) \(Total results: (\d{1,9})\)")
_TAG = re.compile(r"\$[\d.]+(?: to \$[\d.]+)?")
_RICH = re.compile(r"( *)\[(clicked )?button\] (.*) \[(?:clicked )?button_\]")
_PRICE = "Price: "


@dataclass
class Reading:
    """What a page says.

    Attributes:
        kind: the kind of page; "words" is none, but an answer such as "Invalid action!".
        instruction: the customer's, where the page repeats it.
        number, found: which page of results, and how many products were found.
        products: of a page of results, each as code, title and price tag.
        title, price: of the product's page.
        options: its values by the option's name.
        chosen: those that the page shows as chosen.
        texts: of a sub-page, or of the end.
        buttons: the buttons, products and values apart.
    """

    kind: Kind = "words"
    instruction: str = ""
    number: int = 0
    found: int = 0
    products: list[tuple[str, str, str]] = field(default_factory=list)
    title: str = ""
    price: str = ""
    options: dict[str, list[str]] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


def read_page(page: str) -> Reading:
    """What a page says; what is no page is of the kind "words"."""
    reading = Reading()
    nodes = list(_nodes(page, reading))
    texts = [text for kind, text in nodes if kind == "text"]
    reading.buttons = [text for kind, text in nodes if kind == "button"]
    if texts[:1] and texts[0].startswith("Instruction:"):
        reading.instruction = " ".join(texts[1:2])
    if SEARCH in reading.buttons:
        reading.kind, reading.instruction = "search", " ".join(texts[2:3])
    elif BUY in reading.buttons:
        _read_item(nodes, reading)
    elif BACK in reading.buttons:
        _read_list(nodes, reading)
    elif any(text.startswith(SCORE) for text in texts):
        reading.kind, reading.texts = "done", [text for _, text in nodes]
    return reading


def _nodes(page: str, reading: Reading) -> Iterator[Node]:
    if SEPARATOR in page:
        return map(_plain, page.split(SEPARATOR))
    lines = [line for line in page.split("\n") if line.strip()]
    if any("[button_]" in line for line in lines):
        lines = [line for line in lines if not line.startswith("You have clicked ")]
        return (_rich(line, reading) for line in lines)
    return _react([line.strip() for line in lines], reading)


def _plain(text: str) -> Node:
    if text in _BUTTONS:
        return Node("button", text)
    return Node("link" if _ASIN.fullmatch(text) else "text", text)


def _rich(line: str, reading: Reading) -> Node:
    match = _RICH.fullmatch(line)
    if match is None:
        return Node("text", line.strip())
    blanks, clicked, text = match.groups()
    if not blanks:
        return _plain(text)
    if clicked:
        reading.chosen.append(text)
    return Node("option", text)


def _react(lines: list[str], reading: Reading) -> Iterator[Node]:
    """The nodes of a page; only what stands above title and price are options."""
    prices = [i for i, line in enumerate(lines) if line.startswith(_PRICE)]
    above = prices[0] - 1 if prices and f"[{BUY}]" in lines else 0
    for i, line in enumerate(lines):
        if line.startswith("[") and line.endswith("]") and "][" not in line:
            yield _plain(line[1:-1])
        elif i < above:
            yield from _react_options(line, reading)
        else:
            yield Node("text", line)


def _react_options(line: str, reading: Reading) -> Iterator[Node]:
    """An option's name with its values in brackets, chosen ones in two."""
    name, _, values = line.partition(" [")
    yield Node("text", name)
    for value in values.removesuffix("]").split("]["):
        if value.startswith("[") and value.endswith("]"):
            value = value[1:-1]
            reading.chosen.append(value)
        yield Node("option", value)


def _read_list(nodes: Sequence[Node], reading: Reading) -> None:
    """A page of results or a sub-page."""
    begin = next(i for i, node in enumerate(nodes) if node.text == BACK) + 1
    rest = [node for node in nodes[begin:] if node.kind != "button"]
    match = _NUMBER.fullmatch(rest[0].text) if rest else None
    if match is None:
        reading.kind, reading.texts = "sub", [node.text for node in rest]
        return
    reading.kind = "results"
    reading.number, reading.found = int(match[1]), int(match[2])
    for kind, text in rest[1:]:
        if kind == "link":
            reading.products.append((text, "", ""))
        elif reading.products:
            reading.products[-1] = _with(reading.products[-1], text)


def _with(product: tuple[str, str, str], text: str) -> tuple[str, str, str]:
    asin, title, tag = product
    if not tag and _TAG.fullmatch(text):
        return asin, title, text
    return asin, f"{title} {text}".strip(), tag


def _read_item(nodes: Sequence[Node], reading: Reading) -> None:
    reading.kind = "item"
    begin = next((i for i, node in enumerate(nodes) if node.text == PREVIOUS), -1) + 1
    prices = [i for i, node in enumerate(nodes) if node.text.startswith(_PRICE)]
    end = next((i for i in reversed(prices) if i >= begin), begin)
    reading.price = nodes[end].text.removeprefix(_PRICE)
    part = list(nodes[begin:end])
    if any(node.kind == "option" for node in part):
        _read_marked(part, reading)
    else:
        _read_unmarked([node.text for node in part], reading)


def _read_marked(nodes: list[Node], reading: Reading) -> None:
    for i, (kind, text) in enumerate(nodes):
        if kind == "option":
            reading.options[list(reading.options)[-1]].append(text)
        elif nodes[i + 1 : i + 2] and nodes[i + 1].kind == "option":
            reading.options[text] = []
        else:
            reading.title = text


def _read_unmarked(texts: list[str], reading: Reading) -> None:
    """A product's page in the style "text": names, values and title, all alike."""
    *told, reading.title = texts or [""]
    for text in told:
        if text in OPTION_NAMES or not reading.options:
            reading.options[text] = []
        else:
            reading.options[list(reading.options)[-1]].append(text)
