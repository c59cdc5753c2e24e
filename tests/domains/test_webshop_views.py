"""A visit as people watch it: pages laid out in the plain view, the live one and an exported page."""

from __future__ import annotations

import html
import io
import re

from rich.console import Console

from replplan.console import LiveView, PlainView
from replplan.episode import Episode
from replplan.export.html import plan_page
from replplan.export.plan_tree import plan_tree
from replplan.model import ScriptedModel
from replplan.plugins import kernel_opener
from replplan_domains.webshop import WebShop

BUTTONS = "[Back to Search]  [< Prev]  [Description]  [Features]  [Reviews]  [Buy Now]"
CELL = """```python
found = parse_results(act("search[herbal tea ginger]"))
act(f"click[{found[0]['asin']}]")
act("click[< Prev]")
act(f"click[{found[0]['asin']}]")
act("click[Buy Now]")
```"""


async def visit():
    """The events of a visit that looks at one product and buys it."""
    domain, events = WebShop(), []
    model = ScriptedModel({"root": [CELL]})
    task = domain.tasks("dev")[0]
    await Episode(domain, task, model, kernel_opener(), sinks=(events.append,)).run()
    return events


def plain(events):
    stream = io.StringIO()
    with PlainView(stream) as view:
        for event in events:
            view(event)
    return stream.getvalue()


def live(events):
    stream = io.StringIO()
    console = Console(file=stream, width=110, force_terminal=True, color_system=None)
    with LiveView(console) as view:
        for event in events:
            view(event)
    return stream.getvalue()


async def test_pages_are_laid_out_in_every_view():
    events = await visit()
    bought = next(e.info["asin"] for e in events if e.type == "acted" and "asin" in e.info)
    product = WebShop().shop.product(bought)
    for text in (plain(events), live(events)):
        lines = [line.rstrip() for line in text.splitlines()]
        assert "  act: search[herbal tea ginger]" in lines
        assert "  world: Results, page 1 of 5 (50 found)" in lines
        assert f"  world: {product.title}" in lines
        assert f"         {product.price_tag}" in lines
        assert (
            "         [Back to Search]  [< Prev]  [Description]  [Features]  [Reviews]  [Buy Now]"
            in lines
        )
        assert "  act: click[< Prev] -> as before: Results, page 1 of 5 (50 found)" in lines
        assert f"  world: Bought {bought}" in lines
        assert any(line.startswith("  call: parse_results(<Results, page 1 of 5") for line in lines)
        assert "[SEP]" not in text
        assert events[0].goal in " ".join(text.split())
    page = html.unescape(plan_page(plan_tree(events)))
    assert f"{product.title}\n{product.price_tag}\n" in page
    assert f"\n\n{BUTTONS}</pre>" in page
    assert "parse_results(<Results, page 1 of 5 (50 found)>)" in page
    assert "Results, page 1 of 5 (50 found)\n  B0" in page
    # what the model was told stays as it was: its prompt is in the page too
    assert "[SEP]" not in re.sub(r'(?s)<details class="prompt">.*?</details>', "", page)
