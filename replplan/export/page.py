"""One self-contained page: it opens from disk, asks nothing of a network and can ask nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import Element

from replplan.export.elements import html, node


@cache
def _asset(name: str) -> str:
    return files("replplan.export").joinpath("assets", name).read_text(encoding="utf-8")


def page(title: str, *body: Element, style: str = "", script: str = "") -> str:
    """A page of these pieces, as the text of an HTML file.

    Nothing in it can reach a network, whatever a plan wrote: a content policy allows pictures that
    stand in the page, its own style and its own script by digest, and nothing else.

    Args:
        title: for the browser's tab.
        body: its pieces, in order.
        style: more CSS, beside that of the pieces here.
        script: more JavaScript; it is no plan's but ours.
    """
    script = _asset("page.js") + script
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = node(
        "head",
        node("meta", charset="utf-8"),
        node("meta", name="viewport", content="width=device-width, initial-scale=1"),
        node("meta", http_equiv="Content-Security-Policy", content=policy),
        node("meta", name="generator", content="replplan"),
        node("title", title),
        _raw("style", _asset("page.css") + style),
    )
    whole = node("html", head, node("body", *body, _raw("script", script)), lang="en")
    return f"<!doctype html>\n{html(whole)}\n"


def _raw(tag: str, text: str) -> Element:
    """Style or script, byte for byte."""
    element = Element(tag)
    element.text = text
    return element
