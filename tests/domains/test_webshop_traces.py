"""Every recorded step of the official shop, done again: pages, rewards, ends and buttons."""

import pytest
from recordings import RecordedCounter, recorded_goal, traces

from replplan_domains.webshop import WebShop
from replplan_domains.webshop.pages import SCORE, Place
from replplan_domains.webshop.rules import ReactRules
from replplan_domains.webshop.styles import react


@pytest.fixture(scope="module")
def folder(data_folder):
    folder = data_folder / "webshop"
    if not folder.is_dir():
        pytest.skip(f"no official data: there is no folder {folder}")
    return folder


def states(environment, steps):
    """What each step led to, in the words of the recordings; the first is the reset."""
    for step in steps:
        if step["action"] is None:
            yield environment.reset(), 0.0, False, None, None
            continue
        t = environment.step(step["action"])
        yield t.observation, t.reward, t.terminated, t.info["has_search_bar"], t.info["clickables"]


def same(mine, step, observation):
    names = ("reward", "done", "has_search_bar", "clickables")
    pairs = zip(mine[1:], map(step.get, names), strict=True)
    return mine[0] == observation and all(m in (None, recorded) for m, recorded in pairs)


def test_every_step_of_the_official_engine(folder):
    usual, rich = (WebShop(data=folder, style=style) for style in ("text", "text_rich"))
    tasks = usual.tasks("all")
    differing, compared, purchases = [], 0, 0
    for trace in traces(folder / "traces_engine.jsonl.gz"):
        task, steps = tasks[trace["goal"]], trace["steps"]
        pairs = zip(states(usual.open(task), steps), states(rich.open(task), steps), strict=True)
        for number, (step, (mine, written)) in enumerate(zip(steps, pairs, strict=True)):
            equal = same(mine, step, step["obs"])
            equal &= "rich" not in step or same(written, step, step["rich"])
            compared, purchases = compared + 1, purchases + step["done"]
            if not equal:
                differing.append((trace["id"], number, step["action"]))
    assert not differing
    assert compared > 3000
    assert purchases > 200


def heading(page):
    """A page of a log: its blanks at the end are gone, the shop's name is written otherwise."""
    return page.strip().replace("Webshop", "WebShop", 1)


def is_broken(place, page):
    """The wrapper put words and values into a web address, where # and / broke it: no page."""
    told = " ".join([*place.keywords, *place.chosen.values()])
    return page == "" and ("#" in told or "/" in told)


def test_every_page_of_the_episodes_of_react(folder):
    """These were recorded in the full shop; each is played in the part of it that it saw."""
    differing, compared = [], 0
    for trace in traces(folder / "traces_react.jsonl.gz"):
        steps, place = trace["steps"], Place()
        rules = ReactRules(RecordedCounter(steps), recorded_goal(steps))
        for number, step in enumerate(steps):
            words = None
            if number:
                place, words, _ = rules.perform(place, step["action"])
            mine = react(rules.page(place), place, 3) if words is None else words
            equal = heading(mine) == heading(step["obs"])
            if place.page == "done":  # what the goal wanted is not told in a log
                equal = step["obs"].startswith(SCORE)
            compared += 1
            if not (equal or is_broken(place, step["obs"])):
                differing.append((trace["id"], number, step["action"]))
    assert not differing
    assert compared > 2000
