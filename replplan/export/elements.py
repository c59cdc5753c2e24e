"""HTML from elements: what models, cells and worlds wrote can only ever be text in it."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from replplan.console.clean import harmless

Child = Element | str | None


def node(tag: str, *children: Child, **attributes: str | None) -> Element:
    """An element.

    Args:
        tag: its tag.
        children: elements, and text as people are to read it; None for nothing.
        attributes: by name: `class_` is `class`, `data_x` is `data-x`; None leaves one out, "" is
            one without a value.
    """
    element = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name.rstrip("_").replace("_", "-"), harmless(value))
    return put(element, *children)


def put(element: Element, *children: Child) -> Element:
    """The element, with these at its end."""
    for child in children:
        if isinstance(child, str):
            _put_text(element, harmless(child))
        elif child is not None:
            element.append(child)
    return element


def _put_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def html(element: Element) -> str:
    """The element as HTML."""
    return tostring(element, encoding="unicode", method="html")
