"""The page of a trace: all of the plan is in it, and nothing in it can act or reach out."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import opened
from hypothesis import given
from hypothesis import strategies as st
from plans import household, play, script

from replplan.cell import Answer, CellResult, Display
from replplan.cli import cli
from replplan.events import (
    CellFinished,
    CellReviewed,
    CellStarted,
    ModelReplied,
    Noted,
    OwnCellFinished,
    OwnCellStarted,
    PlanFinished,
    PlanStarted,
    SessionOpened,
)
from replplan.export.elements import html, node
from replplan.export.html import plan_page
from replplan.export.plan_tree import plan_tree

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "two-things.jsonl"


class Reader(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag, **attributes):
        wanted = attributes.items()
        return [a for t, a in self.tags if t == tag and wanted <= a.items()]


def page_of(*events):
    opening = PlanStarted(domain="d", task="t", split="s", goal="a goal", seed=0, model="m")
    return plan_page(plan_tree([opening, SessionOpened(name="root"), *events]))


def ran(result, code="f()"):
    return CellStarted(turn=1, code=code), CellFinished(turn=1, result=result)


async def test_a_plan_is_shown_whole_children_inside_the_cells_that_called_them():
    played = await play(
        script(
            root=["print('looking')", "x = find('mug')", "answer(x + '!')"],
            find=["get_args()[0] + 1", "ask('which?', 'a or b')\nanswer('the ' + get_args()[0])"],
            ask=["b"],
        )
    )
    page = Reader(plan_page(plan_tree(played.events)))
    ids = [a["id"] for a in page.of("details") if "id" in a]
    assert ids == ["root.1", "root/find.1"]
    assert [a["href"] for a in page.of("a")] == ["#root.1", "#root/find.1"]
    for told in ("looking", "find('mug')", "TypeError: can only concatenate", "'the mug!'"):
        assert told in page.text
    assert re.search(r"ask\s*which\?\s*→\s*'b'", page.text)
    order = [page.text.index(t) for t in ("x = find", "[0] + 1", "answer(x + '!')")]
    assert order == sorted(order)


async def test_actions_stand_with_what_was_observed():
    played = await play(
        script(root=["act('look')\nact('inventory')\nanswer(1)"]), domain=household()
    )
    page = Reader(plan_page(plan_tree(played.events)))
    for acted in played.of("acted"):
        assert acted.observation.split("\n")[0][:100] in page.text
        assert acted.action in page.text
    assert len(played.of("acted")) == 2


@given(st.text())
def test_whatever_text_there_is_it_stays_text(text):
    page = html(node("p", text, node("b", text), text, title=text))
    read = Reader(page)
    assert [t for t, _ in read.tags] == ["p", "b"]
    page.encode()


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\x00"


def test_hostile_text_is_shown_and_does_nothing():
    shown = (
        Display(mime="text/html", data=f"<b>table</b>{HOSTILE}", text="table"),
        Display(mime="image/svg+xml", data="<svg onload='alert(1)'/>", text="drawing"),
        Display(mime="image/png", data="iVBORw0KGgo=\n", text="plot"),
    )
    result = CellResult(output=HOSTILE, value=HOSTILE, displays=shown, answer=Answer(value=HOSTILE))
    page = page_of(
        *ran(result, HOSTILE), PlanFinished(stop_reason="answered", answer=result.answer)
    )
    read = Reader(page)
    assert len(read.of("script")) == 1
    assert all(a["src"].startswith("data:") for a in read.of("img"))
    assert read.of("iframe") == [{"sandbox": "", "srcdoc": read.of("iframe")[0]["srcdoc"],
                                  "title": "table"}]  # fmt: skip
    assert not [a for _, a in read.tags if any(name.startswith("on") for name in a)]
    assert "\x1b" not in page
    assert "\x00" not in page


def test_nothing_in_a_page_can_reach_a_network():
    read = Reader(page_of(*ran(CellResult(output="x"))))
    (policy,) = [a["content"] for a in read.of("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; img-src data:")
    assert not [a for _, a in read.tags if str(a.get("src", a.get("href", "#")))[0] not in "#d"]


def test_what_somebody_did_to_a_plan_is_shown_where_it_happened():
    reply = ModelReplied(text="```python\nx = 1\n```")
    read = Reader(
        page_of(
            reply,
            OwnCellStarted(number=1, code="y = 2"),
            OwnCellFinished(number=1, result=CellResult(output="of mine")),
            CellReviewed(turn=1, proposed="x = 1", verdict="edited", code="x = 3"),
            *ran(CellResult(output="of the model's"), "x = 3"),
            Noted(text="look in the fridge"),
            reply,
            CellReviewed(turn=2, proposed="x = 1", verdict="refused", reason="do not do that"),
        )
    )
    shown = read.text
    order = ["y = 2", "of mine", "x = 3", "a note: look in the fridge", "of the model's", "do not"]
    places = [shown.index(text) for text in order]
    assert places == sorted(places)
    assert "yours" in shown


def test_what_a_model_thought_stands_folded_before_its_cell():
    thoughts = "Should I look?\n</details><script>"
    replied = ModelReplied(text="```python\nf()\n```", thoughts=thoughts)
    read = Reader(page_of(replied, *ran(CellResult(output="found"))))
    assert read.text.index(thoughts) < read.text.index("f()") < read.text.index("found")
    assert f"its thoughts: {len(thoughts)} characters" in read.text
    assert "Should I" not in Reader(page_of(*ran(CellResult()))).text


def test_a_trace_that_was_cut_off_says_so():
    read = Reader(page_of(CellStarted(turn=1, code="while True: pass")))
    assert "cut off" in read.text
    assert "while True" in read.text


@pytest.mark.slow
def test_a_browser_opens_it_from_disk_without_a_network(tmp_path):
    page = tmp_path / "plan.html"
    cli.main(["export", str(EXAMPLE), "--to", "html", "--out", str(page)], standalone_mode=False)
    text = page.read_text()
    closed = re.sub(r'(<details class="repl" )open=""', r"\1", text)
    assert closed != text
    page.write_text(closed)
    read = Reader(opened(page, tmp_path / "browser", "#root/find_and_take.2"))
    (meant,) = read.of("details", id="root/find_and_take.2")
    assert "open" in meant  # the link opened it and what it lies in, and nothing else
    (other,) = read.of("details", id="root/find_and_take.1")
    assert "open" not in other
    assert "You pick up the spraybottle 2" in read.text
